"""Databases: instance hours while they run, storage always, and AWS's restart after seven days."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import fill, statement, unprofiled
from drift.statement import there_is
from models.rds_windows import MAINTENANCE

OCCASION = f"({there_is('rds_instances')} OR {there_is('rds_clusters')})"

_RUNNING = """SELECT b.db_instance_id AS id, b.env, b.region, b.instance_class AS type, b.engine,
    b.hourly_cost::float8 AS hourly_cost, coalesce(b.storage_monthly_cost, 0)::float8 AS storage_cost,
    b.allocated_storage_gib, b.state IN ('available', 'starting', 'stopping') AS runs, 1 AS units,
    false AS has_gpu, b.avg_cpu_7d::float8 AS cpu_7d, 0::float8 AS memory_7d,
    b.avg_connections_7d::float8 AS connections_7d
    FROM rds_instances b WHERE b.account_id = :account AND b.state <> 'deleting'"""

_UNKNOWN = unprofiled("rds_instance", "rds_instances", "db_instance_id", "load", "memory_gib")
_FILL = fill("rds_instance", _RUNNING, occasion=_UNKNOWN)

# What its team's job wants down is stopped again on the morning after AWS started it, unless
# somebody else has had to do with it within a week.
_STOP_AGAIN = statement(
    """
UPDATE rds_instances r SET state = 'stopped', stopped_at = :date::timestamp AT TIME ZONE 'UTC' + interval '7 hours'
  FROM resource_profiles p
 WHERE r.account_id = :account AND r.state = 'available' AND r.created_at < :date AND p.account_id = :account
   AND p.resource_type = 'rds_instance' AND p.resource_id = r.db_instance_id AND p.profile = 'kept_stopped'
   AND NOT EXISTS (SELECT FROM resource_change_events e
        WHERE e.account_id = :account AND e.resource_type = 'rds_instance' AND e.resource_id = r.db_instance_id
          AND e.change_source = 'agent' AND e.changed_at >= :date - interval '7 days')""",
    occasion=there_is(
        "resource_profiles", "resource_type = 'rds_instance' AND profile = 'kept_stopped'"
    ),
)

# A stopped instance is started again once it has been down for seven days.
_RESTART = statement(
    """
UPDATE rds_instances SET state = 'available', stopped_at = NULL, settles_at = NULL,
       settled_state = NULL
 WHERE account_id = :account AND state = 'stopped'
   AND stopped_at <= :end - interval '7 days'""",
    occasion=there_is("rds_instances", "stopped_at IS NOT NULL"),
)

_PENDING = there_is("rds_instances", "pending <> '{}'")
_WINDOW = f"left({MAINTENANCE.format('r')}, 3) = to_char(:date, 'dy')"

# What waits for the maintenance window is done on its day: pending holds columns and their values.
_MAINTENANCE = statement("""
UPDATE rds_instances r SET (instance_class, allocated_storage_gib, backup_retention_days, multi_az,
       engine_version, license_model, iops, storage_throughput, storage_type, ca_certificate,
       subnet_group_name, iam_authentication, hourly_cost, storage_monthly_cost)
     = (SELECT p.instance_class, p.allocated_storage_gib, p.backup_retention_days, p.multi_az,
       p.engine_version, p.license_model, p.iops, p.storage_throughput, p.storage_type, p.ca_certificate,
       p.subnet_group_name, p.iam_authentication, p.hourly_cost, p.storage_monthly_cost
       FROM jsonb_populate_record(r, r.pending - 'identifier') p),
       pending = CASE WHEN r.pending ? 'identifier'
                 THEN jsonb_build_object('identifier', r.pending -> 'identifier') ELSE '{}' END
 WHERE r.account_id = :account AND r.pending <> '{}' AND r.state = 'available' AND {window}""",
    occasion=_PENDING, window=_WINDOW)  # fmt: skip

# A new name is given unless another database has it by now; replicas follow.
_RENAME = statement("""
WITH renamed AS (
    UPDATE rds_instances r SET identifier = n.name, pending = '{}',
           arn = left(r.arn, -length(r.identifier)) || n.name
      FROM (SELECT DISTINCT ON (r.region, r.pending ->> 'identifier') r.id, r.identifier AS old,
                   r.pending ->> 'identifier' AS name
              FROM rds_instances r
             WHERE r.account_id = :account AND r.pending ? 'identifier' AND r.state = 'available'
               AND {window}
             ORDER BY r.region, r.pending ->> 'identifier', r.id) n
     WHERE r.id = n.id AND NOT EXISTS (SELECT FROM rds_instances o WHERE o.account_id = :account
                                          AND o.region = r.region AND o.identifier = n.name)
    RETURNING r.region, n.old, n.name)
