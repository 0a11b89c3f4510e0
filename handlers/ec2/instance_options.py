"""Options of an instance that its launch gave it, changed one kind at a time.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceCpuOptions.html
and the pages of the operations beside it.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers, launch_options
from handlers.ec2.identifiers import INSTANCE
from handlers.ec2.instance_view import chosen_cpu_options, options_shown
from models import instance_attributes, instance_types, instances, launches

NOUN = "instances"


async def modify_instance_maintenance_options(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say whether the machine is recovered, and moved by a reboot, by itself."""
    given = {name: params.get(name) for name in ("AutoRecovery", "RebootMigration")}
    async with ctx.db.transaction():
        instance = await _locked(ctx, params["InstanceId"])
        options = await _change(ctx, instance, "MaintenanceOptions", given)
    return {"InstanceId": params["InstanceId"], **options_shown("MaintenanceOptions", options)}


async def modify_private_dns_name_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Name the machine by its address or by its id; the latter only while it is stopped.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/modify-instance-hostnames.html
    """
    records = ("EnableResourceNameDnsARecord", "EnableResourceNameDnsAAAARecord")
    given = {name: params.get(name) for name in records}
    given["HostnameType"] = params.get("PrivateDnsHostnameType")
    async with ctx.db.transaction():
        instance = await _locked(ctx, params["InstanceId"])
        if given["HostnameType"]:
            _check_stopped(instance)
        await _change(ctx, instance, "PrivateDnsNameOptions", given)
    return {"Return": True}


async def modify_instance_cpu_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a stopped machine run with other cores and threads; it costs what it did."""
    names = ("CoreCount", "ThreadsPerCore", "NestedVirtualization")
    given = {name: params.get(name) for name in names}
    async with ctx.db.transaction():
        instance = await _locked(ctx, params["InstanceId"])
        _check_stopped(instance)
        machine = instance_types.find(instance["instance_type"])
        if machine is not None:
            launch_options.check_cpu(given, machine)
        options = await _change(ctx, instance, "CpuOptions", given)
    shown = chosen_cpu_options(instance["instance_type"], options) or {}
    return {
        "InstanceId": params["InstanceId"],
        **{name: value for name, value in shown.items() if name in names},
    }


async def modify_instance_capacity_reservation_attributes(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say on which capacity reservation a stopped machine runs when it is started."""
    member = "CapacityReservationSpecification"
    async with ctx.db.transaction():
        instance = await _locked(ctx, params["InstanceId"])
        _check_stopped(instance)
        told = {name: instance[name] for name in ("instance_type", "availability_zone", "tenancy")}
        told["platform"] = instance["platform_details"]
        await launch_options.check_reservation(ctx, params[member], told, 1)
        # what is said now stands for all that was said before
        await _change(ctx, instance, member, params[member], replaced=True)
    return {"Return": True}


async def _locked(ctx: Context, instance_id: str) -> Any:
    """The instance, which stays as it is until the transaction ends."""
    identifiers.check(INSTANCE, [instance_id])
    await instance_attributes.lock(ctx.db, ctx.region, instance_id)
    instance = await instances.find_one(ctx.db, ctx.region, instance_id)
    if instance is None:
        raise identifiers.not_found(INSTANCE, [instance_id])
    if instance["state"] == "terminated":
        raise AwsError("IncorrectInstanceState", f"The instance '{instance_id}' is terminated.")
    return instance


def _check_stopped(instance: Any) -> None:
    if instance["state"] != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance['instance_id']}' is not in the 'stopped' state.",
        )


async def _change(
    ctx: Context,
    instance: Any,
    member: str,
    given: Mapping[str, Any],
    *,
    replaced: bool = False,
) -> dict[str, Any]:
    """Keep what is given of one member; all the options as they are then."""
    options = instance["launch_options"]
    before = {} if replaced else (options or {}).get(member, {})
    told = {name: value for name, value in given.items() if value is not None}
    kept = launches.changed(options, member, {**before, **told})
    changes = {"launch_options": kept}
    await instances.update(ctx.db, ctx.region, instance["instance_id"], changes)
    return kept or {}
