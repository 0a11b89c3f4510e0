"""Transit gateways, and the VPCs attached to them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import single_rows
from models.callers import NOW, NUMBER
from models.listing import Column, Database, Listing


def _state(alias: str) -> str:
    return f"(case when {alias}.settles_at > {NOW} then 'pending' else {alias}.state end)"


def _shown(alias: str) -> str:
    """AWS shows what was deleted for about an hour."""
    return f"({alias}.state <> 'deleted' or {alias}.deleted_at > {NOW} - interval '1 hour')"


GATEWAYS = Listing(
    f"g.*, {_state('g')} as shown_state, {NUMBER} as owner",
    "transit_gateways as g",
    key="g.transit_gateway_id",
    columns={
        "region": "g.region",
        "transit_gateway_id": "g.transit_gateway_id",
        "state": _state("g"),
        "owner": NUMBER,
        "asn": "coalesce(g.options ->> 'AmazonSideAsn', '64512')",
        "route_table_id": "g.route_table_id",
    },
    tagged="transit_gateway",
    always=_shown("g"),
)
ATTACHMENTS = Listing(
    f"a.*, {_state('a')} as shown_state, {NUMBER} as owner, g.route_table_id",
    "transit_gateway_attachments as a"
    " join transit_gateways as g on g.transit_gateway_id = a.transit_gateway_id",
    key="a.attachment_id",
    columns={
        "region": "a.region",
        "attachment_id": "a.attachment_id",
        "transit_gateway_id": "a.transit_gateway_id",
        "vpc_id": "a.vpc_id",
        "state": _state("a"),
        "owner": NUMBER,
        "kind": "'vpc'::text",
        "associated": "'associated'::text",
        "route_table_id": "g.route_table_id",
        "created_at": Column("a.created_at", "time"),
    },
    tagged="transit_gateway_attachment",
    always=_shown("a"),
)

_DELETE_GATEWAY = """
update transit_gateways as g set state = 'deleted', deleted_at = $3, settles_at = null
 where g.region = $1 and g.transit_gateway_id = $2 and g.state <> 'deleted'
   and not exists (select from transit_gateway_attachments as a
                    where a.transit_gateway_id = g.transit_gateway_id and a.state <> 'deleted')
returning g.transit_gateway_id
"""
_DELETE_ATTACHMENT = """
update transit_gateway_attachments set state = 'deleted', deleted_at = $3, settles_at = null
 where region = $1 and attachment_id = $2 and state <> 'deleted'
returning attachment_id
"""


async def gateway(db: Database, region: str, gateway_id: str) -> Any | None:
    """The transit gateway of that id, or None; a deleted one for an hour."""
    return await GATEWAYS.one(db, region, gateway_id)


async def attachment(db: Database, region: str, attachment_id: str) -> Any | None:
    """The attachment of that id, or None; a deleted one for an hour."""
    return await ATTACHMENTS.one(db, region, attachment_id)


async def attached(db: Database, region: str, gateway_id: str) -> list[Any]:
    """Every attachment of a gateway."""
    rows = await ATTACHMENTS.page(db, region=region)
    return [row for row in rows if row["transit_gateway_id"] == gateway_id]


async def insert_gateway(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new transit gateway."""
    await single_rows.insert(db, "transit_gateways", row)


async def insert_attachment(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new attachment."""
    await single_rows.insert(db, "transit_gateway_attachments", row)


async def delete_gateway(db: Any, region: str, gateway_id: str, now: datetime) -> bool:
    """Delete a gateway that nothing is attached to; False when that cannot be."""
    return bool(await db.write(_DELETE_GATEWAY, region, gateway_id, now))


async def delete_attachment(db: Any, region: str, attachment_id: str, now: datetime) -> bool:
    """Delete an attachment; False when it is not there any more."""
    return bool(await db.write(_DELETE_ATTACHMENT, region, attachment_id, now))
