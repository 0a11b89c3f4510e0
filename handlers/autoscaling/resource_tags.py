"""Tags of groups.

Source: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-tagging.html and the
pages of the operations.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import conditions
from emulator.rows import Rows, View
from handlers.autoscaling.acting import invalid, page
from handlers.autoscaling.group_view import TAG
from handlers.autoscaling.tag_rules import checked
from models import autoscaling_groups
from models.tags import MOST_TAGS

FILTERS = {
    "auto-scaling-group": "group",
    "key": "key",
    "value": "value",
    "propagate-at-launch": "propagate",
}


async def create_or_update_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add tags to groups, or overwrite those they have; members of today are not touched."""
    async with ctx.db.transaction():
        for name, tags in _by_group(params["Tags"]):
            found, passed_on = checked(tags, name)
            await _check_exists(ctx, name)
            done = await autoscaling_groups.tag(
                ctx.db, ctx.region, name, found, passed_on, MOST_TAGS
            )
            if not done:
                raise AwsError(
                    "LimitExceeded",
                    f"The maximum number of tags for a resource has been reached: {MOST_TAGS}",
                )
    return {}


async def delete_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off groups, by key."""
    async with ctx.db.transaction():
        for name, tags in _by_group(params["Tags"]):
            await _check_exists(ctx, name)
            await autoscaling_groups.untag(ctx.db, ctx.region, name, [tag["Key"] for tag in tags])
    return {}


async def describe_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every tag of every group of the region, by filter and page."""
    asked = page(ctx, params)
    for one in params.get("Filters") or ():
        if one.get("Name") not in FILTERS:
            raise invalid(
                f"Filter type {one.get('Name')} is not correct. Allowed Filter types are:"
                f" {', '.join(FILTERS)}"
            )
    where = conditions(ctx, autoscaling_groups.TAGS, FILTERS, params.get("Filters"))
    rows = await autoscaling_groups.TAGS.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"Tags": Rows(VIEW, found), "NextToken": token}


def _by_group(tags: Iterable[Mapping[str, Any]]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Tags by the group that each names, in the order of names, which is that of locks."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for tag in tags:
        if not tag.get("ResourceId"):
            raise invalid("Resource id is required to create, update or delete tags.")
        found.setdefault(tag["ResourceId"], []).append(tag)
    return sorted(found.items())


async def _check_exists(ctx: Context, name: str) -> None:
    if await autoscaling_groups.find(ctx.db, ctx.region, name) is None:
        raise invalid(f"AutoScalingGroup not found - AutoScaling Group {name} not found")


VIEW = View(TAG)
