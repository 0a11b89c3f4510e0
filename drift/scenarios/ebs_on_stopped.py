"""A machine gets a disk for an experiment and is stopped after it; the disk is kept, with all its data."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.rates import literal
from drift.scenarios.stopped_and_kept import stop
from drift.scenarios.volume_of_the_old_kind import attach
from drift.symptoms import rested
from drift.worsening import again

ODDS = 0.02
PATTERN = "ebs_on_stopped"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:DeleteVolume",)
REVEALED_BY = ("ec2:DescribeInstances", "ec2:DescribeVolumes")
TRAPS = (
    "A machine that is stopped every night or weekend starts again: look at when it was stopped.",
    "Evidence (tag legal_hold=true) is not to be touched.",
    "Terminating the machine saves the same money: it is not saved twice.",
)

# Its data goes on in a snapshot, which costs in its turn.
SYMPTOM = f"""
SELECT v.volume_id, v.monthly_cost - v.size_gib * {literal("v.region", "disk_snapshot")} AS saving
  FROM volumes v JOIN instances i ON i.instance_id = v.attached_instance_id AND i.account_id = $1
 WHERE v.account_id = $1 AND i.state = 'stopped' AND v.attach_device <> coalesce(i.root_device_name, '/dev/xvda')
   AND {rested("coalesce(i.state_changed_at, i.last_active_at)", 30)}
   AND v.monthly_cost > v.size_gib * {literal("v.region", "disk_snapshot")}"""

PART_OF = (
    "ec2_stopped_ebs",
    """SELECT volume_id, attached_instance_id FROM volumes
        WHERE account_id = $1 AND attached_instance_id IS NOT NULL""",
)


async def happen(day: Day) -> Happening | None:
    """300 GiB in a machine that is stopped by hand."""
    volume = await attach(day, "ebs_on_stopped", "gp3", 300, iops=3000, device="/dev/sdj")
    if volume is None:
        return None
    machine = await day.connection.fetchval(
        "SELECT attached_instance_id FROM volumes WHERE volume_id = $1", volume
    )
    await stop(day, "ebs_on_stopped", machine)
    return Happening(
        f"{volume} rests in {machine}, which is stopped",
        (("volume", volume), ("instance", machine)),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another machine is stopped with its disk."""
    return await again(day, PATTERN, resource_id, happen)
