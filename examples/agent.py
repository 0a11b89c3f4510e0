"""An agent of sixty lines: it ends what nothing uses, and leaves alone what says why it is there.

python examples/agent.py PACK SEED DAYS
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import driftcloud

# What every resource may say of itself. Any other tag is somebody's reason: ask, do not delete.
PLAIN = {"Name", "backup", "cost-center", "env", "managed-by", "owner", "project", "retention"}
PLAIN |= {"service", "team"}


def plain(resource: dict[str, Any]) -> bool:
    """Whether nothing is said of a resource that would be a reason to keep it."""
    return all(tag["Key"] in PLAIN for tag in resource.get("Tags", ()))


def unneeded(ec2: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls that end what nothing uses in a region."""
    now, week = datetime.now(UTC), datetime.now(UTC) - timedelta(days=7)
    volumes = ec2.describe_volumes()["Volumes"]
    for volume in filter(plain, volumes):
        if volume["State"] == "available" and volume["CreateTime"] < week:
            yield "delete_volume", {"VolumeId": volume["VolumeId"]}
    for address in filter(plain, ec2.describe_addresses()["Addresses"]):
        if "AssociationId" not in address:
            yield "release_address", {"AllocationId": address["AllocationId"]}
    known = {volume["VolumeId"] for volume in volumes} | {"vol-ffffffff"}  # a copy's has no volume
    images = ec2.describe_images(Owners=["self"])["Images"]
    disks = [disk.get("Ebs", {}) for image in images for disk in image["BlockDeviceMappings"]]
    imaged = {disk.get("SnapshotId") for disk in disks}
    for snapshot in filter(plain, ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]):
        tags = {tag["Key"]: tag["Value"] for tag in snapshot.get("Tags", ())}
        kept, begun = tags.get("retention", ""), snapshot["StartTime"]
        expired = kept.endswith("d") and begun < now - timedelta(days=int(kept[:-1]))
        orphan = snapshot["VolumeId"] not in known and begun < week
        if (expired or orphan) and snapshot["SnapshotId"] not in imaged:
            yield "delete_snapshot", {"SnapshotId": snapshot["SnapshotId"]}


def play(world: driftcloud.World, days: int) -> driftcloud.Score:
    """Clean up every morning, in every region; the score after some days."""
    for _ in range(days):
        for region in world.client("ec2").describe_regions()["Regions"]:
            ec2 = world.client("ec2", region=region["RegionName"])
            for operation, parameters in list(unneeded(ec2)):
                getattr(ec2, operation)(**parameters)
        world.advance()
    return world.score()


if __name__ == "__main__":
    pack, seed, days = sys.argv[1:] or ("janitor", "7", "2")
    with driftcloud.Server() as server, server.episode(pack, seed=int(seed)) as world:
        print(play(world, days=int(days)))
