"""Launches: the rows of a new instance as EC2 would have made them, and its end."""

# ruff: noqa: E501 - the lines of SQL read better whole

import ipaddress
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drift.day import Day

_SUBNETS = """
SELECT s.subnet_id, s.vpc_id, s.availability_zone, s.cidr_block,
       ARRAY(SELECT g.group_id FROM security_groups g
              WHERE g.vpc_id = s.vpc_id AND g.name = 'default') AS groups
  FROM subnets s LEFT JOIN vpcs v ON v.vpc_id = s.vpc_id
 WHERE s.account_id = $1 AND s.region = $2 AND (s.subnet_id = ANY ($3::text[]) OR $3::text[] = '{}')
 ORDER BY coalesce(v.is_default, false) DESC, s.availability_zone, s.subnet_id LIMIT 6"""

_IMAGE = """
SELECT image_id FROM images
 WHERE region = $2 AND (account_id = $1 OR account_id IS NULL) AND architecture = $3
   AND platform IS NULL AND state = 'available'
 ORDER BY account_id IS NULL, creation_date DESC, image_id LIMIT 1"""

_INSTANCE = """
INSERT INTO instances (id, account_id, instance_id, name, instance_type, env, region, state,
    autoscaling_group_id, launch_time, hourly_cost, gpu_hourly_cost, gpu_count, has_gpu,
    last_active_at, tags, created_at, availability_zone, vpc_id, subnet_id, network_interface_id,
    private_ip_address, security_group_ids, image_id, architecture, reservation_id,
    launch_template_id, launch_template_version, state_changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', $8, $9, $10, $11, $12, $13, $9, $14::text::jsonb, $9, $15, $16,
    $17, $18, $19, $20, $21, $22, $23, $24, $25, $9)"""

_VOLUME = """
INSERT INTO volumes (account_id, volume_id, region, size_gib, volume_type, state,
    attached_instance_id, monthly_cost, last_used_at, tags, created_at, availability_zone, iops,
    throughput, attach_device, attach_time, delete_on_termination)
VALUES ($1, $2, $3, $4, 'gp3', 'in-use', $5, $6, $7, $8::text::jsonb, $7, $9, 3000, 125, '/dev/xvda', $7, $10)"""


@dataclass(slots=True)
class Launch:
    """What is wanted of new instances; `tags` become the instance's, the name from its Name."""

    instance_type: str
    env: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)
    group_id: uuid.UUID | None = None
    subnet_ids: Sequence[str] = ()
    image_id: str | None = None
    launch_template_id: str | None = None
    launch_template_version: str | None = None
    profile: str | None = None
    root_gib: int = 20
    delete_root: bool = True


async def launch(day: Day, name: str, count: int, wanted: Launch) -> list[str]:
    """Launch `count` running instances with their root volumes; the new instance ids.

    `name` tells this launch from the day's others: ids, zones and addresses follow from it.
    """
    from models.instance_types import find

    found = find(wanted.instance_type)
    architecture = found.architectures[-1] if found is not None else "x86_64"
    subnets = await day.connection.fetch(
        _SUBNETS, day.account_id, wanted.region, list(wanted.subnet_ids)
    )
    image = wanted.image_id or await day.connection.fetchval(
        _IMAGE, day.account_id, wanted.region, architecture
    )
    moment = day.moment(f"launch/{name}")
    reservation = day.identifier("r", f"launch/{name}")
    ids = []
    for index in range(count):
        label = f"{name}/{index}"
        subnet = subnets[index % len(subnets)] if subnets else None
        ids.append(
            await _insert(day, label, wanted, subnet, image, architecture, reservation, moment)
        )
    return ids


