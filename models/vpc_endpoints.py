"""VPC endpoints: doors to services; interface ones are billed by the hour and zone."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Database, Listing

# One interface for each subnet, with an id derived from both.
INTERFACE = "'eni-' || substr(md5(e.vpc_endpoint_id || subnet.id), 1, 17)"
_INTERFACES = (
    f"(select array_agg({INTERFACE} order by subnet.at) from unnest(e.subnet_ids)"
    " with ordinality as subnet(id, at))"
)
_GROUPS = (
    "(select jsonb_agg(jsonb_build_object('id', g.group_id, 'name', g.name) order by g.group_id)"
    " from security_groups as g where g.group_id = any(e.security_group_ids))"
)

LISTING = Listing(
    "e.vpc_endpoint_id, e.vpc_id, e.service_name, e.vpc_endpoint_type, e.state, e.subnet_ids,"
    " e.route_table_ids, e.private_dns_enabled, e.policy_document, e.created_at, e.tags,"
    f" e.region, e.hourly_cost, {_INTERFACES} as interfaces, {_GROUPS} as groups,"
    f" {NUMBER} as owner",
    "vpc_endpoints as e",
    key="e.vpc_endpoint_id",
    columns={
        "region": "e.region",
        "vpc_endpoint_id": "e.vpc_endpoint_id",
        "service_name": "e.service_name",
        "state": "e.state",
        "vpc_endpoint_type": "e.vpc_endpoint_type",
        "vpc_id": "e.vpc_id",
        "owner": NUMBER,
        "ip_address_type": "'ipv4'::text",
        "never": Column("false", "bool"),
    },
    tagged="vpc_endpoint",
)

_COLUMNS = (
    "vpc_endpoint_id",
    "vpc_id",
    "service_name",
    "vpc_endpoint_type",
    "region",
    "subnet_ids",
    "route_table_ids",
    "security_group_ids",
    "private_dns_enabled",
    "policy_document",
    "hourly_cost",
    "client_token",
    "tags",
    "created_at",
)
INSERT = (
    f"insert into vpc_endpoints (account_id, {', '.join(_COLUMNS)}) values"
    f" (driftcloud_account(), {', '.join(f'${n + 1}' for n in range(len(_COLUMNS)))})"
)


async def find_one(db: Database, region: str, vpc_endpoint_id: str) -> Any | None:
    """The endpoint of that id, or None."""
    return await LISTING.one(db, region, vpc_endpoint_id)


async def has_private_dns(db: Any, vpc_id: str, service_name: str) -> bool:
    """Whether the VPC has an endpoint that answers for the service's own name."""
    return bool(
        await db.fetchval(
            "select 1 from vpc_endpoints where vpc_id = $1 and service_name = $2"
            " and private_dns_enabled",
            vpc_id,
            service_name,
        )
    )


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new endpoint; `row` has every column of `_COLUMNS`."""
    await db.write(INSERT, *(row.get(name) for name in _COLUMNS))


async def lock(db: Any, region: str, vpc_endpoint_id: str) -> Any | None:
    """The endpoint of that id, held until the transaction ends; None where there is none."""
    return await db.fetchrow(
        "select * from vpc_endpoints where account_id = (select driftcloud_account())"
        " and region = $1 and vpc_endpoint_id = $2 for update",
        region,
        vpc_endpoint_id,
    )


async def update(db: Any, region: str, vpc_endpoint_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one endpoint; False when it is not there."""
    return await single_rows.update(
        db, "vpc_endpoints", region, "vpc_endpoint_id", vpc_endpoint_id, changes
    )


async def delete(db: Any, region: str, ids: Sequence[str]) -> set[str]:
    """Delete endpoints; the ids of those that were there."""
    rows = await db.write(
        "delete from vpc_endpoints where region = $1 and vpc_endpoint_id = any($2::text[])"
        " returning vpc_endpoint_id",
        region,
        sorted(set(ids)),
    )
    return {row["vpc_endpoint_id"] for row in rows}
