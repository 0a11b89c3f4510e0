"""What was broken: outages, things in use that were ended, machines made too small, idle commitments."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from drift.capacities import capacity
from drift.score.changes import UNKNOWN, Change, Key
from drift.score.labels import Circumstances, Outcome
from drift.score.stock import ancestors
from drift.score.weights import DAYS_OF_MONTH

# Utilisation from which on it hurts, percent; a peak hurts where it would have to be higher still.
BUSY, SATURATED = 90.0, 99.0
_SIZES = frozenset({"instance_type", "instance_class", "node_type"})
_STATES = frozenset({"state", "status"})
_UP = frozenset({"running", "available", "pending", "starting", "active", "in-use"})

_BUSY = """
SELECT m.resource_type AS kind, m.resource_id AS id, m.date,
       greatest((m.metric_payload ->> 'cpu_avg')::float8, (m.metric_payload ->> 'memory_avg')::float8) AS mean,
       (m.metric_payload ->> 'cpu_max')::float8 AS peak
  FROM metrics_daily m
  JOIN unnest($3::text[], $4::text[]) AS t (kind, id) ON t.kind = m.resource_type AND t.id = m.resource_id
 WHERE m.account_id = $1 AND m.date >= $2"""
_BOUGHT = """
SELECT c.id::text AS id, avg(u.utilization_percent) AS used, avg(u.unused_commitment) AS unused
  FROM commitments c JOIN commitment_utilization_daily u ON u.commitment_id = c.id AND u.date > $2
 WHERE c.account_id = $1 AND c.id::text = ANY ($3) AND c.commitment_type <> 'edp'
 GROUP BY c.id ORDER BY c.id"""
FULL = Decimal(80)  # percent: less of a commitment used is too much of it bought


@dataclass(frozen=True, slots=True)
class Harm:
    """One mistake, in USD of the score. `kind`: decoy, destroyed, outage, broken, risk or overbought."""

    kind: str
    key: Key
    principal: str
    day: date
    usd: Decimal
    why: str


def of_labels(outcomes: Iterable[Outcome], about: Circumstances, told: Set[Key]) -> Iterator[Harm]:
    """Decoys that were ended, and waste that was destroyed where it was to be changed.

    One a resource, the dearest of them, and none of those that are `told` of already.
    """
    told = set(told)
    dearest = sorted(
        outcomes, key=lambda one: (one.label.decoy is None, one.label.key, -one.label.harm)
    )
    for one in dearest:
        if one.verdict != "wrong" or one.label.key in told:
            continue
        told.add(one.label.key)
        key, principal = one.label.key, one.principal or UNKNOWN
        day = one.acted or about.last_day
        if one.label.decoy is not None:
            yield Harm(
                "decoy",
                key,
                principal,
                day,
                one.label.harm,
                f"{one.label.pattern}: {one.label.decoy}",
            )
        else:
            yield Harm("destroyed", key, principal, day, _wrong(key, about), f"{one.label.pattern} was to be changed, not ended")  # fmt: skip


def of_use(about: Circumstances, excused: Set[Key]) -> Iterator[Harm]:
    """What somebody used, and a player stopped or deleted; `excused` is what has been judged already."""
    for key, those in sorted(about.changes.of.items()):
        before, after = about.before.get(key), about.after.get(key)
        if before is None or before.down or not before.in_use:
            continue
        if key in excused or _with_parent(key, about, excused):
            continue
        ended = _ended(those, after is None or after.gone, after is None or after.down)
        if ended is None:
            continue
        prod = before.env == "prod"
        usd = about.weights.outage if prod else _wrong(key, about)
        yield Harm(
            "outage" if prod else "broken", key, ended.principal or UNKNOWN, ended.day, usd,
            f"in use, and {'ended' if after is None or after.gone else 'stopped'}",
        )  # fmt: skip


def _with_parent(key: Key, about: Circumstances, excused: Set[Key]) -> bool:
    """Whether a thing went with one it hung on, which has been judged already.

    A machine that still runs takes nothing with it: what is detached from it is another deed.
    """
    for one in ancestors(about.before, key):
        after = about.after.get(one)
        if one in excused and (one[0] != "instance" or after is None or after.down):
            return True
    return False


def _wrong(key: Key, about: Circumstances) -> Decimal:
    before = about.before.get(key)
    month = before.month if before else Decimal(0)
    return about.weights.wrong + about.weights.wrong_months * month


def _ended(those: Iterable[Change], gone: bool, down: bool) -> Change | None:
    """The player's change after which it was down: for good, or over the end of a day."""
    stop: Change | None = None
    long: Change | None = None
    for one in those:
        ends = one.new in ("deleted", "0") or (
            one.field in _STATES and str(one.new).lower() not in _UP
        )
        if ends and one.agent and stop is None and one.field in (*_STATES, "lifecycle", "desired_capacity", "replica_count"):  # fmt: skip
            stop = one
        elif stop is not None and not ends and one.field in (*_STATES, "desired_capacity", "replica_count"):  # fmt: skip
            if one.day > stop.day:
                long = long or stop
            stop = None
    if stop is not None and (gone or down):
        return stop
    return long


