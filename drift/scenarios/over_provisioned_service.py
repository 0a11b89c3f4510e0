"""For a demo somebody runs a Fargate service outside production with more tasks, and leaves it so."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick

ODDS = 0.05
PATTERN = "svc_replicas"
RESOURCE_TYPE = "container_service"
REMEDIES = ("ecs:UpdateService",)

# What two tasks would not do is idle; rates are those of us-east-1.
SYMPTOM = """
SELECT v.arn, 730 * v.price_share * (v.replica_count - 2)
       * (v.task_cpu * 0.04048 + v.task_memory_mb / 1024.0 * 0.004445) AS saving
  FROM container_services v JOIN container_clusters k ON k.id = v.cluster_id
 WHERE k.account_id = $1 AND v.launch_type = 'FARGATE' AND v.status = 'ACTIVE'
   AND v.env <> 'prod' AND v.replica_count > 2 AND $2::timestamptz IS NOT NULL"""

_SERVICES = """
SELECT v.arn AS key, v.id, v.name, v.replica_count FROM container_services v
  JOIN container_clusters k ON k.id = v.cluster_id
 WHERE k.account_id = $1 AND v.launch_type = 'FARGATE' AND v.status = 'ACTIVE'
   AND v.env <> 'prod' AND v.replica_count BETWEEN 1 AND 6"""


async def happen(day: Day) -> Happening | None:
    """replica_count + 2 … 4."""
    service = await pick(day, "over_provisioned_service", "container_service", _SERVICES)
    if service is None:
        return None
    old = service["replica_count"]
    new = old + day.random("over_provisioned_service").randint(2, 4)
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
