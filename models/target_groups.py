"""Target groups: where listeners and rules send requests, and how their targets are checked."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

LISTING = Listing(
    "g.id, g.arn, g.name, g.region, g.load_balancer_id, g.target_type, g.protocol,"
    " g.protocol_version, g.port, g.vpc_id, g.ip_address_type, g.health_check_enabled,"
    " g.health_check_protocol, g.health_check_port, g.health_check_path,"
    " g.health_check_interval_seconds, g.health_check_timeout_seconds, g.healthy_threshold,"
    " g.unhealthy_threshold, g.matcher, g.attributes, g.tags,"
    " array(select b.lb_arn from load_balancers as b where b.id = g.load_balancer_id)"
    " as load_balancer_arns",
    "target_groups as g",
    key="g.arn",
    columns={
        "region": "g.region",
        "name": "g.name",
        "load_balancer_arn": (
            "(select b.lb_arn from load_balancers as b where b.id = g.load_balancer_id)"
        ),
    },
    tagged="target_group",
    tagged_by="g.arn",
)
_DELETE = """
delete from target_groups as g
 where g.account_id = driftcloud_account() and g.region = $1 and g.arn = $2
   and g.load_balancer_id is null
returning g.id
"""
_KNOWN = """
select g.arn, g.protocol, g.target_type, g.vpc_id, b.lb_arn from target_groups as g
  left join load_balancers as b on b.id = g.load_balancer_id
 where g.account_id = driftcloud_account() and g.region = $1 and g.arn = any($2::text[])
   for no key update of g
"""
_NETWORK = (
    "select 1 from vpcs where account_id = driftcloud_account() and region = $1 and vpc_id = $2"
)


async def find_one(db: Any, region: str, arn: str, *, lock: bool = False) -> Any | None:
    """The target group of that ARN, or None; `lock` holds it until the transaction ends."""
    if lock:
        await db.fetch(
            "select id from target_groups where account_id = driftcloud_account()"
            " and region = $1 and arn = $2 for no key update",
            region,
            arn,
        )
    return await LISTING.one(db, region, arn)


async def known(db: Database, region: str, arns: list[str]) -> dict[str, Any]:
    """Those of the target groups that are there, held: protocol, type, network, load balancer."""
    rows = await db.fetch(_KNOWN, region, arns)
    return {row["arn"]: row for row in rows}


async def has_network(db: Database, region: str, vpc_id: str) -> bool:
    """Whether the caller has the VPC in the region."""
    return bool(await db.fetch(_NETWORK, region, vpc_id))


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new target group; False when the name is taken."""
    return await single_rows.insert(db, "target_groups", row)


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one target group; False when it is not there."""
    return await single_rows.update(db, "target_groups", region, "arn", arn, changes)


async def delete(db: Any, region: str, arn: str) -> bool:
    """Delete a target group that no rule names; False when it is not there or in use."""
    return bool(await db.write(_DELETE, region, arn))
