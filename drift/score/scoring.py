"""Scoring: reads the world that was played and the one in which nothing was done, and compares."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from drift import scenarios, truth
from drift.score import changes, counting, harm, labels, ledger, stock
from drift.score.changes import UNKNOWN, Changes, Key
from drift.score.counting import About, Part
from drift.score.goals import Goal
from drift.score.harm import Harm
from drift.score.labels import Circumstances, Outcome
from drift.score.ledger import Fall
from drift.score.score import Available, Score, Tally, together
from drift.score.stock import Thing
from drift.score.weights import DAYS_OF_MONTH, DEFAULT, Weights

ZERO = Decimal(0)

_ACCOUNTS = """
SELECT c.account_id AS id, a.account_number AS number, c.virtual_date AS day
  FROM virtual_clocks c JOIN cloud_accounts a ON a.id = c.account_id
 WHERE c.virtual_date IS NOT NULL ORDER BY a.account_number"""
_BREACHES = """
SELECT DISTINCT ON (b.date, b.principal, b.resource_type, b.resource_id) b.date, b.principal,
       b.resource_type, b.resource_id, b.detail
  FROM truth.breaches b WHERE b.account_id = $1 AND b.id > $2
 ORDER BY b.date, b.principal, b.resource_type, b.resource_id, b.id"""
_HAPPENED = """
SELECT resource_type, resource_id FROM drift_happenings WHERE account_id = $1 AND date > $2"""
_BREACHED_BEFORE = "SELECT coalesce(max(id), 0) FROM truth.breaches WHERE account_id = $1"


class NotAlikeError(ValueError):
    """Two worlds that cannot be compared; the message says why."""


async def score(
    actual: Any,
    without: Any,
    *,
    begun_on: date,
    patterns: Set[str] | None = None,
    wanted: Sequence[Goal] = (),
    weights: Weights = DEFAULT,
) -> Score:
    """The score of what was done in `actual` since the day `begun_on`.

    `actual` and `without` are asyncpg connections of the owner role, outside transactions, of two
    worlds that were one until then: in `without` nobody did anything. Both stand on the same
    virtual day. `patterns` are the kinds of waste that count (None: all), `wanted` the goals beside
    them. Raises NotAlikeError where the worlds differ in accounts or days.
    """
    accounts = await actual.fetch(_ACCOUNTS)
    others = await without.fetch(_ACCOUNTS)
    if [(row["number"], row["day"]) for row in accounts] != [
        (row["number"], row["day"]) for row in others
    ]:
        raise NotAlikeError("the two worlds have not the same accounts, or not the same day")
    parts = []
    for row in accounts:
        about = About(row["id"], row["number"], begun_on, row["day"], weights)
        parts.append(await of_account(actual, without, about, patterns=patterns, wanted=wanted))
    by_principal: dict[str, Tally] = defaultdict(Tally)
    for part in parts:
        for name, tally in part.tallies.items():
            by_principal[name].add(tally)
    return Score(
        together(by_principal.values()),
        dict(by_principal),
        Available(
            sum((part.available_month for part in parts), ZERO),
            sum((part.available for part in parts), ZERO),
        ),
        weights.least_scale,
        begun_on,
        max((row["day"] for row in accounts), default=begun_on),
        sum((part.ledger_fall for part in parts), ZERO),
        [one for part in parts for one in part.deeds],
        [one for part in parts for one in part.harms],
        sorted(
            (one for part in parts for one in part.missed), key=lambda one: -float(one["usd_month"])
        ),
        [one for part in parts for one in part.goals],
    )


async def of_account(
    actual: Any,
    without: Any,
    about: About,
    *,
    patterns: Set[str] | None = None,
    wanted: Sequence[Goal] = (),
) -> Part:
    """What one account adds to the score; its worlds are to stand on `about.last_day` both."""
    await truth.settled(actual, about.account_id)
    part = Part()
    made = await changes.read(actual, without, about.account_id, about.begun_on)
    breaches = await _breaches(actual, without, about.account_id, made)
    fall = Fall(
        await ledger.read(without, about.account_id, about.begun_on),
        await ledger.read(actual, about.account_id, about.begun_on),
    )
    part.ledger_fall = fall.charged
    circumstances = await _circumstances(actual, without, about, made, breaches)
    every = await labels.read(actual, without, about.account_id, about.begun_on, patterns)
    outcomes = labels.judged(every, circumstances)
    counting.count_labels(part, outcomes, about)
    harms = await _harms(actual, without, about, circumstances, patterns, outcomes)
    counting.count_harms(part, harms, breaches, about)
    counting.count_money(part, outcomes, circumstances, fall, about)
    await counting.count_goals(part, actual, without, about, wanted, made)
    for name in made.tally.keys() | made.writes.keys():
        part.tallies[name].calls += max(made.tally.get(name, 0), made.writes.get(name, 0))
        part.tallies[name].writes += made.writes.get(name, 0)
    return part


async def _breaches(
    actual: Any, without: Any, account_id: uuid.UUID, made: Changes
) -> list[dict[str, Any]]:
    """What was done against freezes and policies; each resource once a day."""
    before = await without.fetchval(_BREACHED_BEFORE, account_id)
    found = []
    for row in await actual.fetch(_BREACHES, account_id, before):
        deed = made.last_agent([(row["resource_type"], row["resource_id"])], row["date"])
        principal = row["principal"] or (deed.principal if deed else None) or UNKNOWN
        found.append({**row, "principal": principal})
    return found


async def _circumstances(
    actual: Any, without: Any, about: About, made: Changes, breaches: Iterable[Any]
) -> Circumstances:
    before = await stock.read(without, about.account_id)
    after = await stock.read(actual, about.account_id)
    children: dict[Key, list[Key]] = defaultdict(list)
    for thing in before.values():
        if thing.parent is not None:
            children[thing.parent].append(thing.key)
    others = await truth.labels(without, about.account_id, ended=True, unseen=True)
    undisturbed = {
        (one.pattern, (one.resource_type, one.resource_id)): one.saving
        for one in others
        if one.until is None and one.seen is not None
    }
    newest = [
        await ledger.read(one, about.account_id, date.fromordinal(about.last_day.toordinal() - 1))
        for one in (without, actual)
    ]
    return Circumstances(
        made, before, after, await stock.frozen_until(actual, about.account_id),
        await stock.approved(actual, about.account_id),
        {(row["resource_type"], row["resource_id"]) for row in breaches}, about.begun_on,
        about.last_day, about.weights, _Fallen(before, after, Fall(*newest), made), undisturbed,
        {(one.pattern, (one.resource_type, one.resource_id)) for one in others},
        {
            (row["resource_type"], row["resource_id"])
            for row in await actual.fetch(_HAPPENED, about.account_id, about.begun_on)
        },
        await _parts(without, about.account_id, {pattern for pattern, _ in undisturbed}), children,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fallen:
    """By how much less resources cost than they would, USD a month: on their newest day, or from now on."""

    before: Mapping[Key, Thing]
    after: Mapping[Key, Thing]
    newest: Fall
    made: Changes

    def __call__(self, keys: Iterable[Key]) -> Decimal:
        every = list(keys)
        now = ZERO
        for key in every:
            if key in self.made.of and key in self.before:
                after = self.after.get(key)
                stands = after.month if after is not None and not after.down else ZERO
                now += (ZERO if self.before[key].down else self.before[key].month) - stands
        return max(now, self.newest.of(every) * DAYS_OF_MONTH)


async def _parts(
    without: Any, account_id: uuid.UUID, patterns: Set[str]
) -> frozenset[tuple[str, Key]]:
    """Labels whose saving is counted with another's, that is there too."""
    found = set()
    shown = {
        (one.pattern, one.resource_id)
        for one in await truth.labels(without, account_id, ended=True, decoys=False)
    }
    for pattern, scenario in scenarios.by_pattern().items():
        if pattern in patterns and hasattr(scenario, "PART_OF"):
            whole, pairs = scenario.PART_OF
            for part, owner in await without.fetch(pairs, account_id):
                if (whole, owner) in shown:
                    found.add((pattern, (scenario.RESOURCE_TYPE, part)))
    return frozenset(found)


async def _harms(
    actual: Any,
    without: Any,
    about: About,
    circumstances: Circumstances,
    patterns: Set[str] | None,
    outcomes: list[Outcome],
) -> list[Harm]:
    """Every mistake, whatever kind of waste the episode is about."""
    everything = outcomes
    if patterns is not None:
        every = await labels.read(actual, without, about.account_id, about.begun_on, None)
        everything = labels.judged(every, circumstances)
    excused = {
        one.label.key
        for one in everything
        if one.verdict in ("right", "partly", "breach")
        or (one.verdict == "wrong" and one.label.decoy)
    }
    used = list(harm.of_use(circumstances, excused))
    return [
        *harm.of_labels(everything, circumstances, {one.key for one in used}),
        *used,
        *await harm.of_size(actual, without, about.account_id, circumstances),
        *await harm.of_commitments(actual, about.account_id, circumstances),
    ]
