"""What managed services cost: databases, caches, streams, search, machine learning."""

from decimal import Decimal
from typing import NamedTuple

from models.costs.money import HOURS_PER_MONTH, SECONDS_PER_HOUR, Number, exact, quantise
from models.prices import ENGINES, HOME_REGION, price, rates

VALKEY = Decimal("0.8")  # ElastiCache's Valkey beside Redis OSS and Memcached
DEFAULT_BROKER = "kafka.m5.large"
KINESIS_DAY_HOURS = 24
KINESIS_WEEK_HOURS = 168


class Included(NamedTuple):
    """What a database's volume of gp3 does without costing more than its size."""

    iops: int
    mibps: int


# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html: large ones are
# striped
GP3_LARGE_GIB = 400
GP3_OF_SMALL, GP3_OF_LARGE = Included(3000, 125), Included(12000, 500)
# Managed services without a list of their own: the EC2 machine times the usual markup.
OTHER_MANAGED = Decimal("1.5")


def rds_hourly(
    instance_class: str, engine: str, region: str = HOME_REGION, *, multi_az: bool = False
) -> Decimal:
    """A database instance while available; Multi-AZ runs two. Unknown engines cost MySQL's."""
    known = engine if engine in ENGINES else "mysql"
    usd = price("rds", f"{instance_class}/{known}", region)
    return quantise(usd * 2 if multi_az else usd)


def rds_storage_monthly(
    size_gib: Number,
    region: str = HOME_REGION,
    *,
    storage_type: str = "gp2",
    iops: int | None = None,
    throughput_mibps: int | None = None,
    multi_az: bool = False,
    engine: str = "postgres",
) -> Decimal:
    """A database's storage, billed while it is stopped too; doubled by Multi-AZ.

    gp3 includes 3000 IOPS and 125 MiB/s, from 400 GiB on 12000 and 500; io1 and io2 charge
    every provisioned IOPS. Aurora's storage is its own and never doubled.
    """
    size = exact(size_gib)
    if engine.startswith("aurora"):
        return quantise(price("rds", "aurora", region) * size)
    kind = storage_type if ("rds", storage_type) in rates() else "gp2"
    usd = price("rds", kind, region) * size
    if kind in ("io1", "io2"):
        usd += (iops or 0) * price("rds", f"{kind}-iops", region)
    elif kind == "gp3":
        free = GP3_OF_LARGE if size >= GP3_LARGE_GIB else GP3_OF_SMALL
        usd += max((iops or 0) - free.iops, 0) * price("rds", "gp3-iops", region)
        usd += max((throughput_mibps or 0) - free.mibps, 0) * price("rds", "gp3-throughput", region)
    return quantise(usd * 2 if multi_az else usd)


def cache_hourly(
    node_type: str, nodes: int, region: str = HOME_REGION, *, engine: str = "redis"
) -> Decimal:
    """All nodes of a cache cluster; Valkey costs 0.8 of Redis and Memcached."""
    usd = price("elasticache", node_type, region) * (VALKEY if engine == "valkey" else 1)
    return quantise(usd * nodes)


def cache_serverless_hourly(
    minimum_gb: Number, region: str = HOME_REGION, *, engine: str = "redis", minimum_ecpu: int = 0
) -> Decimal:
    """A serverless cache at the least that is metered: 1 GB, 100 MB of Valkey, or the minimum that
    its owner set, whichever is more, and the minimum of processing units a second.
    """
    item, least = ("valkey", Decimal("0.1")) if engine == "valkey" else ("redis", Decimal(1))
    usd = price("elasticache", f"serverless-{item}", region)
    units = (
        price("elasticache", f"serverless-{item}-ecpu", region) * minimum_ecpu * SECONDS_PER_HOUR
    )
    return quantise(usd * max(exact(minimum_gb), least) + units)


def stream_hourly(
    engine: str,
    shards: int,
    region: str = HOME_REGION,
    *,
    retention_hours: int = KINESIS_DAY_HOURS,
    broker_type: str = DEFAULT_BROKER,
    storage_gb: Number = 0,
) -> Decimal:
    """A stream. Kinesis: `shards` shards, with $0.02 per shard-hour more for 25 to 168 hours of
    retention (flat, whatever the days), and `storage_gb` at the monthly rate beyond a week.
    Kafka and MSK: `shards` brokers of `broker_type` with `storage_gb` together.
    """
    stored = exact(storage_gb) / HOURS_PER_MONTH
    if engine != "kinesis":
        brokers = price("msk", broker_type, region) * shards
        return quantise(brokers + stored * price("msk", "storage", region))
    usd = price("kinesis", "shard", region) * shards
    if retention_hours > KINESIS_DAY_HOURS:
        usd += price("kinesis", "extended-retention", region) * shards
    if retention_hours > KINESIS_WEEK_HOURS:
        usd += stored * price("kinesis", "long-retention", region)
    return quantise(usd)


def managed_service_hourly(
    service_type: str,
    instance_type: str,
    nodes: int,
    region: str = HOME_REGION,
    *,
    storage_gib: Number = 0,
) -> Decimal:
    """OpenSearch, SageMaker and Redshift nodes by their lists, others (DocumentDB, EMR …) by
    the machine's EC2 price and a markup; `storage_gib` per node at the service's rate.
    """
    name = service_type.lower()
    if "search" in name or name in ("es", "elk"):
        node = price("opensearch", instance_type, region)
        disk = price("opensearch", "gp3", region)
    elif "sagemaker" in name:
        node, disk = (
            price("sagemaker", instance_type, region),
            price("sagemaker", "storage", region),
        )
    elif "redshift" in name:
        node, disk = price("redshift", instance_type, region), price("redshift", "storage", region)
    else:
        machine = instance_type.removeprefix("db.").removeprefix("ml.").removeprefix("cache.")
        node = price("ec2", machine, region) * OTHER_MANAGED
        disk = price("ebs", "gp3", region)
    stored = exact(storage_gib) / HOURS_PER_MONTH * disk
    return quantise((node + stored) * nodes)
