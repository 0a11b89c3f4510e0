"""The loop: ticks in the background, at most one engine at a time over all workers and hosts."""

# ruff: noqa: E501 - the lines of SQL read better whole

import asyncio
import json
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from drift.day import Knobs
from drift.engine import Database, tick_all

log = logging.getLogger("driftcloud.drift")

ROUND_LOCK = 0x6472_6966_7472_6E64  # "driftrnd": held while a round of ticks runs
GLANCE_SECONDS = 2.0  # how soon a change of the settings is noticed

# A round is due after the interval, and at midnight: the newest day is shown as today, so without
# one what was done at eleven would lie ahead of a client that looks at one.
_DUE = """
least(last_tick_at + interval_seconds * interval '1 second',
      CASE WHEN interval_seconds < 86400
           THEN date_trunc('day', last_tick_at, 'UTC') + interval '24 hours' END)"""

_READ = f"""
SELECT paused, interval_seconds, knobs::text AS knobs,
       greatest(0, extract(epoch FROM {_DUE} - clock_timestamp()))::float8 AS due_in
  FROM drift_settings"""

# Whoever moves last_tick_at ticks: the clock is the database's, so that hosts need not agree.
_CLAIM = f"""
UPDATE drift_settings SET last_tick_at = clock_timestamp()
 WHERE NOT paused AND (last_tick_at IS NULL OR {_DUE} <= clock_timestamp())
RETURNING knobs::text"""

_CHANGE = """
UPDATE drift_settings SET paused = coalesce($1, paused),
       interval_seconds = coalesce($2, interval_seconds), knobs = coalesce($3::text::jsonb, knobs)
RETURNING paused, interval_seconds, knobs::text AS knobs"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the engine runs now. `knobs` are overrides of Knobs, and `accounts` (ids) if only some."""

    paused: bool
    interval_seconds: float
    knobs: dict[str, Any]


async def settings(database: Database) -> Settings:
    """The settings that every worker obeys."""
    async with database.owner() as connection:
        row = await connection.fetchrow(_READ)
    return Settings(row["paused"], row["interval_seconds"], json.loads(row["knobs"]))


async def adjust(
    database: Database,
    *,
    paused: bool | None = None,
    interval_seconds: float | None = None,
    knobs: dict[str, Any] | None = None,
) -> Settings:
    """Change what is given, for all workers, from their next glance on; ValueError if it makes no sense."""
    if interval_seconds is not None and not interval_seconds > 0:
        raise ValueError(f"the interval is a positive number of seconds, not {interval_seconds}")
    if knobs is not None:
        split(knobs)
    async with database.owner() as connection:
        row = await connection.fetchrow(
            _CHANGE, paused, interval_seconds, None if knobs is None else json.dumps(knobs)
        )
    return Settings(row["paused"], row["interval_seconds"], json.loads(row["knobs"]))


def split(knobs: dict[str, Any]) -> tuple[Knobs, list[uuid.UUID] | None]:
    """The Knobs among stored settings, and the accounts that they are limited to."""
    rest = dict(knobs)
    accounts = rest.pop("accounts", None)
    chosen = None if accounts is None else [uuid.UUID(str(one)) for one in accounts]
    return Knobs().changed(rest), chosen


async def round_of_ticks(database: Database) -> bool:
    """One round if one is due and no other engine runs; whether it was ours."""
    async with database.owner() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", ROUND_LOCK):
            return False
        try:
            stored = await connection.fetchval(_CLAIM)
            if stored is None:
                return False
            knobs, accounts = split(json.loads(stored))
            await tick_all(database, accounts=accounts, knobs=knobs, include_paused=False)
            return True
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", ROUND_LOCK)


async def run(database: Database, interval_seconds: float | None = None) -> None:
    """Tick whenever it is due, until cancelled; a failed round is logged and the next one tried.

    `interval_seconds`, when given, is stored as the setting first. The first round comes one
    interval after the start.
    """
    async with database.owner() as connection:
        await connection.execute(
            """UPDATE drift_settings SET interval_seconds = coalesce($1, interval_seconds),
                      last_tick_at = coalesce(last_tick_at, clock_timestamp())""",
            interval_seconds,
        )
    while True:
        try:
            async with database.owner() as connection:
                row = await connection.fetchrow(_READ)
            if not row["paused"] and row["due_in"] <= 0:
                await round_of_ticks(database)
            await asyncio.sleep(max(0.05, min(GLANCE_SECONDS, row["due_in"] or GLANCE_SECONDS)))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("round failed")
            await asyncio.sleep(GLANCE_SECONDS)
