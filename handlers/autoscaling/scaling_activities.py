"""Scaling activities.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeScalingActivities.html.
"""

from typing import Any

from emulator.context import Context
from handlers.autoscaling.acting import Group, page
from handlers.autoscaling.activity_view import shown
from models import scaling_activities
from models.listing import Condition

NOUN = "autoscaling_groups"


async def describe_scaling_activities(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What groups did, newest first: of one group, or of all; by id and page."""
    asked = page(ctx, params, default=100)
    name = params.get("AutoScalingGroupName")
    deleted = bool(params.get("IncludeDeletedGroups"))
    where = [] if deleted else [Condition("group_exists", (True,))]
    if name:
        if not deleted:
            await Group.find(ctx, name)
        where.append(Condition("group", (name,)))
    if params.get("ActivityIds"):
        where.append(Condition("activity_id", tuple(params["ActivityIds"])))
    rows = await scaling_activities.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "position")
    return {"Activities": [shown(ctx, dict(row)) for row in found], "NextToken": token}
