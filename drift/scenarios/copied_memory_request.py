"""A new service is given memory to be on the safe side, six times what it uses."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.clusters import BILLED, GIB_HOURLY, start
from drift.day import Day, Happening
from drift.picking import branch
from drift.scenarios.over_provisioned_service import one_more_task

ODDS = 0.03
PATTERN = "svc_mem_overrequest"
RESOURCE_TYPE = "container_service"
REMEDIES = ("ecs:UpdateService", "ecs:RegisterTaskDefinition")
REVEALED_BY = (
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A cache in the tasks' memory fills it at times: tag workload=in-memory-cache.",
    "Memory that runs out ends the task: its peak decides, not its mean.",
    "On EC2 nodes a smaller request saves nothing until a node goes.",
)

# Sizes of Fargate: MiB from … in steps of … by vCPU; the least that 80 % of would hold, CPU kept.
SYMPTOM = f"""
SELECT v.arn, 730 * v.replica_count * (v.task_memory_mb - s.mib) / 1024.0 * {GIB_HOURLY} AS saving
  FROM container_clusters k JOIN container_services v ON v.cluster_id = k.id
  JOIN LATERAL (SELECT greatest(z.least, z.step * ceil(v.task_memory_mb * greatest(v.avg_memory_7d, 20)
                                                       / 80.0 / z.step)) AS mib
                  FROM (VALUES (0.25, 512, 512), (0.5, 1024, 1024), (1, 2048, 1024), (2, 4096, 1024),
                               (4, 8192, 1024), (8, 16384, 4096), (16, 32768, 8192)) AS z (vcpus, least, step)
                 WHERE z.vcpus = v.task_cpu) s ON s.mib < v.task_memory_mb
 WHERE k.account_id = $1 AND {BILLED} AND v.avg_memory_7d < 40 AND v.requested_memory_mb >= 2048
   AND v.created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """Two tasks of one vCPU and 8 GiB, of which each uses a sixth."""
    name, developer = branch(day, "copied_memory_request")
    arn = await start(day, name, 1, 8192, 2)
    await day.profile("container_service", arn, "light", load=0.9, memory_gib=2.6)
    return Happening(f"{developer}'s {name} asks for 8 GiB a task", (("container_service", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """One task more of what is too large."""
    return await one_more_task(day, resource_id)
