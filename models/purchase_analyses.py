"""Purchase analyses: what a savings plan would have saved, worked out when it was asked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

_LIST = """
select id::text as analysis_id, configuration, details, error_code, started_at, completes_at
  from commitment_purchase_analyses
 where account_id = driftcloud_account() and ($1::text[] is null or id::text = any ($1))
 order by started_at desc, id
"""
_INSERT = """
insert into commitment_purchase_analyses
       (id, account_id, configuration, details, error_code, started_at, completes_at)
values ($1, driftcloud_account(), $2, $3, $4, $5, $6)
"""


async def listed(db: Any, analysis_ids: list[str] | None = None) -> list[Any]:
    """The account's analyses, or those of these ids, newest first."""
    rows: list[Any] = await db.fetch(_LIST, analysis_ids)
    return rows


async def insert(
    db: Any, key: UUID, configuration: Mapping[str, Any], details: Mapping[str, Any] | None,
    error_code: str | None, started: datetime, completes: datetime,
) -> None:  # fmt: skip
    """Enter an analysis with its outcome: details, or why there are none."""
    await db.write(_INSERT, key, configuration, details, error_code, started, completes)
