"""What an Auto Scaling group launches: its template or configuration, as columns of new rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from models import costs, instance_types, launches
from models.listing import Database
from models.volume_types import VOLUME_TYPES, baseline_iops

# EC2's default where nothing names a type (API_RunInstances).
DEFAULT_TYPE = "m1.small"
DEFAULT_VOLUME_TYPE = "gp2"

_VERSION = """
select t.launch_template_id, t.name, v.version_number, v.data from launch_templates as t
  join launch_template_versions as v on v.launch_template_id = t.launch_template_id
 where t.account_id = $1 and t.launch_template_id = $2
   and v.version_number::text = case coalesce($3, '$Default')
       when '$Default' then t.default_version::text when '$Latest' then t.latest_version::text
       else $3 end
"""
_CONFIGURATION = """
select name, data from launch_configurations
 where account_id = $1 and region = $2 and name = $3
"""
_IMAGE = """
select image_id, architecture, platform, platform_details, usage_operation, root_device_name,
       block_device_mappings, state
  from images
 where (account_id = $1 or account_id is null) and region = $2
   and (image_id = $3 or ssm_alias = $3)
 order by account_id is null limit 1
"""
# For a group that names no image: that of its newest member, else the newest public one.
_ANY_IMAGE = """
select i.image_id, i.architecture, i.platform, i.platform_details, i.usage_operation,
       i.root_device_name, i.block_device_mappings, i.state
  from images as i
 where i.region = $2 and i.state = 'available'
   and (i.image_id = (select m.image_id from instances as m
                       where m.account_id = $1 and m.autoscaling_group_id = $3
                       order by m.launch_time desc, m.instance_id limit 1)
        or (i.account_id is null and i.architecture = $4 and i.platform is null))
 order by i.account_id is null and i.image_id <> coalesce((select m.image_id from instances as m
              where m.account_id = $1 and m.autoscaling_group_id = $3
              order by m.launch_time desc, m.instance_id limit 1), ''),
          i.creation_date desc, i.image_id
 limit 1
"""
_BARE_IMAGE: dict[str, Any] = {
    "image_id": None,
    "architecture": "x86_64",
    "platform": None,
    "platform_details": "Linux/UNIX",
    "usage_operation": "RunInstances",
    "root_device_name": "/dev/xvda",
    "block_device_mappings": [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "VolumeType": "gp3"}}
    ],
}


class LaunchFailure(Exception):
    """EC2 would refuse the launch; the message is EC2's."""


@dataclass(slots=True)
class Template:
    """All that the members of one launch have in common."""

    data: Mapping[str, Any]
    instance_type: str
    image: Mapping[str, Any]
    group: Mapping[str, Any]
    account_number: str
    template: tuple[str, str] | None = None
    tags: dict[str, str] = field(default_factory=dict)
    volume_tags: dict[str, str] = field(default_factory=dict)
    volumes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def interface(self) -> Mapping[str, Any]:
        """The first network interface, empty where the template names none."""
        given: Sequence[Mapping[str, Any]] = self.data.get("NetworkInterfaces") or ({},)
        return next((one for one in given if not one.get("DeviceIndex")), given[0])

    @property
    def subnet_ids(self) -> list[str]:
        """The subnet that the template itself names."""
        named = self.interface.get("SubnetId") or self.data.get("SubnetId")
        return [named] if named else []

    def instance(self, place: Any) -> dict[str, Any]:
        """Columns of an instance in a subnet (None: nowhere); `public` asks for an address."""
        data, image = self.data, self.image
        tenancy = (data.get("Placement") or {}).get("Tenancy") or "default"
        lifecycle = (data.get("InstanceMarketOptions") or {}).get("MarketType")
        version = self.template or (None, None)
        machine = instance_types.find(self.instance_type)
        return {
            **launches.instance_costs(
                self.instance_type, self.group["region"],
                platform=image["platform_details"] or "", tenancy=tenancy, lifecycle=lifecycle,
            ),
            **launches.asked(data, is_burstable=bool(machine and machine.is_burstable)),
            **self._standing(place),
            "instance_type": self.instance_type,
            "tags": self.tags,
            "image_id": image["image_id"],
            "architecture": image["architecture"],
            "platform": image["platform"],
            "platform_details": image["platform_details"],
            "usage_operation": image["usage_operation"],
            "root_device_name": image["root_device_name"],
            "iam_instance_profile_arn": self._profile(data.get("IamInstanceProfile") or {}),
            "metadata_options": data.get("MetadataOptions"),
            "launch_options": launches.launch_options(
                data, interface_tags=_tags_of(data, "network-interface")
            ),
            "tenancy": tenancy,
            "instance_lifecycle": lifecycle,
            "launch_template_id": version[0],
            "launch_template_version": version[1],
            "launch_configuration_name": self.group["launch_configuration_name"],
        }  # fmt: skip

    def _standing(self, place: Any) -> dict[str, Any]:
        if place is None:
            return {"availability_zone": None, "public": False}
        public = self.interface.get("AssociatePublicIpAddress")
        groups = self.interface.get("Groups") or self.data.get("SecurityGroupIds") or ()
        own = place["default_group_id"]
        return {
            "availability_zone": place["availability_zone"],
            "vpc_id": place["vpc_id"],
            "subnet_id": place["subnet_id"],
            "security_group_ids": list(groups) or ([own] if own else []),
            "public": place["map_public_ip_on_launch"] if public is None else public,
        }

    def _profile(self, given: Mapping[str, Any]) -> str | None:
        if given.get("Arn"):
            return str(given["Arn"])
        name = given.get("Name")
        return f"arn:aws:iam::{self.account_number}:instance-profile/{name}" if name else None


