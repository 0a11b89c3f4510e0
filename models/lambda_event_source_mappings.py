"""Event source mappings: queues and streams that Lambda reads for functions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models import single_rows
from models.callers import NOW
from models.listing import Database, Listing

_ACTIVE = f"m.settles_at > {NOW}"
LISTING = Listing(
    "m.id::text as uuid, m.arn, m.function_arn, m.event_source_arn, m.enabled, m.batch_size,"
    " m.options, m.modified_at,"
    f" case when {_ACTIVE} then m.state_transition when m.enabled then 'Enabled'"
    " else 'Disabled' end as state",
    "lambda_event_source_mappings as m",
    key="m.id::text",
    columns={
        "region": "m.region",
        "event_source_arn": "m.event_source_arn",
        "function_arn": "m.function_arn",
    },
    tagged="lambda_event_source_mapping",
    tagged_by="m.arn",
    always=f"(m.state_transition is distinct from 'Deleting' or {_ACTIVE})",
)
_SOURCES = {
    "kinesis": "select 1 from streaming_clusters where arn = $1 and engine = 'kinesis'",
    "kafka": "select 1 from streaming_clusters where arn = $1 and engine <> 'kinesis'",
}


async def find_one(db: Database, uuid: str) -> Any | None:
    """The mapping of that UUID, or None."""
    rows = await LISTING.page(db, ids=[uuid.lower()])
    return rows[0] if rows else None


async def lock(db: Any, region: str, uuid: str) -> Any | None:
    """The mapping, held until the transaction ends; None when it is not there."""
    await db.fetch(
        "select id from lambda_event_source_mappings where region = $1 and id::text = $2"
        " for update",
        region,
        uuid.lower(),
    )
    return await find_one(db, uuid)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new mapping."""
    return await single_rows.insert(db, "lambda_event_source_mappings", row)


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one mapping; False when it is not there."""
    return await single_rows.update(db, "lambda_event_source_mappings", region, "arn", arn, changes)


async def delete(db: Any, region: str, arn: str, now: datetime, takes: timedelta) -> None:
    """Delete a mapping, at once or when `takes` is over."""
    if takes:
        changes = {"state_transition": "Deleting", "settles_at": now + takes}
        await update(db, region, arn, changes)
    else:
        await db.write("delete from lambda_event_source_mappings where arn = $1", arn)


async def paired(db: Database, function_arn: str, event_source_arn: str) -> str | None:
    """The UUID of the mapping between the two, or None."""
    rows = await db.fetch(
        "select id::text as uuid from lambda_event_source_mappings"
        " where function_arn = $1 and event_source_arn = $2",
        function_arn,
        event_source_arn,
    )
    return rows[0]["uuid"] if rows else None


async def source_exists(db: Database, service: str, arn: str) -> bool:
    """Whether the stream or cluster is the caller's; True of services that have no table."""
    return service not in _SOURCES or bool(await db.fetch(_SOURCES[service], arn))
