"""Counting: what an account adds to a score, principal by principal."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from drift.score import goals, labels
from drift.score.changes import UNKNOWN, Changes, Key
from drift.score.goals import Goal
from drift.score.harm import Harm
from drift.score.labels import Circumstances, Outcome
from drift.score.ledger import Fall
from drift.score.score import Tally
from drift.score.weights import DAYS_OF_MONTH, Weights

ZERO = Decimal(0)


@dataclass(slots=True)
class Part:
    """What one account adds to a score."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    available_month: Decimal = ZERO
    available: Decimal = ZERO
    ledger_fall: Decimal = ZERO
    deeds: list[dict[str, Any]] = field(default_factory=list)
    harms: list[dict[str, Any]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class About:
    """Which account, and which days."""

    account_id: uuid.UUID
    number: str
    begun_on: date
    last_day: date
    weights: Weights


def count_labels(part: Part, outcomes: list[Outcome], about: About) -> None:
    """What there was to be had, and what of it was rightly ended, by whom."""
    had = labels.by_resource(outcomes, "open", "right", "partly", "undone", "breach")
    for those in had.values():
        worth = labels.worth(those)
        seen = min(one.label.seen or about.last_day for one in those)
        part.available_month += worth
        part.available += worth / DAYS_OF_MONTH * _days(seen, about)
    for one in outcomes:
        if one.verdict in ("right", "partly"):
            tally = part.tallies[one.principal or UNKNOWN]
            tally.right += 1
            tally.waited.append(_waited(one, about))
            part.deeds.append(_told(one, about) | {"days": _waited(one, about)})
        elif one.verdict == "undone":
            part.tallies[one.principal or UNKNOWN].undone += 1
        if one.verdict in ("open", "undone", "breach"):
            part.missed.append(_told(one, about) | {"because": one.verdict})
    for those in labels.by_resource(outcomes, "right", "partly").values():
        part.tallies[_doer(those)].captured_usd_month += labels.captured(those)


def _doer(those: Iterable[Outcome]) -> str:
    """Who did the largest part."""
    return max(those, key=lambda one: (one.captured, one.principal or "")).principal or UNKNOWN


def _days(seen: date, about: About) -> int:
    return (about.last_day - max(seen, about.begun_on)).days


def _waited(one: Outcome, about: About) -> int:
    begun = max(one.label.seen or about.begun_on, about.begun_on)
    return max(0, ((one.acted or begun) - begun).days)


def _told(one: Outcome, about: About) -> dict[str, Any]:
    return {
        "account": about.number,
        "pattern": one.label.pattern,
        "resource_type": one.label.key[0],
        "resource_id": one.label.key[1],
        "usd_month": float(one.worth.quantize(Decimal("0.01"))),
        "captured_usd_month": float(one.captured.quantize(Decimal("0.01"))),
        "principal": one.principal,
        "day": one.acted.isoformat() if one.acted else None,
    }


def count_harms(part: Part, harms: list[Harm], breaches: list[Any], about: About) -> None:
    """Mistakes and breaches, by whom."""
    for one in harms:
        part.tallies[one.principal].wrong += 1
        part.tallies[one.principal].harm_usd += one.usd
        part.harms.append(
            _wrong(about, one.kind, one.key, one.principal, one.day, one.usd, one.why)
        )
    for row in breaches:
        who, key = row["principal"], (row["resource_type"], row["resource_id"])
        part.tallies[who].breaches += 1
        part.tallies[who].breach_usd += about.weights.breach
        part.harms.append(
            _wrong(about, "breach", key, who, row["date"], about.weights.breach, row["detail"])
        )


def _wrong(
    about: About, kind: str, key: Key, principal: str, day: date, usd: Decimal, why: str
) -> dict[str, Any]:
    return {
        "account": about.number,
        "kind": kind,
        "resource_type": key[0],
        "resource_id": key[1],
        "usd": float(usd.quantize(Decimal("0.01"))),
        "principal": principal,
        "day": day.isoformat(),
        "why": why,
    }


def count_money(
    part: Part, outcomes: list[Outcome], circumstances: Circumstances, fall: Fall, about: About
) -> None:
    """What was saved in the ledger by what was rightly done, and what became dearer by whatever was."""
    rightly = labels.by_resource(outcomes, "right", "partly")
    told: set[Key] = set()
    eligible: dict[str, Decimal] = defaultdict(Decimal)
    for key, those in sorted(rightly.items()):
        who = _doer(those)
        family = [one for one in circumstances.family(key) if one == key or one not in rightly]
        # of what costs nothing, the nominal worth
        saved = {one.label.pattern: _promised(one, about) for one in those if one.label.saving <= 0}
        in_money = [one for one in those if one.label.saving > 0]
        if in_money:
            first = max(in_money, key=lambda one: one.captured)
            if first.label.since > about.begun_on or key[0] == "account":
                saved[first.label.pattern] = _promised(first, about)
            else:
                saved[first.label.pattern] = max(ZERO, fall.of(family))
                eligible[who] += max(ZERO, fall.eligible(family))
        part.tallies[who].realised_usd += sum(saved.values(), ZERO)
        _tell_realised(part, key, saved)
        told.update(family)
    for key, those_changes in circumstances.changes.of.items():
        if key not in told:
            deed = next(one for one in reversed(those_changes) if one.agent)
            who = circumstances.changes.created.get(key) or deed.principal or UNKNOWN
            part.tallies[who].realised_usd += min(ZERO, fall.of([key]))
    _share_discount(part, circumstances.changes, fall.discount, eligible)


def _tell_realised(part: Part, key: Key, saved: Mapping[str, Decimal]) -> None:
    """Let the deeds of a resource tell what they saved so far; two kinds of waste save it once."""
    for deed in part.deeds:
        if (deed["resource_type"], deed["resource_id"]) == key:
            usd = saved.get(deed["pattern"], ZERO)
            deed["realised_usd"] = float(usd.quantize(Decimal("0.0001")))


def _promised(one: Outcome, about: About) -> Decimal:
    """What a label promised for the days that were left, where the ledger cannot tell it."""
    days = (about.last_day - (one.acted or about.last_day)).days
    return one.captured / DAYS_OF_MONTH * days


def _share_discount(
    part: Part, made: Changes, discount: Decimal, eligible: Mapping[str, Decimal]
) -> None:
    """What commitments save or waste beside is theirs who bought some, else theirs who stopped what they cover."""
    buyers = {
        one.principal or UNKNOWN for one in made.every if one.agent and one.key[0] == "commitment"
    }
    shares = {who: Decimal(1) for who in buyers} or {
        who: usd for who, usd in eligible.items() if usd
    }
    whole = sum(shares.values(), ZERO)
    for who, share in shares.items():
        part.tallies[who].realised_usd += discount * share / whole


async def count_goals(
    part: Part, actual: Any, without: Any, about: About, wanted: Sequence[Goal], made: Changes
) -> None:
    """How far the account came towards the pack's goals, shared by who changed how much."""
    calls = sum(made.writes.values())
    for goal in wanted:
        usual = await goals.measured(without, goal, about.account_id)
        reached = await goals.measured(actual, goal, about.account_id)
        if usual <= goal.target:
            continue
        share = goals.progress(goal, usual, reached)
        days = Decimal((about.last_day - about.begun_on).days) / DAYS_OF_MONTH
        part.available_month += goal.worth
        part.available += goal.worth * days
        for who, count in made.writes.items():
            tally = part.tallies[who]
            tally.captured_usd_month += goal.worth * share * count / calls
            tally.realised_usd += goal.worth * share * count / calls * days
        part.goals.append(
            {
                "account": about.number,
                "goal": goal.name,
                "without": float(round(usual, 4)),
                "reached": float(round(reached, 4)),
                "target": float(goal.target),
                "share": float(round(share, 4)),
            }
        )
