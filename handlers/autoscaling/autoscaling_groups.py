"""Auto Scaling groups.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_AutoScalingGroup.html and the
pages of the operations. What a group launches from stands in launch_sources.py, how it is shown in
group_view.py.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Rows
from handlers.autoscaling import sizes
from handlers.autoscaling.acting import Group, actor, arn, cooling, invalid, page
from handlers.autoscaling.group_view import GROUP_VIEW
from handlers.autoscaling.launch_sources import Source, named_type
from handlers.autoscaling.tag_rules import checked
from models import (
    autoscaling_groups,
    draws,
    launches,
    regions,
    scaling_activities,
    scaling_calls,
)
from models.autoscaling_capacity import Outcome, set_capacity, settle, shrink
from models.autoscaling_members import live, places_of
from models.scaling_activities import at

# Members of a request, and columns that they are.
_PLAIN = {
    "DefaultCooldown": "default_cooldown",
    "HealthCheckType": "health_check_type",
    "HealthCheckGracePeriod": "health_check_grace_period",
    "TerminationPolicies": "termination_policies",
    "NewInstancesProtectedFromScaleIn": "new_instances_protected",
    "CapacityRebalance": "capacity_rebalance",
    "ServiceLinkedRoleARN": "service_linked_role_arn",
}
_OPTIONS = (
    "PlacementGroup", "MaxInstanceLifetime", "Context", "DesiredCapacityType",
    "DefaultInstanceWarmup", "InstanceMaintenancePolicy", "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy", "CapacityReservationSpecification",
    "InstanceLifecyclePolicy", "DeletionProtection",
)  # fmt: skip
_POLICIES = {
    "Default", "OldestInstance", "NewestInstance", "OldestLaunchConfiguration",
    "OldestLaunchTemplate", "ClosestToNextInstanceHour", "AllocationStrategy",
}  # fmt: skip
DEFAULT_COOLDOWN = 300


async def create_auto_scaling_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new group, with its first members."""
    name = params["AutoScalingGroupName"]
    if ":" in name:
        raise invalid(
            "1 validation error detected: Value '" + name + "' at 'autoScalingGroupName' failed"
            " to satisfy constraint: Member must not contain colons"
        )
    size = sizes.checked(params, {"min_size": 0, "max_size": 0, "desired_capacity": None})
    tags, passed_on = checked(params.get("Tags") or (), name)
    key = draws.uuid4()
    async with ctx.db.transaction():
        if await autoscaling_groups.find(ctx.db, ctx.region, name) is not None:
            raise _already_exists(name)
        source = await Source.of_new(ctx, params)
        row = {
            "id": key,
            "name": name,
            "arn": arn(ctx, "autoScalingGroup", key, f"autoScalingGroupName/{name}"),
            "region": ctx.region,
            "env": launches.environment(tags),
            "created_at": ctx.now,
            "default_cooldown": DEFAULT_COOLDOWN,
            "tags": tags,
            "propagated_tag_keys": passed_on,
            "load_balancer_names": params.get("LoadBalancerNames") or [],
            "target_group_arns": params.get("TargetGroupARNs") or [],
            "service_linked_role_arn": f"arn:aws:iam::{ctx.principal.account_number}:role/"
            "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
            **size,
            **source,
            **await _places(ctx, params, needed=True),
            **_changes(params, {}),
        }
        row["instance_type"] = await _type(ctx, {**_ABSENT, **row})
        if not await autoscaling_groups.insert(ctx.db, row):
            raise _already_exists(name)
        group = await Group.find(ctx, name, lock=True)
        wanted = group["desired_capacity"]
        reason = (
            f"At {at(ctx.now)} a user request created an AutoScalingGroup changing the desired"
            f" capacity from 0 to {wanted}."
        )
        await settle(actor(ctx), group, reason)
    return {}


async def describe_auto_scaling_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Groups of the region with their members, by name, tag and page."""
    shown = page(ctx, params)
    for one in params.get("Filters") or ():
        if not (one.get("Name") in ("tag-key", "tag-value") or one["Name"].startswith("tag:")):
            raise invalid(
                f"Filter type {one.get('Name')} is not correct. Allowed Filter types are: tag-key,"
                " tag-value, tag:<key>"
            )
    where = conditions(ctx, autoscaling_groups.LISTING, TAGS, params.get("Filters"))
    rows = await autoscaling_groups.LISTING.page(
        ctx.db, where, region=ctx.region, ids=params.get("AutoScalingGroupNames") or None,
        after=shown.after, limit=shown.fetch, shift=ctx.shift,
    )  # fmt: skip
    found, token = shown.cut(rows, "name")
    if params.get("IncludeInstances") is False:
        found = [{**row, "members": []} for row in found]
    return {"AutoScalingGroups": Rows(GROUP_VIEW, found), "NextToken": token}


async def update_auto_scaling_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a group; new sizes bring and take members at once."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        size = sizes.checked(params, group)
        changes: dict[str, Any] = {
            **await Source.of_change(ctx, params),
            **await _places(ctx, params, needed=False),
            **_changes(params, group["options"]),
        }
        if "launch_template_id" in changes:
            changes["instance_type"] = await _type(ctx, {**group, **changes})
        before = group["desired_capacity"]
        group = await set_capacity(actor(ctx), group, changes | size)
        if any(params.get(name) is not None for name in ("MinSize", "MaxSize", "DesiredCapacity")):
            wanted = size["desired_capacity"]
            reason = (
                f"At {at(ctx.now)} a user request update of AutoScalingGroup constraints to min:"
                f" {size['min_size']}, max: {size['max_size']}, desired: {wanted} changing the"
                f" desired capacity from {before} to {wanted}."
            )
            await settle(actor(ctx), group, reason if wanted != before else "")
    return {}


async def set_desired_capacity(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask for another number of members; they come and go at once."""
    wanted = params["DesiredCapacity"]
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        if wanted > group["max_size"]:
            raise invalid(
                f"New SetDesiredCapacity value {wanted} is above max value"
                f" {group['max_size']} for the AutoScalingGroup."
            )
        if wanted < group["min_size"]:
            raise invalid(
                f"New SetDesiredCapacity value {wanted} is below min value"
                f" {group['min_size']} for the AutoScalingGroup."
            )
        if params.get("HonorCooldown") and scaling_calls.rests(group, {}, ctx.now):
            raise await cooling(ctx, group)
        before = group["desired_capacity"]
        group = await set_capacity(actor(ctx), group, {"desired_capacity": wanted})
        reason = (
            f"At {at(ctx.now)} a user request explicitly set group desired capacity changing the"
            f" desired capacity from {before} to {wanted}."
        )
        await settle(actor(ctx), group, reason if wanted != before else "")
    return {}


