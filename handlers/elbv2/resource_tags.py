"""Tags of load balancers, listeners, rules and target groups.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddTags.html.
"""

from collections.abc import Sequence
from typing import Any

from emulator.context import Context
from handlers.elbv2 import identifiers, lists
from handlers.elbv2.identifiers import NOUNS, Noun, invalid, not_found
from handlers.elbv2.tags import RULES, given
from models import balancer_tags, tags

_TYPES = dict(
    zip(NOUNS, ("load_balancer", "target_group", "listener", "listener_rule"), strict=True)
)


async def describe_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of up to twenty resources."""
    named = params["ResourceArns"]
    lists.few("resources", named)
    kinds = await _located(ctx, named)
    found = {
        kind: await tags.listed_for(ctx.db, kind, [arn for arn in named if kinds[arn] == kind])
        for kind in sorted(set(kinds.values()))
    }
    return {
        "TagDescriptions": [
            {"ResourceArn": arn, "Tags": RULES.shown(found[kinds[arn]].get(arn))} for arn in named
        ]
    }


async def add_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to resources, or overwrite the values of those that they have."""
    new = given(params)
    async with ctx.db.transaction():
        for arn, kind in (await _located(ctx, params["ResourceArns"], lock=True)).items():
            await RULES.put(ctx.db, kind, arn, new)
    return {}


async def remove_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off resources; what they do not have is not missed."""
    async with ctx.db.transaction():
        for arn, kind in (await _located(ctx, params["ResourceArns"], lock=True)).items():
            await tags.remove(ctx.db, kind, arn, params["TagKeys"])
    return {}


async def _located(ctx: Context, arns: Sequence[str], *, lock: bool = False) -> dict[str, str]:
    """The resource type of each ARN, all of them the caller's."""
    if not arns:
        raise invalid("At least one resource ARN must be specified")
    nouns: dict[str, Noun] = {arn: identifiers.noun_of(arn) for arn in arns}
    kinds = {arn: _TYPES[noun] for arn, noun in nouns.items()}
    there = await balancer_tags.known(ctx.db, ctx.region, kinds, lock=lock)
    for arn, noun in nouns.items():
        if arn not in there:
            raise not_found(noun, arn)
    return kinds
