"""Attributes of an instance, one by one.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
and API_DescribeInstanceAttribute.html.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import View
from handlers.ec2 import identifiers, launch_options, launch_requests
from handlers.ec2.identifiers import INSTANCE, SECURITY_GROUP
from handlers.ec2.instance_view import INSTANCE_MEMBERS, metadata_options, options_shown
from models import instance_attributes, instance_types, instances, launches

NOUN = "instances"


async def modify_instance_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change one attribute; the type and what boots with it only while the instance is stopped."""
    instance_id = params["InstanceId"]
    identifiers.check(INSTANCE, [instance_id])
    attribute, value = _asked(params)
    async with ctx.db.transaction():
        await instance_attributes.lock(ctx.db, ctx.region, instance_id)
        instance = await _find(ctx, instance_id)
        if instance["state"] == "terminated":
            raise AwsError("IncorrectInstanceState", f"The instance '{instance_id}' is terminated.")
        if attribute in STOPPED_ONLY and instance["state"] != "stopped":
            raise AwsError(
                "IncorrectInstanceState",
                f"The instance '{instance_id}' is not in the 'stopped' state.",
            )
        changes = await CHANGES[attribute](ctx, instance, value)
        if changes:
            await instances.update(ctx.db, ctx.region, instance_id, changes)
    return {}


async def describe_instance_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One attribute of an instance."""
    instance_id, attribute = params["InstanceId"], params["Attribute"]
    identifiers.check(INSTANCE, [instance_id])
    instance = await _find(ctx, instance_id)
    if attribute == "userData":
        data = await instance_attributes.user_data(ctx.db, ctx.region, instance_id)
        shown: dict[str, Any] = {"UserData": {"Value": data} if data else {}}
    else:
        shown = SHOWN[attribute](instance)
    return {"InstanceId": instance_id, **shown}


async def modify_instance_metadata_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change some of the options of the instance metadata service."""
    instance_id = params["InstanceId"]
    identifiers.check(INSTANCE, [instance_id])
    given = {name: params[name] for name in METADATA if params.get(name) is not None}
    if not given:
        raise AwsError(
            "InvalidParameterCombination", "The request must contain at least one metadata option."
        )
    async with ctx.db.transaction():
        await instance_attributes.lock(ctx.db, ctx.region, instance_id)
        instance = await _find(ctx, instance_id)
        kept = (instance["metadata_options"] or {}) | (
            launch_requests.metadata_options(given) or {}
        )
        await instances.update(ctx.db, ctx.region, instance_id, {"metadata_options": kept})
    shown = metadata_options(kept) | {"State": "pending"}
    return {"InstanceId": instance_id, "InstanceMetadataOptions": shown}


METADATA = (
    "HttpTokens",
    "HttpPutResponseHopLimit",
    "HttpEndpoint",
    "HttpProtocolIpv6",
    "InstanceMetadataTags",
)


async def _find(ctx: Context, instance_id: str) -> Any:
    instance = await instances.find_one(ctx.db, ctx.region, instance_id)
    if instance is None:
        raise identifiers.not_found(INSTANCE, [instance_id])
    return instance


# Attribute of the general form (`Attribute`, `Value`) → member of the form that names it.
MEMBERS = {
    "instanceType": "InstanceType",
    "kernel": "Kernel",
    "ramdisk": "Ramdisk",
    "userData": "UserData",
    "disableApiTermination": "DisableApiTermination",
    "disableApiStop": "DisableApiStop",
    "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
    "blockDeviceMapping": "BlockDeviceMappings",
    "sourceDestCheck": "SourceDestCheck",
    "groupSet": "Groups",
    "ebsOptimized": "EbsOptimized",
    "sriovNetSupport": "SriovNetSupport",
    "enaSupport": "EnaSupport",
    "enclaveOptions": "EnclaveOptions",
}
_LISTS = ("BlockDeviceMappings", "Groups")


def _asked(params: Mapping[str, Any]) -> tuple[str, Any]:
    """The one attribute that a request changes, by its member, and its new value."""
    named = [member for member in MEMBERS.values() if params.get(member)]
    if len(named) > 1:
        raise AwsError(
            "InvalidParameterCombination",
            f"Fields for multiple attribute types specified: {', '.join(named)}",
        )
    general = params.get("Attribute")
    if general is not None:
        member = MEMBERS.get(general)
        if member is None:
            raise AwsError(
                "InvalidParameterValue", f"The attribute '{general}' cannot be modified."
            )
        if member in _LISTS and params.get(member):
            return member, params[member]
        if params.get("Value") is None and named != [member]:
            raise AwsError("MissingParameter", "The request must contain the parameter value")
        if params.get("Value") is not None:
            return member, params["Value"]
    if not named:
        raise AwsError("InvalidParameterCombination", "No attributes specified.")
    member = named[0]
    given = params[member]
    if member in _LISTS:
        return member, given
    return member, given.get("Enabled" if member == "EnclaveOptions" else "Value")


