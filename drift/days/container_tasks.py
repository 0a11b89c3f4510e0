"""Container tasks that were run by themselves: what Fargate bills for the hours they ran."""

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("container_tasks")

# Before transitions: a task that was stopped today still cost its hours.
_WRITE = statement(
    """
{insert} jsonb_build_object('w', 1, 'hours', round(d.hours::numeric, 4), 'cluster', d.cluster,
       'type', d.type, 'env', d.env, 'region', d.region),
       least(d.hourly * d.hours, 99999999)
  FROM (SELECT t.arn AS id, t.env, t.region, t.launch_type AS type, c.arn AS cluster,
               t.hourly_cost::float8 AS hourly,
               extract(epoch FROM least(coalesce(t.stopped_at, :end), :end)
                   - greatest(t.created_at, :end - interval '1 day'))::float8 / 3600 AS hours
          FROM container_tasks t JOIN container_clusters c ON c.id = t.cluster_id
         WHERE t.account_id = :account AND t.hourly_cost > 0 AND t.created_at < :end
           AND (t.stopped_at IS NULL OR t.stopped_at > :end - interval '1 day')
        OFFSET 0) d
{once}""",
    kind="container_task",
)


async def write(day: Day) -> None:
    """A day of every Fargate task that belongs to no service."""
    await day.apply("metrics_daily", _WRITE)
