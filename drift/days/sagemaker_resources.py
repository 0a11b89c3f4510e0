"""SageMaker's jobs: the hours of the day in which they ran."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

OCCASION = there_is("sagemaker_resources")

# What runs an AutoML job it chooses itself.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'hours', round(d.hours::numeric, 4), 'kind', d.kind, 'service', 'sagemaker', 'env', d.env,
       'type', d.type, 'nodes', d.nodes, 'region', d.region),
       least(d.hourly_cost * d.hours, 99999999)
  FROM (SELECT s.arn AS id, s.kind, s.env, s.region, s.hourly_cost::float8 AS hourly_cost,
               coalesce(c ->> 'InstanceType', CASE s.kind WHEN 'automl-job' THEN 'ml.m5.4xlarge' END, '') AS type,
               coalesce((c -> 'InstanceCount')::int, 1) AS nodes,
               extract(epoch FROM least(coalesce(s.ended_at, s.settles_at, :end), :end)
                   - greatest(s.started_at, :end - interval '1 day'))::float8 / 3600 AS hours
          FROM sagemaker_resources s, LATERAL (SELECT coalesce(s.settings -> 'ResourceConfig',
                   s.settings -> 'TrainingJobDefinition' -> 'ResourceConfig', s.settings -> 'ProcessingResources' -> 'ClusterConfig', s.settings -> 'TransformResources', '{}')) r (c)
         WHERE s.account_id = :account AND s.kind LIKE '%-job' AND s.started_at < :end
           AND s.hourly_cost > 0
           AND coalesce(s.ended_at, s.settles_at, :end) > :end - interval '1 day') d
{once}""",
    kind="sagemaker_resource",
)


async def write(day: Day) -> None:
    """A row for every job that ran on the day, billed by the second."""
    await day.apply("metrics_daily", _WRITE)
