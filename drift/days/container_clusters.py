"""Container clusters: what a control plane costs beside its nodes."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models import eks_versions

OCCASION = there_is("container_clusters")

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
                       CASE k.orchestrator WHEN 'eks' THEN coalesce(k.control_plane_hourly_cost, q.control_plane)::float8
                            ELSE 0 END AS control,
                       coalesce(k.estimated_hourly_cost, 0)::float8 AS estimate,
                       (SELECT count(*) FROM container_nodes n WHERE n.cluster_id = k.id) AS nodes
                  FROM container_clusters k {rates}
                 WHERE k.account_id = :account AND k.status NOT IN ('INACTIVE', 'DELETING')) r
               {yesterday} OFFSET 0) d
{once}""",
    kind="container_cluster",
    rates=rates.of("k.region", "control_plane"),
)


# A version that runs out of standard support makes its clusters dearer, whoever notices.
_SUPPORT = statement(
    """
UPDATE container_clusters k
   SET control_plane_hourly_cost = s.hourly,
       estimated_hourly_cost = k.estimated_hourly_cost + s.hourly - k.control_plane_hourly_cost
  FROM (SELECT c.id, CASE WHEN c.version = ANY (:old::text[]) THEN q.extended_support
                          ELSE q.control_plane END AS hourly
          FROM container_clusters c {rates}
         WHERE c.account_id = :account AND c.orchestrator = 'eks') s
 WHERE k.id = s.id AND k.control_plane_hourly_cost <> s.hourly
RETURNING k.arn, k.version = ANY (:old::text[]) AS old""",
    rates=rates.of("c.region", "control_plane", "extended_support"),
)


async def write(day: Day) -> None:
    """A day of every cluster."""
    old = [one.name for one in eks_versions.VERSIONS if one.standard_until <= day.date]
    supports = ("STANDARD_SUPPORT", "EXTENDED_SUPPORT")
    for row in await day.fetch(_SUPPORT, old=old):
        day.written["container_clusters"] += 1
        await day.record("container_cluster", row["arn"], "support",
                         supports[not row["old"]], supports[row["old"]])  # fmt: skip
    await day.apply("metrics_daily", _WRITE)
