"""The truth about waste: labels of what is wasted, what only looks so, since when, and who ended it.

A label is made where a mess is made: by an estate, by a scenario. Every tick and every reader
settles them: what shows a symptom and has no label gets one; what shows it is seen; what was seen
and shows it no more is over, and the trail of changes tells by whose doing. This is the answer key:
no client of the API reads it.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from drift import findings, scenarios, verdicts
from drift.day import Day, Happening

_NOW = "SELECT driftcloud_now($1)"
# A tick and its readers settle one after the other, and never open the same label twice.
_LOCK = "SELECT pg_advisory_xact_lock($1, hashtext($2::uuid::text))"
LOCK_CLASS = 0x747275  # "tru"


@dataclass(frozen=True, slots=True)
class Label:
    """One row of truth.labels, without its key; `saving` in USD a month of 730 hours.

    `seen` is None while the symptom does not show yet, `until` while it lasts. With `decoy`, why it
    is innocent, and `harm` what it costs to end it all the same.
    """

    pattern: str
    resource_type: str
    resource_id: str
    since: date
    seen: date | None
    until: date | None
    ended_by: str | None
    decoy: str | None
    remedies: tuple[str, ...]
    saving: Decimal
    harm: Decimal
    owner: str | None


_LABELS = """
SELECT l.pattern, l.resource_type, l.resource_id, l.since, l.seen, l.until, l.ended_by, l.decoy,
       l.remedies, l.saving_usd_month AS saving, l.harm_usd AS harm, l.owner
  FROM truth.labels l
 WHERE l.account_id = $1 AND ($2 OR l.until IS NULL) AND ($3 OR l.decoy IS NULL) AND ($4 OR l.seen IS NOT NULL)
 ORDER BY l.saving_usd_month DESC, l.pattern, l.resource_id, l.since"""


async def labels(
    connection: Any,
    account_id: uuid.UUID,
    *,
    ended: bool = False,
    decoys: bool = True,
    unseen: bool = False,
) -> list[Label]:
    """The account's labels, the dearest first; `settle` first to have them as of now.

    Those that are over, and those whose symptom does not show yet, only if asked for.
    """
    rows = await connection.fetch(_LABELS, account_id, ended, decoys, unseen)
    return [Label(**{**row, "remedies": tuple(row["remedies"])}) for row in rows]


async def settled(connection: Any, account_id: uuid.UUID, **which: bool) -> list[Label]:
    """`labels` as of this moment: what clients changed since the last tick is looked at first."""
    async with connection.transaction():
        await connection.execute(_LOCK, LOCK_CLASS, account_id)
        await settle(connection, account_id, await connection.fetchval(_NOW, account_id))
        return await labels(connection, account_id, **which)


# --- what is made --------------------------------------------------------------------------------


_HAPPENED = """
INSERT INTO drift_happenings (account_id, date, scenario, resource_type, resource_id, story)
SELECT $1, $2, $3, r.kind, r.id, $6 FROM unnest($4::text[], $5::text[]) AS r (kind, id)
ON CONFLICT DO NOTHING"""


async def enter(day: Day, name: str, happening: Happening, decoy: str | None = None) -> None:
    """Tell of a happening, and label its culprits; with `decoy`, why they are innocent."""
    await day.write(
        "drift_happenings", _HAPPENED, day.account_id, day.date, name,
        [kind for kind, _ in happening.resources],
        [identifier for _, identifier in happening.resources], happening.story,
    )  # fmt: skip
    scenario = scenarios.by_name()[name]
    kind: str = scenario.RESOURCE_TYPE
    ids = [one for kind_, one in happening.resources if kind_ == kind]
    fresh = [findings.Finding(scenario.PATTERN, one, Decimal(0)) for one in ids]
    await verdicts.add(day.connection, day.account_id, fresh, today=day.date, decoy=decoy)


# --- what is settled -----------------------------------------------------------------------------

# Of patterns that nobody could look for.
_UNSEEN = """
SELECT l.id FROM truth.labels l
 WHERE l.account_id = $1 AND l.until IS NULL AND l.seen IS NULL AND l.pattern <> ALL ($2::text[])"""


def evening(day: date) -> datetime:
    """The last moment of a day, as of which its symptoms are looked for."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=UTC)


async def settle(
    connection: Any, account_id: uuid.UUID, now: datetime, *, since: date | None = None
) -> None:
    """Bring the labels of an account up to its present day.

    `connection` is an asyncpg connection of the owner role, in a transaction; `now` is the account's
    virtual moment, of which only the day counts: a label does not come and go with the hour.
    `since` is the first day that was not settled yet, where several were written at once.
    """
    await connection.execute(_LOCK, LOCK_CLASS, account_id)
    today = now.date()
    news, judged = await findings.news(connection, account_id, evening(today))
    unseen = [row["id"] for row in await connection.fetch(_UNSEEN, account_id, list(judged))]
    fresh: dict[tuple[str, str], findings.Finding] = {}
    shown: dict[int, Decimal] = {}
    over: list[int] = []
    for one in news:
        if one.label is None:
            if one.finding is not None:
                fresh[one.pattern, one.finding.resource_id] = one.finding
        elif one.finding is not None:
            saving = Decimal(0) if one.decoy else one.finding.saving
            if one.seen is None or one.told != saving:
                shown[one.label] = one.finding.saving
        elif one.seen is None:
            unseen.append(one.label)
        else:
            over.append(one.label)
    await verdicts.see(connection, list(shown.items()), today)
    await verdicts.end(connection, account_id, over, today)
    await verdicts.end_gone(connection, unseen, today)
    await verdicts.add(
        connection, account_id, list(fresh.values()), today=today, since=since, seen=True
    )


# --- what is counted -----------------------------------------------------------------------------


async def counted(connection: Any, account_id: uuid.UUID, every: Sequence[Label]) -> list[Decimal]:
    """What each label adds to the whole: a resource that two patterns show is saved once.

    It counts with the pattern whose remedy goes furthest (deleting before stopping before resizing
    before prices; the larger saving where they go equally far); a part counts with its whole.
    """
    best: dict[tuple[str, str], tuple[int, Decimal, int]] = {}
    for at, one in enumerate(every):
        if one.decoy is None and one.until is None:
            rank = (-verdicts.reach(one.remedies), one.saving, -at)
            key = (one.resource_type, one.resource_id)
            best[key] = max(best.get(key, rank), rank)
    counts = [Decimal(0)] * len(every)
    for rank in best.values():
        counts[-rank[2]] = rank[1]
    shown = {(one.pattern, one.resource_id) for one in every if one.until is None and not one.decoy}
    for pattern, scenario in scenarios.by_pattern().items():
        if hasattr(scenario, "PART_OF") and any(one.pattern == pattern for one in every):
            whole, pairs = scenario.PART_OF
            parts = {
                part
                for part, owner in await connection.fetch(pairs, account_id)
                if (whole, owner) in shown
            }
            for at, one in enumerate(every):
                if one.pattern == pattern and one.resource_id in parts:
                    counts[at] = Decimal(0)
    return counts