async def find_template(
    db: Database, account_id: UUID, account_number: str, group: Mapping[str, Any]
) -> Template:
    """What the group launches now; raises LaunchFailure when that cannot be launched."""
    data, version, override = await _source(db, account_id, group)
    named = (
        override or data.get("InstanceType")
        or (DEFAULT_TYPE if version or group["launch_configuration_name"] else None)
        or group["instance_type"]
    )  # fmt: skip
    image = await _image(db, account_id, group, data.get("ImageId"), named)
    placement = data.get("Placement") or {}
    if placement.get("GroupName"):
        raise LaunchFailure(f"The Placement Group '{placement['GroupName']}' is unknown.")
    if placement.get("Tenancy") == "host":
        raise LaunchFailure(launches.NO_HOST)
    made = Template(data, named, image, group, account_number, version)
    tags = _tags_of(data, "instance") | passed_on(group)
    tags["aws:autoscaling:groupName"] = group["name"]
    if version:
        tags["aws:ec2launchtemplate:id"], tags["aws:ec2launchtemplate:version"] = version
    made.tags = tags
    made.volume_tags = _tags_of(data, "volume")
    made.volumes = _volumes(image, data.get("BlockDeviceMappings") or (), group["region"])
    return made


def passed_on(group: Mapping[str, Any]) -> dict[str, str]:
    """The tags of a group that its members get at launch."""
    own = plain(group["tags"]) or {}
    return {key: own[key] for key in group["propagated_tag_keys"] or () if key in own}


def plain(value: Any) -> Any:
    """A jsonb column as Python has it, whatever the connection makes of it."""
    return orjson.loads(value) if isinstance(value, str) else value


