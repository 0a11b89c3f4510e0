"""A GPU instance trains one model and is then left on, for the next one."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE
from drift.picking import branch, region
from drift.worsening import machine

ODDS = 0.02
PATTERN = "ec2_gpu_idle"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:StopInstances", "ec2:TerminateInstances")

REVEALED_BY = (
    "ec2:DescribeInstances",
    "ec2:DescribeInstanceTypes",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Inference keeps a GPU busy while the CPU has little to do: nvidia_smi_utilization_gpu tells.",
    "Training at a fixed hour needs the machine then: tags workload=training and window.",
)

SYMPTOM = f"""
SELECT i.instance_id, i.hourly_cost * 730 AS saving FROM instances i
 WHERE i.account_id = $1 AND i.has_gpu AND i.state = 'running' AND i.avg_cpu_7d < 10
   AND coalesce(i.last_active_at, i.launch_time) <= $2::timestamptz - interval '2 days' AND {ALONE}"""


async def happen(day: Day) -> Happening | None:
    """A g4dn or g5 without work."""
    name, developer = branch(day, "gpu_left_on")
    tags = {"Name": f"train-{name}", "env": "dev", "owner": developer}
    size = day.random("gpu_left_on").choice(("g4dn.xlarge", "g5.xlarge", "g5.2xlarge"))
    wanted = Launch(
        size, "dev", await region(day, "gpu_left_on"), tags, profile="gpu_idle", root_gib=100
    )
    (instance,) = await launch(day, "gpu_left_on", 1, wanted)
    return Happening(f"{developer}'s {size} has nothing to train", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next model needs the next larger size, and is not trained either."""
    return await machine(day, resource_id)
