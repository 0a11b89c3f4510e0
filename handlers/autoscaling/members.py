"""The instances that are members of groups.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingInstanceDetails.html
and the pages of the operations.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.rows import Rows
from handlers.autoscaling.acting import Group, actor, invalid, page
from handlers.autoscaling.activity_view import shown
from handlers.autoscaling.group_view import MEMBER_VIEW
from models import autoscaling_groups, instances
from models.autoscaling_capacity import Outcome, note, set_capacity, settle, shrink
from models.autoscaling_members import adopt, let_go, live, mark
from models.scaling_activities import at

NOUN = "autoscaling_groups"


async def describe_auto_scaling_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Members of the region's groups, by id and page; what is no member is left out."""
    asked = page(ctx, params, most=50)
    rows = await autoscaling_groups.MEMBERS.page(
        ctx.db, region=ctx.region, ids=params.get("InstanceIds") or None, after=asked.after,
        limit=asked.fetch,
    )  # fmt: skip
    found, token = asked.cut(rows, "instance_id")
    return {"AutoScalingInstances": Rows(MEMBER_VIEW, found), "NextToken": token}


async def terminate_instance_in_auto_scaling_group(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """End a member; it is replaced at once unless the capacity shrinks by it."""
    asked = params.get("InstanceIds") or [params.get("InstanceId") or ""]
    decrement = params["ShouldDecrementDesiredCapacity"]
    async with ctx.db.transaction():
        group = await _group_of(ctx, asked[0])
        leaving = _members(await live(actor(ctx), group["id"]), asked)
        before = group["desired_capacity"]
        counted = sum(not one["standby"] for one in leaving)
        if decrement:
            if before - counted < group["min_size"]:
                raise invalid(
                    f"Currently, desiredSize equals minSize ({group['min_size']}). Terminating"
                    " instance without replacement will violate group's min size constraint."
                    " Either set shouldDecrementDesiredCapacity flag to false or lower group's"
                    " min size."
                )
            group = await set_capacity(actor(ctx), group, {"desired_capacity": before - counted})
        outcome = Outcome()
        for member in leaving:
            now, instance_id = at(ctx.now), member["instance_id"]
            tail = f", shrinking the capacity from {before} to {before - 1}." if decrement else "."
            cause = (
                f"At {now} instance {instance_id} was taken out of service in response to a user"
                f" request{tail}"
            )
            before -= 1
            await shrink(actor(ctx), group, [member], cause, outcome)
        reason = (
            f"At {at(ctx.now)} an instance was launched in response to an unhealthy instance"
            " needing to be replaced."
        )
        await settle(actor(ctx), group, "" if decrement else reason)
    told = [shown(ctx, activity) for activity in outcome.activities]
    if params.get("InstanceIds"):
        return {"Activities": told}
    return {"Activity": told[0]}


async def detach_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make members free instances, which go on running; others take their places or not."""
    asked = params.get("InstanceIds") or []
    decrement = params["ShouldDecrementDesiredCapacity"]
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        leaving = _members(await live(actor(ctx), group["id"]), asked, group)
        before = group["desired_capacity"]
        if decrement:
            _check_floor(group, sum(not one["standby"] for one in leaving))
            group = await _shrunk(ctx, group, leaving)
        await let_go(ctx.db, [one["instance_id"] for one in leaving])
        outcome = await _noted(
            ctx, group, leaving, "Detaching EC2 instance", "was detached", before, decrement
        )
        await settle(actor(ctx), group, "")
    return {"Activities": [shown(ctx, activity) for activity in outcome.activities]}


async def attach_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make running instances members; the desired capacity grows by them."""
    asked = list(dict.fromkeys(params.get("InstanceIds") or []))
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        rows = {
            row["instance_id"]: row
            for row in await instances.LISTING.page(ctx.db, region=ctx.region, ids=asked)
        }
        taken = await autoscaling_groups.MEMBERS.page(ctx.db, region=ctx.region, ids=asked)
        for instance_id in asked:
            if instance_id not in rows or rows[instance_id]["state"] != "running":
                raise invalid(
                    f"Invalid Instance ID(s): [{instance_id}] specified. Only running instances"
                    " can be attached."
                )
        if taken:
            raise invalid(
                f"Instance {taken[0]['instance_id']} is already part of AutoScalingGroup"
                f" {taken[0]['group']}."
            )
        wanted = group["desired_capacity"] + len(asked)
        if wanted > group["max_size"]:
            raise invalid(
                f"AutoScalingGroup {group['name']} has min-size={group['min_size']},"
                f" max-size={group['max_size']}, and desired-size={group['desired_capacity']}. To"
                f" attach {len(asked)} more instance, please update the AutoScalingGroup sizes"
                " appropriately."
            )
        before = group["desired_capacity"]
        group = await set_capacity(actor(ctx), group, {"desired_capacity": wanted})
        await adopt(ctx.db, group, asked)
        outcome = Outcome()
        for number, instance_id in enumerate(asked, before):
            cause = (
                f"At {at(ctx.now)} an instance was attached in response to a user request,"
                f" increasing the capacity from {number} to {number + 1}."
            )
            await note(
                actor(ctx), group, rows[instance_id], "Attaching an existing EC2 instance", cause,
                outcome,
            )  # fmt: skip
    return {}


async def enter_standby(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take members out of service for a while; they stay members and go on running."""
    asked = params.get("InstanceIds") or []
    decrement = params["ShouldDecrementDesiredCapacity"]
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        leaving = _members(await live(actor(ctx), group["id"]), asked, group)
        for one in leaving:
            if one["standby"] or one["unhealthy"]:
                raise invalid(f"The instance {one['instance_id']} is not in InService.")
        before = group["desired_capacity"]
        if decrement:
            _check_floor(group, len(leaving))
            group = await _shrunk(ctx, group, leaving)
        await mark(ctx.db, [one["instance_id"] for one in leaving], "standby", True)
        outcome = await _noted(
            ctx, group, leaving, "Moving EC2 instance to Standby", "was moved to standby", before,
            decrement,
        )  # fmt: skip
        await settle(actor(ctx), group, "")
    return {"Activities": [shown(ctx, activity) for activity in outcome.activities]}


async def exit_standby(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put members back into service; the desired capacity grows by them."""
    asked = params.get("InstanceIds") or []
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        coming = _members(await live(actor(ctx), group["id"]), asked, group)
        for one in coming:
            if not one["standby"]:
                raise invalid(f"The instance {one['instance_id']} is not in Standby.")
        before = group["desired_capacity"]
        if before + len(coming) > group["max_size"]:
            raise invalid(
                f"AutoScalingGroup {group['name']} has min-size={group['min_size']},"
                f" max-size={group['max_size']}, and desired-size={before}. To move"
                f" {len(coming)} more instance out of Standby, please update the"
                " AutoScalingGroup sizes appropriately."
            )
        wanted = {"desired_capacity": before + len(coming)}
        group = await set_capacity(actor(ctx), group, wanted)
        await mark(ctx.db, [one["instance_id"] for one in coming], "standby", False)
        outcome = Outcome()
        for number, member in enumerate(coming, before):
            cause = (
                f"At {at(ctx.now)} instance {member['instance_id']} was moved out of standby in"
                " response to a user request, increasing the capacity from"
                f" {number} to {number + 1}."
            )
            name = "Moving EC2 instance out of Standby"
            await note(actor(ctx), group, member, name, cause, outcome)
    return {"Activities": [shown(ctx, activity) for activity in outcome.activities]}


async def set_instance_protection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Protect members from scale-in, or no longer."""
    asked = params.get("InstanceIds") or []
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        _members(await live(actor(ctx), group["id"]), asked, group)
        await mark(ctx.db, asked, "protected_from_scale_in", bool(params["ProtectedFromScaleIn"]))
    return {}


async def set_instance_health(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Tell a member's health; the next tick replaces one that is unhealthy."""
    status = params["HealthStatus"]
    if status not in ("Healthy", "Unhealthy"):
        raise invalid(f"Health status {status} is not valid: it is Healthy or Unhealthy.")
    async with ctx.db.transaction():
        group = await _group_of(ctx, params["InstanceId"])
        [member] = _members(await live(actor(ctx), group["id"]), [params["InstanceId"]])
        await mark(ctx.db, [member["instance_id"]], "health_status", status)
    return {}


async def _group_of(ctx: Context, instance_id: str) -> Any:
    rows = await autoscaling_groups.MEMBERS.page(ctx.db, region=ctx.region, ids=[instance_id])
    if not rows:
        raise _no_member(instance_id)
    return await Group.find(ctx, rows[0]["group"], lock=True)


def _no_member(instance_id: str) -> Exception:
    return invalid(
        f"Instance Id not found - No managed instance found for instance ID: {instance_id}"
    )


def _members(
    members: Sequence[Any], asked: Sequence[str], group: Mapping[str, Any] | None = None
) -> list[Any]:
    """The rows of those asked for; ValidationError for one that is not among the members."""
    known = {one["instance_id"]: one for one in members}
    if not asked:
        raise invalid(
            "1 validation error detected: Value '[]' at 'instanceIds' failed to satisfy"
            " constraint: Member must have length greater than or equal to 1"
        )
    for instance_id in asked:
        if instance_id not in known:
            if group is None:
                raise _no_member(instance_id)
            raise invalid(
                f"The instance {instance_id} is not part of Auto Scaling group {group['name']}."
            )
    return [known[instance_id] for instance_id in dict.fromkeys(asked)]


def _check_floor(group: Mapping[str, Any], count: int) -> None:
    if group["desired_capacity"] - count < group["min_size"]:
        raise invalid(
            f"AutoScalingGroup {group['name']} has min-size={group['min_size']},"
            f" max-size={group['max_size']}, and desired-size={group['desired_capacity']}. To place"
            f" into standby or detach {count} more instance, please update the AutoScalingGroup"
            " sizes appropriately."
        )


async def _shrunk(ctx: Context, group: Mapping[str, Any], leaving: Sequence[Any]) -> dict[str, Any]:
    counted = sum(not one["standby"] for one in leaving)
    wanted = {"desired_capacity": group["desired_capacity"] - counted}
    return await set_capacity(actor(ctx), group, wanted)


async def _noted(
    ctx: Context, group: Mapping[str, Any], leaving: Sequence[Any], description: str, done: str,
    before: int, decrement: bool,
) -> Outcome:  # fmt: skip
    outcome = Outcome()
    for number, member in enumerate(leaving):
        tail = "."
        if decrement:
            tail = f", shrinking the capacity from {before - number} to {before - number - 1}."
        cause = (
            f"At {at(ctx.now)} instance {member['instance_id']} {done} in response to a user"
            f" request{tail}"
        )
        await note(actor(ctx), group, member, description, cause, outcome)
    return outcome
