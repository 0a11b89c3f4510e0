"""For a demo somebody runs a Fargate service outside production with more tasks, and leaves it so."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.clusters import BILLED, GIB_HOURLY, VCPU_HOURLY, start
from drift.day import Day, Happening
from drift.picking import branch, pick

ODDS = 0.05
PATTERN = "svc_replicas"
RESOURCE_TYPE = "container_service"
REMEDIES = ("ecs:UpdateService",)

REVEALED_BY = ("ecs:DescribeServices", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "Three or five tasks that elect a leader are a quorum: tags workload and quorum.",
    "One task in each zone is no luxury: two at least, in production three.",
)

# Two tasks, in production three, or as many as are busy to a half.
SYMPTOM = f"""
SELECT s.arn, 730 * s.hourly * (s.replica_count - s.needed) AS saving FROM (
    SELECT v.arn, v.replica_count,
           v.task_cpu * {VCPU_HOURLY} + v.task_memory_mb / 1024.0 * {GIB_HOURLY} AS hourly,
           greatest(CASE v.env WHEN 'prod' THEN 3 ELSE 2 END,
                    ceil(v.replica_count * v.avg_cpu_7d / 50.0)) AS needed,
                    ceil(v.replica_count * v.avg_cpu_7d / 45.0) AS roomy
      FROM container_clusters k JOIN container_services v ON v.cluster_id = k.id
     WHERE k.account_id = $1 AND {BILLED} AND v.replica_count > 2 AND v.avg_cpu_7d < 30) s
 WHERE s.replica_count > s.needed AND s.replica_count > s.roomy AND $2::timestamptz IS NOT NULL"""

_SERVICES = """
SELECT v.arn AS key, v.id, v.name, v.replica_count FROM container_services v
  JOIN container_clusters k ON k.id = v.cluster_id
 WHERE k.account_id = $1 AND k.orchestrator = 'ecs' AND v.launch_type = 'FARGATE'
   AND v.status = 'ACTIVE' AND v.env <> 'prod' AND v.replica_count BETWEEN 1 AND 2"""

_SERVICE = """
SELECT v.id, v.replica_count FROM container_services v JOIN container_clusters k ON k.id = v.cluster_id
 WHERE k.account_id = $1 AND v.arn = $2 AND v.status = 'ACTIVE' AND v.replica_count BETWEEN 1 AND 9"""
_MORE = "UPDATE container_services SET replica_count = replica_count + 1 WHERE id = $1"


async def happen(day: Day) -> Happening | None:
    """replica_count + 2 … 4 of a service that is there, or a new one with as many for its first day."""
    extra = day.random("over_provisioned_service").randint(2, 4)
    service = await pick(day, "over_provisioned_service", "container_service", _SERVICES)
    if service is None:
        name, developer = branch(day, "over_provisioned_service")
        arn = await start(day, name, 1, 2048, 2 + extra)
        await day.profile("container_service", arn, "light", load=0.4, memory_gib=4)
        story = f"{developer} began {name} with {2 + extra} tasks"
        return Happening(story, (("container_service", arn),))
    old, new = service["replica_count"], service["replica_count"] + extra
    await day.write(
        "container_services",
        "UPDATE container_services SET replica_count = $2 WHERE id = $1",
        service["id"], new,
    )  # fmt: skip
    await day.record("container_service", service["key"], "replica_count", str(old), str(new))
    return Happening(
        f"{service['name']} went from {old} to {new} tasks",
        (("container_service", service["key"]),),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """One task more, for the next demo."""
    return await one_more_task(day, resource_id)


async def one_more_task(day: Day, arn: str) -> Happening | None:
    """A service that runs has one task more, ten at most."""
    row = await day.connection.fetchrow(_SERVICE, day.account_id, arn)
    if row is None:
        return None
    old, new = str(row["replica_count"]), str(row["replica_count"] + 1)
    await day.write("container_services", _MORE, row["id"])
    await day.record(RESOURCE_TYPE, arn, "replica_count", old, new)
    return Happening(f"{arn.rpartition('/')[2]} went from {old} to {new} tasks", ())
