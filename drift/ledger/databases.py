"""Databases, caches, search and streams on the bill."""

from drift import rates
from drift.ledger.source import DAY_OF_MONTH, HOURS, Part, Source, new, old, share

RDS = "Amazon Relational Database Service"
_NODES = "coalesce((b.p ->> 'nodes')::numeric, 1)"
_SHARDS = "coalesce((b.p ->> 'shards')::numeric, 1)"

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_OnDemandDBInstances.html
_RDS_OPERATION = (
    "'CreateDBInstance:' || CASE b.p ->> 'engine' WHEN 'mysql' THEN '0002'"
    " WHEN 'mariadb' THEN '0018' WHEN 'postgres' THEN '0014' WHEN 'aurora-mysql' THEN '0016'"
    " WHEN 'aurora' THEN '0016' WHEN 'aurora-postgresql' THEN '0021' WHEN 'oracle-se2' THEN '0020'"
    " WHEN 'oracle-ee' THEN '0005' WHEN 'sqlserver-ex' THEN '0010' WHEN 'sqlserver-web' THEN '0011'"
    " WHEN 'sqlserver-se' THEN '0012' WHEN 'sqlserver-ee' THEN '0015' ELSE '0002' END"
)
_ENGINE = (
    "CASE b.p ->> 'engine' WHEN 'postgres' THEN 'PostgreSQL' WHEN 'mysql' THEN 'MySQL'"
    " WHEN 'mariadb' THEN 'MariaDB' WHEN 'aurora-mysql' THEN 'Aurora MySQL'"
    " WHEN 'aurora-postgresql' THEN 'Aurora PostgreSQL' WHEN 'redis' THEN 'Redis'"
    " WHEN 'valkey' THEN 'Valkey' WHEN 'memcached' THEN 'Memcached'"
    " ELSE initcap(b.p ->> 'engine') END"
)
# Multi-AZ keeps everything twice, and says so.
_STORAGE = (
    "CASE WHEN b.p ->> 'engine' LIKE 'aurora%' THEN 'Aurora:StorageUsage' ELSE 'RDS:'"
    " || CASE WHEN z.multi_az THEN 'Multi-AZ-' ELSE '' END || CASE z.storage_type"
    " WHEN 'gp2' THEN 'GP2-Storage' WHEN 'io1' THEN 'PIOPS-Storage' WHEN 'io2'"
    " THEN 'PIOPS-Storage-IO2' WHEN 'standard' THEN 'StorageUsage' ELSE 'GP3-Storage' END END"
)
_STREAM = "LEFT JOIN streaming_clusters z ON z.arn = b.id AND z.account_id = :account\n  "
_BY_USE = "coalesce(z.stream_mode = 'ON_DEMAND', false)"
# What of an on-demand stream's day is for data: all that is not for its hours.
_DATA = (
    f"CASE WHEN {_BY_USE} THEN greatest(0, b.cost - {HOURS} * z.hourly_cost"
    " * coalesce((b.p ->> 'w')::numeric, 1)) / nullif(q.stream_in + q.stream_out, 0) ELSE 0 END"
)

