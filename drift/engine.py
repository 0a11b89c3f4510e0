"""The engine: one virtual day per tick for every account, each in one transaction of its own.

A tick reads its day from the account's newest one, never from a clock, but for the first day of an
account that began empty: that is the day on which it ticks first. It takes the account's advisory
lock, so that two engines at once make two days and never the same one twice; and what
it writes appears as a whole or not at all.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from drift import (
    announcing,
    capacities,
    days,
    healing,
    innocence,
    occasions,
    scenarios,
    schedules,
    truth,
)
from drift.day import Day, Knobs

log = logging.getLogger("driftcloud.drift")

CHANNEL = "driftcloud_tick"
LOCK_CLASS = 0x74696B  # "tik": first key of every account's advisory lock
RETRIES = 3
_RETRIED = ("40001", "40P01")  # serialization failure, deadlock with a request
_TAKEN = "metrics_daily_resource_type_resource_id_date_key"

# Rows of a day from which on it pays to go without foreign keys: PostgreSQL forgets every plan of
# the session when they are turned off and on.
LARGE = 50_000
_UNCHECKED = "SELECT driftcloud_unchecked($1)"

# What touches a few rows, and what triggers do about them, is looked up; what writes a whole day is
# hashed and added up.
_FEW = """SELECT set_config('enable_nestloop', o.few, true), set_config('enable_mergejoin', o.few, true),
    set_config('enable_sort', o.few, true) FROM (VALUES (CASE WHEN $1 THEN 'on' ELSE 'off' END)) AS o (few)"""

# audit = off: live metrics are no events, and scenarios record theirs themselves, at times that
# do not depend on the wall clock. jit would cost more than it gives; nested loops are right for
# a few rows and ruinous for ten thousand, and rows written in this transaction have no statistics.
# What a day reads was written a moment ago and lies in memory, where pages cost next to nothing:
# a day of one type among all days is found by the index that has no other rows.
# What the index of payloads gathers is merged by vacuum, not by the tick. To plan its
# statements anew would take a small account's tick longer than to run them.
_PREPARE = """SELECT pg_advisory_xact_lock($1, hashtext($2::uuid::text)),
    set_config('driftcloud.source', 'drift_engine', true),
    set_config('driftcloud.audit', 'off', true), set_config('driftcloud.account', $2::uuid::text, true),
    set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_sort', 'off', true), set_config('jit', 'off', true),
    set_config('seq_page_cost', '0.1', true), set_config('random_page_cost', '0.11', true),
    set_config('gin_pending_list_limit', '64MB', true), set_config('work_mem', '64MB', true),
    set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('max_parallel_workers_per_gather', '0', true)"""

# What the ids of new rows follow from (sql/054_episodes.sql).
_DRAW = """SELECT set_config('driftcloud.draws', $1, true),
    set_config('driftcloud.drawn', '0', true)"""

_ACCOUNT = """
SELECT a.account_number, coalesce(c.seed, 42) AS seed, coalesce(c.intensity, '{}')::text AS intensity,
       greatest(c.virtual_date, n.newest) AS newest, c.history_until IS NOT NULL AS promised, EXISTS (SELECT FROM metrics_daily m
                   WHERE m.account_id = a.id AND m.date = n.newest OFFSET $2) AS large,
       CASE WHEN EXISTS (SELECT FROM resource_change_events e WHERE e.account_id = a.id)
            THEN (now() AT TIME ZONE 'UTC')::date END AS begun
  FROM cloud_accounts a LEFT JOIN virtual_clocks c ON c.account_id = a.id
  LEFT JOIN LATERAL (SELECT m.date AS newest FROM metrics_daily m WHERE m.account_id = a.id
                      ORDER BY m.date DESC LIMIT 1) n ON true
 WHERE a.id = $1 FOR KEY SHARE OF a"""

_TURN_CLOCK = """
INSERT INTO virtual_clocks AS c (account_id, seed, virtual_date, ticks, last_tick_at, last_tick_seconds)
VALUES ($1, $2, $3, 1, now(), $4::float8)
ON CONFLICT (account_id) DO UPDATE SET virtual_date = excluded.virtual_date, ticks = c.ticks + 1,
    last_tick_at = excluded.last_tick_at, last_tick_seconds = excluded.last_tick_seconds,
    last_error = NULL, updated_at = now()
