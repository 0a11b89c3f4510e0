"""A disk is put into a machine to move data; the move is over, and the disk is still in there."""

from drift.day import Day, Happening
from drift.scenarios.volume_of_the_old_kind import attach
from drift.symptoms import rested
from drift.worsening import again

ODDS = 0.02
PATTERN = "ebs_stale"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:DetachVolume", "ec2:DeleteVolume")
REVEALED_BY = (
    "ec2:DescribeVolumes",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetIdleRecommendations",
)
TRAPS = (
    "A machine's root volume belongs to it, however little is read from it.",
    "What is needed once a quarter (tag workload=quarterly) rests in between.",
)

# Without I/O for two months, boot volumes excluded; that of a machine at rest is another story.
SYMPTOM = f"""
SELECT v.volume_id, v.monthly_cost AS saving
  FROM volumes v JOIN instances i ON i.instance_id = v.attached_instance_id AND i.account_id = $1
 WHERE v.account_id = $1 AND v.state = 'in-use' AND i.state = 'running'
   AND v.attach_device <> coalesce(i.root_device_name, '/dev/xvda')
   AND {rested("coalesce(v.last_used_at, v.created_at)", 60)}"""


async def happen(day: Day) -> Happening | None:
    """500 GiB that nobody has read since."""
    volume = await attach(day, "ebs_stale", "gp3", 500, iops=3000, device="/dev/sdi")
    if volume is None:
        return None
    await day.profile("volume", volume, "idle", iops=0)
    return Happening(f"nobody reads {volume}", (("volume", volume),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another disk is put in and forgotten."""
    return await again(day, PATTERN, resource_id, happen)
