"""Provisioned concurrency: environments kept warm for a version or an alias."""

from datetime import datetime, timedelta
from typing import Any

from models.callers import NOW
from models.lambda_functions import MODIFIED
from models.listing import Database, Listing

_READY = f"(p.settles_at is null or p.settles_at <= {NOW})"
LISTING = Listing(
    f"p.qualifier, p.requested, f.arn || ':' || p.qualifier as arn,"
    f" case when {_READY} then p.requested else 0 end as allocated,"
    f" case when {_READY} then 'READY' else 'IN_PROGRESS' end as status,"
    f" to_char((p.modified_at + {{shift}}) at time zone 'utc', {MODIFIED}) as modified",
    "lambda_provisioned_concurrency as p join lambda_functions as f on f.id = p.function_id",
    key="p.qualifier",
    columns={"region": "p.region", "function_id": "p.function_id::text", "name": "f.name"},
)
_PUT = """
insert into lambda_provisioned_concurrency (account_id, function_id, region, qualifier, requested,
                                            settles_at, modified_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6)
on conflict (function_id, qualifier) do update set requested = excluded.requested,
    settles_at = excluded.settles_at, modified_at = excluded.modified_at
"""
_OTHERS = """
select coalesce(sum(requested), 0) from lambda_provisioned_concurrency
 where function_id = $1 and qualifier <> $2
"""


async def put(
    db: Any, row: Any, qualifier: str, requested: int, now: datetime, takes: timedelta
) -> None:
    """Keep so many environments warm from now on."""
    settles = now + takes if takes else None
    await db.write(_PUT, row["id"], row["region"], qualifier, requested, settles, now)


async def others(db: Database, function_id: Any, qualifier: str) -> int:
    """How many environments are kept warm for a function's other versions and aliases."""
    rows = await db.fetch(_OTHERS, function_id, qualifier)
    return int(rows[0][0])
