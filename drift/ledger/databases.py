"""Databases, caches, search and streams on the bill."""

from drift import rates
from drift.ledger.source import DAY_OF_MONTH, HOURS, Part, Source, new, old, share
from models.costs.services import GP3_LARGE_GIB, GP3_OF_LARGE, GP3_OF_SMALL

RDS = "Amazon Relational Database Service"
_NODES = "coalesce((b.p ->> 'nodes')::numeric, 1)"
_SHARDS = "coalesce((b.p ->> 'shards')::numeric, 1)"

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_OnDemandDBInstances.html
_RDS_OPERATION = (
    "'CreateDBInstance:' || CASE b.p ->> 'engine' WHEN 'mysql' THEN '0002'"
    " WHEN 'mariadb' THEN '0018' WHEN 'postgres' THEN '0014' WHEN 'aurora-mysql' THEN '0016'"
    " WHEN 'aurora' THEN '0016' WHEN 'aurora-postgresql' THEN '0021' WHEN 'oracle-se2' THEN '0020'"
    " WHEN 'oracle-se2-cdb' THEN '0020' WHEN 'oracle-ee' THEN '0005'"
    " WHEN 'oracle-ee-cdb' THEN '0005'"
    " WHEN 'sqlserver-ex' THEN '0010' WHEN 'sqlserver-web' THEN '0011'"
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
_TWICE = "'RDS:' || CASE WHEN z.multi_az THEN 'Multi-AZ-' ELSE '' END || "
_STORAGE = (
    "CASE WHEN b.p ->> 'engine' LIKE 'aurora%' THEN 'Aurora:StorageUsage' ELSE "
    f"{_TWICE}CASE z.storage_type"
    " WHEN 'gp2' THEN 'GP2-Storage' WHEN 'io1' THEN 'PIOPS-Storage' WHEN 'io2'"
    " THEN 'PIOPS-Storage-IO2' WHEN 'standard' THEN 'StorageUsage' ELSE 'GP3-Storage' END END"
)
# What a volume of gp3 brings along costs nothing more; of io1 and io2 every operation does.
_FAST = "(z.storage_type = 'gp3' AND b.p ->> 'engine' NOT LIKE 'aurora%')"
_LARGE = f"z.allocated_storage_gib >= {GP3_LARGE_GIB}"
_MIBPS = f"""CASE WHEN {_FAST} THEN greatest(0, coalesce(z.storage_throughput, 0)
    - CASE WHEN {_LARGE} THEN {GP3_OF_LARGE.mibps} ELSE {GP3_OF_SMALL.mibps} END) ELSE 0 END"""
_IOPS = f"""CASE WHEN b.p ->> 'engine' LIKE 'aurora%' THEN 0
    WHEN z.storage_type IN ('io1', 'io2') THEN coalesce(z.iops, 0)
    WHEN z.storage_type = 'gp3' THEN greatest(0, coalesce(z.iops, 0)
    - CASE WHEN {_LARGE} THEN {GP3_OF_LARGE.iops} ELSE {GP3_OF_SMALL.iops} END) ELSE 0 END"""
_TIMES = "CASE WHEN z.multi_az THEN 2 ELSE 1 END / 30.0"
_STORED = "coalesce((b.p ->> 'storage_cost')::numeric, 0)"
# Memcached without servers costs what Redis does.
_CACHE_KIND = "CASE b.p ->> 'engine' WHEN 'valkey' THEN 'Valkey' ELSE 'Redis' END"
_CACHE_OPERATION = (
    "CASE b.p ->> 'engine' WHEN 'valkey' THEN 'CreateServerlessCache:0003'"
    " ELSE 'CreateServerlessCache:0002' END"
)
_CACHE_SERVERLESS = "coalesce(b.p ->> 'type' = 'serverless', false)"
_STREAM = "LEFT JOIN streaming_clusters z ON z.arn = b.id AND z.account_id = :account\n  "
_STREAM_RATES = ("stream_long", "shard_week", "fan_out")
_BY_USE = "coalesce(z.stream_mode = 'ON_DEMAND', false)"
_FAN_OUT = "(SELECT count(*) FROM streaming_consumers o WHERE o.stream_id = z.id)"
_UNITS = "coalesce((b.p ->> 'put_units')::numeric, 0)"
_LONG_GIB = "coalesce((b.p ->> 'long_gib')::numeric, 0)"
_SERVERLESS = "coalesce(z.cluster_type = 'SERVERLESS', false)"
# What of an on-demand stream's day is for data: all that is not for its hours.
_DATA = (
    f"CASE WHEN {_BY_USE} THEN greatest(0, b.cost - c0.cost - {HOURS} * z.hourly_cost"
    " * coalesce((b.p ->> 'w')::numeric, 1)) / nullif(q.stream_in + q.stream_out, 0) ELSE 0 END"
)


def _share(hourly: str) -> str:
    """What of a stream's hours is for one thing, by what it costs of the row's hour."""
    return f"(b.cost - c0.cost - c3.cost) * ({hourly}) / nullif(z.hourly_cost, 0)"


SOURCES = (
    Source(
        "rds_instance",
        RDS,
        "AmazonRDS",
        (
            Part(
                old(f"{_TWICE}'GP3-Throughput'"),
                _RDS_OPERATION,
                "MBPS-Mo",
                f"({_MIBPS}) / 30.0",
                f"least({_STORED}, ({_MIBPS}) * q.database_mibps * {_TIMES})",
            ),
            Part(
                old(
                    f"{_TWICE}CASE z.storage_type WHEN 'gp3' THEN 'GP3-PIOPS'"
                    " WHEN 'io2' THEN 'PIOPS-IO2' ELSE 'PIOPS' END"
                ),
                _RDS_OPERATION,
                "IOPS-Mo",
                f"({_IOPS}) / 30.0",
                f"least({_STORED} - c0.cost, ({_IOPS}) * {_TIMES} * CASE z.storage_type"
                " WHEN 'gp3' THEN q.database_iops_more ELSE q.database_iops END)",
            ),
            Part(
                old(_STORAGE),
                _RDS_OPERATION,
                "GB-Mo",
                "coalesce(z.allocated_storage_gib, 0) / 30.0",
                f"{_STORED} - c0.cost - c1.cost",
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
        join="LEFT JOIN rds_instances z ON z.db_instance_id = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "database_mibps", "database_iops", "database_iops_more"),
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
        where=f"NOT {_CACHE_SERVERLESS}",
    ),
    Source(
        "cache_cluster",
        "Amazon ElastiCache",
        "AmazonElastiCache",
        (
            Part(
                old(f"'ElastiCache:ElastiCacheProcessingUnits-' || {_CACHE_KIND}"),
                _CACHE_OPERATION,
                "ECPUs",
                "c0.cost / u.ecpu",
                share("coalesce((z.serverless ->> 'minimum_ecpu')::numeric, 0) * 3600 * u.ecpu"),
            ),
            Part(
                old(f"'ElastiCache:CachedData-' || {_CACHE_KIND}"),
                _CACHE_OPERATION,
                "GB-hours",
                "c1.cost / u.gb",
            ),
        ),
        engine=_ENGINE,
        join="LEFT JOIN cache_clusters z ON z.cluster_id = b.id AND z.account_id = :account\n  "
        + rates.of("b.region", "cached", "cached_valkey", "ecpu", "ecpu_valkey")
        + f"""\n  CROSS JOIN LATERAL (SELECT
              CASE {_CACHE_KIND} WHEN 'Valkey' THEN q.cached_valkey ELSE q.cached END AS gb,
              CASE {_CACHE_KIND} WHEN 'Valkey' THEN q.ecpu_valkey ELSE q.ecpu END AS ecpu) u""",
        where=_CACHE_SERVERLESS,
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
                new("'LongTermRetention-ByteHrs'"),
                "'LongTermRetention'",
                "GB-Mo",
                f"{_LONG_GIB} / 30",
                f"{_LONG_GIB} / 30 * q.stream_long",
            ),
            Part(
                new("'OnDemand-BilledIncomingBytes'"),
                "'PutRequest'",
                "GB",
                "c1.cost / q.stream_in",
                f"({_DATA}) * q.stream_in",
            ),
            Part(
                new("'OnDemand-BilledOutgoingBytes'"),
                "'GetRecords'",
                "GB",
                "c2.cost / q.stream_out",
                f"({_DATA}) * q.stream_out",
            ),
            Part(
                new("'PutRequestPayloadUnits'"),
                "'PutRequest'",
                "PutRequest",
                _UNITS,
                f"CASE WHEN {_BY_USE} THEN 0 ELSE {_UNITS} * q.stream_put END",
            ),
            Part(
                new("'EnhancedFanoutHour'"),
                "'EnhancedFanout'",
                "ConsumerHour",
                f"{HOURS} * {_SHARDS} * {_FAN_OUT}",
                f"CASE WHEN {_BY_USE} THEN 0"
                f" ELSE {_share(f'q.fan_out * {_SHARDS} * {_FAN_OUT}')} END",
            ),
            Part(
                new("'Extended-ShardHour'"),
                "'shardHourStorage'",
                "ShardHour",
                f"{HOURS} * {_SHARDS}",
                f"CASE WHEN z.retention_hours > 24 AND NOT {_BY_USE}"
                f" THEN {_share(f'q.shard_week * {_SHARDS}')} ELSE 0 END",
            ),
            Part(
                new("'OnDemand-StreamHour'"),
                "'OnDemandStreamHr'",
                "StreamHr",
                HOURS,
                f"CASE WHEN {_BY_USE} THEN b.cost ELSE 0 END",
            ),
            Part(
                new("'Storage-ShardHour'"),
                "'shardHourStorage'",
                "ShardHour",
                f"{HOURS} * {_SHARDS}",
            ),
        ),
        join=_STREAM
        + rates.of("b.region", "stream_in", "stream_out", "stream_put", *_STREAM_RATES),
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
                new(
                    f"CASE WHEN {_SERVERLESS} THEN 'Kafka.Serverless.ClusterHours'"
                    " ELSE 'Kafka.' || coalesce(substr(z.instance_type, 7), 'm5.large') END"
                ),
                f"CASE WHEN {_SERVERLESS} THEN 'RunServerless' ELSE 'RunBroker' END",
                "hours",
                f"{HOURS} * CASE WHEN {_SERVERLESS} THEN 1 ELSE coalesce(z.broker_count, 3) END",
            ),
        ),
        type="z.instance_type",
        join=_STREAM + rates.of("b.region", "broker_disk"),
        where="b.p ->> 'type' IS DISTINCT FROM 'kinesis'",
    ),
)
