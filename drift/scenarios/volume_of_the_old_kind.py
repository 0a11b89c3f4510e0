"""A volume is made as gp2 out of habit, a fifth dearer than gp3 and slower."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.rates import literal
from drift.worsening import again

ODDS = 0.03
PATTERN = "ebs_gp2"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:ModifyVolume",)
REVEALED_BY = (
    "ec2:DescribeVolumes",
    "compute-optimizer:GetEBSVolumeRecommendations",
)
TRAPS = (
    "Above 1,000 GiB gp2 has more than the 3,000 IOPS that gp3 includes: as many cost extra.",
    "A volume that was modified within six hours cannot be modified again.",
    "One that nobody has attached is to go, not to be modernised.",
)

# As fast as before: gp2 has three IOPS a GiB, of which gp3 includes 3,000.
_AS_GP3 = f"""(v.size_gib * {literal("v.region", "disk")}
        + greatest(0, least(16000, 3 * v.size_gib) - 3000) * {literal("v.region", "disk_iops")})"""
SYMPTOM = f"""
SELECT v.volume_id, v.monthly_cost - {_AS_GP3} AS saving FROM volumes v
 WHERE v.account_id = $1 AND v.volume_type = 'gp2' AND v.state = 'in-use' AND v.monthly_cost > {_AS_GP3}
   AND $2::timestamptz IS NOT NULL AND NOT EXISTS (SELECT FROM instances i
        WHERE i.instance_id = v.attached_instance_id AND i.state = 'stopped')"""

_MACHINES = """
SELECT i.instance_id AS key, i.region, i.availability_zone FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.autoscaling_group_id IS NULL
   AND NOT EXISTS (SELECT FROM volumes v WHERE v.attached_instance_id = i.instance_id AND v.attach_device = $2)
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)"""

_INSERT = """
INSERT INTO volumes (account_id, volume_id, region, size_gib, volume_type, state, attached_instance_id, monthly_cost,
    last_used_at, tags, created_at, availability_zone, iops, attach_device, attach_time, delete_on_termination)
VALUES ($1, $2, $3, $8, $9, 'in-use', $4, $5, $6, '{}', $6, $7, $10, $11, $6, false)"""


async def attach(
    day: Day, scenario: str, volume_type: str, size: int, *, iops: int, device: str
) -> str | None:
    """A new data disk of a machine that stands alone; its id, None where there is no machine."""
    from models.costs import volume_monthly

    machine = await pick(day, scenario, "instance", _MACHINES, device)
    if machine is None:
        return None
    volume = day.identifier("vol", scenario)
    await day.write(
        "volumes", _INSERT, day.account_id, volume, machine["region"], machine["key"],
        volume_monthly(volume_type, size, machine["region"], iops=iops), day.moment(scenario),
        machine["availability_zone"] or f"{machine['region']}a", size, volume_type, iops, device,
    )  # fmt: skip
    await day.record("volume", volume, "lifecycle", None, "created")
    return volume


async def happen(day: Day) -> Happening | None:
    """300 GiB beside a machine's own disk."""
    volume = await attach(day, "volume_of_the_old_kind", "gp2", 300, iops=900, device="/dev/sdg")
    if volume is None:
        return None
    return Happening(f"{volume} is gp2", (("volume", volume),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The old module makes another one."""
    return await again(day, PATTERN, resource_id, happen)
