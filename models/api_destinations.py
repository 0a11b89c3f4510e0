"""API destinations of EventBridge, and the connections that authorize calls to them."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Condition, Listing

# What sealed headers of a connection are bound to.
PURPOSE = "api-destination-headers"

CONNECTIONS = Listing(
    "c.name, c.arn, c.description, c.auth_type, c.auth_shown, c.sealed, c.created_at, c.updated_at",
    "event_connections as c",
    key="c.name",
    columns={"region": "c.region", "name": "c.name", "arn": "c.arn"},
    always="c.account_id = (select driftcloud_account())",
)
DESTINATIONS = Listing(
    "d.name, d.arn, d.description, d.endpoint, d.method, d.rate_per_second, d.connection_arn,"
    " d.created_at, d.updated_at",
    "api_destinations as d",
    key="d.name",
    columns={"region": "d.region", "name": "d.name", "connection": "d.connection_arn"},
    always="d.account_id = (select driftcloud_account())",
)
_EVERY = """
select d.arn, d.endpoint, d.method, c.sealed
  from api_destinations as d
  join event_connections as c on c.account_id = d.account_id and c.arn = d.connection_arn
 where d.account_id = (select driftcloud_account())
"""
_DELETE = """
delete from {table} where account_id = (select driftcloud_account()) and region = $1 and name = $2
returning arn
"""


async def every(db: Any) -> list[Any]:
    """All destinations of the account: arn, endpoint, method, the connection's sealed headers."""
    rows: list[Any] = await db.fetch(_EVERY)
    return rows


async def find(db: Any, listing: Listing, region: str, name: str) -> Any | None:
    """The connection or destination of that name."""
    rows = await listing.page(db, region=region, ids=[name], limit=1)
    return rows[0] if rows else None


async def of_connection(db: Any, region: str, arn: str) -> list[Any]:
    """The destinations that use a connection."""
    return await DESTINATIONS.page(db, [Condition("connection", (arn,))], region=region)


async def create(db: Any, table: str, row: Mapping[str, Any]) -> bool:
    """Store a connection or destination; False when the name is taken."""
    return await single_rows.insert(db, table, row)


async def delete(db: Any, table: str, region: str, name: str) -> str | None:
    """Delete one; its ARN, None when it was not there. `table` comes from code."""
    rows = await db.write(_DELETE.format(table=table), region, name)
    return rows[0]["arn"] if rows else None
