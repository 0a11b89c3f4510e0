"""Streams and Kafka clusters of an estate."""

import math

from models import costs, prices
from models.estates.estate import Estate, Row

_KINDS = {
    ("kinesis", "steady"): 0.35,
    ("kinesis", "oversized"): 0.2,
    ("kinesis", "idle"): 0.1,
    ("msk", "steady"): 0.17,
    ("msk", "oversized"): 0.18,
}
_BROKERS = {"prod": "kafka.m5.large", "other": "kafka.t3.small"}
_LARGE_BROKER = "kafka.m5.xlarge"
_WEEK_HOURS = 168


def create(estate: Estate) -> None:
    """Every stream, shards paid by the hour whether records come or not."""
    count = estate.plan.streams
    chance = estate.chance("streams")
    kinds = chance.deck(count, _KINDS)
    regions, environments = estate.regions("streams", count), estate.share_out("streams", count)
    bare = estate.untagged("streams", count)
    _mix(kinds, environments)
    for at, (engine, role) in enumerate(kinds):
        own = estate.chance("stream", at)
        owner = estate.company.owner(own)
        env, region = environments[at], regions[at]
        name = f"{owner.service}-events-{env}-{at + 1:02d}"
        born = estate.before(own, 30, 600)
        key = own.key()
        size = (
            _kinesis(own.whole(0, 9), role, env, region)
            if engine == "kinesis"
            else _kafka(env, role, region)
        )
        service, tail = ("kinesis", f"stream/{name}")
        if engine != "kinesis":
            service, tail = "kafka", f"cluster/{name}/{key}-1"
        arn = estate.arn(service, region, tail)
        estate.add(
            "streaming_clusters",
            {
                "id": key,
                "account_id": estate.account_id,
                "name": name,
                "engine": engine,
                "env": env,
                "region": region,
                "created_at": born,
                "updated_at": born,
                "arn": arn,
                **size,
            },
        )
        pattern, saving = _waste(role, engine, env, size, region)
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(
            own, owner, env, name, bare=bare[at], **(innocent[1] if innocent else {})
        )
        estate.tag("streaming_cluster", arn, tags, born)
        estate.profile(
            "streaming_cluster", arn, role, pattern=pattern,
            decoy=innocent[0] if innocent else None, saving=saving,
        )  # fmt: skip


def _mix(kinds: list[tuple[str, str]], environments: list[str]) -> None:
    """Let a stream at work stand outside production, where what it keeps is waste."""
    steady = [at for at, kind in enumerate(kinds) if kind == ("kinesis", "steady")]
    others = [at for at, env in enumerate(environments) if env != "prod"]
    if steady and others and not set(steady) & set(others):
        one, other = steady[0], others[0]
        environments[one], environments[other] = environments[other], environments[one]


def _kinesis(draw: int, role: str, env: str, region: str) -> Row:
    shards = 8 + 2 * draw if role == "oversized" else 2 + draw // 2
    retention = _WEEK_HOURS if draw % 3 == 0 or (role == "steady" and env != "prod") else 24
    return {
        "shard_count": shards,
        "retention_hours": retention,
        "provisioned_throughput_mbps": float(shards),
        "hourly_cost": costs.stream_hourly("kinesis", shards, region, retention_hours=retention),
        "instance_type": None,
        "broker_count": None,
        "storage_gib": None,
    }


def _kafka(env: str, role: str, region: str) -> Row:
    broker = _LARGE_BROKER if role == "oversized" else _BROKERS.get(env, _BROKERS["other"])
    storage = 500 if env == "prod" else 100
    return {
        "shard_count": 3,
        "retention_hours": _WEEK_HOURS,
        "provisioned_throughput_mbps": 3.0 * _BROKER_MBPS[broker],
        "hourly_cost": costs.stream_hourly(
            "msk", 3, region, broker_type=broker, storage_gb=storage * 3
        ),
        "instance_type": broker,
        "broker_count": 3,
        "storage_gib": storage,
    }


_BROKER_MBPS = {"kafka.t3.small": 10, "kafka.m5.large": 30, "kafka.m5.xlarge": 60}


def _waste(role: str, engine: str, env: str, size: Row, region: str) -> tuple[str | None, float]:
    hourly = float(size["hourly_cost"])
    shards = size["shard_count"]
    if role == "idle":
        return "stream_idle", hourly * 730
    if role == "oversized" and engine == "kinesis":
        # a shard takes an MB a second: of an oversized stream's, an eighth is in use at most
        needed = max(1, math.ceil(shards * _MOST_USED * 1.5))
        return "stream_overprovisioned", hourly / shards * (shards - needed) * 730
    if role == "oversized":
        kinds = (prices.price("msk", one, region) for one in (_LARGE_BROKER, _BROKERS["prod"]))
        large, middle = kinds
        return "msk_overprovisioned", float(large - middle) * size["broker_count"] * 730
    if engine == "kinesis" and env != "prod" and size["retention_hours"] > 24:
        week = prices.price("kinesis", "extended-retention", region)
        return "stream_retention", float(week) * shards * 730
    return None, 0.0


_MOST_USED = 0.13
