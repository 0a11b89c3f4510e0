"""Capacities that Application Auto Scaling moves: where each is, and what it is now.

Source: https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html.
"""

import re
from dataclasses import dataclass
from typing import Any

_SERVICE = """
select v.arn as key, v.replica_count as capacity, v.id as row_id
  from container_services as v join container_clusters as c on c.id = v.cluster_id
 where c.account_id = $1 and c.orchestrator = 'ecs' and v.region = $2 and c.name = $3
   and v.name = $4
   and v.status = 'ACTIVE'
"""
_FUNCTION = """
select f.arn as key, coalesce(p.requested, 0) as capacity, f.id as row_id
  from lambda_functions as f
  left join lambda_provisioned_concurrency as p on p.function_id = f.id and p.qualifier = $4
 where f.account_id = $1 and f.region = $2 and f.name = $3
   and (exists (select from lambda_aliases as a where a.function_id = f.id and a.name = $4
                   and a.version <> '$LATEST')
        or exists (select from lambda_versions as v where v.function_id = f.id
                      and v.version::text = $4))
"""
# The oldest member writes; the others read.
_CLUSTER = """
select c.arn as key, greatest(count(m.id) - 1, 0)::int as capacity, c.id as row_id
  from rds_clusters as c left join rds_instances as m on m.account_id = c.account_id
       and m.region = c.region and m.cluster_identifier = c.identifier
       and m.settled_state is distinct from 'deleted'
 where c.account_id = $1 and c.region = $2 and c.identifier = $3
 group by c.id
"""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A capacity of one service: how its resources are named, and how one of them is found.

    `role` ends the name of the service-linked role; `metrics` maps the predefined metrics that
    can be followed to the key of the resource's daily rows (`utilization`: worked out from them).
    `missing` tells of a resource that is not there.
    """

    namespace: str
    pattern: re.Pattern[str]
    find: str
    role: str
    missing: str
    metrics: dict[str, str]
    least: int = 0


DIMENSIONS = {
    "ecs:service:DesiredCount": Dimension(
        "ecs", re.compile(r"service/([^/]+)/([^/]+)"), _SERVICE, "ECSService",
        "ECS service doesn't exist: {}",
        {"ECSServiceAverageCPUUtilization": "cpu_avg",
         "ECSServiceAverageMemoryUtilization": "memory_avg"},
    ),
    "lambda:function:ProvisionedConcurrency": Dimension(
        "lambda", re.compile(r"function:([\w-]+):([\w-]+)"), _FUNCTION, "LambdaConcurrency",
        "No such function or alias: {}",
        {"LambdaProvisionedConcurrencyUtilization": "utilization"},
    ),
    "rds:cluster:ReadReplicaCount": Dimension(
        "rds", re.compile(r"cluster:([\w-]+)"), _CLUSTER, "RDSCluster",
        "RDS cluster doesn't exist: {}",
        {"RDSReaderAverageCPUUtilization": "cpu_avg",
         "RDSReaderAverageDatabaseConnections": "connections"},
    ),
}  # fmt: skip


async def find(
    db: Any, account_id: Any, region: str, dimension: str, resource_id: str
) -> Any | None:
    """The resource's key and capacity now; None when it is not there.

    `db` is a session or a connection: both have `fetch`.
    """
    kind = DIMENSIONS[dimension]
    named = kind.pattern.fullmatch(resource_id)
    if named is None:
        return None
    rows = await db.fetch(kind.find, account_id, region, *named.groups())
    return rows[0] if rows else None
