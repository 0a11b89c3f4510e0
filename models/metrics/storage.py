"""Metrics of storage: EBS, S3 and Logs."""

from typing import Any

from models.metrics.metric import (
    Figures,
    Metric,
    Payload,
    daily,
    events,
    measured,
    total,
)
from models.metrics.source import ACCOUNT, Source, day_of, days_of, source

_GIB = 1 << 30
# What one read or write moves, and how they divide an operation count.
_OPERATION, _READS, _WRITES = 16_384, 0.4, 0.6


def _passing(name: str, unit: str, share: float) -> Metric:
    """What a volume does in a day, worked out of its operations a second; mean and maximum hold."""
    minute = 60

    def read(payload: Payload) -> Figures:
        mean = payload.get("iops_avg")
        return (
            None
            if mean is None
            else (mean * share * minute, payload.get("iops_max", mean * 2) * share * minute)
        )

    return Metric(name, unit, "level", read)


def _idle(payload: Payload) -> Figures:
    """Seconds of a minute in which nothing was read or written; an operation takes 2 ms."""
    mean = payload.get("iops_avg")
    if mean is None:
        return None
    idle = 60 * max(0.0, 1 - mean * 0.002)
    return idle, min(60.0, idle * 1.02)


def _queue(payload: Payload) -> Figures:
    mean = payload.get("iops_avg")
    return None if mean is None else (mean * 0.002, payload.get("iops_max", mean * 2) * 0.002)


_EBS = (
    _passing("VolumeReadOps", "Count", _READS),
    _passing("VolumeWriteOps", "Count", _WRITES),
    _passing("VolumeReadBytes", "Bytes", _READS * _OPERATION),
    _passing("VolumeWriteBytes", "Bytes", _WRITES * _OPERATION),
    _passing("VolumeTotalReadTime", "Seconds", _READS * 0.001),
    _passing("VolumeTotalWriteTime", "Seconds", _WRITES * 0.002),
    Metric("VolumeIdleTime", "Seconds", "level", _idle),
    Metric("VolumeQueueLength", "Count", "level", _queue),
)
# Only volumes that burst have a balance.
_BURSTING = ("gp2", "st1", "sc1")


def _burst(payload: Payload) -> Figures:
    return (100.0, 100.0) if payload.get("type") in _BURSTING else None


# A volume that is attached to nothing sends nothing.
_VOLUME = days_of("volume", "$4").replace(
    " order by",
    " and ((m.metric_payload -> 'iops_avg')::float8 > 0 or coalesce((select v.state = 'in-use'"
    f" from volumes as v where v.account_id = {ACCOUNT} and v.volume_id = $4), false))"
    " order by",
)
_VOLUMES: dict[str, Any] = {
    "listed": f"volumes as r where r.account_id = {ACCOUNT} and r.state = 'in-use'",
    "key": "r.volume_id",
    "columns": "r.volume_id",
    "day": day_of("volume", "r.volume_id"),
}

_BUCKET_DAYS = (
    "select b.name as resource_id, u.date, jsonb_build_object({payload}, 'env', b.env,"
    " 'region', b.region) as payload, 1 as unit, null::timestamptz as ends"
    " from s3_buckets as b join s3_bucket_usage_daily as u on u.bucket_id = b.id"
    " and u.date between $1 and $2"
    f" where b.account_id = {ACCOUNT} and b.region = $3 and b.name = $4 order by u.date"
)
_TIERS = {
    "StandardStorage": "storage_gb_standard",
    "StandardIAStorage": "storage_gb_ia",
    "GlacierStorage": "storage_gb_glacier",
}
_TIER = " ".join(f"when '{name}' then u.{column}" for name, column in _TIERS.items())
_ALL = " + ".join(f"u.{column}" for column in _TIERS.values())


def _buckets(columns: str, second: str, key: str = "r.name") -> dict[str, Any]:
    return {
        "listed": f"(select b.* {second} where b.account_id = {ACCOUNT}) as r",
        "key": key,
        "columns": columns,
        "day": "d.bucket_id = r.id",
        "days": "s3_bucket_usage_daily",
    }


