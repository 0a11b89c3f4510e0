"""What a group launches from: a launch template, a launch configuration, or a mixture."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.autoscaling.acting import arn, invalid
from models import draws, instances, key_pairs, launch_configurations, launch_templates
from models.autoscaling_templates import LaunchFailure, Template, find_template

DEFAULT_VERSION = "$Default"
_NONE: dict[str, Any] = dict.fromkeys(
    ("launch_template_id", "launch_template_name", "launch_template_version",
     "launch_configuration_name", "mixed_instances_policy")
)  # fmt: skip
SOURCES = ("LaunchTemplate", "LaunchConfigurationName", "InstanceId", "MixedInstancesPolicy")


class Source:
    """Columns of a group that say what it launches, from the members of a request."""

    @staticmethod
    async def of_new(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
        """Those of a new group, which must name exactly one source."""
        named = [name for name in SOURCES if params.get(name)]
        if len(named) != 1:
            raise invalid(
                "Valid requests must contain either LaunchTemplate, LaunchConfigurationName,"
                " InstanceId or MixedInstancesPolicy parameter."
            )
        if named == ["InstanceId"]:
            name = params["AutoScalingGroupName"]
            await _configuration_of(ctx, params["InstanceId"], name)
            return {**_NONE, "launch_configuration_name": name}
        return await Source.of_change(ctx, params)

    @staticmethod
    async def of_change(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
        """Those that a request changes: none where it names no source."""
        if params.get("LaunchConfigurationName"):
            name = params["LaunchConfigurationName"]
            if await launch_configurations.find(ctx.db, ctx.region, name) is None:
                raise invalid(
                    f"Launch configuration name not found - Launch configuration {name} not found"
                )
            return {**_NONE, "launch_configuration_name": name}
        if params.get("LaunchTemplate"):
            return {**_NONE, **await _template(ctx, params["LaunchTemplate"])}
        policy = params.get("MixedInstancesPolicy")
        if not policy:
            return {}
        given = (policy.get("LaunchTemplate") or {}).get("LaunchTemplateSpecification")
        if not given:
            raise invalid("Launch template specification is required in MixedInstancesPolicy.")
        columns = await _template(ctx, given)
        return {**_NONE, **columns, "mixed_instances_policy": _mixed(policy, columns)}

    @staticmethod
    async def template(ctx: Context, group: Mapping[str, Any]) -> Template:
        """What the group would launch; ValidationError where EC2 would refuse to."""
        principal = ctx.principal
        try:
            found = await find_template(
                ctx.db, principal.account_id, principal.account_number, group
            )
        except LaunchFailure as failure:
            raise _unusable(group, str(failure)) from None
        if not found.data.get("ImageId"):
            raise _unusable(group, "The request must contain the parameter ImageId")
        key_name = found.data.get("KeyName")
        if key_name and not await key_pairs.exists(ctx.db, ctx.region, key_name):
            raise _unusable(group, f"The key pair '{key_name}' does not exist")
        return found


def named_type(columns: Mapping[str, Any]) -> str | None:
    """The type that a mixture's first override names, or None."""
    policy = columns.get("mixed_instances_policy") or {}
    overrides = (policy.get("LaunchTemplate") or {}).get("Overrides") or ()
    return next((one["InstanceType"] for one in overrides if one.get("InstanceType")), None)


def _unusable(group: Mapping[str, Any], message: str) -> AwsError:
    if group["launch_configuration_name"]:
        return invalid(message)
    return invalid(f"You must use a valid fully-formed launch template. {message}")


async def _template(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    template_id, name = given.get("LaunchTemplateId"), given.get("LaunchTemplateName")
    if bool(template_id) == bool(name):
        raise invalid("Valid requests must contain either launchTemplateId or LaunchTemplateName")
    found = await launch_templates.find(ctx.db, ctx.region, template_id, name)
    if found is None:
        words = f"template ID {template_id}" if template_id else f"template name {name}"
        raise invalid(
            "You must use a valid fully-formed launch template. The specified launch template,"
            f" with {words}, does not exist."
        )
    version = given.get("Version") or DEFAULT_VERSION
    number = {
        DEFAULT_VERSION: found["default_version"],
        "$Latest": found["latest_version"],
    }.get(version, version)
    known = str(number).isascii() and str(number).isdigit()
    if not known or await launch_templates.find_version(
        ctx.db, found["launch_template_id"], int(number)
    ) is None:  # fmt: skip
        raise invalid(
            "You must use a valid fully-formed launch template. Could not find the specified"
            f" version {version} for the launch template with ID {found['launch_template_id']}."
        )
    return {
        "launch_template_id": found["launch_template_id"],
        "launch_template_name": found["name"],
        "launch_template_version": version,
    }


def _mixed(policy: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """A mixture as it is shown: with all of its template's names, and AWS's defaults."""
    given = policy["LaunchTemplate"]
    shares = {
        "OnDemandAllocationStrategy": "prioritized",
        "OnDemandBaseCapacity": 0,
        "OnDemandPercentageAboveBaseCapacity": 100,
        "SpotAllocationStrategy": "lowest-price",
        **(policy.get("InstancesDistribution") or {}),
    }
    return {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {
                "LaunchTemplateId": columns["launch_template_id"],
                "LaunchTemplateName": columns["launch_template_name"],
                "Version": columns["launch_template_version"],
            },
            "Overrides": given.get("Overrides") or [],
        },
        "InstancesDistribution": shares,
    }


async def _configuration_of(ctx: Context, instance_id: str, name: str) -> None:
    """Make a launch configuration of an instance, as Auto Scaling does for CreateGroup."""
    instance = await instances.find_one(ctx.db, ctx.region, instance_id)
    if instance is None or instance["state"] == "terminated":
        raise invalid(f"Invalid Instance - Instance {instance_id} not found.")
    key = draws.uuid4()
    row = {
        "id": key,
        "name": name,
        "arn": arn(ctx, "launchConfiguration", key, f"launchConfigurationName/{name}"),
        "region": ctx.region,
        "data": data_of(instance),
        "created_at": ctx.now,
    }
    if not await launch_configurations.insert(ctx.db, row):
        raise already_exists(name)


def data_of(instance: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a launch configuration that launches what an instance is."""
    return {
        "ImageId": instance["image_id"],
        "InstanceType": instance["instance_type"],
        "KeyName": instance["key_name"] or "",
        "SecurityGroups": list(instance["security_group_ids"] or ()),
        "InstanceMonitoring": {"Enabled": instance["monitoring"] == "enabled"},
        "IamInstanceProfile": instance["iam_instance_profile_arn"],
        "EbsOptimized": bool(instance["ebs_optimized"]),
        "PlacementTenancy": None if instance["tenancy"] == "default" else instance["tenancy"],
    }


def already_exists(name: str) -> AwsError:
    """The error for a name that a launch configuration has."""
    return AwsError(
        "AlreadyExists",
        "Launch Configuration by this name already exists - A launch configuration already exists"
        f" with the name {name}",
    )
