"""The quick score: what the labels of the truth alone tell, without a world to compare with."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from drift import truth
from drift.score.changes import Key
from drift.score.score import Available, Tally, points
from drift.score.weights import DAYS_OF_MONTH, DEFAULT, Weights
from drift.truth import Label

_ACCOUNTS = "SELECT account_id AS id, virtual_date AS day FROM virtual_clocks ORDER BY account_id"
_BREACHES = """
SELECT count(DISTINCT (date, principal, resource_type, resource_id)) FROM truth.breaches
 WHERE account_id = $1 AND date >= $2"""


@dataclass(frozen=True, slots=True)
class QuickScore:
    """Points from what there was to be had, and what of it was ended, rightly or not."""

    tally: Tally
    available: Available
    points: Decimal


async def score(
    connection: Any,
    *,
    begun_on: date,
    patterns: Set[str] | None = None,
    weights: Weights = DEFAULT,
) -> QuickScore:
    """The quick score of what was done in a world since the day `begun_on`.

    `connection` is an asyncpg connection of the owner role, outside transactions. Every label that
    a client ended was rightly ended unless it was a decoy's, and saved from that day on what it
    promised. Harm is that of decoys and breaches alone.
    """
    tally, month, days = Tally(), Decimal(0), Decimal(0)
    for row in await connection.fetch(_ACCOUNTS):
        if row["day"] is None:
            continue
        labels = await truth.settled(connection, row["id"], ended=True)
        labels = [one for one in labels if one.until is None or one.until >= begun_on]
        more = _count(tally, labels, begun_on, row["day"], patterns)
        month, days = month + more.usd_month, days + more.usd
        await _count_breaches(tally, connection, row["id"], begun_on, weights)
    available = Available(month, days)
    return QuickScore(tally, available, points(tally, available, weights.least_scale))


def _count(
    tally: Tally, labels: list[Label], begun_on: date, today: date, patterns: Set[str] | None
) -> Available:
    """Count what was ended; what there was to be had."""
    month = days = Decimal(0)
    for those in _by_resource(labels):
        decoys = [one for one in those if one.decoy is not None]
        if any(one.ended_by == "agent" for one in decoys):
            tally.wrong += 1
            tally.harm_usd += max(one.harm for one in decoys)
        counting = [one for one in those if one not in decoys and _counts(one, patterns)]
        if decoys or not counting:
            continue
        worth = max(one.saving for one in counting)
        seen = max(begun_on, min(one.seen or today for one in counting))
        month += worth
        days += worth / DAYS_OF_MONTH * (today - seen).days
        ended = [one for one in counting if one.until is not None]
        if ended:
            best = max(ended, key=lambda one: one.saving)
            tally.right += len(ended)
            tally.captured_usd_month += best.saving
            tally.realised_usd += best.saving / DAYS_OF_MONTH * (today - (best.until or today)).days
    return Available(month, days)


def _counts(label: Label, patterns: Set[str] | None) -> bool:
    """Whether a label is of a kind that counts, lasts or was ended by a client, by some call."""
    return (
        (patterns is None or label.pattern in patterns)
        and (label.until is None or label.ended_by == "agent")
        and any(not one.startswith("advice:") for one in label.remedies)
    )


def _by_resource(labels: Iterable[Label]) -> Iterable[list[Label]]:
    found: dict[Key, list[Label]] = defaultdict(list)
    for one in labels:
        found[one.resource_type, one.resource_id].append(one)
    return found.values()


async def _count_breaches(
    tally: Tally, connection: Any, account_id: uuid.UUID, begun_on: date, weights: Weights
) -> None:
    breaches = await connection.fetchval(_BREACHES, account_id, begun_on)
    tally.breaches += breaches
    tally.breach_usd += breaches * weights.breach