_TIER_LIST = _buckets(
    "r.name|r.tier",
    ", t.tier from s3_buckets as b cross join (values "
    + ", ".join(f"('{name}')" for name in _TIERS)
    + ") as t (tier)",
    "r.name || '/' || r.tier",
)
_TIER_LIST["day"] += (
    " and case r.tier "
    + " ".join(f"when '{name}' then d.{column}" for name, column in _TIERS.items())
    + " end > 0"
)
_REQUESTS = (
    events("AllRequests", "requests"),
    events("GetRequests", "requests", 0.75),
    events("HeadRequests", "requests", 0.05),
    events("PutRequests", "requests", 0.17),
    events("ListRequests", "requests", 0.03),
    events("4xxErrors", "requests", 0.004),
    total("BytesDownloaded", "Bytes", "requests", 0.75 * 1_048_576),
    total("BytesUploaded", "Bytes", "requests", 0.17 * 1_048_576),
    measured("FirstByteLatency", "Milliseconds", "requests", "latency"),
    measured("TotalRequestLatency", "Milliseconds", "requests", "latency", 2.4),
)

_LOG_DAYS = (
    "select g.name as resource_id, u.date, jsonb_build_object('ingested', u.ingested_gb,"
    " 'env', g.env, 'region', g.region) as payload, 1 as unit, null::timestamptz as ends"
    " from log_groups as g join log_group_usage_daily as u on u.log_group_id = g.id"
    " and u.date between $1 and $2"
    f" where g.account_id = {ACCOUNT} and g.region = $3 and g.name = $4 order by u.date"
)
_LOGS = (
    total("IncomingBytes", "Bytes", "ingested", _GIB),
    total("IncomingLogEvents", "Count", "ingested", _GIB / 250),
)

SOURCES: tuple[Source, ...] = (
    source("AWS/EBS", ["VolumeId"], _EBS, _VOLUME, **_VOLUMES),
    source(
        "AWS/EBS", ["VolumeId"], [Metric("BurstBalance", "Percent", "level", _burst)], _VOLUME,
        **_VOLUMES
        | {"listed": f"{_VOLUMES['listed']} and r.volume_type in ('gp2', 'st1', 'sc1')"},
    ),
    source(
        "AWS/S3", ["BucketName", "StorageType"], [daily("BucketSizeBytes", "Bytes", "gb", _GIB)],
        _BUCKET_DAYS.format(payload=f"'gb', case $5::text {_TIER} end"), **_TIER_LIST,
    ),
    source(
        "AWS/S3", ["BucketName", "StorageType"], [daily("NumberOfObjects", "Count", "objects")],
        _BUCKET_DAYS.format(
            payload=f"'objects', case when $5::text = 'AllStorageTypes'"
            # what the engine grows comes in objects of 1 MB
            f" then round(({_ALL} - u.held_gb_standard - u.held_gb_ia - u.held_gb_glacier) * 1024)"
            " + u.held_objects end"
        ),
        **_buckets("r.name|'AllStorageTypes'", "from s3_buckets as b"),
    ),
    source(
        "AWS/S3", ["BucketName", "FilterId"], _REQUESTS,
        _BUCKET_DAYS.format(
            # how many requests a prefix or tag has had is not known
            payload="'latency', 18, 'requests', case when b.metrics -> $5::text is not null"
            " and b.metrics -> $5::text -> 'Filter' is null then u.requests_count end"
        ),
        **_buckets(
            "r.name|r.filter",
            ", m.key as filter from s3_buckets as b cross join jsonb_each(b.metrics) as m"
            " (key, value)",
            "r.name || '/' || r.filter",
        ),
    ),
    source(
        "AWS/Logs", ["LogGroupName"], _LOGS, _LOG_DAYS,
        listed=f"log_groups as r where r.account_id = {ACCOUNT}", key="r.name", columns="r.name",
        day="d.log_group_id = r.id", days="log_group_usage_daily",
    ),
)  # fmt: skip