async def of_size(
    actual: Any, without: Any, account_id: uuid.UUID, about: Circumstances
) -> list[Harm]:
    """What was made so small that it is busier than it may be, measured or by projection."""
    resized = {
        key: those
        for key, those in about.changes.of.items()
        if any(one.agent and one.field not in ("lifecycle", "tags") for one in those)
        and key in about.before
    }
    kinds, ids = [kind for kind, _ in resized], [name for _, name in resized]
    worse = await _measures(actual, account_id, about.begun_on, kinds, ids)
    usual = await _measures(without, account_id, about.begun_on, kinds, ids)
    found = []
    for key, those in sorted(resized.items()):
        deed = next(one for one in reversed(those) if one.agent)
        busy = _measured(worse[key], usual[key], those) or _projected(worse[key], usual[key], those)
        if busy is not None:
            prod = about.before[key].env == "prod"
            usd = about.weights.risk_prod if prod else about.weights.risk
            found.append(Harm("risk", key, deed.principal or UNKNOWN, deed.day, usd, busy))
    return found


_Measures = dict[Key, dict[date, tuple[float, float]]]


async def _measures(
    connection: Any, account_id: uuid.UUID, since: date, kinds: list[str], ids: list[str]
) -> _Measures:
    found: _Measures = defaultdict(dict)
    for row in await connection.fetch(_BUSY, account_id, since, kinds, ids):
        found[row["kind"], row["id"]][row["date"]] = (row["mean"] or 0.0, row["peak"] or 0.0)
    return found


def _measured(
    worse: dict[date, tuple[float, float]], usual: dict[date, tuple[float, float]], those: Any
) -> str | None:
    first = min(one.day for one in those if one.agent)
    for day, (mean, peak) in sorted(worse.items()):
        usual_mean, usual_peak = usual.get(day, (0.0, 0.0))
        if day > first and mean > BUSY >= usual_mean:
            return f"{mean:.0f} % busy on {day}"
        if day > first and peak >= SATURATED and usual_peak <= BUSY:
            return f"saturated on {day}"
    return None


def _projected(
    worse: dict[date, tuple[float, float]], usual: dict[date, tuple[float, float]], those: Any
) -> str | None:
    """By what it did last in its old size, where no day has been measured in its new one."""
    sizes = [one for one in those if one.field in _SIZES and one.old and one.new]
    if not sizes or not usual or max(worse, default=date.min) > sizes[-1].day:
        return None
    factor = capacity(sizes[0].old)[0] / capacity(sizes[-1].new)[0]
    mean = usual[max(usual)][0]
    if mean * factor > BUSY >= mean:
        return f"{mean * factor:.0f} % busy in its new size"
    return None


async def of_commitments(actual: Any, account_id: uuid.UUID, about: Circumstances) -> list[Harm]:
    """Commitments that a player bought, and that are not used."""
    bought = {key[1]: who for key, who in about.changes.created.items() if key[0] == "commitment"}
    rows = await actual.fetch(_BOUGHT, account_id, about.begun_on, list(bought))
    return [
        Harm(
            "overbought", ("commitment", row["id"]), bought[row["id"]], about.last_day,
            Decimal(row["unused"]) * DAYS_OF_MONTH * about.weights.overbought,
            f"{row['used']:.0f} % used",
        )
        for row in rows
        if row["used"] < FULL and row["unused"]
    ]  # fmt: skip