UPDATE rds_instances r SET replica_of = n.name FROM renamed n
 WHERE r.account_id = :account AND r.region = n.region AND r.replica_of = n.old""",
    occasion=_PENDING, window=_WINDOW)  # fmt: skip

_DELETED_CLUSTERS = statement(
    """
DELETE FROM rds_clusters WHERE account_id = :account AND state_transition = 'deleting'
   AND settles_at < :end""",
    occasion=there_is("rds_clusters", "state_transition = 'deleting'"),
)

_WRITE = statement(
    """
{insert}
       CASE WHEN d.runs THEN jsonb_build_object(
           'w', round(d.w * 10000)::int * 0.0001, 'cpu_avg', driftcloud_hundredths(d.cpu),
           'cpu_max', driftcloud_hundredths({cpu_max}), 'memory_avg', driftcloud_hundredths(d.used),
           'connections', driftcloud_hundredths(d.connections),
           'connections_max', round(d.connections * (1.2 + d.peak))::bigint,
           'iops_avg', driftcloud_hundredths(d.cpu * 8), 'network_in', driftcloud_hundredths(d.network * 0.4),
           'network_out', driftcloud_hundredths(d.network * 0.6))
       ELSE '{}' END || jsonb_build_object(
           'free_storage_gib', driftcloud_hundredths(d.free_gib),
           'storage_cost', round((d.storage_cost / 30)::numeric, 4),
           'engine', d.engine, 'type', d.type, 'env', d.env, 'region', d.region),
       least(CASE WHEN d.runs THEN d.hourly_cost * 24 * d.w * d.weekend ELSE 0 END
             + d.storage_cost / 30, 99999999)
  FROM (SELECT r.*, p.profile, {walk} AS w, {weekend} AS weekend, {cpu} AS cpu,
               {used_memory} AS used, driftcloud_noise(:seed, r.id, '/peak') AS peak,
               p.connections * {busy}
                   * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/connections')) AS connections,
               p.network_mb * {rhythm} AS network,
               r.allocated_storage_gib * (1 - least(0.95, coalesce(
                   p.stored_gib / nullif(r.allocated_storage_gib, 0),
                   0.3 + 0.45 * driftcloud_noise(:world, r.id, '/stored')))) AS free_gib
          FROM ({source}) r {yesterday} {profile} {capacity} OFFSET 0) d
{once}""",
    kind="rds_instance",
    source=_RUNNING,
)

# Rows of days on which the database was stopped hold no CPU and do not count in its mean.
_LIVE = statement("""
UPDATE rds_instances b SET avg_cpu_7d = coalesce(k.first, b.avg_cpu_7d),
       avg_connections_7d = coalesce(k.second, b.avg_connections_7d)
  FROM driftcloud_week(:account, 'rds_instance', :since, :date, 'cpu_avg', 'connections') k
 WHERE b.db_instance_id = k.resource_id AND b.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every database; a stopped one still pays for its storage."""
    await day.apply("rds_instances", _STOP_AGAIN)
    await day.apply("rds_instances", _RESTART)
    await day.apply("rds_instances", _MAINTENANCE)
    await day.apply("rds_instances", _RENAME)
    await day.apply("rds_clusters", _DELETED_CLUSTERS)
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("rds_instances", _LIVE)
