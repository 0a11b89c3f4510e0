"""A project ends, and its machine is left running for nobody."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE
from drift.picking import branch, pick, region

ODDS = 0.04
PATTERN = "ec2_idle"
RESOURCE_TYPE = "instance"
INNOCENT = "nightly_batch"
REMEDIES = ("ec2:StopInstances", "ec2:TerminateInstances")

REVEALED_BY = (
    "ec2:DescribeInstances",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetIdleRecommendations",
)
TRAPS = (
    "A standby or pilot light waits for its day: tags role=standby and dr.",
    "A machine that bursts or works in batches is idle by its mean and busy by its maximum.",
    "A proxy moves much and computes little: its network tells.",
    "A member of a group or a node would be replaced: the group is to shrink.",
)

# Its volumes, and an address that it has, cost what they did.
SYMPTOM = f"""
SELECT i.instance_id, i.hourly_cost * 730 AS saving FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.avg_cpu_7d < 5 AND NOT coalesce(i.has_gpu, false)
   AND i.launch_time <= $2::timestamptz - interval '7 days' AND {ALONE}"""

_MACHINES = """
SELECT i.instance_id AS key, i.env FROM instances i
  LEFT JOIN resource_profiles p ON p.account_id = $1 AND p.resource_type = 'instance' AND p.resource_id = i.instance_id
 WHERE i.account_id = $1 AND i.state = 'running' AND i.env <> 'prod' AND NOT coalesce(i.has_gpu, false)
   AND i.autoscaling_group_id IS NULL AND coalesce(p.profile, '') <> 'idle'
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)"""


async def happen(day: Day) -> Happening | None:
    """Its processors fall asleep; nothing of its configuration changes."""
    machine = await pick(day, "idle_instance", "instance", _MACHINES)
    if machine is None:
        return None
    identifier = machine["key"]
    await day.profile("instance", identifier, "idle", load=0.02, memory_gib=0.6, network_mb=1.5)
    await day.record("instance", identifier, "workload", "in use", "ended")
    return Happening(f"the project on {identifier} ended", (("instance", identifier),))


async def innocent(day: Day) -> Happening | None:
    """A runner that is at its limit for an hour of the night, and idle by its mean."""
    name, developer = branch(day, "innocent/idle_instance")
    tags = {"Name": f"runner-{name}", "env": "dev", "owner": developer, "service": "ci"}
    place = await region(day, "innocent/idle_instance")
    wanted = Launch("c5.2xlarge", "dev", place, tags, profile="batch")
    (instance,) = await launch(day, "innocent/idle_instance", 1, wanted)
    return Happening(f"{developer}'s runner works by night", (("instance", instance),))
