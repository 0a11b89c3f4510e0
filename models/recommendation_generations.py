"""Generations of savings plan recommendations: when an account asked for them to be made anew."""

from datetime import datetime
from typing import Any
from uuid import UUID

_SINCE = """
select id::text as generation_id, started_at, completes_at
  from savings_plans_recommendation_generations
 where account_id = driftcloud_account() and ($1::timestamptz is null or started_at >= $1)
 order by started_at desc, id
"""
_INSERT = """
insert into savings_plans_recommendation_generations (id, account_id, started_at, completes_at)
values ($1, driftcloud_account(), $2, $3)
"""


async def since(db: Any, start: datetime | None) -> list[Any]:
    """The account's generations, newest first; those begun before `start` left out."""
    rows: list[Any] = await db.fetch(_SINCE, start)
    return rows


async def insert(db: Any, key: UUID, started: datetime, completes: datetime) -> None:
    """Enter a generation."""
    await db.write(_INSERT, key, started, completes)
