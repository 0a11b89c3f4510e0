"""NAT gateways: billed by the hour whether anything passes or not."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.callers import NOW
from models.listing import Database, Listing

LISTING = Listing(
    "n.nat_gateway_id, n.vpc_id, n.subnet_id, n.state, n.connectivity_type, n.allocation_id,"
    " n.private_ip, n.public_ip, n.network_interface_id, n.created_at, n.deleted_at, n.tags,"
    " n.region, n.hourly_cost, (select e.association_id from elastic_ips as e"
    " where e.allocation_id = n.allocation_id"
    " and e.associated_nat_gateway_id = n.nat_gateway_id) as association_id",
    "nat_gateways as n",
    key="n.nat_gateway_id",
    columns={
        "region": "n.region",
        "nat_gateway_id": "n.nat_gateway_id",
        "state": "n.state",
        "subnet_id": "n.subnet_id",
        "vpc_id": "n.vpc_id",
        "connectivity_type": "n.connectivity_type",
    },
    tagged="nat_gateway",
    # AWS shows a deleted gateway for about an hour.
    always=f"(n.state <> 'deleted' or n.deleted_at > {NOW} - interval '1 hour')",
)

_COLUMNS = (
    "nat_gateway_id",
    "vpc_id",
    "subnet_id",
    "region",
    "connectivity_type",
    "allocation_id",
    "private_ip",
    "public_ip",
    "network_interface_id",
    "hourly_cost",
    "client_token",
    "tags",
    "created_at",
)
INSERT = (
    f"insert into nat_gateways (account_id, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)

# The address stays with the account, idle and billed.
DELETE = """
with gone as (
    update nat_gateways set state = 'deleted', deleted_at = $3
     where nat_gateway_id = $1 and region = $2 and state in ('pending', 'available', 'failed')
    returning nat_gateway_id
), freed as (
    update elastic_ips
       set state = 'unassociated', associated_nat_gateway_id = null, association_id = null,
           association_time = null, network_interface_id = null, private_ip_address = null,
           hourly_cost = $4
     where associated_nat_gateway_id in (select nat_gateway_id from gone)
)
select nat_gateway_id from gone
"""


async def find_one(db: Database, region: str, nat_gateway_id: str) -> Any | None:
    """The gateway of that id, or None; a deleted one is found for an hour."""
    return await LISTING.one(db, region, nat_gateway_id)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new gateway; `row` has every column of `_COLUMNS`, absent ones are null."""
    await db.write(INSERT, *(row.get(name) for name in _COLUMNS))


async def delete(
    db: Any, region: str, nat_gateway_id: str, now: datetime, address_hourly: Decimal
) -> bool:
    """Delete a gateway and free its addresses; False when it is not there any more."""
    return bool(await db.write(DELETE, nat_gateway_id, region, now, address_hourly))
