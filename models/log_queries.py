"""Queries of Logs Insights: those that ran, and those that are kept for later."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.listing import Database, Listing

_OWN = "q.account_id = (select driftcloud_account())"
LISTING = Listing(
    "q.id, q.id::text as key, q.query, q.log_group_names, q.status, q.statistics, q.user_arn,"
    " q.created_at",
    "log_queries as q",
    key="q.id::text",
    columns={
        "region": "q.region",
        "status": "q.status",
        "log_group": "q.log_group_names[1]",
    },
    always=_OWN,
)
DEFINITIONS = Listing(
    "q.id, q.name, q.query, q.log_group_names, q.modified_at",
    "log_query_definitions as q",
    key="q.name",
    columns={"region": "q.region", "name": "q.name"},
    always=_OWN,
)
_START = """
insert into log_queries (account_id, region, query, log_group_names, results, statistics,
                         user_arn, created_at)
values (driftcloud_account(), $1, $2, $3, $4::jsonb, $5::jsonb, $6, $7) returning id
"""
_FIND = f"""
select q.id, q.results, q.statistics, q.status from log_queries as q
 where {_OWN} and q.region = $1 and q.id = $2
"""
_DEFINE = """
insert into log_query_definitions (account_id, region, name, query, log_group_names, modified_at)
values (driftcloud_account(), $1, $2, $3, $4, $5) on conflict do nothing returning id
"""
_REDEFINE = """
update log_query_definitions as q set name = $3, query = $4, log_group_names = $5,
       modified_at = $6
 where q.account_id = driftcloud_account() and q.region = $1 and q.id = $2 returning q.id
"""
_DELETE_DEFINITION = """
delete from log_query_definitions
 where account_id = driftcloud_account() and region = $1 and id = $2 returning id
"""


async def start(db: Any, region: str, row: Mapping[str, Any]) -> str:
    """Store a query and what it found; its id."""
    columns = ("query", "log_group_names", "results", "statistics", "user_arn", "created_at")
    rows = await db.write(_START, region, *(row[name] for name in columns))
    return str(rows[0]["id"])


async def find(db: Database, region: str, query_id: str) -> Any | None:
    """The query of an id; None where there is none."""
    rows = await db.fetch(_FIND, region, query_id)
    return rows[0] if rows else None


async def define(
    db: Any, region: str, definition_id: str | None, name: str, query: str,
    log_group_names: Sequence[str], now: Any,
) -> str | None:  # fmt: skip
    """Keep a query, or change one; its id, None where the name is taken or the id unknown."""
    names = list(log_group_names)
    if definition_id is None:
        rows = await db.write(_DEFINE, region, name, query, names, now)
    else:
        rows = await db.write(_REDEFINE, region, definition_id, name, query, names, now)
    return str(rows[0]["id"]) if rows else None


async def forget(db: Any, region: str, definition_id: str) -> bool:
    """Delete a kept query; False when it is not there."""
    return bool(await db.write(_DELETE_DEFINITION, region, definition_id))
