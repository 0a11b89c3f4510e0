"""A volume is made as gp2 out of habit, a fifth dearer than gp3 and slower."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick

ODDS = 0.03
PATTERN = "ebs_gp2"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:ModifyVolume",)

SYMPTOM = """
SELECT volume_id, monthly_cost * 0.2 AS saving FROM volumes
 WHERE account_id = $1 AND volume_type = 'gp2' AND state = 'in-use' AND $2::timestamptz IS NOT NULL"""

_MACHINES = """
SELECT i.instance_id AS key, i.region, i.availability_zone FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.autoscaling_group_id IS NULL
   AND NOT EXISTS (SELECT FROM volumes v WHERE v.attached_instance_id = i.instance_id AND v.attach_device = '/dev/sdg')"""

_INSERT = """
INSERT INTO volumes (account_id, volume_id, region, size_gib, volume_type, state, attached_instance_id, monthly_cost,
    last_used_at, tags, created_at, availability_zone, iops, attach_device, attach_time, delete_on_termination)
VALUES ($1, $2, $3, 300, 'gp2', 'in-use', $4, $5, $6, '{}', $6, $7, 900, '/dev/sdg', $6, false)"""


async def happen(day: Day) -> Happening | None:
    """300 GiB beside a machine's own disk."""
    from models.costs import volume_monthly

    machine = await pick(day, "volume_of_the_old_kind", "instance", _MACHINES)
    if machine is None:
        return None
    volume = day.identifier("vol", "volume_of_the_old_kind")
    await day.write(
        "volumes", _INSERT, day.account_id, volume, machine["region"], machine["key"],
        volume_monthly("gp2", 300, machine["region"]), day.moment("volume_of_the_old_kind"),
        machine["availability_zone"] or f"{machine['region']}a",
    )  # fmt: skip
    await day.record("volume", volume, "lifecycle", None, "created")
    return Happening(f"{volume} is gp2", (("volume", volume),))
