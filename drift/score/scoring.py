"""Scoring: reads the world that was played and the one in which nothing was done, and compares."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from drift import scenarios, truth
from drift.score import changes, goals, harm, labels, ledger, stock
from drift.score.changes import UNKNOWN, Changes, Key
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
        await truth.settled(actual, row["id"])
        about = _About(row["id"], row["number"], begun_on, row["day"], weights)
        parts.append(await _account(actual, without, about, patterns, wanted))
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


@dataclass(frozen=True, slots=True)
class _About:
    account_id: uuid.UUID
    number: str
    begun_on: date
    last_day: date
    weights: Weights


async def _account(
    actual: Any, without: Any, about: _About, patterns: Set[str] | None, wanted: Sequence[Goal]
) -> Part:
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
    _count_labels(part, outcomes, about)
    harms = await _harms(actual, without, about, circumstances, patterns, outcomes)
    _count_harms(part, harms, breaches, about)
    _count_money(part, outcomes, circumstances, fall, about)
    await _count_goals(part, actual, without, about, wanted, made)
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
    actual: Any, without: Any, about: _About, made: Changes, breaches: Iterable[Any]
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
    about: _About,
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


def _count_labels(part: Part, outcomes: list[Outcome], about: _About) -> None:
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


def _days(seen: date, about: _About) -> int:
    return (about.last_day - max(seen, about.begun_on)).days


def _waited(one: Outcome, about: _About) -> int:
    begun = max(one.label.seen or about.begun_on, about.begun_on)
    return max(0, ((one.acted or begun) - begun).days)


def _told(one: Outcome, about: _About) -> dict[str, Any]:
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


def _count_harms(part: Part, harms: list[Harm], breaches: list[Any], about: _About) -> None:
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
    about: _About, kind: str, key: Key, principal: str, day: date, usd: Decimal, why: str
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


def _count_money(
    part: Part, outcomes: list[Outcome], circumstances: Circumstances, fall: Fall, about: _About
) -> None:
    """What was saved in the ledger by what was rightly done, and what became dearer by whatever was."""
    rightly = labels.by_resource(outcomes, "right", "partly")
    told: set[Key] = set()
    eligible: dict[str, Decimal] = defaultdict(Decimal)
    for key, those in sorted(rightly.items()):
        who = _doer(those)
        family = [one for one in circumstances.family(key) if one == key or one not in rightly]
        saved = sum(
            (_promised(one, about) for one in those if one.label.saving <= 0), ZERO
        )  # of what costs nothing, the nominal worth
        in_money = [one for one in those if one.label.saving > 0]
        if in_money:
            first = max(in_money, key=lambda one: one.captured)
            if first.label.since > about.begun_on or key[0] == "account":
                saved += _promised(first, about)
            else:
                saved += max(ZERO, fall.of(family))
                eligible[who] += max(ZERO, fall.eligible(family))
        part.tallies[who].realised_usd += saved
        told.update(family)
    for key, those_changes in circumstances.changes.of.items():
        if key not in told:
            deed = next(one for one in reversed(those_changes) if one.agent)
            who = circumstances.changes.created.get(key) or deed.principal or UNKNOWN
            part.tallies[who].realised_usd += min(ZERO, fall.of([key]))
    _share_discount(part, circumstances.changes, fall.discount, eligible)


def _promised(one: Outcome, about: _About) -> Decimal:
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


async def _count_goals(
    part: Part, actual: Any, without: Any, about: _About, wanted: Sequence[Goal], made: Changes
) -> None:
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
