"""Attributes of load balancers: deletion protection, logs, timeouts.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html.
"""

from typing import Any

from emulator.context import Context
from handlers.elbv2 import attributes, identifiers
from handlers.elbv2.identifiers import BALANCER, invalid, not_found
from handlers.elbv2.load_balancers import find
from models import load_balancers

NOUN = "load_balancers"


async def describe_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All attributes of a load balancer."""
    arn = identifiers.checked(BALANCER, params["LoadBalancerArn"])
    row = await load_balancers.find_one(ctx.db, ctx.region, arn)
    if row is None:
        raise not_found(BALANCER, arn)
    return {"Attributes": attributes.shown(attributes.of_balancer(row["type"]), row["attributes"])}


async def modify_load_balancer_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some attributes; the answer has all of them."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerArn"])
        table = attributes.of_balancer(row["type"])
        own = attributes.changed("Load balancer", table, row["attributes"], params["Attributes"])
        for kind in ("access_logs", "connection_logs", "health_check_logs"):
            if own.get(f"{kind}.s3.enabled") == "true" and not own.get(f"{kind}.s3.bucket"):
                raise invalid(f"The value of '{kind}.s3.bucket' cannot be empty")
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], {"attributes": own})
    return {"Attributes": attributes.shown(table, own)}
