"""VPCs: the networks of an account, each with the security group it is born with."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.dhcp_options import BORN
from models.listing import Column, Database, Listing

# A VPC that was told to have no DHCP options shows them as AWS does, by the name `default`.
_DHCP = (
    f"(case v.dhcp_options_id when 'default' then {BORN.format(region='v.region')}"
    " when 'none' then 'default' else v.dhcp_options_id end)"
)
_ASSOCIATION = "('vpc-cidr-assoc-' || substr(md5(v.vpc_id), 1, 17))"

# Networks whose machines have no public names are few, and are looked up once.
NAMELESS = (
    "coalesce({vpc} = any(array(select n.vpc_id from vpcs as n"
    " where not coalesce(n.enable_dns_hostnames, n.is_default))), false)"
)

LISTING = Listing(
    f"v.vpc_id, v.cidr_block, v.is_default, v.state, {_DHCP} as dhcp_options_id,"
    f" v.instance_tenancy, {_ASSOCIATION} as association_id, {NUMBER} as owner, v.tags, v.region,"
    " v.enable_dns_support, v.enable_network_address_usage_metrics,"
    " coalesce(v.enable_dns_hostnames, v.is_default) as enable_dns_hostnames",
    "vpcs as v",
    key="v.vpc_id",
    columns={
        "region": "v.region",
        "vpc_id": "v.vpc_id",
        "cidr_block": "v.cidr_block",
        "association_id": _ASSOCIATION,
        "association_state": "'associated'::text",
        "dhcp_options_id": _DHCP,
        "is_default": Column("v.is_default", "bool"),
        "owner": NUMBER,
        "state": "v.state",
        "nothing": "null::text",
    },
    tagged="vpc",
)

# A VPC comes with a security group that trusts its own members.
INSERT = """
with made as (
    insert into vpcs (account_id, vpc_id, region, cidr_block, instance_tenancy, tags, created_at)
    values (driftcloud_account(), $1, $2, $3, $4, $5, $6)
    returning account_id, vpc_id, region
)
insert into security_groups (account_id, group_id, name, description, vpc_id, region,
                             ingress, egress, created_at)
select account_id, $7, 'default', 'default VPC security group', vpc_id, region, $8, $9, $6
  from made
"""

# What keeps a VPC from going; its default security group goes with it.
_IN_USE = """
exists (select 1 from subnets as s where s.vpc_id = v.vpc_id)
 or exists (select 1 from security_groups as g where g.vpc_id = v.vpc_id and g.name <> 'default')
 or exists (select 1 from vpc_endpoints as e where e.vpc_id = v.vpc_id)
 or exists (select 1 from internet_gateways as w where w.vpc_id = v.vpc_id)
 or exists (select 1 from egress_only_internet_gateways as w where w.vpc_id = v.vpc_id)
 or exists (select 1 from route_tables as t
             where t.vpc_id = v.vpc_id and t.main_association_id is null)
 or exists (select 1 from network_acls as a where a.vpc_id = v.vpc_id and not a.is_default)
 or exists (select 1 from vpc_peering_connections as c
             where c.account_id = v.account_id and c.state = 'active'
               and v.vpc_id in (c.requester_vpc_id, c.accepter_vpc_id))
 or exists (select 1 from nat_gateways as n where n.vpc_id = v.vpc_id and n.state <> 'deleted')
 or exists (select 1 from instances as i where i.vpc_id = v.vpc_id and i.state <> 'terminated')
"""
DELETE = f"""
delete from vpcs as v where v.vpc_id = $1 and v.region = $2 and not ({_IN_USE})
returning v.vpc_id
"""


async def find_one(db: Database, region: str, vpc_id: str) -> Any | None:
    """The VPC of that id, or None."""
    return await LISTING.one(db, region, vpc_id)


async def find_default(db: Any, region: str) -> str | None:
    """The id of the region's default VPC, or None."""
    vpc_id: str | None = await db.fetchval(
        "select vpc_id from vpcs where region = $1 and is_default", region
    )
    return vpc_id


async def lock(db: Any, vpc_id: str) -> None:
    """Make whoever else builds in the VPC wait for this transaction's end."""
    await db.fetch("select 1 from vpcs where vpc_id = $1 for no key update", vpc_id)


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new VPC with its default security group."""
    names = ("vpc_id", "region", "cidr_block", "instance_tenancy", "tags", "created_at")
    await db.write(
        INSERT, *(row[name] for name in names), row["group_id"], row["ingress"], row["egress"]
    )


async def update(db: Any, region: str, vpc_id: str, changes: Mapping[str, Any]) -> None:
    """Change columns of a VPC."""
    await single_rows.update(db, "vpcs", region, "vpc_id", vpc_id, changes)


async def delete(db: Any, region: str, vpc_id: str) -> bool:
    """Delete a VPC that nothing lives in; False when it is not there or in use."""
    return bool(await db.write(DELETE, vpc_id, region))
