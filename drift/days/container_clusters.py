"""Container clusters: what a control plane costs beside its nodes."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement

# EKS bills its control plane by the hour, ECS nothing; a cluster whose nodes are not in
# the tables is billed by its own estimate.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'nodes', d.nodes, 'type', d.type,
       'env', d.env, 'region', d.region),
       least(24 * d.w * CASE WHEN d.nodes > 0 THEN d.control
                             ELSE greatest(d.estimate, d.control) END, 99999999)
  FROM (SELECT r.*, {walk} AS w
          FROM (SELECT k.arn AS id, k.env, k.region, k.orchestrator AS type,
                       CASE k.orchestrator WHEN 'eks' THEN q.control_plane::float8 ELSE 0 END AS control,
                       coalesce(k.estimated_hourly_cost, 0)::float8 AS estimate,
                       (SELECT count(*) FROM container_nodes n WHERE n.cluster_id = k.id) AS nodes
                  FROM container_clusters k {rates}
                 WHERE k.account_id = :account AND k.status NOT IN ('INACTIVE', 'DELETING')) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="container_cluster",
    rates=rates.of("k.region", "control_plane"),
)


async def write(day: Day) -> None:
    """A day of every cluster."""
    await day.apply("metrics_daily", _WRITE)
