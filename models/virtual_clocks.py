"""Virtual clocks: the newest simulated day of each account, and whether its time runs."""

import json
import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any


async def newest_day(db: Any, account_id: uuid.UUID) -> date | None:
    """The account's newest simulated day; None for an account without history."""
    day: date | None = await db.fetchval(
        "select virtual_date from virtual_clocks where account_id = $1", account_id
    )
    return day


async def every(db: Any) -> list[Any]:
    """The clocks of all accounts (the owner's view)."""
    rows: list[Any] = await db.fetch(
        "select a.account_number as account, a.name, c.virtual_date, c.paused, c.ticks,"
        " c.last_tick_at, c.last_tick_seconds, c.last_error, c.intensity"
        " from virtual_clocks c join cloud_accounts a on a.id = c.account_id"
        " order by a.account_number"
    )
    return rows


async def pause(db: Any, account_id: uuid.UUID | None, paused: bool) -> None:
    """Stop or resume the days of one account, or of all."""
    await db.execute(
        "update virtual_clocks set paused = $2 where $1::uuid is null or account_id = $1",
        account_id,
        paused,
    )


async def promise_history(db: Any, account_id: uuid.UUID, first_day: date, last_day: date) -> None:
    """Say which days the account is to have behind it; no tick comes before they are written."""
    await db.execute(
        "update virtual_clocks set history_from = $2, history_until = $3 where account_id = $1",
        account_id,
        first_day,
        last_day,
    )


async def promised_histories(db: Any) -> list[Any]:
    """Account, first day and number of days of each history that is not whole yet."""
    rows: list[Any] = await db.fetch(
        "select account_id, history_from, history_until"
        " - coalesce(virtual_date, history_from - 1) as days"
        " from virtual_clocks where history_until is not null order by account_id"
    )
    return rows


async def keep_promise(db: Any, account_id: uuid.UUID) -> None:
    """Say that the account's history is whole."""
    await db.execute(
        "update virtual_clocks set history_from = null, history_until = null where account_id = $1",
        account_id,
    )


async def intensify(db: Any, account_id: uuid.UUID, knobs: Mapping[str, Any]) -> None:
    """Change how strongly one account drifts; knobs that are not named stay as they are."""
    await db.execute(
        "insert into virtual_clocks as c (account_id, seed, intensity)"
        " values ($1, 42, $2::text::jsonb)"
        " on conflict (account_id) do update set intensity = c.intensity || excluded.intensity",
        account_id,
        json.dumps(dict(knobs)),
    )
