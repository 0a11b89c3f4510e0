"""What the players changed: the trail of changes, each with the call and the caller behind it."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

# Who it was nobody can tell: the change came without a call of one's own.
UNKNOWN = "unknown"
# A call and its change that were not written together are close to each other.
NEAR = timedelta(seconds=10)

Key = tuple[str, str]  # resource type and id

_CHANGES = """
SELECT e.id, e.resource_type, e.resource_id, e.change_source AS source, e.field_name AS field,
       e.old_value AS old, e.new_value AS new, e.changed_at AS at, e.transaction_id::text AS transaction
  FROM resource_change_events e
 WHERE e.account_id = $1 AND e.changed_at >= $2::date
 ORDER BY e.changed_at, e.transaction_id, e.resource_type, e.resource_id, e.field_name"""
_CALLS = """
SELECT t.event_id AS id, t.event_time AS at, t.transaction_id::text AS transaction, t.resource_names AS names,
       t.event_name AS operation, split_part(t.event_source, '.', 1) AS service, t.read_only, t.error_code,
       coalesce(t.event #>> '{userIdentity,arn}', t.username) AS principal
  FROM trail_events t
 WHERE t.account_id = $1 AND t.event_time >= $2::date
 ORDER BY t.event_time, t.event_id"""
_KNOWN_CHANGES = """
SELECT id FROM resource_change_events
 WHERE account_id = $1 AND changed_at >= $2::date AND change_source = 'agent'"""
_KNOWN_CALLS = "SELECT event_id FROM trail_events WHERE account_id = $1 AND event_time >= $2::date"
_TALLY = "SELECT principal, calls FROM truth.calls WHERE account_id = $1 ORDER BY principal"


@dataclass(frozen=True, slots=True)
class Change:
    """One changed column of one resource; `principal` only where a player did it."""

    key: Key
    agent: bool
    field: str
    old: str | None
    new: str | None
    at: datetime
    principal: str | None

    @property
    def day(self) -> date:
        """Its virtual day."""
        return self.at.date()


@dataclass(frozen=True)
class Changes:
    """All changes since an episode began, and how often each principal called."""

    every: tuple[Change, ...]
    tally: Mapping[str, int] = field(default_factory=dict)  # calls, those that read among them
    writes: Mapping[str, int] = field(default_factory=dict)  # calls that were served and change

    @cached_property
    def of(self) -> Mapping[Key, tuple[Change, ...]]:
        """The changes of each resource that a player touched, whoever made them."""
        touched = {one.key for one in self.every if one.agent}
        found: dict[Key, list[Change]] = defaultdict(list)
        for one in self.every:
            if one.key in touched:
                found[one.key].append(one)
        return {key: tuple(those) for key, those in found.items()}

    @cached_property
    def created(self) -> Mapping[Key, str]:
        """What the players made, and who did."""
        return {
            one.key: one.principal or UNKNOWN
            for one in self.every
            if one.agent and one.field == "lifecycle" and one.new == "created"
        }

    @cached_property
    def deeds(self) -> tuple[Change, ...]:
        """The players' own, the newest first."""
        return tuple(one for one in reversed(self.every) if one.agent)

    def last_agent(self, keys: Iterable[Key], until: date | None = None) -> Change | None:
        """The newest change that a player made to one of these resources, up to a day."""
        wanted = set(keys)
        return next(
            (
                one
                for one in self.deeds
                if one.key in wanted and (until is None or one.day <= until)
            ),
            None,
        )

    def undone(self, key: Key) -> bool:
        """Whether all that changed since a player first touched it is as it was before."""
        those = self.of.get(key, ())
        first = next((at for at, one in enumerate(those) if one.agent), None)
        if first is None:
            return False
        before: dict[str, str | None] = {}
        after: dict[str, str | None] = {}
        for one in those[first:]:
            before.setdefault(one.field, one.old)
            after[one.field] = one.new
        return all(before[name] == after[name] for name in before)


async def read(actual: Any, without: Any, account_id: uuid.UUID, begun_on: date) -> Changes:
    """The changes of an account in the world that was played, but for those before it was.

    `actual` and `without` are owner connections of that world and of the one in which nothing was
    done: what that one knows too was there before.
    """
    known = {row[0] for row in await without.fetch(_KNOWN_CHANGES, account_id, begun_on)}
    known_calls = {row[0] for row in await without.fetch(_KNOWN_CALLS, account_id, begun_on)}
    calls = [
        row for row in await actual.fetch(_CALLS, account_id, begun_on) if row["id"] not in known_calls
    ]  # fmt: skip
    tally = await _tally(actual, without, account_id)
    served = [row for row in calls if row["error_code"] is None and not row["read_only"]]
    writes: dict[str, int] = defaultdict(int)
    for row in served:
        writes[row["principal"] or UNKNOWN] += 1
    callers = {row["principal"] for row in served} - {None}
    asked = _Callers(served, callers.pop() if len(callers) == 1 else None)
    every = tuple(
        Change(
            (row["resource_type"], row["resource_id"]), row["source"] == "agent", row["field"],
            row["old"], row["new"], row["at"],
            asked.caller(row) if row["source"] == "agent" else None,
        )
        for row in await actual.fetch(_CHANGES, account_id, begun_on)
        if row["id"] not in known
    )  # fmt: skip
    return Changes(every, tally, dict(writes))


async def _tally(actual: Any, without: Any, account_id: uuid.UUID) -> dict[str, int]:
    before = {row["principal"]: row["calls"] for row in await without.fetch(_TALLY, account_id)}
    return {
        row["principal"]: row["calls"] - before.get(row["principal"], 0)
        for row in await actual.fetch(_TALLY, account_id)
        if row["calls"] > before.get(row["principal"], 0)
    }


class _Callers:
    """Who is behind a change: the call of its transaction, else the nearest call that names it."""

    def __init__(self, calls: list[Any], only: str | None) -> None:
        self._calls = calls
        self._only = only
        self._by_transaction = {
            row["transaction"]: row["principal"] for row in calls if row["transaction"]
        }

    def caller(self, change: Any) -> str:
        found = self._by_transaction.get(change["transaction"])
        return found or self._nearest(change) or self._only or UNKNOWN

    def _nearest(self, change: Any) -> str | None:
        name = change["resource_id"]
        short = name.rpartition("/")[2] if name.startswith("arn:") else name
        short = short.rpartition(":")[2]
        near = [
            (abs(row["at"] - change["at"]), n)
            for n, row in enumerate(self._calls)
            if abs(row["at"] - change["at"]) <= NEAR and {name, short} & set(row["names"])
        ]
        return self._calls[min(near)[1]]["principal"] if near else None