def as_template(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """A launch configuration's members in the words of launch templates."""
    profile = configuration.get("IamInstanceProfile")
    spot = configuration.get("SpotPrice")
    public = configuration.get("AssociatePublicIpAddress")
    groups = configuration.get("SecurityGroups") or []
    found = {
        **{
            name: configuration.get(name)
            for name in ("ImageId", "InstanceType", "KeyName", "UserData", "EbsOptimized",
                         "BlockDeviceMappings", "MetadataOptions")
        },
        "SecurityGroupIds": groups,
        "Monitoring": configuration.get("InstanceMonitoring"),
        "Placement": {"Tenancy": configuration.get("PlacementTenancy")},
        "InstanceMarketOptions": {"MarketType": "spot"} if spot else None,
    }  # fmt: skip
    if profile:
        found["IamInstanceProfile"] = {"Arn" if profile.startswith("arn:") else "Name": profile}
    if public is not None:
        found["NetworkInterfaces"] = [{"AssociatePublicIpAddress": public, "Groups": groups}]
    return {name: value for name, value in found.items() if value not in (None, "", [])}


async def _source(
    db: Database, account_id: UUID, group: Mapping[str, Any]
) -> tuple[Mapping[str, Any], tuple[str, str] | None, str | None]:
    """The data to launch from, the template's id and version, and a type that overrides it."""
    if group["launch_configuration_name"]:
        name = group["launch_configuration_name"]
        rows = await db.fetch(_CONFIGURATION, account_id, group["region"], name)
        if not rows:
            raise LaunchFailure(f"Launch configuration {name} not found")
        return as_template(plain(rows[0]["data"])), None, None
    template_id = group["launch_template_id"]
    if template_id is None:
        return {}, None, None
    rows = await db.fetch(_VERSION, account_id, template_id, group["launch_template_version"])
    if not rows:
        raise LaunchFailure(
            f"The specified launch template, with template ID {template_id}, does not exist."
        )
    policy = plain(group["mixed_instances_policy"])
    override = group["instance_type"] if policy else None
    return plain(rows[0]["data"]), (template_id, str(rows[0]["version_number"])), override


async def _image(
    db: Database, account_id: UUID, group: Mapping[str, Any], image_id: str | None, named: str
) -> dict[str, Any]:
    machine = instance_types.find(named)
    if machine is None and (image_id or group["launch_configuration_name"]):
        raise LaunchFailure(f"Invalid value '{named}' for InstanceType.")
    architecture = machine.architectures[-1] if machine else "x86_64"
    if image_id:
        wanted = image_id.removeprefix("resolve:ssm:")
        rows = await db.fetch(_IMAGE, account_id, group["region"], wanted)
        if not rows:
            raise LaunchFailure(f"The image id '[{image_id}]' does not exist")
        if machine and rows[0]["architecture"] not in machine.architectures:
            raise LaunchFailure(
                f"The architecture '{architecture}' of the specified instance type does not match"
                f" the architecture '{rows[0]['architecture']}' of the specified AMI."
            )
    else:
        rows = await db.fetch(_ANY_IMAGE, account_id, group["region"], group["id"], architecture)
        if not rows:
            return _BARE_IMAGE | {"architecture": architecture}
    found = dict(rows[0])
    found["block_device_mappings"] = plain(found["block_device_mappings"])
    return found


def _tags_of(data: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {
        tag["Key"]: tag.get("Value") or ""
        for one in data.get("TagSpecifications") or ()
        if one.get("ResourceType") == kind
        for tag in one.get("Tags") or ()
    }


def _volumes(
    image: Mapping[str, Any], changes: Iterable[Mapping[str, Any]], region: str
) -> list[dict[str, Any]]:
    """Columns of a member's volumes: the image's devices, changed by the template's."""
    devices = {one["DeviceName"]: dict(one.get("Ebs") or {}) for one in _disks(image)}
    sizes = {ebs.get("SnapshotId"): ebs.get("VolumeSize") for ebs in devices.values()}
    for change in changes:
        name = change.get("DeviceName")
        if name is None or change.get("VirtualName"):
            continue
        if change.get("NoDevice") not in (None, False):
            devices.pop(name, None)
        else:
            devices[name] = {**devices.get(name, {}), **(change.get("Ebs") or {})}
    return [
        _volume(name, ebs, name == image["root_device_name"], sizes, region)
        for name, ebs in devices.items()
    ]


def _disks(image: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [one for one in image["block_device_mappings"] or () if one.get("Ebs")]


def _volume(
    device: str, ebs: Mapping[str, Any], is_root: bool, sizes: Mapping[Any, Any], region: str
) -> dict[str, Any]:
    volume_type = ebs.get("VolumeType") or DEFAULT_VOLUME_TYPE
    if volume_type not in VOLUME_TYPES:
        raise LaunchFailure(f"Invalid value '{volume_type}' for volumeType.")
    size = ebs.get("VolumeSize") or sizes.get(ebs.get("SnapshotId")) or 8
    iops = ebs.get("Iops") or baseline_iops(volume_type, size)
    throughput = ebs.get("Throughput") or VOLUME_TYPES[volume_type].default_throughput
    stays = ebs.get("DeleteOnTermination")
    return {
        "attach_device": device,
        "size_gib": size,
        "volume_type": volume_type,
        "iops": iops,
        "throughput": throughput,
        "encrypted": bool(ebs.get("Encrypted")),
        "kms_key_id": ebs.get("KmsKeyId"),
        "snapshot_id": ebs.get("SnapshotId"),
        "delete_on_termination": is_root if stays is None else bool(stays),
        "monthly_cost": costs.volume_monthly(
            volume_type, size, region, iops=iops, throughput_mibps=throughput
        ),
    }
