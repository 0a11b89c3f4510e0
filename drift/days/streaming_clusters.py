"""Streams and Kafka clusters: shard and broker hours against the data that flows."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

AFTER = ("cache_transitions",)
OCCASION = there_is("streaming_clusters")

_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, throughput_mbps)
SELECT :account, 'streaming_cluster', s.arn, coalesce(p.profile, 'steady'),
       CASE WHEN p.profile = 'idle' THEN 0
            WHEN s.avg_usage_mbps_7d > 0 AND p.profile IS NULL THEN s.avg_usage_mbps_7d::float8
            ELSE greatest(s.provisioned_throughput_mbps, s.shard_count)::float8
                 * CASE p.profile WHEN 'oversized' THEN 0.03 + 0.1 * driftcloud_noise(:world, s.arn, '/flow')
                                  ELSE 0.15 + 0.5 * driftcloud_noise(:world, s.arn, '/flow') END END
  FROM streaming_clusters s
  LEFT JOIN resource_profiles p ON p.account_id = :account
       AND p.resource_type = 'streaming_cluster' AND p.resource_id = s.arn
 WHERE s.account_id = :account AND p.throughput_mbps IS NULL
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    throughput_mbps = coalesce(old.throughput_mbps, excluded.throughput_mbps)""",
    occasion=unprofiled("streaming_cluster", "streaming_clusters", "arn", "throughput_mbps"),
)

# A record of up to 25 KiB is one payload unit; whoever has no records of his own here sends those of
# two. What is kept for more than a week is what flowed in before that.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'throughput_mbps', driftcloud_hundredths(d.flow),
       'throughput_max_mbps', driftcloud_hundredths(d.flow * (1.5 + d.peak)),
       'incoming_records', round(d.flow * 1048576 / 2048 * 86400)::bigint,
       'cpu_avg', driftcloud_hundredths(least(95, 4 + 80 * d.flow / d.room)),
       'shards', d.shard_count, 'type', d.type, 'env', d.env, 'region', d.region)
       || CASE WHEN d.units > 0 THEN jsonb_build_object('put_units', d.units) ELSE '{}' END
       || CASE WHEN d.long_gib > 0 THEN jsonb_build_object('long_gib', d.long_gib) ELSE '{}' END,
       least(d.hourly_cost * 24 * d.w * d.weekend + d.units * d.put_unit
             + round(d.long_gib / 30 * d.long_price, 4)
             + CASE WHEN d.on_demand THEN d.flow * 86400 / 1024 * d.by_use + d.put_gib * d.put_in
                    ELSE 0 END, 99999999)
  FROM (SELECT s.*,
               CASE WHEN s.type = 'kinesis' AND NOT s.on_demand
                    THEN round(s.flow * 1048576 / 2048 * 86400) + s.put_units ELSE 0 END::bigint AS units,
               CASE WHEN s.type = 'kinesis' AND s.kept_hours > 168
                    THEN round((s.flow * (s.kept_hours - 168) * 3600 / 1024)::numeric, 4) ELSE 0 END AS long_gib
  FROM (SELECT r.*, {walk} AS w, {weekend} AS weekend,
               driftcloud_noise(:seed, r.id, '/peak') AS peak,
               p.throughput_mbps * {busy}
                   * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/flow')) AS flow,
               (q.stream_in + q.stream_out)::float8 AS by_use, q.stream_in::float8 AS put_in,
               q.stream_put::float8 AS put_unit, q.stream_long AS long_price
          FROM (SELECT s.arn AS id, s.env, s.region, s.engine AS type, s.shard_count,
                       greatest(s.provisioned_throughput_mbps, s.shard_count, 1)::float8 AS room,
                       s.hourly_cost::float8 AS hourly_cost, s.stream_mode = 'ON_DEMAND' AS on_demand,
                       least(s.retention_hours, extract(epoch FROM :end - s.created_at)::float8 / 3600) AS kept_hours,
                       CASE WHEN s.stream_mode = 'ON_DEMAND' THEN (SELECT coalesce(sum(octet_length(o.data)), 0) {put})
                            ELSE 0 END / 1073741824.0 AS put_gib,
                       CASE WHEN s.engine = 'kinesis' AND s.stream_mode <> 'ON_DEMAND' THEN (
                            SELECT coalesce(sum(ceil(octet_length(o.data) / 25600.0)), 0) {put}) ELSE 0 END AS put_units
                  FROM streaming_clusters s
                 WHERE s.account_id = :account AND s.status <> 'DELETING') r
               {rates} {yesterday} {profile} OFFSET 0) s OFFSET 0) d
{once}""",
    kind="streaming_cluster",
    rates=rates.of("r.region", "stream_in", "stream_out", "stream_put", "stream_long"),
    put="""FROM streaming_records o WHERE o.stream_id = s.id
        AND o.at >= :end - interval '2 days' AND o.at < :end - interval '1 day'""",
)

_LIVE = statement("""
UPDATE streaming_clusters s SET avg_usage_mbps_7d = k.first
  FROM driftcloud_week(:account, 'streaming_cluster', :since, :date, 'throughput_mbps', 'cpu_avg') k
 WHERE s.arn = k.resource_id AND s.account_id = :account""")


# Records that clients put are billed with the day that follows, and go when their time is over.
_EXPIRE = statement(
    """
DELETE FROM streaming_records o USING streaming_clusters s
 WHERE s.account_id = :account AND o.account_id = :account AND o.stream_id = s.id
   AND o.at < :end - interval '1 day' - make_interval(hours => s.retention_hours)""",
    occasion=there_is("streaming_records"),
)


async def write(day: Day) -> None:
    """A day of every stream."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)
    await day.apply("streaming_records", _EXPIRE)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("streaming_clusters", _LIVE)
