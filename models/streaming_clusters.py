"""Streams and Kafka clusters: their states, and what they cost."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from models import costs, single_rows
from models.callers import NOW
from models.costs import quantise
from models.listing import Column, Database, Listing
from models.prices import price

# MB per second that a shard takes, and what each vCPU of a broker does.
SHARD_MBPS, BROKER_MBPS_PER_VCPU = 1, 15
T3_BROKER_MBPS = 10
# What an on-demand stream begins with.
ON_DEMAND_SHARDS = 4

_STORED = (
    "id", "name", "arn", "engine", "env", "region", "shard_count", "retention_hours",
    "hourly_cost", "created_at", "stream_mode", "instance_type", "broker_count", "storage_gib",
    "encryption_type", "kms_key_id", "shard_level_metrics", "resource_policy", "max_record_kib",
    "cluster_type", "kafka_version", "storage_throughput", "enhanced_monitoring", "settings",
    "revision",
)  # fmt: skip
# A transition is over when its time has come, whether or not anything has settled it yet.
STATUS = (
    f"(case when s.settles_at <= {NOW} and s.status <> 'DELETING' then 'ACTIVE' else s.status end)"
)
# What was being deleted is gone when its time has come.
ALWAYS = f"(s.status <> 'DELETING' or s.settles_at is null or s.settles_at > {NOW})"
_SELECT = ", ".join(f"s.{name}" for name in _STORED) + f", {STATUS} as status"
_CONSUMERS = "(select count(*) from streaming_consumers as c where c.stream_id = s.id)"
_TAGS = (
    "coalesce((select jsonb_object_agg(t.key, t.value order by t.key) from resource_tags as t"
    " where t.resource_type = 'streaming_cluster' and t.resource_id = s.arn), '{}')"
)
# A Kafka cluster that says no networks stands in those of its account's first.
_SUBNETS = (
    "(case when s.settings ? 'subnets' then (select jsonb_agg(x) from jsonb_array_elements_text("
    "s.settings -> 'subnets') as x) else (select jsonb_agg(n.subnet_id order by"
    " n.availability_zone) from (select distinct on (o.availability_zone) o.availability_zone,"
    " o.subnet_id from subnets as o where o.account_id = s.account_id and o.region = s.region"
    " order by o.availability_zone, o.map_public_ip_on_launch, o.subnet_id limit 3) as n) end)"
)
_GROUPS = (
    "(case when s.settings ? 'security_groups' then s.settings -> 'security_groups' else"
    " (select jsonb_build_array(g.group_id) from security_groups as g where g.vpc_id = (select"
    " o.vpc_id from subnets as o where o.account_id = s.account_id and o.region = s.region order"
    " by o.availability_zone, o.map_public_ip_on_launch, o.subnet_id limit 1)"
    " order by g.name = 'default' desc, g.group_id limit 1) end)"
)
_OPERATION = (
    "(select o.arn from streaming_operations as o where o.cluster_id = s.id"
    f" and o.ends_at > {NOW} order by o.started_at desc limit 1)"
)

STREAMS = Listing(
    f"{_SELECT}, {_CONSUMERS} as consumers",
    "streaming_clusters as s",
    key="s.name",
    columns={"region": "s.region"},
    always=f"s.engine = 'kinesis' and {ALWAYS}",
)
KAFKA = Listing(
    f"{_SELECT}, {_TAGS} as tags, {_SUBNETS} as subnets, {_GROUPS} as security_groups,"
    f" {_OPERATION} as operation_arn, s.account_id::text as account_id",
    "streaming_clusters as s",
    key="s.arn",
    columns={
        "region": "s.region",
        "name": "s.name",
        "cluster_type": "s.cluster_type",
        "created_at": Column("s.created_at", "time"),
    },
    always=f"s.engine <> 'kinesis' and {ALWAYS}",
)

# What ends by itself: called by the server while it runs, in step with its transition_seconds.
SETTLE = """
with gone as (
    delete from streaming_clusters
     where status = 'DELETING' and settles_at <= driftcloud_now(account_id)
)
update streaming_clusters set status = 'ACTIVE', settles_at = null
 where status <> 'DELETING' and settles_at <= driftcloud_now(account_id)