SOURCES = (
    Source(
        "rds_instance",
        RDS,
        "AmazonRDS",
        (
            Part(
                old(_STORAGE),
                _RDS_OPERATION,
                "GB-Mo",
                "coalesce(z.allocated_storage_gib, 0) / 30.0",
                "coalesce((b.p ->> 'storage_cost')::numeric, 0)",
            ),
            Part(
                old(
                    "CASE WHEN z.multi_az THEN 'Multi-AZUsage:' ELSE 'InstanceUsage:' END"
                    " || (b.p ->> 'type')"
                ),
                _RDS_OPERATION,
                "Hrs",
                HOURS,
                eligible="rds",
            ),
        ),
        type="b.p ->> 'type'",
        engine=_ENGINE,
        join="LEFT JOIN rds_instances z ON z.db_instance_id = b.id AND z.account_id = :account",
    ),
    Source(
        "rds_snapshot",
        RDS,
        "AmazonRDS",
        (
            Part(
                old(
                    "CASE WHEN b.p ->> 'engine' LIKE 'aurora%' THEN 'Aurora:BackupUsage'"
                    " ELSE 'RDS:ChargedBackupUsage' END"
                ),
                _RDS_OPERATION,
                "GB-Mo",
                "coalesce((b.p ->> 'size_gib')::numeric, 0) / 30.0",
            ),
        ),
        engine=_ENGINE,
    ),
    Source(
        "cache_cluster",
        "Amazon ElastiCache",
        "AmazonElastiCache",
        (
            Part(
                old("'NodeUsage:' || (b.p ->> 'type')"),
                "'CreateCacheCluster:' || CASE b.p ->> 'engine' WHEN 'memcached' THEN '0001'"
                " WHEN 'valkey' THEN '0003' ELSE '0002' END",
                "Hrs",
                f"{HOURS} * {_NODES}",
                eligible="elasticache",
            ),
        ),
        type="b.p ->> 'type'",
        engine=_ENGINE,
    ),
    Source(
        "cache_snapshot",
        "Amazon ElastiCache",
        "AmazonElastiCache",
        (
            Part(
                old("'BackupUsage'"),
                "'CreateSnapshot'",
                "GB-Mo",
                "coalesce((b.p ->> 'size_gib')::numeric, 0) / 30.0",
            ),
        ),
        engine=_ENGINE,
    ),
    Source(
        "streaming_cluster",
        "Amazon Kinesis",
        "AmazonKinesis",
        (
            Part(
                new("'OnDemand-BilledIncomingBytes'"),
                "'PutRequest'",
                "GB",
                "c0.cost / q.stream_in",
                f"({_DATA}) * q.stream_in",
            ),
            Part(
                new("'OnDemand-BilledOutgoingBytes'"),
                "'GetRecords'",
                "GB",
                "c1.cost / q.stream_out",
                f"({_DATA}) * q.stream_out",
            ),
            Part(
                new("'Extended-ShardHour'"),
                "'shardHourStorage'",
                "ShardHour",
                f"{HOURS} * {_SHARDS}",
                f"CASE WHEN z.retention_hours > 24 AND NOT {_BY_USE}"
                f" THEN {share(f'q.shard_week * {_SHARDS}')} ELSE 0 END",
            ),
            Part(
                new(
                    "CASE WHEN z.stream_mode = 'ON_DEMAND' THEN 'OnDemand-StreamHour'"
                    " ELSE 'Storage-ShardHour' END"
                ),
                "CASE WHEN z.stream_mode = 'ON_DEMAND' THEN 'OnDemandStreamHr'"
                " ELSE 'shardHourStorage' END",
                "ShardHour",
                f"{HOURS} * CASE WHEN {_BY_USE} THEN 1 ELSE {_SHARDS} END",
            ),
        ),
        join=_STREAM + rates.of("b.region", "stream_in", "stream_out", "shard_week"),
        where="b.p ->> 'type' = 'kinesis'",
    ),
    Source(
        "streaming_cluster",
        "Amazon Managed Streaming for Apache Kafka",
        "AmazonMSK",
        (
            Part(
                new("'Kafka.Storage.GP2'"),
                "'RunVolume'",
                "GB-Mo",
                f"coalesce(z.storage_gib * z.broker_count, 0) * {DAY_OF_MONTH}",
                share("coalesce(z.storage_gib * z.broker_count, 0) / 730.0 * q.broker_disk"),
            ),
            Part(
                new("'Kafka.' || coalesce(substr(z.instance_type, 7), 'm5.large')"),
                "'RunBroker'",
                "hours",
                f"{HOURS} * coalesce(z.broker_count, 3)",
            ),
        ),
        type="z.instance_type",
        join=_STREAM + rates.of("b.region", "broker_disk"),
        where="b.p ->> 'type' IS DISTINCT FROM 'kinesis'",
    ),
)
