"""Databases, caches, search and streams on the bill."""

from drift.ledger.source import HOURS, Part, Source, new, old

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
_STORAGE = (
    "CASE WHEN b.p ->> 'engine' LIKE 'aurora%' THEN 'Aurora:StorageUsage'"
    " WHEN z.storage_type = 'gp2' THEN 'RDS:GP2-Storage' WHEN z.storage_type = 'io1'"
    " THEN 'RDS:PIOPS-Storage' WHEN z.storage_type = 'io2' THEN 'RDS:PIOPS-Storage-IO2'"
    " WHEN z.storage_type = 'standard' THEN 'RDS:StorageUsage' ELSE 'RDS:GP3-Storage' END"
)
_STREAM = "LEFT JOIN streaming_clusters z ON z.arn = b.id AND z.account_id = :account"

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
                new(
                    "CASE WHEN z.stream_mode = 'ON_DEMAND' THEN 'OnDemand-StreamHour'"
                    " ELSE 'Storage-ShardHour' END"
                ),
                "CASE WHEN z.stream_mode = 'ON_DEMAND' THEN 'OnDemandStreamHr'"
                " ELSE 'shardHourStorage' END",
                "ShardHour",
                f"{HOURS} * {_SHARDS}",
            ),
        ),
        join=_STREAM,
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
                "coalesce(z.storage_gib * z.broker_count, 0) / 30.0",
                "coalesce((b.p ->> 'storage_cost')::numeric, 0)",
            ),
            Part(
                new("'Kafka.' || coalesce(substr(z.instance_type, 7), 'm5.large')"),
                "'RunBroker'",
                "hours",
                f"{HOURS} * coalesce(z.broker_count, 3)",
            ),
        ),
        type="z.instance_type",
        join=_STREAM,
        where="b.p ->> 'type' IS DISTINCT FROM 'kinesis'",
    ),
)
