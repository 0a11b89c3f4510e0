"""Log groups: what comes in, what is kept until its retention ends, and both costs."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

OCCASION = there_is("log_groups")

# Weekday ingest: 0.5 … 3 GB in prod, 0.1 … 0.8 GB elsewhere. The stock of the first day is what
# the group will have gathered since it was created, as far as its retention allows.
_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, ingest_gb, stored_gib)
SELECT :account, 'log_group', r.id, r.profile, r.ingest, r.ingest * r.days
  FROM (SELECT g.arn AS id, coalesce(p.profile, 'steady') AS profile,
               coalesce(p.ingest_gb, CASE WHEN p.profile IN ('idle', 'dead') THEN 0
                   WHEN g.env = 'prod' THEN 0.5 + 2.5 * driftcloud_noise(:world, g.arn, '/ingest')
                   ELSE 0.1 + 0.7 * driftcloud_noise(:world, g.arn, '/ingest') END) AS ingest,
               greatest(0, least(:date - g.created_at::date, coalesce(g.retention_days, 400), 400)) AS days
          FROM log_groups g
          LEFT JOIN resource_profiles p ON p.account_id = :account
               AND p.resource_type = 'log_group' AND p.resource_id = g.arn
         WHERE g.account_id = :account AND (p.ingest_gb IS NULL OR p.stored_gib IS NULL)) r
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    ingest_gb = coalesce(old.ingest_gb, excluded.ingest_gb),
    stored_gib = coalesce(old.stored_gib, excluded.stored_gib)""",
    occasion=unprofiled("log_group", "log_groups", "arn", "ingest_gb", "stored_gib"),
)

# What clients put is billed with the day that follows, in the units of the daily rows (a ten
# thousandth of a GiB); what is left over waits for the next day.
_TAKE = statement("""
UPDATE log_groups SET current_day_bytes = current_put_bytes - current_put_bytes % 107374,
       current_put_bytes = current_put_bytes % 107374
 WHERE account_id = :account AND (current_put_bytes >= 107374 OR current_day_bytes > 0)""")

# With a retention of R days a group holds the last R days; where its rows do not reach back that
# far, the missing days are taken to have brought as much as the known ones.
_WRITE = statement(
    """
INSERT INTO log_group_usage_daily (log_group_id, date, ingested_gb, stored_gb,
    estimated_ingestion_cost, estimated_storage_cost)
SELECT t.id, :date, t.ingested, t.stored, least(t.ingested
           * CASE t.class WHEN 'INFREQUENT_ACCESS' THEN t.ingestion_rare ELSE t.ingestion END, 999999),
       least(t.stored * t.storage / 30, 999999)
  FROM (SELECT q.id, q.class, q.ingested, q.ingestion, q.ingestion_rare, q.storage, least(99999999, CASE WHEN q.retention_days IS NULL
                   THEN q.before + q.ingested
                   ELSE least(q.before + q.ingested, q.ingested + q.recent + greatest(0,
                        least(q.retention_days - 1 - q.days,
                              ceil(q.age) - q.days)) * q.usual)
               END)::numeric(12,4) AS stored
          FROM (SELECT r.*, q.ingestion, q.ingestion_rare, q.storage, coalesce(y.stored_gb, r.stock::numeric(12,4)) AS before,
                       k.recent, k.days, coalesce(k.usual, r.ingested) AS usual,
                       (:date - r.created) AS age
                  FROM (SELECT g.id, g.region, g.class, g.retention_days, g.created_at::date AS created,
                               p.stored_gib AS stock,
                               least(99999, g.current_day_bytes / 1073741824.0 + CASE WHEN p.profile IN ('steady')
                                   THEN least(CASE WHEN g.env = 'prod' THEN 3 ELSE 0.8 END,
                                        greatest(CASE WHEN g.env = 'prod' THEN 0.5 ELSE 0.1 END,
                                        p.ingest_gb * (0.85 + 0.3 * driftcloud_noise(:seed, g.arn, '/ingest'))))
                                   ELSE p.ingest_gb * (0.85 + 0.3 * driftcloud_noise(:seed, g.arn, '/ingest')) END
                                   * CASE WHEN :weekend THEN 0.7 ELSE 1 END)::numeric(12,4) AS ingested
                          FROM log_groups g
                          JOIN resource_profiles p ON p.account_id = :account
                               AND p.resource_type = 'log_group' AND p.resource_id = g.arn
                         WHERE g.account_id = :account OFFSET 0) r {rates}
                  LEFT JOIN log_group_usage_daily y ON y.log_group_id = r.id AND y.date = :date - 1
                  CROSS JOIN LATERAL (
                       SELECT coalesce(sum(o.ingested_gb), 0) AS recent, count(*) AS days,
                              avg(o.ingested_gb) AS usual
                         FROM log_group_usage_daily o
                        WHERE o.log_group_id = r.id AND o.date < :date
                          AND o.date > :date - coalesce(r.retention_days, 1)) k OFFSET 0) q OFFSET 0) t
ON CONFLICT DO NOTHING""",
    rates=rates.of("r.region", "ingestion", "ingestion_rare", "storage"),
)

_LIVE = statement("""
UPDATE log_groups g SET stored_bytes = least((u.stored_gb * 1073741824)::bigint, 9000000000000000000)
       + g.current_put_bytes
  FROM log_group_usage_daily u
 WHERE g.account_id = :account AND u.log_group_id = g.id AND u.date = :date""")


# Events that clients put go when their retention ends.
_EXPIRE = statement(
    """
DELETE FROM log_events e USING log_groups g
 WHERE g.account_id = :account AND e.account_id = :account AND e.log_group_id = g.id
   AND g.retention_days IS NOT NULL AND e.at < :end - make_interval(days => g.retention_days)""",
    occasion=there_is("log_events"),
)

_EXPORTED = statement(
    """
UPDATE log_export_tasks SET status = 'COMPLETED', completed_at = settles_at, settles_at = NULL
 WHERE account_id = :account AND status IN ('PENDING', 'RUNNING') AND settles_at < :end""",
    occasion=there_is("log_export_tasks", "settles_at IS NOT NULL"),
)


async def write(day: Day) -> None:
    """A day of every log group."""
    await day.apply("log_groups", _TAKE)
    await day.apply("log_events", _EXPIRE)
    await day.apply("log_export_tasks", _EXPORTED)
    await day.apply("resource_profiles", _FILL)
    await day.apply("log_group_usage_daily", _WRITE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("log_groups", _LIVE)
