"""Attributes of load balancers: deletion protection, logs, timeouts.

Sources: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
and, of where logs may go, …/latest/application/enable-access-logging.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.elbv2 import attributes, identifiers
from handlers.elbv2.attribute_tables import Table, of_balancer
from handlers.elbv2.identifiers import BALANCER, not_found
from handlers.elbv2.load_balancers import find
from models import load_balancers, s3_buckets

NOUN = "load_balancers"


async def describe_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All attributes of a load balancer."""
    arn = identifiers.checked(BALANCER, params["LoadBalancerArn"])
    row = await load_balancers.find_one(ctx.db, ctx.region, arn)
    if row is None:
        raise not_found(BALANCER, arn)
    return {"Attributes": attributes.shown(_table(row), row["attributes"])}


async def describe_capacity_reservation(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The capacity reserved for a load balancer; none is, for nothing here reserves any.

    Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeCapacityReservation.html
    """
    arn = identifiers.checked(BALANCER, params["LoadBalancerArn"])
    if await load_balancers.find_one(ctx.db, ctx.region, arn) is None:
        raise not_found(BALANCER, arn)
    return {"CapacityReservationState": []}


async def modify_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some attributes; the answer has all of them."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerArn"])
        table, before = _table(row), row["attributes"]
        whose = (
            "Load balancer attribute key '{}' is not supported on load balancers with type"
            f" '{row['type']}'"
        )
        own = attributes.changed("Load balancer", table, before, params["Attributes"], whose)
        attributes.check_balancer(table, before, own)
        for kind in ("access_logs", "connection_logs", "health_check_logs"):
            bucket = own.get(f"{kind}.s3.bucket")
            if bucket and own.get(f"{kind}.s3.enabled") == "true":
                await _check_bucket(ctx, bucket)
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], {"attributes": own})
    return {"Attributes": attributes.shown(table, own)}


def _table(row: Mapping[str, Any]) -> Table:
    return of_balancer(row["type"], row["scheme"], row["ip_address_type"])


async def _check_bucket(ctx: Context, name: str) -> None:
    """Refuse a bucket that there is not, or an own one that is elsewhere or lets nobody write."""
    own = await s3_buckets.find_one(ctx.db, name, "policy")
    if own is None:
        writable = await s3_buckets.is_taken(ctx.db, name)
    else:
        writable = own["region"] == ctx.region and own["policy"] is not None
    if not writable:
        raise attributes.unsupported(
            f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )
