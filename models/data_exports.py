"""Data exports: kept, listed, and refreshed when a day has passed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import cost_exports, single_rows
from models.cost_exports import cost_and_usage, files, today
from models.cost_exports.delivery import Delivered, Order, deliver
from models.cost_exports.layout import DayLayout, Layout
from models.cost_exports.rows import Extent
from models.listing import Listing

LISTING = Listing(
    "e.id, e.name, e.arn, e.description, e.data_query, e.destination, e.status, e.status_reason,"
    " e.delivered, e.last_refreshed_at, e.changed_at, e.created_at",
    "data_exports as e",
    key="e.name",
    columns={"arn": "e.arn"},
    always="e.account_id = (select driftcloud_account())",
)
_FIND = """
select id, name, arn, description, data_query, destination, status, status_reason, delivered,
       last_refreshed_at, changed_at, created_at
  from data_exports where account_id = (select driftcloud_account()) and arn = $1
"""
_CHANGE = """
update data_exports set description = $2, data_query = $3, destination = $4, changed_at = $5
 where account_id = (select driftcloud_account()) and arn = $1 returning id
"""
_DELETE = """
delete from data_exports where account_id = (select driftcloud_account()) and arn = $1 returning id
"""
_REFRESHED = """
update data_exports set status = $2, status_reason = $3, delivered = $4,
       last_refreshed_at = case when $2 = 'HEALTHY' then $5 else last_refreshed_at end
 where id = $1 returning id
"""
_EXECUTED = """
insert into data_export_executions (account_id, export_id, execution_id, partition, status,
                                    status_reason, rows, export, started_at)
select driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8 on conflict (execution_id) do nothing
"""
EXECUTIONS = Listing(
    "lpad(x.number::text, 20, '0') as number, x.execution_id, x.status, x.status_reason,"
    " x.export, x.started_at",
    "data_export_executions as x",
    key="lpad(x.number::text, 20, '0')",
    columns={"execution_id": "x.execution_id", "export_id": "x.export_id::text"},
)
HOURLY = 24


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Keep a new export; False when its name is taken."""
    return await single_rows.insert(db, "data_exports", row)


async def find(db: Any, arn: str) -> Any | None:
    """The caller's export of that ARN."""
    return await db.fetchrow(_FIND, arn)


async def change(db: Any, arn: str, row: Mapping[str, Any]) -> bool:
    """Put another query and destination in place; False when it is not there."""
    given = (row[name] for name in ("description", "data_query", "destination", "changed_at"))
    return bool(await db.write(_CHANGE, arn, *given))


async def delete(db: Any, arn: str) -> bool:
    """Forget an export; its files stay."""
    return bool(await db.write(_DELETE, arn))


def order(row: Mapping[str, Any]) -> Order:
    """What an export delivers; QueryError where its query cannot be run."""
    query = cost_exports.read(row["data_query"]["QueryStatement"], cost_exports.TABLES)
    chosen = (row["data_query"].get("TableConfigurations") or {}).get(query.table.name) or {}
    place = row["destination"]
    output = place["S3OutputConfigurations"]
    layout = (DayLayout if query.table.is_today else Layout)(
        row["name"], place["S3Prefix"].strip("/")
    )
    # AWS's defaults of CUR 2.0; the others tell days and resources
    if query.table is cost_and_usage.TABLE:
        hourly = chosen.get("TIME_GRANULARITY", "HOURLY") == "HOURLY"
        extent = Extent(chosen.get("INCLUDE_RESOURCES") == "TRUE", HOURLY if hourly else 1)
    else:
        extent = Extent()
    return Order(
        row["arn"],
        place["S3Bucket"],
        query,
        extent,
        output["Compression"],
        layout,
        output["Overwrite"] == "OVERWRITE_REPORT",
        told=chosen,
    )


async def refresh(
    db: Any, row: Mapping[str, Any], shift_days: int, now: datetime, document: Mapping[str, Any]
) -> list[Delivered]:
    """Deliver an export, in a transaction, and enter each month written as an execution.

    `document` is the export as the API shows it.
    """
    known = dict(row["delivered"])
    wanted = order(row)
    if wanted.compression == "PARQUET" and not files.can_write_parquet():
        await db.write(_REFRESHED, row["id"], "UNHEALTHY", "INTERNAL_FAILURE", known, now)
        return []
    if wanted.query.table.is_today:
        account = wanted.arn.split(":")[4]
        done = await today.deliver(db, wanted, account, known, shift_days, now)
    else:
        done = await deliver(db, wanted, known, shift_days, now)
    failed = any(one.failure for one in done)
    for one in done:
        await db.write(
            _EXECUTED, row["id"], one.execution_id, one.partition,
            "DELIVERY_FAILURE" if one.failure else "DELIVERY_SUCCESS",
            "INSUFFICIENT_PERMISSION" if one.failure else None, one.rows, document, now,
        )  # fmt: skip
    status = ("UNHEALTHY", "INSUFFICIENT_PERMISSION") if failed else ("HEALTHY", None)
    await db.write(_REFRESHED, row["id"], *status, known, now)
    return done


def document(row: Mapping[str, Any]) -> dict[str, Any]:
    """An export in the members of the API."""
    said = {
        "ExportArn": row["arn"],
        "Name": row["name"],
        "DataQuery": row["data_query"],
        "DestinationConfigurations": {"S3Destination": row["destination"]},
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }
    return said | {"Description": row["description"]} if row["description"] else said
