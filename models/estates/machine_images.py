"""An account's own machine images, and the launch templates of its groups."""

from datetime import datetime, timedelta

from models import public_images
from models.estates.company import Owner
from models.estates.estate import Estate, Network, Row

_LINES = ("al2023", "ubuntu-24.04", "al2023-arm", "ubuntu-22.04")


def announce(estate: Estate) -> None:
    """Fix the ids of the newest own image of each line and region, before anything starts one."""
    for line, region, _age in _wanted(estate):
        estate.images.setdefault((line, region), _id(estate, line, region, 0))


def create(estate: Estate) -> None:
    """The images, each backed by a snapshot of a root volume of its region."""
    roots: dict[str, Row] = {}
    for volume in estate.rows.get("volumes", []):
        if volume["attach_device"] in ("/dev/xvda", "/dev/sda1"):
            roots.setdefault(volume["region"], volume)
    for line, region, age in _wanted(estate):
        source = roots.get(region) or next(iter(roots.values()))
        _image(estate, line, region, age, source)


def _wanted(estate: Estate) -> list[tuple[str, str, int]]:
    """(line, region, age in builds) of every image: regions first, then lines, then age."""
    regions = list(estate.plan.regions)
    wanted = []
    for number in range(estate.plan.images):
        region = regions[number % len(regions)]
        line = _LINES[number // len(regions) % len(_LINES)]
        wanted.append((line, region, number // (len(regions) * len(_LINES))))
    return wanted


def _id(estate: Estate, line: str, region: str, age: int) -> str:
    return estate.chance("image", line, region, age).resource_id("ami")


def _image(estate: Estate, key: str, region: str, age: int, source: Row) -> None:
    line = public_images.line(key)
    made = estate.start - timedelta(days=40 + 120 * age, hours=5)
    name = f"{estate.company.name}-base-{key}-{made:%Y%m%d}"
    tags = {"Name": name, "env": "prod", "team": "platform", "managed-by": "packer"}
    image_id = _id(estate, key, region, age)
    snapshot_id = estate.chance("image-snapshot", image_id).resource_id("snap")
    estate.image_snapshots.append(
        (snapshot_id, image_id, region, source, made, max(30, line.size_gib))
    )
    estate.add(
        "images",
        {
            "id": estate.chance("image-row", image_id).key(),
            "account_id": estate.account_id,
            "image_id": image_id,
            "region": region,
            "name": name,
            "description": f"Hardened {key} base",
            "owner_alias": None,
            "owner_number": estate.number,
            "architecture": line.architecture,
            "platform": None,
            "platform_details": line.details,
            "usage_operation": line.operation,
            "public": False,
            "root_device_name": line.root,
            "boot_mode": line.boot_mode,
            "source_instance_id": source["attached_instance_id"],
            "block_device_mappings": [
                {
                    "DeviceName": line.root,
                    "Ebs": {
                        "DeleteOnTermination": True,
                        "SnapshotId": snapshot_id,
                        "VolumeSize": max(30, line.size_gib),
                        "VolumeType": "gp3",
                        "Encrypted": False,
                    },
                }
            ],
            "creation_date": made,
            "created_at": made,
            "tags": tags,
        },
    )
    estate.tag("image", image_id, tags, made)


def launch_template(
    estate: Estate,
    name: str,
    region: str,
    instance_type: str,
    network: Network,
    owner: Owner,
    born: datetime,
    env: str,
    image_id: str,
) -> tuple[str, str]:
    """A launch template with one to three versions; its id and newest version."""
    chance = estate.chance("template", name, region)
    template_id = chance.resource_id("lt")
    versions = chance.whole(1, 3)
    creator = f"arn:aws:iam::{estate.number}:user/{owner.email.split('@')[0]}"
    tags = {"env": env, "team": owner.team}
    common = {"account_id": estate.account_id, "region": region, "created_by": creator}
    estate.add(
        "launch_templates",
        {"id": chance.key(), **common, "launch_template_id": template_id, "name": name,
         "default_version": versions, "latest_version": versions, "tags": tags,
         "created_at": born - timedelta(days=versions)},
    )  # fmt: skip
    estate.tag("launch_template", template_id, tags, born)
    for number in range(1, versions + 1):
        data = {
            "ImageId": image_id,
            "InstanceType": instance_type,
            "KeyName": f"{estate.company.name}-{env}",
            "SecurityGroupIds": [network.groups["app"]],
            "EbsOptimized": True,
            "Monitoring": {"Enabled": env == "prod"},
            "BlockDeviceMappings": [
                {
                    "DeviceName": "/dev/xvda",
                    "Ebs": {"VolumeSize": 30, "VolumeType": "gp3", "DeleteOnTermination": True},
                }
            ],
        }
        estate.add(
            "launch_template_versions",
            {**common, "launch_template_id": template_id, "version_number": number,
             "description": "first" if number == 1 else f"revision {number}", "data": data,
             "created_at": born - timedelta(days=versions - number)},
        )  # fmt: skip
    return template_id, str(versions)
