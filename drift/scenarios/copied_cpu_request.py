"""A new service takes over another one's task definition, and with it four times the CPU that it uses."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.clusters import BILLED, VCPU_HOURLY, start
from drift.day import Day, Happening
from drift.picking import branch
from drift.scenarios.over_provisioned_service import one_more_task

ODDS = 0.03
PATTERN = "svc_cpu_overrequest"
RESOURCE_TYPE = "container_service"
REMEDIES = ("ecs:UpdateService", "ecs:RegisterTaskDefinition")
REVEALED_BY = (
    "ecs:DescribeServices",
    "ecs:DescribeTaskDefinition",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A JVM needs its CPU for the first minutes, and a promise of latency needs headroom: tags runtime and slo.",
    "On EC2 nodes a smaller request saves nothing until a node goes.",
    "Where CPU scales the service, a smaller request brings more tasks.",
)

# Sizes of Fargate: vCPU with MiB from … to …; the least that 70 % of would bear the load, memory kept.
SYMPTOM = f"""
SELECT v.arn, 730 * v.replica_count * (v.task_cpu - s.vcpus) * {VCPU_HOURLY} AS saving
  FROM container_clusters k JOIN container_services v ON v.cluster_id = k.id
  JOIN LATERAL (SELECT min(z.vcpus) AS vcpus
                  FROM (VALUES (0.25, 512, 2048), (0.5, 1024, 4096), (1, 2048, 8192), (2, 4096, 16384),
                               (4, 8192, 30720), (8, 16384, 61440)) AS z (vcpus, least, most)
                 WHERE v.task_memory_mb BETWEEN z.least AND z.most
                   AND z.vcpus >= v.task_cpu * greatest(v.avg_cpu_7d, 10) / 70.0) s ON s.vcpus < v.task_cpu
 WHERE k.account_id = $1 AND {BILLED} AND v.avg_cpu_7d < 20 AND v.requested_cpu >= 1
   AND v.created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """Two tasks of four vCPUs that are busy to a tenth."""
    name, developer = branch(day, "copied_cpu_request")
    arn = await start(day, name, 4, 8192, 2)
    await day.profile("container_service", arn, "oversized", load=0.8, memory_gib=9)
    return Happening(f"{developer}'s {name} asks for 4 vCPUs a task", (("container_service", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """One task more of what is too large."""
    return await one_more_task(day, resource_id)
