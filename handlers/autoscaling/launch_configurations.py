"""Launch configurations.

Source: https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchConfiguration.html and
the pages of the operations.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.autoscaling.acting import arn, invalid, page
from handlers.autoscaling.launch_sources import Source, already_exists, data_of
from models import draws, instances, launch_configurations

_MEMBERS = (
    "ImageId", "KeyName", "SecurityGroups", "ClassicLinkVPCId", "ClassicLinkVPCSecurityGroups",
    "UserData", "InstanceType", "KernelId", "RamdiskId", "BlockDeviceMappings",
    "InstanceMonitoring", "SpotPrice", "IamInstanceProfile", "EbsOptimized",
    "AssociatePublicIpAddress", "PlacementTenancy", "MetadataOptions",
)  # fmt: skip
# What is always shown, whether it was given or not.
_ALWAYS: dict[str, Any] = {
    "KeyName": "",
    "SecurityGroups": [],
    "ClassicLinkVPCSecurityGroups": [],
    "UserData": "",
    "KernelId": "",
    "RamdiskId": "",
    "BlockDeviceMappings": [],
    "InstanceMonitoring": {"Enabled": True},
    "EbsOptimized": False,
}


async def create_launch_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new launch configuration, on its own or of an instance."""
    name = params["LaunchConfigurationName"]
    data: dict[str, Any] = {}
    if params.get("InstanceId"):
        instance = await instances.find_one(ctx.db, ctx.region, params["InstanceId"])
        if instance is None:
            raise invalid(f"Invalid Instance - Instance {params['InstanceId']} not found.")
        data = data_of(instance)
    data |= {member: params[member] for member in _MEMBERS if params.get(member) is not None}
    for member in ("ImageId", "InstanceType"):
        if not data.get(member):
            raise invalid(
                "Valid requests must contain either the InstanceID parameter or both the ImageId"
                " and InstanceType parameters."
            )
    key = draws.uuid4()
    row = {
        "id": key,
        "name": name,
        "arn": arn(ctx, "launchConfiguration", key, f"launchConfigurationName/{name}"),
        "region": ctx.region,
        "data": data,
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        if not await launch_configurations.insert(ctx.db, row):
            raise already_exists(name)
        await Source.template(ctx, _trial(ctx, name))
    return {}


async def describe_launch_configurations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Launch configurations of the region, by name and page."""
    asked = page(ctx, params)
    rows = await launch_configurations.LISTING.page(
        ctx.db, region=ctx.region, ids=params.get("LaunchConfigurationNames") or None,
        after=asked.after, limit=asked.fetch,
    )  # fmt: skip
    found, token = asked.cut(rows, "name")
    return {"LaunchConfigurations": Rows(VIEW, found), "NextToken": token}


async def delete_launch_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a launch configuration that no group launches from."""
    name = params["LaunchConfigurationName"]
    async with ctx.db.transaction():
        if await launch_configurations.find(ctx.db, ctx.region, name) is None:
            raise invalid(
                f"Launch configuration name not found - Launch configuration {name} not found"
            )
        user = await launch_configurations.used_by(ctx.db, ctx.region, name)
        if user is not None:
            raise AwsError(
                "ResourceInUse",
                f"Cannot delete launch configuration {name} because it is attached to"
                f" AutoScalingGroup {user}",
            )
        await launch_configurations.delete(ctx.db, ctx.region, name)
    return {}


def _trial(ctx: Context, name: str) -> dict[str, Any]:
    """A group that would launch from the configuration, to see whether it can be launched."""
    return {
        "id": draws.uuid4(),
        "name": name,
        "region": ctx.region,
        "instance_type": "",
        "launch_configuration_name": name,
        "launch_template_id": None,
        "launch_template_version": None,
        "mixed_instances_policy": None,
        "tags": {},
        "propagated_tag_keys": [],
    }


def _shown(member: str) -> Computed:
    return Computed(lambda data: data.get(member, _ALWAYS.get(member)), "data")


VIEW = View(
    {
        "LaunchConfigurationName": "name",
        "LaunchConfigurationARN": "arn",
        "CreatedTime": "created_at",
        **{member: _shown(member) for member in _MEMBERS},
    }
)
