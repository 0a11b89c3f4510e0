"""Cost and usage reports of the first kind: kept, listed, refreshed when a day has passed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import cost_categories, single_rows
from models.cost_exports import files, reports, rows
from models.cost_exports.delivery import NO_BUCKET, Delivered, Order, deliver
from models.cost_exports.layout import ReportLayout
from models.cost_exports.rows import Extent
from models.listing import Listing

_COLUMNS = "r.id, r.name, r.arn, r.definition, r.last_status, r.last_delivery, r.delivered"
LISTING = Listing(
    _COLUMNS,
    "report_definitions as r",
    key="r.name",
    columns={"name": "r.name"},
    always="r.account_id = (select driftcloud_account())",
)
_CHANGE = """
update report_definitions set definition = $2
 where account_id = (select driftcloud_account()) and name = $1 returning id
"""
_DELETE = """
delete from report_definitions where account_id = (select driftcloud_account()) and name = $1
returning id
"""
_REFRESHED = """
update report_definitions set last_status = $2, delivered = $3,
       last_delivery = case when $2 = 'SUCCESS' and $5 then $4 else last_delivery end
 where id = $1 returning id
"""
COMPRESSIONS = {"GZIP": "GZIP", "ZIP": "ZIP", "Parquet": "PARQUET"}
HOURLY = 24


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Keep a new report; False when its name is taken."""
    return await single_rows.insert(db, "report_definitions", row)


async def find(db: Any, name: str) -> Any | None:
    """The caller's report of that name."""
    found = await LISTING.page(db, ids=[name])
    return found[0] if found else None


async def change(db: Any, name: str, definition: Mapping[str, Any]) -> bool:
    """Put another definition in place; False when it is not there."""
    return bool(await db.write(_CHANGE, name, definition))


async def delete(db: Any, name: str) -> bool:
    """Forget a report; its files stay. False when it is not there."""
    return bool(await db.write(_DELETE, name))


async def order(db: Any, row: Mapping[str, Any]) -> Order:
    """What a report delivers."""
    said = row["definition"]
    compression = COMPRESSIONS[said["Compression"]]
    resources = "RESOURCES" in said["AdditionalSchemaElements"]
    keys = await rows.tag_keys(db)
    named = await cost_categories.versions(db)
    return Order(
        row["arn"],
        said["S3Bucket"],
        reports.query(keys, named, resources=resources, parquet=compression == "PARQUET"),
        Extent(resources, HOURLY if said["TimeUnit"] == "HOURLY" else 1),
        compression,
        ReportLayout(row["name"], said["S3Prefix"].strip("/"), account=row["arn"].split(":")[4]),
        said.get("ReportVersioning", "CREATE_NEW_REPORT") == "OVERWRITE_REPORT",
    )


async def refresh(
    db: Any, row: Mapping[str, Any], shift_days: int, now: datetime
) -> list[Delivered]:
    """Deliver a report, in a transaction."""
    known = dict(row["delivered"])
    wanted = await order(db, row)
    if wanted.compression == "PARQUET" and not files.can_write_parquet():
        return []
    done = await deliver(db, wanted, known, shift_days, now)
    failures = {one.failure for one in done} - {""}
    status = "SUCCESS"
    if failures:
        status = "ERROR_NO_BUCKET" if NO_BUCKET in failures else "ERROR_PERMISSIONS"
    await db.write(_REFRESHED, row["id"], status, known, now, bool(done))
    return done