async def _insert(
    day: Day,
    label: str,
    wanted: Launch,
    subnet: Any,
    image: str | None,
    architecture: str,
    reservation: str,
    moment: datetime,
) -> str:
    from models.costs import gpu_count, gpu_hourly, instance_hourly, volume_monthly

    instance_id = day.identifier("i", label)
    gpus = gpu_count(wanted.instance_type)
    tags = dict(wanted.tags)
    place: tuple[Any, ...] = (None, None, None, None, None, [])
    if subnet is not None:
        address = await _address(day, label, subnet)
        place = (subnet["availability_zone"], subnet["vpc_id"], subnet["subnet_id"],
                 day.identifier("eni", label), address, subnet["groups"])  # fmt: skip
    await day.write(
        "instances", _INSTANCE, uuid.uuid5(day.account_id, instance_id), day.account_id, instance_id,
        tags.get("Name"), wanted.instance_type, wanted.env, wanted.region, wanted.group_id, moment,
        instance_hourly(wanted.instance_type, wanted.region),
        gpu_hourly(wanted.instance_type, wanted.region), gpus, gpus > 0, json.dumps(tags), *place,
        image, architecture, reservation, wanted.launch_template_id, wanted.launch_template_version,
    )  # fmt: skip
    day.launched(wanted.region)
    await day.record("instance", instance_id, "lifecycle", None, "created")
    volume_id = day.identifier("vol", label)
    await day.write(
        "volumes", _VOLUME, day.account_id, volume_id, wanted.region, wanted.root_gib, instance_id,
        volume_monthly("gp3", wanted.root_gib, wanted.region), moment,
        json.dumps({key: tags[key] for key in tags if not key.startswith("aws:")}),
        place[0], wanted.delete_root,
    )  # fmt: skip
    await day.record("volume", volume_id, "lifecycle", None, "created")
    if wanted.profile is not None:
        await day.profile("instance", instance_id, wanted.profile)
    return instance_id


async def _address(day: Day, label: str, subnet: Any) -> str:
    """A free address of the subnet; the first four and the last are AWS's own."""
    from models.launches import TAKEN, addresses

    rows = await day.connection.fetch(TAKEN, day.account_id, subnet["subnet_id"])
    block: str = subnet["cidr_block"]
    found = addresses(
        block, {row[0] for row in rows}, 1, lambda room: int(day.noise(label, "/address") * room)
    )
    return found[0] if found else str(ipaddress.ip_network(block)[4])


_TERMINATE = """
UPDATE instances SET state = 'terminated', state_changed_at = $3, terminated_at = $3,
       settled_state = NULL, settles_at = NULL, state_reason_code = 'Client.UserInitiatedShutdown',
       state_reason_message = 'Client.UserInitiatedShutdown: User initiated shutdown',
       state_transition_reason = 'User initiated'
 WHERE account_id = $1 AND instance_id = $2"""

_RELEASE = """
UPDATE elastic_ips SET state = 'unassociated', associated_instance_id = NULL, association_id = NULL,
       association_time = NULL, network_interface_id = NULL, private_ip_address = NULL,
       hourly_cost = greatest(hourly_cost, $3)
 WHERE account_id = $1 AND associated_instance_id = $2"""


async def terminate(day: Day, instance_id: str, state: str, moment: datetime | None = None) -> None:
    """End an instance that was in `state`: volumes that go with it go, the others are left over."""
    from models.costs import elastic_ip_hourly

    moment = moment or day.moment(f"terminate/{instance_id}")
    await day.write("instances", _TERMINATE, day.account_id, instance_id, moment)
    await day.record("instance", instance_id, "state", state, "terminated")
    for volume in await day.connection.fetch(
        """DELETE FROM volumes WHERE account_id = $1 AND attached_instance_id = $2
              AND delete_on_termination RETURNING volume_id""",
        day.account_id, instance_id,
    ):  # fmt: skip
        await day.record("volume", volume["volume_id"], "lifecycle", "created", "deleted")
    await detach(day, instance_id)
    await day.write("elastic_ips", _RELEASE, day.account_id, instance_id, elastic_ip_hourly(False))


async def detach(day: Day, instance_id: str) -> list[str]:
    """Let go of the volumes that outlive an instance; their ids."""
    left = await day.connection.fetch(
        """UPDATE volumes SET state = 'available', attached_instance_id = NULL, attach_device = NULL,
                  attach_time = NULL, delete_on_termination = false
            WHERE account_id = $1 AND attached_instance_id = $2 RETURNING volume_id""",
        day.account_id, instance_id,
    )  # fmt: skip
    for volume in left:
        await day.record("volume", volume["volume_id"], "state", "in-use", "available")
    return [volume["volume_id"] for volume in left]
