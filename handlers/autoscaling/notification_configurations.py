"""Notifications of groups: which topics are to hear of what.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutNotificationConfiguration.html
and the pages of the operations beside it. Topics are kept as they are named; nothing is published.
"""

import re
from typing import Any

from emulator.context import Context
from handlers.autoscaling.acting import Group, invalid, page
from models import autoscaling_groups
from models.listing import Condition

NOUN = "autoscaling_groups"
TYPES = (
    "autoscaling:EC2_INSTANCE_LAUNCH", "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
    "autoscaling:EC2_INSTANCE_TERMINATE", "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
    "autoscaling:TEST_NOTIFICATION",
)  # fmt: skip
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")
_KEPT = "Notifications"
MOST_TOPICS = 10


async def put_notification_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a topic hear of these types, in place of those that it heard of before."""
    topic, types = params["TopicARN"], params["NotificationTypes"]
    if not _TOPIC.fullmatch(topic):
        raise invalid(f"Invalid Topic ARN: {topic}")
    for one in types:
        if one not in TYPES:
            raise invalid(f'"{one}" is not a valid Notification Type.')
    if not types:
        raise invalid("You must specify at least one notification type.")
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        kept = {**(group["options"].get(_KEPT) or {}), topic: sorted(set(types))}
        if len(kept) > MOST_TOPICS:
            raise invalid(f"A group may have at most {MOST_TOPICS} SNS topics.")
        options = {**group["options"], _KEPT: kept}
        await autoscaling_groups.update(ctx.db, group["id"], {"options": options})
    return {}


async def delete_notification_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a topic hear of nothing any more."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        kept = dict(group["options"].get(_KEPT) or {})
        if kept.pop(params["TopicARN"], None) is None:
            raise invalid(
                f"No notification configuration found for topic {params['TopicARN']} of group"
                f" {group['name']}."
            )
        options = {**group["options"], _KEPT: kept}
        await autoscaling_groups.update(ctx.db, group["id"], {"options": options})
    return {}


async def describe_notification_configurations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The notifications of groups, one entry for each topic and type."""
    asked = page(ctx, params)
    named = params.get("AutoScalingGroupNames")
    where = [Condition("name", tuple(named))] if named else []
    groups = await autoscaling_groups.LISTING.page(
        ctx.db, where, region=ctx.region, shift=ctx.shift
    )
    entries = [
        {"AutoScalingGroupName": group["name"], "TopicARN": topic, "NotificationType": one}
        for group in groups
        for topic, types in sorted((group["options"].get(_KEPT) or {}).items())
        for one in types
    ]
    shown, token = asked.cut_items(sorted(entries, key=_position), _position)
    return {"NotificationConfigurations": shown, "NextToken": token}


async def describe_auto_scaling_notification_types(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The notifications that there are."""
    return {"AutoScalingNotificationTypes": list(TYPES)}


def _position(entry: dict[str, str]) -> str:
    return "\n".join((entry["AutoScalingGroupName"], entry["TopicARN"], entry["NotificationType"]))
