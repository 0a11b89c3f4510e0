"""Streams and Kafka clusters of an estate."""

from models import costs
from models.estates.estate import Estate, Row

_ENGINES = {"kinesis": 0.7, "msk": 0.3}
_ROLES = {"steady": 0.5, "oversized": 0.4, "idle": 0.1}
_BROKERS = {"prod": "kafka.m5.large", "other": "kafka.t3.small"}


def create(estate: Estate) -> None:
    """Every stream, shards paid by the hour whether records come or not."""
    count = estate.plan.streams
    chance = estate.chance("streams")
    engines, roles = chance.deck(count, _ENGINES), chance.deck(count, _ROLES)
    regions, environments = estate.regions("streams", count), estate.share_out("streams", count)
    bare = estate.untagged("streams", count)
    for at, role in enumerate(roles):
        own = estate.chance("stream", at)
        owner = estate.company.owner(own)
        env, region, engine = environments[at], regions[at], engines[at]
        name = f"{owner.service}-events-{env}-{at + 1:02d}"
        born = estate.before(own, 30, 600)
        key = own.key()
        size = (
            _kinesis(own.whole(0, 9), role, region) if engine == "kinesis" else _kafka(env, region)
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
        pattern, saving = _waste(role, engine, size, region)
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(
            own, owner, env, name, bare=bare[at], **(innocent[1] if innocent else {})
        )
        estate.tag("streaming_cluster", arn, tags, born)
        estate.profile(
            "streaming_cluster", arn, role, pattern=pattern,
            decoy=innocent[0] if innocent else None, saving=saving,
        )  # fmt: skip


def _kinesis(draw: int, role: str, region: str) -> Row:
    shards = 8 + 2 * draw if role == "oversized" else 2 + draw // 2
    retention = 168 if draw % 3 == 0 else 24
    return {
        "shard_count": shards,
        "retention_hours": retention,
        "provisioned_throughput_mbps": float(shards),
        "hourly_cost": costs.stream_hourly("kinesis", shards, region, retention_hours=retention),
        "instance_type": None,
        "broker_count": None,
        "storage_gib": None,
    }


def _kafka(env: str, region: str) -> Row:
    broker = _BROKERS.get(env, _BROKERS["other"])
    storage = 500 if env == "prod" else 100
    return {
        "shard_count": 3,
        "retention_hours": 168,
        "provisioned_throughput_mbps": 90.0 if env == "prod" else 30.0,
        "hourly_cost": costs.stream_hourly(
            "msk", 3, region, broker_type=broker, storage_gb=storage * 3
        ),
        "instance_type": broker,
        "broker_count": 3,
        "storage_gib": storage,
    }


def _waste(role: str, engine: str, size: Row, region: str) -> tuple[str | None, float]:
    hourly = float(size["hourly_cost"])
    if role == "idle":
        return "stream_idle", hourly * 730
    if role == "oversized" and engine == "kinesis":
        return "stream_overprovisioned", hourly * 730 * 0.6
    if role == "oversized":
        return "msk_overprovisioned", hourly * 730 * 0.5
    return None, 0.0
