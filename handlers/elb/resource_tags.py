"""Tags of classic load balancers.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_AddTags.html.
"""

from typing import Any

from emulator.context import Context
from handlers.elb.errors import find, invalid, not_found
from handlers.elb.tags import RULES, given
from models import load_balancers, tags
from models.listing import Condition

MOST_NAMED = 20
_KIND = "load_balancer"


async def describe_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of up to twenty load balancers."""
    named = params["LoadBalancerNames"]
    if len(named) > MOST_NAMED:
        raise invalid(f"Up to {MOST_NAMED} load balancers can be described at a time")
    rows = await load_balancers.CLASSIC.page(
        ctx.db, [Condition("name", tuple(named))], region=ctx.region
    )
    there = {row["name"]: row["lb_arn"] for row in rows}
    for name in named:
        if name not in there:
            raise not_found(name)
    arns = {name: there[name] for name in named}
    found = await tags.listed_for(ctx.db, _KIND, list(arns.values()))
    return {
        "TagDescriptions": [
            {"LoadBalancerName": name, "Tags": RULES.shown(found.get(arn))}
            for name, arn in arns.items()
        ]
    }


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to load balancers, or overwrite the values of those that they have."""
    new = given(params)
    async with ctx.db.transaction():
        for name in sorted(set(params["LoadBalancerNames"])):
            row = await find(ctx, name, lock=True)
            await RULES.put(ctx.db, _KIND, row["lb_arn"], new)
    return {}


async def remove_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off load balancers; what they do not have is not missed."""
    keys = [one.get("Key") or "" for one in params["Tags"]]
    async with ctx.db.transaction():
        for name in sorted(set(params["LoadBalancerNames"])):
            row = await find(ctx, name, lock=True)
            await tags.remove(ctx.db, _KIND, row["lb_arn"], keys)
    return {}