RETURNING pg_notify($5, $1::text)"""

# A history grows from nothing faster than autovacuum looks. What plans of the days rest on is
# counted, payloads are left for autovacuum: they are nine tenths of the work. Days of a small
# account, by themselves or beside others, change no plan, but to count lets every plan be made anew:
# they are left to autovacuum too, below its own threshold.
_ANALYZE = """ANALYZE metrics_daily (account_id, resource_type, resource_id, date),
    resource_profiles (account_id, resource_type, resource_id), s3_bucket_usage_daily,
    log_group_usage_daily"""
_ANALYZED = (0, 7, 60)
_OUTGROWN = """
SELECT $1::bigint > least(1000, 500 + greatest(reltuples, 0) / 10) FROM pg_class
 WHERE oid = 'metrics_daily'::regclass"""

CALM = {"mess": 0.0}
_CALM = """
INSERT INTO virtual_clocks AS c (account_id, seed, intensity) VALUES ($1, $2, '{"mess": 0.0}')
    ON CONFLICT (account_id) DO UPDATE SET intensity = excluded.intensity WHERE c.intensity = '{}'"""

_FAILED = "UPDATE virtual_clocks SET last_error = $2 WHERE account_id = $1"

_ACCOUNTS = """
SELECT a.id FROM cloud_accounts a LEFT JOIN virtual_clocks c ON c.account_id = a.id
 WHERE ($1::uuid[] IS NULL OR a.id = ANY ($1)) AND ($2 OR NOT coalesce(c.paused, false))
   AND c.history_until IS NULL
 ORDER BY a.account_number"""


class Database(Protocol):
    """What the engine needs of the pool: a connection of the owner role, for cross-account work."""

    def owner(self) -> AbstractAsyncContextManager[Any]:
        """An asyncpg connection of the owner role."""


@dataclass(slots=True)
class TickReport:
    """What one tick of one account did; `virtual_date` is the day that it wrote."""

    account: uuid.UUID
    account_number: str
    virtual_date: date
    rows: dict[str, int] = field(default_factory=dict)
    scenarios: list[str] = field(default_factory=list)
    duration_ms: float = 0.0

    def tell(self) -> None:
        """Log what was done: one record, whose attributes are the fields."""
        log.info("tick", extra=asdict(self))


@dataclass(slots=True)
class Failure:
    """An account whose tick failed; the others went on."""

    account: uuid.UUID
    error: str


async def tick(
    connection: Any, account_id: uuid.UUID, *, days: int = 1, knobs: Knobs | None = None
) -> list[TickReport]:
    """Advance one account by `days` virtual days, each in its own transaction.

    `connection` is an asyncpg connection of the owner role, outside a transaction. An account in
    which nothing ever was is left alone: no report.
    """
    reports = []
    for _ in range(days):
        report = await _tick_once(connection, account_id, knobs or Knobs())
        if report is None:
            break
        report.tell()
        reports.append(report)
    return reports


async def history(
    connection: Any,
    account_id: uuid.UUID,
    first_day: date,
    days: int,
    *,
    knobs: Knobs | None = None,
    progress: Callable[[], None] | None = None,
) -> list[TickReport]:
    """Give an account its first `days` days, from `first_day` on, by the same engine.

    The mess is off unless `knobs` say otherwise: an estate brings its own. An account that has
    history already goes on from its newest day. The rows are those of as many ticks; the resources'
    own 7-day columns, which no calm day reads, are brought up to date by the last day alone.
    `progress` is called after every day.
    """
    calm = knobs or Knobs(mess=0.0)
    reports: list[TickReport] = []
    uncounted = 0
    for at in range(days):
        last = at == days - 1
        begun = reports[0].virtual_date if reports else None
        report = await _tick_once(
            connection, account_id, calm, first_day=first_day,
            since=begun if calm.mess == 0 else None, live=last or calm.mess > 0,
            settle=(begun or date.max) if last else None,
        )  # fmt: skip
        if report is None:
            break
        reports.append(report)
        uncounted += report.rows.get("metrics_daily", 0)
        if (last or at in _ANALYZED) and await connection.fetchval(_OUTGROWN, uncounted):
            await connection.execute(_ANALYZE)
            uncounted = 0
        if progress is not None:
            progress()
    return reports


async def histories(
    database: Database,
    accounts: Sequence[tuple[uuid.UUID, date]],
    days: int,
    *,
    at_once: int = 2,
    progress: Callable[[], None] | None = None,
) -> None:
    """`history` of several accounts, each from its own first day, `at_once` of them side by side."""
    waiting = list(reversed(accounts))

    async def work() -> None:
        async with database.owner() as connection:
            while waiting:
                account_id, first_day = waiting.pop()
                await history(connection, account_id, first_day, days, progress=progress)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(at_once, len(accounts))):
            group.create_task(work())


async def tick_all(
    database: Database,
    *,
    accounts: Sequence[uuid.UUID] | None = None,
    days: int = 1,
    knobs: Knobs | None = None,
    include_paused: bool = True,
) -> tuple[list[TickReport], list[Failure]]:
    """Advance every account (or those given); one that fails does not stop the others."""
    reports: list[TickReport] = []
    failures: list[Failure] = []
    async with database.owner() as connection:
        chosen = await connection.fetch(
            _ACCOUNTS, None if accounts is None else list(accounts), include_paused
        )
        for row in chosen:
            try:
                reports += await tick(connection, row["id"], days=days, knobs=knobs)
            except Exception as error:
                if connection.is_closed():
                    raise
                log.exception("tick failed", extra={"account": row["id"]})
                failures.append(Failure(row["id"], f"{type(error).__name__}: {error}"))
                await connection.execute(_FAILED, row["id"], failures[-1].error[:500])
    return reports, failures


async def _tick_once(
    connection: Any,
    account_id: uuid.UUID,
    knobs: Knobs,
    *,
    first_day: date | None = None,
    since: date | None = None,
    live: bool = True,
    settle: date | None = date.max,
) -> TickReport | None:
    wary = False
    for attempt in range(1, RETRIES + 1):
        try:
            async with connection.transaction():
                return await _write_day(
                    connection, account_id, knobs, first_day, since, live, settle, wary
                )
        except Exception as error:
            taken = getattr(error, "constraint_name", None) == _TAKEN and not wary
            wary = wary or taken
            if attempt == RETRIES or not (taken or getattr(error, "sqlstate", None) in _RETRIED):
                raise
    return None


async def _write_day(
    connection: Any,
    account_id: uuid.UUID,
    knobs: Knobs,
    first_day: date | None,
    since: date | None,
    live: bool,
    settle: date | None,
    wary: bool,
) -> TickReport | None:
    began = time.perf_counter()
    await connection.execute(_PREPARE, LOCK_CLASS, account_id)
    account = await connection.fetchrow(_ACCOUNT, account_id, LARGE)
    if account is None:
        return None
    if account["newest"] is not None:
        today = account["newest"] + timedelta(days=1)
    elif (first := first_day or account["begun"]) is not None:
        today = first
    else:
        return None
    if account["newest"] is None and first_day is None:
        # what somebody builds by hand costs as days go by, but falls into no disorder unasked
        await connection.execute(_CALM, account_id, account["seed"])
        knobs = knobs.changed(CALM)
    day = Day(
        connection,
        account_id,
        account["account_number"],
        today,
        account["seed"],
        knobs.changed(json.loads(account["intensity"])),
        since or today,
        wary=wary,
    )
    await connection.execute(_DRAW, f"{day.account_number}/{today}/{day.seed}")
    await capacities.learn(day)
    await occasions.learn(day)
    await _write_rows(day, large=account["large"])
    if live:
        for module in days.in_order():
            if hasattr(module, "live") and not occasions.idle(day, module):
                await module.live(day)
    if live or day.knobs.mess:
        await connection.execute(_FEW, True)
    happened = await _make_mess(day)
    await healing.go_on(day)
    if live and not account["promised"]:  # nobody listened to the history of an estate
        await announcing.announce(day)
        await schedules.fire(day)
    if settle is not None:
        unsettled = settle if settle < today else None
        await truth.settle(connection, account_id, day.start, since=unsettled)
    seconds = time.perf_counter() - began
    await connection.execute(_TURN_CLOCK, account_id, day.world, today, round(seconds, 3), CHANNEL)
    return TickReport(
        account_id, day.account_number, today, dict(day.written), happened, round(seconds * 1000, 1)
    )


async def _write_rows(day: Day, *, large: bool) -> None:
    """Every noun's rows of the day; those of a large account without a look at the account for each."""
    unchecked = few = False
    for module in days.in_order():
        if occasions.idle(day, module):
            continue
        configures = getattr(module, "CONFIGURES", False)
        if few != configures:
            few = configures
            await day.connection.execute(_FEW, few)
        if unchecked != (large and not configures):
            unchecked = not unchecked
            await day.connection.execute(_UNCHECKED, unchecked)
        await module.write(day)
    if unchecked:
        await day.connection.execute(_UNCHECKED, False)
    if few:
        await day.connection.execute(_FEW, False)


async def _make_mess(day: Day) -> list[str]:
    """Let each scenario try its luck; one that fails undoes itself alone and is logged."""
    happened: list[str] = []
    for name, scenario in scenarios.by_name().items() if day.knobs.mess else ():
        odds = day.knobs.odds.get(name, scenario.ODDS) * day.knobs.mess
        if day.random(f"odds/{name}").random() >= odds:
            continue
        try:
            async with day.connection.transaction():
                happening, decoy = await innocence.happen(day, name, scenario)
                if happening is not None:
                    await truth.enter(day, name, happening, decoy)
                    happened.append(name)
        except Exception:
            day.machines.clear()  # what was launched is undone
            log.exception("scenario failed", extra={"scenario": name, **day.named})
    return happened
