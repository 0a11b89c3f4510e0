"""A team takes production's machine for staging, where a quarter of it would do."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE, halved
from drift.picking import branch, region
from drift.worsening import machine

ODDS = 0.03
PATTERN = "ec2_oversized"
RESOURCE_TYPE = "instance"
INNOCENT = "burst_peak"
REMEDIES = ("ec2:ModifyInstanceAttribute",)

REVEALED_BY = (
    "ec2:DescribeInstances",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetEC2InstanceRecommendations",
)
TRAPS = (
    "A machine that is busy to its limit at the month's end needs it: its maximum tells, and tag workload.",
    "Memory may be the limit, not CPU.",
    "What a reservation covers is paid anyway until its term ends.",
)

SYMPTOM = rf"""
SELECT i.instance_id, (i.hourly_cost - {halved()}) * 730 AS saving FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.avg_cpu_7d >= 5 AND i.avg_cpu_7d < 20
   AND coalesce(i.current_memory, 0) < 40 AND i.instance_type ~ '\.([0-9]*xlarge|metal)$'
   AND NOT coalesce(i.has_gpu, false) AND i.hourly_cost > {halved()}
   AND i.launch_time <= $2::timestamptz - interval '7 days' AND {ALONE}"""


async def happen(day: Day) -> Happening | None:
    """An m5.2xlarge or larger with little to do."""
    name, developer = branch(day, "oversized_instance")
    size = day.random("oversized_instance").choice(("m5.2xlarge", "m5.4xlarge", "c5.4xlarge"))
    tags = {"Name": f"staging-{name}", "env": "staging", "owner": developer}
    place = await region(day, "oversized_instance")
    wanted = Launch(size, "staging", place, tags, profile="oversized", root_gib=50)
    (instance,) = await launch(day, "oversized_instance", 1, wanted)
    return Happening(f"{developer} took a {size} for {name}", (("instance", instance),))


async def innocent(day: Day) -> Happening | None:
    """An m5.2xlarge that is at its limit for an hour of every day."""
    name, developer = branch(day, "innocent/oversized_instance")
    tags = {"Name": f"staging-{name}", "env": "staging", "owner": developer}
    place = await region(day, "innocent/oversized_instance")
    wanted = Launch("m5.2xlarge", "staging", place, tags, root_gib=50)
    (instance,) = await launch(day, "innocent/oversized_instance", 1, wanted)
    await day.profile("instance", instance, "bursty", load=0.8, memory_gib=8)
    return Happening(f"{name} needs its m5.2xlarge at its peak", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next larger size is taken, to be on the safe side."""
    return await machine(day, resource_id)