"""

_LOCK = """
select id from streaming_clusters
 where account_id = driftcloud_account() and region = $1 and arn = $2 for update
"""
_DELETE = """
delete from streaming_clusters
 where account_id = driftcloud_account() and region = $1 and arn = $2
"""
_CLEAR = _DELETE.rstrip() + f" and status = 'DELETING' and settles_at <= {NOW}"
_COUNTS = f"""
select coalesce(sum(s.shard_count) filter (where s.stream_mode = 'PROVISIONED'), 0)::int as shards,
       count(*) filter (where s.stream_mode = 'ON_DEMAND')::int as on_demand
  from streaming_clusters as s
 where s.account_id = driftcloud_account() and s.region = $1 and s.engine = 'kinesis' and {ALWAYS}
"""


async def find_stream(db: Database, region: str, name: str) -> Any | None:
    """The Kinesis stream of that name, or None."""
    return await STREAMS.one(db, region, name)


async def find_kafka(db: Database, region: str, arn: str) -> Any | None:
    """The Kafka cluster of that ARN, or None."""
    return await KAFKA.one(db, region, arn)


async def lock(db: Any, region: str, arn: str) -> None:
    """Hold a stream or cluster until the transaction ends."""
    await db.fetch(_LOCK, region, arn)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new stream or cluster with its costs; False when its name is taken."""
    await db.write(_CLEAR, row["region"], row["arn"])
    return await single_rows.insert(db, "streaming_clusters", {**row, **priced(row)})


async def change(db: Any, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a stream or cluster, and what it costs with them."""
    whole = {**changes, **priced({**dict(row), **changes})}
    await single_rows.update(db, "streaming_clusters", row["region"], "arn", row["arn"], whole)


async def delete(db: Any, region: str, arn: str, now: datetime, takes: timedelta) -> None:
    """Delete a stream or cluster, at once or when `takes` is over."""
    if takes:
        changes = {"status": "DELETING", "settles_at": now + takes}
        await single_rows.update(db, "streaming_clusters", region, "arn", arn, changes)
    else:
        await db.write(_DELETE, region, arn)


async def counts(db: Any, region: str) -> Any:
    """How many `shards` of provisioned streams and `on_demand` streams a region has."""
    return await db.fetchrow(_COUNTS, region)


def transition(status: str, now: datetime, takes: timedelta) -> dict[str, Any]:
    """The columns of a change that shows as `status` until it is over."""
    if not takes:
        return {"status": "ACTIVE", "settles_at": None}
    return {"status": status, "settles_at": now + takes}


def priced(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a stream or cluster costs an hour and how much it takes, MB per second."""
    if row["engine"] == "kinesis":
        return {
            "hourly_cost": _stream_hourly(row),
            "provisioned_throughput_mbps": SHARD_MBPS * row["shard_count"],
        }
    if row.get("cluster_type") == "SERVERLESS":
        hourly = quantise(price("msk", "serverless", row["region"]))
        return {"hourly_cost": hourly, "provisioned_throughput_mbps": 200}
    brokers = row["broker_count"]
    stored = (row["storage_gib"] or 0) * brokers
    kind = row["instance_type"]
    return {
        "hourly_cost": costs.stream_hourly(
            "msk", brokers, row["region"], broker_type=kind, storage_gb=stored
        ),
        "provisioned_throughput_mbps": broker_mbps(kind) * brokers,
    }


def broker_mbps(instance_type: str) -> int:
    """MB per second that a broker takes."""
    if ".t3." in instance_type:
        return T3_BROKER_MBPS
    return BROKER_MBPS_PER_VCPU * costs.vcpu_count(instance_type.removeprefix("kafka."))


def _stream_hourly(row: Mapping[str, Any]) -> Decimal:
    """Shards with their retention and the fan-out of consumers; on demand, the stream alone."""
    region = row["region"]
    if row.get("stream_mode") == "ON_DEMAND":
        return quantise(price("kinesis", "on-demand", region))
    shards = row["shard_count"]
    own = costs.stream_hourly("kinesis", shards, region, retention_hours=row["retention_hours"])
    fan_out = price("kinesis", "fan-out", region) * shards * (row.get("consumers") or 0)
    return own + quantise(fan_out)
