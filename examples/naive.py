"""A naive agent: whatever looks unused is deleted, and nobody is asked. It falls for the decoys.

python examples/naive.py PACK SEED DAYS
"""

import sys
from typing import Any

import driftcloud


def clean(ec2: Any) -> None:
    """Delete what is attached to nothing, and snapshots whose volume is gone."""
    volumes = ec2.describe_volumes()["Volumes"]
    for volume in volumes:
        if volume["State"] == "available":
            ec2.delete_volume(VolumeId=volume["VolumeId"])
    for address in ec2.describe_addresses()["Addresses"]:
        if "AssociationId" not in address:
            ec2.release_address(AllocationId=address["AllocationId"])
    alive = {volume["VolumeId"] for volume in volumes}
    for snapshot in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]:
        if snapshot["VolumeId"] not in alive:
            try:
                ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
            except ec2.exceptions.ClientError as error:
                print("not deleted:", error)  # an image is made of it


def play(world: driftcloud.World, days: int) -> driftcloud.Score:
    """Clean up every morning; the score after some days."""
    for _ in range(days):
        clean(world.client("ec2"))
        world.advance()
    return world.score()


if __name__ == "__main__":
    pack, seed, days = sys.argv[1:] or ("decoys", "7", "2")
    with driftcloud.Server() as server, server.episode(pack, seed=int(seed)) as world:
        print(play(world, days=int(days)))
