"""Volume types: what EBS lets a volume of each type be.

Source: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VolumeType:
    """Limits of one type: GiB, IOPS, MiB per second. `iops_per_gib` bounds provisioned IOPS."""

    smallest_gib: int
    largest_gib: int
    iops: tuple[int, int] | None = None
    default_iops: int | None = None
    iops_per_gib: int = 0
    throughput: tuple[int, int] | None = None
    default_throughput: int | None = None


VOLUME_TYPES = {
    "gp3": VolumeType(1, 65_536, (3_000, 80_000), 3_000, 500, (125, 2_000), 125),
    "gp2": VolumeType(1, 16_384),
    "io1": VolumeType(4, 16_384, (100, 64_000), None, 50),
    "io2": VolumeType(4, 65_536, (100, 256_000), None, 1_000),
    "st1": VolumeType(125, 16_384),
    "sc1": VolumeType(125, 16_384),
    "standard": VolumeType(1, 1_024),
}

MULTI_ATTACH = ("io1", "io2")


def baseline_iops(volume_type: str, size_gib: int) -> int | None:
    """The IOPS that a type has of itself: gp2's three per GiB between 100 and 16,000."""
    if volume_type == "gp2":
        return max(100, min(16_000, 3 * size_gib))
    return VOLUME_TYPES[volume_type].default_iops
