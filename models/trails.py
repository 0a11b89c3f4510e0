"""Trails of CloudTrail: which calls are kept as files, and how far that has come."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Condition, Listing

LISTING = Listing(
    "t.id, t.name, t.arn, t.region, t.s3_bucket_name, t.s3_key_prefix, t.global_events,"
    " t.multi_region, t.log_file_validation, t.event_selectors, t.advanced_selectors,"
    " t.insight_selectors, t.logging, t.started_at, t.stopped_at, t.delivered_at",
    "trails as t",
    key="t.arn",
    columns={"region": "t.region", "name": "t.name", "multi_region": "t.multi_region::text"},
    tagged="trail",
    tagged_by="t.arn",
    always="t.account_id = (select driftcloud_account())",
)
_DELETE = """
delete from trails where account_id = (select driftcloud_account()) and arn = $1 returning arn
"""
# Whoever comes at the same time finds other trails to serve.
_LOGGING = """
select t.id, t.account_id, t.region, t.multi_region, t.s3_bucket_name, t.s3_key_prefix,
       t.event_selectors, a.account_number,
       greatest(t.started_at, coalesce(t.delivered_until, t.started_at)) as since,
       driftcloud_now(t.account_id) as now
  from trails as t join cloud_accounts as a on a.id = t.account_id
 where t.logging and exists (select from s3_buckets as b
                              where b.account_id = t.account_id and b.name = t.s3_bucket_name)
 order by t.id for update of t skip locked
"""
_DELIVERED = """
update trails set delivered_until = $2, delivered_at = case when $3 then $2 else delivered_at end
 where id = $1
"""


async def logging(connection: Any) -> list[Any]:
    """All accounts' trails that keep calls, with the time from which on; the owner's view."""
    rows: list[Any] = await connection.fetch(_LOGGING)
    return rows


async def delivered(connection: Any, trail_id: Any, until: Any, some: bool) -> None:
    """Note up to when a trail's calls are in its bucket, and whether there were any."""
    await connection.execute(_DELIVERED, trail_id, until, some)


async def every(db: Any) -> list[Any]:
    """All trails of the account, by ARN."""
    return await LISTING.page(db)


async def find(db: Any, name: str, region: str) -> Any | None:
    """The trail of that ARN, or of that name in a region."""
    if name.startswith("arn:"):
        rows = await LISTING.page(db, ids=[name], limit=1)
    else:
        rows = await LISTING.page(db, [Condition("name", (name,))], region=region, limit=1)
    return rows[0] if rows else None


async def create(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new trail; False when the name is taken in its region."""
    return await single_rows.insert(db, "trails", row)


async def update(db: Any, row: Any, changes: Mapping[str, Any]) -> None:
    """Change columns of a trail."""
    await single_rows.update(db, "trails", row["region"], "arn", row["arn"], changes)


async def delete(db: Any, arn: str) -> bool:
    """Delete a trail; False when it was not there."""
    return bool(await db.write(_DELETE, arn))
