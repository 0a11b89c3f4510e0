"""Launching instances.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from emulator.rows import Rows, View
from handlers.ec2 import (
    identifiers,
    launch_devices,
    launch_interfaces,
    launch_options,
    launch_requests,
)
from handlers.ec2.identifiers import IMAGE, SNAPSHOT
from handlers.ec2.instance_view import INSTANCE_MEMBERS
from handlers.ec2.launch_places import Place, Wish
from handlers.ec2.launch_template_references import TemplateReference
from handlers.ec2.tag_specifications import check_types, tags_for
from models import images, instances, key_pairs, launches, snapshots, spot_requests
from models.instance_columns import STATE_CODES
from models.machines import InstanceType

NOUN = "instances"
_SSM = "resolve:ssm:"


async def run_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Launch instances with their volumes: all that can be had up to MaxCount, or none."""
    least, most = launch_requests.check_counts(params)
    check_types(params, launch_requests.TAGGED)

    async def work() -> list[str]:
        wanted = await _wanted(ctx, params)
        made = await launch(ctx, wanted, least, most)
        options = launch_requests.spot_options(wanted)
        if options is not None:
            await spot_requests.change(ctx.db, ctx.region, made, options)
        return made

    made = await once(ctx, params.get("ClientToken"), work)
    return await _reservation(ctx, made)


async def launch(ctx: Context, wanted: dict[str, Any], least: int, most: int) -> list[str]:
    """Launch from `least` to `most` instances as RunInstances would; their ids."""
    prepared = await _prepare(ctx, wanted)
    await _check_reservation(ctx, prepared, least)
    addresses = await prepared.place.addresses(ctx, least, most)
    rows = [_instance(ctx, prepared, at, address) for at, address in enumerate(addresses)]
    volumes = [volume for row in rows for volume in _volumes(ctx, prepared, row)]
    await launches.insert(ctx.db, ctx.principal.account_id, rows, volumes)
    await launch_interfaces.add(ctx, wanted, rows)
    return [row["instance_id"] for row in rows]


@dataclass(slots=True)
class _Launch:
    """All that is decided before addresses are given out."""

    wanted: Mapping[str, Any]
    machine: InstanceType
    image: Any
    place: Place
    devices: Sequence[Mapping[str, Any]]
    tags: dict[str, str]
    volume_tags: dict[str, str]
    reservation_id: str