def _flag(name: str) -> "Change":
    async def change(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
        if isinstance(value, bool):
            return {name: value}
        if str(value).lower() not in ("true", "false"):
            raise AwsError(
                "InvalidParameterValue", f"Value ({value}) for parameter value is invalid."
            )
        return {name: str(value).lower() == "true"}

    return change


async def _instance_type(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    machine = launch_requests.machine(value or "")
    launch_requests.check_architecture(machine, instance["architecture"])
    number = ctx.principal.account_number
    offered = [z.name for z in instance_types.zones_offering(machine.name, ctx.region, number)]
    zone = instance["availability_zone"]
    if zone is not None and zone not in offered:
        raise AwsError(
            "Unsupported",
            "The requested configuration is currently not supported. Please check the"
            " documentation for supported configurations.",
        )
    options = instance["launch_options"]
    if options and "EnclaveOptions" in options:
        launch_options.check_enclave(machine, hibernates=False)
    return {
        "instance_type": machine.name,
        # the cores and threads that were chosen were those of the other type
        "launch_options": launches.changed(options, "CpuOptions", {}),
        **launches.instance_costs(
            machine.name,
            ctx.region,
            platform=instance["platform_details"],
            tenancy=instance["tenancy"],
            lifecycle=instance["instance_lifecycle"],
        ),
    }


async def _shutdown_behavior(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    if value not in ("stop", "terminate"):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{value}' for instanceInitiatedShutdownBehavior.",
        )
    return {"shutdown_behavior": value}


async def _user_data(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    # Named, it is a blob; in the general form it is Base64 text already.
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
    return {"user_data": text or None}


async def _groups(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    asked = list(dict.fromkeys(value if isinstance(value, list) else [value]))
    identifiers.check(SECURITY_GROUP, asked)
    rows = await launches.groups(ctx.db, ctx.region, asked, (), instance["vpc_id"] or "")
    identifiers.check_found(SECURITY_GROUP, asked, (row["group_id"] for row in rows))
    for row in rows:
        if row["vpc_id"] != instance["vpc_id"]:
            raise AwsError(
                "InvalidGroup.NotFound",
                f"The security group '{row['group_id']}' does not exist in VPC"
                f" '{instance['vpc_id']}'",
            )
    return {"security_group_ids": asked}


async def _devices(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    given = {
        one["DeviceName"]: bool(one["Ebs"]["DeleteOnTermination"])
        for one in value
        if one.get("DeviceName") and (one.get("Ebs") or {}).get("DeleteOnTermination") is not None
    }
    found = await instance_attributes.set_delete_on_termination(
        ctx.db, instance["instance_id"], list(given), list(given.values())
    )
    missing = [device for device in given if device not in found]
    if missing:
        raise AwsError(
            "InvalidInstanceAttributeValue", f"No device is currently mapped at {missing[0]}"
        )
    return {}


async def _enclave(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    [enabled] = (await _flag("enclave")(ctx, instance, value)).values()
    machine = instance_types.find(instance["instance_type"])
    if enabled and machine is not None:
        launch_options.check_enclave(machine, hibernates=instance["hibernation"])
    options = launches.changed(instance["launch_options"], "EnclaveOptions", {"Enabled": enabled})
    return {"launch_options": options}


async def _nothing(ctx: Context, instance: Any, value: Any) -> dict[str, Any]:
    """What every instance has, or none: nothing to keep."""
    return {}


Change = Callable[[Context, Any, Any], Awaitable[dict[str, Any]]]
CHANGES: dict[str, Change] = {
    "InstanceType": _instance_type,
    "Kernel": _nothing,
    "Ramdisk": _nothing,
    "UserData": _user_data,
    "DisableApiTermination": _flag("disable_api_termination"),
    "DisableApiStop": _flag("disable_api_stop"),
    "InstanceInitiatedShutdownBehavior": _shutdown_behavior,
    "BlockDeviceMappings": _devices,
    "SourceDestCheck": _flag("source_dest_check"),
    "Groups": _groups,
    "EbsOptimized": _flag("ebs_optimized"),
    "SriovNetSupport": _nothing,
    "EnaSupport": _nothing,
    "EnclaveOptions": _enclave,
}
STOPPED_ONLY = frozenset(
    ("InstanceType", "Kernel", "Ramdisk", "UserData", "EbsOptimized", "SriovNetSupport",
     "EnaSupport", "EnclaveOptions")
)  # fmt: skip

Show = Callable[[Any], dict[str, Any]]
_LISTED = View({name: INSTANCE_MEMBERS[name] for name in ("BlockDeviceMappings", "SecurityGroups")})


def _value(member: str, column: str) -> Show:
    return lambda row: {member: {"Value": row[column]}}


SHOWN: dict[str, Show] = {
    "instanceType": _value("InstanceType", "instance_type"),
    "kernel": lambda row: {"KernelId": {}},
    "ramdisk": lambda row: {"RamdiskId": {}},
    "disableApiTermination": _value("DisableApiTermination", "disable_api_termination"),
    "disableApiStop": _value("DisableApiStop", "disable_api_stop"),
    "instanceInitiatedShutdownBehavior": _value(
        "InstanceInitiatedShutdownBehavior", "shutdown_behavior"
    ),
    "rootDeviceName": _value("RootDeviceName", "root_device_name"),
    "blockDeviceMapping": lambda row: {
        "BlockDeviceMappings": _LISTED.show(row).get("BlockDeviceMappings", [])
    },
    "productCodes": lambda row: {"ProductCodes": []},
    "sourceDestCheck": _value("SourceDestCheck", "source_dest_check"),
    "groupSet": lambda row: {"Groups": _LISTED.show(row).get("SecurityGroups", [])},
    "ebsOptimized": _value("EbsOptimized", "ebs_optimized"),
    "sriovNetSupport": lambda row: {"SriovNetSupport": {"Value": "simple"}},
    "enaSupport": lambda row: {"EnaSupport": {"Value": True}},
    "enclaveOptions": lambda row: {
        "EnclaveOptions": options_shown("EnclaveOptions", row["launch_options"])
    },
}
