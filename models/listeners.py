"""Listeners: the ports of load balancers, with the default actions of their default rules."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Listing

_DEFAULT = (
    "(select r.actions from listener_rules as r where r.listener_id = l.id and r.priority is null)"
)
LISTING = Listing(
    "l.id, l.arn, l.load_balancer_id, l.protocol, l.port, l.ssl_policy, l.certificates,"
    " l.alpn_policy, l.mutual_authentication, l.attributes, l.tags, b.lb_arn, b.type,"
    f" b.vpc_id, {_DEFAULT} as default_actions",
    "listeners as l join load_balancers as b on b.id = l.load_balancer_id",
    key="l.arn",
    columns={"region": "l.region", "lb_arn": "b.lb_arn"},
    tagged="listener",
    tagged_by="l.arn",
)


async def find_one(db: Any, region: str, arn: str, *, lock: bool = False) -> Any | None:
    """The listener of that ARN, or None; `lock` holds it until the transaction ends."""
    if lock:
        await db.fetch(
            "select id from listeners where account_id = driftcloud_account()"
            " and region = $1 and arn = $2 for no key update",
            region,
            arn,
        )
    return await LISTING.one(db, region, arn)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new listener; False when its load balancer has one on that port."""
    return await single_rows.insert(db, "listeners", row)


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one listener; False when it is not there."""
    return await single_rows.update(db, "listeners", region, "arn", arn, changes)


async def taken(db: Any, listener: Mapping[str, Any], port: int) -> bool:
    """Whether another listener of the same load balancer has the port."""
    rows = await db.fetch(
        "select 1 from listeners where load_balancer_id = $1 and port = $2 and id <> $3",
        listener["load_balancer_id"],
        port,
        listener["id"],
    )
    return bool(rows)


async def delete(db: Any, region: str, arn: str) -> bool:
    """Delete a listener with its rules; False when it is not there."""
    return bool(
        await db.write(
            "delete from listeners where account_id = driftcloud_account() and region = $1"
            " and arn = $2 returning id",
            region,
            arn,
        )
    )
