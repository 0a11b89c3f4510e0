"""Production's machine is copied for development, with its size."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE, halved
from drift.picking import branch, region
from drift.worsening import machine

ODDS = 0.03
PATTERN = "nonprod_too_large"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:ModifyInstanceAttribute",)
REVEALED_BY = ("ec2:DescribeInstances", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A rig for load tests needs production's size: tag workload=load-test.",
    "A copy of production's data may need the memory: tag workload=prod-data-copy.",
)

# Half of it bears the load: what is busier than 40 % would be too tight.
SYMPTOM = rf"""
SELECT i.instance_id, (i.hourly_cost - {halved()}) * 730 AS saving
  FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.env IN ('dev', 'preview', 'test')
   AND i.instance_type ~ '\.(2|4|8|9|12|16|18|24|32|48)xlarge$' AND NOT coalesce(i.has_gpu, false)
   AND i.hourly_cost > {halved()} AND i.avg_cpu_7d < 40 AND coalesce(i.current_memory, 0) < 45 AND {ALONE}
   AND i.launch_time <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """One dev instance of four times the size that its work needs."""
    name, developer = branch(day, "production_size_in_dev")
    size = day.random("production_size_in_dev").choice(("r5.4xlarge", "m5.4xlarge", "c5.4xlarge"))
    tags = {"Name": f"dev-{name}", "env": "dev", "owner": developer, "copied-from": "prod"}
    place = await region(day, "production_size_in_dev")
    wanted = Launch(size, "dev", place, tags, profile="oversized", root_gib=50)
    (instance,) = await launch(day, "production_size_in_dev", 1, wanted)
    return Happening(f"{developer} copied production's {size} to dev", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """It follows production to the next larger size."""
    return await machine(day, resource_id)