async def delete_auto_scaling_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that has no members, or with ForceDelete the members too."""
    async with ctx.db.transaction():
        group = await Group.find(ctx, params["AutoScalingGroupName"], lock=True)
        members = await live(actor(ctx), group["id"])
        if members and not params.get("ForceDelete"):
            raise AwsError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot"
                " instance request(s) still in the group.",
            )
        under_way = await scaling_activities.under_way(ctx.db, group["id"])
        if under_way and not params.get("ForceDelete"):
            raise AwsError(
                "ScalingActivityInProgress",
                "You cannot delete an AutoScalingGroup while there are scaling activities in"
                " progress for that group.",
            )
        cause = (
            f"At {at(ctx.now)} a user request force deleted AutoScalingGroup changing the desired"
            f" capacity from {group['desired_capacity']} to 0."
        )
        await shrink(actor(ctx), group, members, cause, Outcome(), selected=True)
        await autoscaling_groups.delete(ctx.db, group["id"])
    return {}


# What launching looks at, and a request may not have named.
_ABSENT: dict[str, Any] = {"instance_type": "", "mixed_instances_policy": None}


async def _type(ctx: Context, group: Mapping[str, Any]) -> str:
    """The instance type that the group launches, which must be launchable."""
    named = named_type(group)
    found = await Source.template(ctx, {**group, "instance_type": named or group["instance_type"]})
    return named or str(found.data.get("InstanceType") or found.instance_type)


def _changes(params: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that a request sets to what it says."""
    found = {
        column: params[name] for name, column in _PLAIN.items() if params.get(name) is not None
    }
    policies = found.get("termination_policies") or ()
    for policy in policies:
        if policy not in _POLICIES and not policy.startswith("arn:"):
            raise invalid(f"Invalid termination policy: {policy}.")
    kinds = str(found.get("health_check_type", "EC2")).split(",")
    if not set(kinds) <= {"EC2", "ELB", "EBS", "VPC_LATTICE"}:
        raise invalid(f"Health check type {found['health_check_type']} is not supported.")
    given = {name: params[name] for name in _OPTIONS if params.get(name) is not None}
    if given:
        found["options"] = {**options, **given}
    return found


async def _places(ctx: Context, params: Mapping[str, Any], *, needed: bool) -> dict[str, Any]:
    """The subnets and zones that a request names."""
    given = params.get("VPCZoneIdentifier")
    subnet_ids = [one.strip() for one in (given or "").split(",") if one.strip()]
    zones = params.get("AvailabilityZones") or []
    if not subnet_ids and not zones:
        if needed:
            raise invalid("At least one Availability Zone or VPC Subnet is required.")
        return {}
    known = {zone.name for zone in regions.zones(ctx.region)}
    wrong = [zone for zone in zones if zone not in known]
    if wrong:
        raise invalid(f"Invalid availability zones: [{', '.join(wrong)}]")
    account_id = ctx.principal.account_id
    found = await places_of(ctx.db, account_id, ctx.region, subnet_ids, zones)
    if subnet_ids:
        missing = set(subnet_ids) - {row["subnet_id"] for row in found}
        if missing:
            raise invalid(
                f"The subnet ID '{next(one for one in subnet_ids if one in missing)}' does not"
                " exist"
            )
        own = sorted({row["availability_zone"] for row in found})
        if zones and sorted(zones) != own:
            raise invalid(
                "The availability zones of the specified subnets and the Auto Scaling group do"
                " not match"
            )
        return {"subnet_ids": subnet_ids, "availability_zones": own}
    if not found:
        raise invalid("No default VPC for this user")
    return {"subnet_ids": [], "availability_zones": sorted(zones)}


def _already_exists(name: str) -> AwsError:
    return AwsError(
        "AlreadyExists",
        "AutoScalingGroup by this name already exists - A group with the name"
        f" {name} already exists",
    )
