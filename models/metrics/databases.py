"""Metrics of databases, caches and search domains: RDS, ElastiCache, OpenSearch."""

from typing import Any

from models.callers import NUMBER
from models.metrics.metric import (
    Figures,
    Metric,
    Payload,
    constant,
    gauge,
    level,
    total,
)
from models.metrics.source import ACCOUNT, Source, day_of, days_of, days_of_all, source

_MIB, _GIB, _DAY = 1_048_576, 1 << 30, 86_400


def _memory_gib(payload: Payload) -> float:
    """Memory of the row's machine type, GiB; a type that no table has counts as 8."""
    from models import instance_types

    name = str(payload.get("type") or "").removeprefix("db.").removeprefix("cache.")
    known = instance_types.find(name)
    return 8.0 if known is None else float(known.memory_gib)


def _free_memory(payload: Payload) -> float | None:
    used = payload.get("memory_avg")
    return None if used is None else _memory_gib(payload) * _GIB * (1 - used / 100)


def _used_memory(payload: Payload) -> float | None:
    used = payload.get("memory_avg")
    return None if used is None else _memory_gib(payload) * _GIB * used / 100


def _free_storage(payload: Payload) -> float | None:
    # nothing is told of a database that is down
    free = payload.get("free_storage_gib") if "cpu_avg" in payload else None
    return None if free is None else free * _GIB


def _running(name: str, unit: str, value: float) -> Metric:
    def read(payload: Payload) -> Figures:
        return (value, value) if "cpu_avg" in payload else None

    return Metric(name, unit, "level", read)


_RDS = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("DatabaseConnections", "Count", "connections", "connections_max"),
    gauge("FreeableMemory", "Bytes", _free_memory),
    gauge("FreeStorageSpace", "Bytes", _free_storage),
    level("ReadIOPS", "Count/Second", "iops_avg", factor=0.6),
    level("WriteIOPS", "Count/Second", "iops_avg", factor=0.4),
    level("ReadThroughput", "Bytes/Second", "iops_avg", factor=0.6 * 16_384),
    level("WriteThroughput", "Bytes/Second", "iops_avg", factor=0.4 * 16_384),
    level("NetworkReceiveThroughput", "Bytes/Second", "network_in", factor=_MIB / _DAY),
    level("NetworkTransmitThroughput", "Bytes/Second", "network_out", factor=_MIB / _DAY),
    level("DiskQueueDepth", "Count", "iops_avg", factor=0.001),
    _running("ReadLatency", "Seconds", 0.0008),
    _running("WriteLatency", "Seconds", 0.0015),
    _running("SwapUsage", "Bytes", 0.0),
)
_DATABASE_ID = (
    "coalesce((select b.db_instance_id from rds_instances as b"
    f" where b.account_id = {ACCOUNT} and b.region = $3 and b.identifier = $4), $4)"
)
_DATABASES = (
    "select b.db_instance_id as id from rds_instances as b"
    f" where b.account_id = {ACCOUNT} and b.region = $3"
)


def _databases(column: str) -> dict[str, Any]:
    return {
        "listed": (
            f"(select b.{column} as name, b.region, min(b.db_instance_id) as one"
            f" from rds_instances as b where b.account_id = {ACCOUNT} and b.{column} is not null"
            " group by 1, 2) as r"
        ),
        "key": "r.name",
        "columns": "r.name",
        "day": day_of("rds_instance", "r.one"),
    }