async def _wanted(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    given = params.get("LaunchTemplate")
    if not given:
        return params
    reference = TemplateReference.of(given)
    template, version = await reference.find_version(ctx, given.get("Version"))
    return launch_requests.with_template(params, template, version)


async def _prepare(ctx: Context, wanted: dict[str, Any]) -> _Launch:
    machine = launch_requests.machine(wanted.get("InstanceType"))
    image = await _image(ctx, wanted.get("ImageId"))
    launch_requests.check_architecture(machine, image["architecture"])
    launch_options.check(wanted, machine)
    await launch_interfaces.check(ctx, wanted, machine)
    key_name = wanted.get("KeyName")
    if key_name and not await key_pairs.exists(ctx.db, ctx.region, key_name):
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{key_name}' does not exist")
    devices = await _devices(ctx, wanted, image)
    launch_requests.check_options(wanted, machine, devices, image["root_device_name"])
    place = await Place.find(ctx, Wish.of(wanted), machine)
    tags = tags_for(wanted, "instance")
    if "template" in wanted:
        template_id, version = wanted["template"]
        tags |= {
            "aws:ec2launchtemplate:id": template_id,
            "aws:ec2launchtemplate:version": version,
        }
    return _Launch(
        wanted, machine, image, place, devices, tags, tags_for(wanted, "volume"), ids.new("r")
    )


async def _image(ctx: Context, image_id: str | None) -> Any:
    if not image_id:
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    if image_id.startswith(_SSM):
        parameter = image_id.removeprefix(_SSM)
        image_id = await images.named_by(ctx.db, ctx.region, parameter)
        if image_id is None:
            raise AwsError(
                "InvalidParameterValue",
                f"Unable to resolve the SSM parameter '{parameter}' to an image",
            )
    identifiers.check(IMAGE, [image_id])
    image = await images.find_one(ctx.db, ctx.region, image_id)
    if image is None:
        raise identifiers.not_found(IMAGE, [image_id])
    if image["state"] != "available":
        raise AwsError(
            "InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available"
        )
    return image


async def _devices(ctx: Context, wanted: Mapping[str, Any], image: Any) -> list[dict[str, Any]]:
    """The columns of the volumes that every instance of the launch gets."""
    own = image["block_device_mappings"]
    mappings = launch_devices.merged(own, wanted.get("BlockDeviceMappings") or ())
    sizes = {
        one["Ebs"]["SnapshotId"]: one["Ebs"]["VolumeSize"]
        for one in own
        if one.get("Ebs", {}).get("SnapshotId")
    }
    asked = [one for one in launch_devices.snapshot_ids(mappings) if one not in sizes]
    identifiers.check(SNAPSHOT, asked)
    found = {}
    if asked:
        rows = await snapshots.LISTING.page(ctx.db, region=ctx.region, ids=asked)
        found = {row["snapshot_id"]: row for row in rows}
        identifiers.check_found(SNAPSHOT, asked, found)
    return launch_devices.volumes(mappings, image["root_device_name"], ctx.region, found, sizes)


async def _check_reservation(ctx: Context, launch: _Launch, count: int) -> None:
    given = launch.wanted.get("CapacityReservationSpecification")
    machine = {
        "instance_type": launch.machine.name,
        "availability_zone": launch.place.subnet["availability_zone"],
        "platform": launch.image["platform_details"],
        "tenancy": launch.place.tenancy,
    }
    await launch_options.check_reservation(ctx, given, machine, count)


def _instance(ctx: Context, launch: _Launch, index: int, address: str) -> dict[str, Any]:
    wanted, image, subnet = launch.wanted, launch.image, launch.place.subnet
    lifecycle = launch_requests.lifecycle(wanted.get("InstanceMarketOptions"))
    tenancy = launch.place.tenancy
    template_id, template_version = wanted.get("template", (None, None))
    return {
        **_state(ctx),
        **launches.instance_costs(
            launch.machine.name, ctx.region, platform=image["platform_details"], tenancy=tenancy,
            lifecycle=lifecycle,
        ),
        **launches.asked(wanted, is_burstable=launch.machine.is_burstable),
        "instance_id": ids.new("i"),
        "name": launch.tags.get("Name"),
        "instance_type": launch.machine.name,
        "env": launches.environment(launch.tags),
        "region": ctx.region,
        "tags": launch.tags,
        "availability_zone": subnet["availability_zone"],
        "vpc_id": subnet["vpc_id"],
        "subnet_id": subnet["subnet_id"],
        "network_interface_id": ids.new("eni"),
        "private_ip_address": address,
        "public_ip_address": launches.public_address() if launch.place.is_public else None,
        "security_group_ids": launch.place.groups,
        "image_id": image["image_id"],
        "architecture": image["architecture"],
        "platform": image["platform"],
        "platform_details": image["platform_details"],
        "usage_operation": image["usage_operation"],
        "root_device_name": image["root_device_name"],
        "iam_instance_profile_arn": launch_requests.profile_arn(
            wanted.get("IamInstanceProfile"), ctx.principal.account_number
        ),
        "metadata_options": launch_requests.metadata_options(wanted.get("MetadataOptions")),
        "launch_options": launches.launch_options(
            wanted, interface_tags=tags_for(wanted, "network-interface")
        ),
        "tenancy": tenancy,
        "instance_lifecycle": lifecycle,
        "reservation_id": launch.reservation_id,
        "launch_index": index,
        "client_token": wanted.get("ClientToken"),
        "launch_template_id": template_id,
        "launch_template_version": template_version,
    }  # fmt: skip


def _state(ctx: Context) -> dict[str, Any]:
    """The times of a launch; a transition that takes no time is over when it is stored."""
    seconds = ctx.server.settings.transition_seconds
    times = dict.fromkeys(
        ("launch_time", "created_at", "last_active_at", "state_changed_at"), ctx.now
    )
    if not seconds:
        return {**times, "state": "running"}
    return {
        **times,
        "state": "pending",
        "settled_state": "running",
        "settles_at": ctx.now + timedelta(seconds=seconds),
    }


def _volumes(ctx: Context, launch: _Launch, instance: Mapping[str, Any]) -> list[dict[str, Any]]:
    times = dict.fromkeys(("created_at", "attach_time", "last_used_at"), ctx.now)
    return [
        {
            **device,
            **times,
            "volume_id": ids.new("vol"),
            "region": ctx.region,
            "availability_zone": instance["availability_zone"],
            "attached_instance_id": instance["instance_id"],
            "tags": launch.volume_tags,
        }
        for device in launch.devices
    ]


async def _reservation(ctx: Context, made: list[str]) -> dict[str, Any]:
    """The instances as EC2 shows them in the moment of their launch, before anything is up."""
    rows = await instances.LISTING.page(ctx.db, region=ctx.region, ids=made)
    by_id = {row["instance_id"]: row for row in rows}
    shown = [_starting(by_id[instance_id]) for instance_id in made if instance_id in by_id]
    first = rows[0] if rows else {"reservation_id": None}
    return {
        "ReservationId": first["reservation_id"],
        "OwnerId": ctx.principal.account_number,
        "Groups": [],
        "Instances": Rows(INSTANCE_VIEW, shown),
    }


def _starting(row: Any) -> dict[str, Any]:
    record = dict(row)
    if record["state"] in ("pending", "running"):
        monitoring = "pending" if record["monitoring"] == "enabled" else record["monitoring"]
        record |= {
            "state": "pending",
            "state_number": STATE_CODES["pending"],
            "state_reason_code": "pending",
            "state_reason_message": "pending",
            "public_ip_address": None,
            "devices": [],
            "monitoring": monitoring,
        }
    return record


INSTANCE_VIEW = View(INSTANCE_MEMBERS)