_CACHE = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("EngineCPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("DatabaseMemoryUsagePercentage", "Percent", "memory_avg"),
    gauge("FreeableMemory", "Bytes", _free_memory),
    gauge("BytesUsedForCache", "Bytes", _used_memory),
    level("CurrConnections", "Count", "connections"),
    total("NewConnections", "Count", "connections", 24),
    total("NetworkBytesIn", "Bytes", "network_in", _MIB),
    total("NetworkBytesOut", "Bytes", "network_out", _MIB),
    total("CacheHits", "Count", "network_out", _MIB / 2048),
    total("CacheMisses", "Count", "network_in", _MIB / 8192),
    constant("Evictions", "Count"),
    constant("SwapUsage", "Bytes"),
)
# A replication group is one row, and each of its members a cluster to CloudWatch.
_MEMBERS = (
    "cache_clusters as c left join lateral jsonb_to_recordset(c.members) as m (id text) on true"
)
_CACHE_ID = (
    f"coalesce((select c.cluster_id from {_MEMBERS}"
    f" where c.account_id = {ACCOUNT} and c.region = $3 and coalesce(m.id, c.identifier) = $4), $4)"
)
_CACHES: dict[str, Any] = {
    "listed": (
        "(select c.cluster_id, c.region, coalesce(m.id, c.identifier) as identifier"
        f" from {_MEMBERS} where c.account_id = {ACCOUNT} and c.serverless is null) as r"
    ),
    "key": "r.identifier",
    "day": day_of("cache_cluster", "r.cluster_id"),
}
# Nodes have numbers where a cluster has several; a member of a group is one node, the first.
_NODES = (
    f"(case when exists (select 1 from cache_clusters as c where c.account_id = {ACCOUNT}"
    " and c.cluster_id = m.resource_id and c.members is not null) then 1"
    " else greatest(1, (m.metric_payload -> 'nodes')::int) end)"
)

_DOMAIN = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("JVMMemoryPressure", "Percent", "memory_avg"),
    level("MasterCPUUtilization", "Percent", "cpu_avg", factor=0.3),
    level("Nodes", "Count", "nodes", "nodes"),
    level("SearchRate", "Count", "cpu_avg", "cpu_max", 14),
    level("IndexingRate", "Count", "cpu_avg", "cpu_max", 9),
    gauge("ClusterStatus.green", "Count", lambda payload: float(payload.get("nodes", 2) > 1)),
    # the replicas of a lone node lie nowhere
    gauge("ClusterStatus.yellow", "Count", lambda payload: float(payload.get("nodes", 2) == 1)),
    constant("ClusterStatus.red", "Count"),
    constant("ClusterIndexWritesBlocked", "Count"),
)
_DOMAIN_ARN = f"format('arn:aws:es:%s:%s:domain/%s', $3::text, {NUMBER}, $4::text)"

SOURCES: tuple[Source, ...] = (
    source(
        "AWS/RDS", ["DBInstanceIdentifier"], _RDS, days_of("rds_instance", _DATABASE_ID),
        listed=f"rds_instances as r where r.account_id = {ACCOUNT}", key="r.identifier",
        columns="r.identifier", day=day_of("rds_instance", "r.db_instance_id"),
    ),
    source(
        "AWS/RDS", ["DBClusterIdentifier"], _RDS,
        days_of_all("rds_instance", f"{_DATABASES} and b.cluster_identifier = $4"),
        **_databases("cluster_identifier"),
    ),
    source(
        "AWS/RDS", ["DatabaseClass"], _RDS,
        days_of_all("rds_instance", f"{_DATABASES} and b.instance_class = $4"),
        **_databases("instance_class"),
    ),
    source(
        "AWS/RDS", ["EngineName"], _RDS,
        days_of_all("rds_instance", f"{_DATABASES} and b.engine = $4"), **_databases("engine"),
    ),
    source("AWS/RDS", [], _RDS, days_of_all("rds_instance", _DATABASES)),
    source(
        "AWS/ElastiCache", ["CacheClusterId"], _CACHE, days_of("cache_cluster", _CACHE_ID),
        columns="r.identifier", **_CACHES,
    ),
    source(
        "AWS/ElastiCache", ["CacheClusterId", "CacheNodeId"], _CACHE,
        days_of("cache_cluster", _CACHE_ID).replace(
            " order by",
            " and $5::text = any(array(select lpad(n::text, 4, '0')"
            f" from generate_series(1, {_NODES}) as n)) order by",
        ),
        columns="r.identifier|'0001'", **_CACHES,
    ),
    source(
        "AWS/ES", ["DomainName", "ClientId"], _DOMAIN,
        days_of("managed_service", _DOMAIN_ARN).replace(
            " order by", f" and $5::text = {NUMBER} order by"
        ),
        listed=(
            f"managed_services as r where r.account_id = {ACCOUNT}"
            " and r.service_type in ('opensearch', 'elasticsearch', 'es')"
        ),
        key="r.name", columns=f"r.name|{NUMBER}", day=day_of("managed_service", "r.arn"),
    ),
)  # fmt: skip
