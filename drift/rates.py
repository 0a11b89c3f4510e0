"""Rates of what is billed by use, of models.prices, by region, as statements read them."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from models import prices

HOME = prices.HOME_REGION


def _of(service: str, item: str) -> Callable[[str], Decimal]:
    return lambda region: prices.price(service, item, region)


def _requests(region: str) -> Decimal:
    """Four of five requests to a bucket read."""
    read, write = (prices.price("s3", f"{kind}-requests", region) for kind in ("read", "write"))
    return (4 * read + write) / 5


# USD by the name that statements use. The Glacier column of a bucket's days is GLACIER_IR.
ITEMS: dict[str, Callable[[str], Decimal]] = {
    "standard": _of("s3", "STANDARD"),
    "warm": _of("s3", "STANDARD_IA"),
    "cold": _of("s3", "GLACIER_IR"),
    "request": _requests,
    "request_write": _of("s3", "write-requests"),
    "request_read": _of("s3", "read-requests"),
    "transition": _of("s3", "STANDARD_IA-transition"),
    "ingestion": _of("logs", "ingestion"),
    "ingestion_rare": _of("logs", "ingestion-infrequent-access"),
    "storage": _of("logs", "storage"),
    "call": _of("lambda", "requests"),
    "run": _of("lambda", "duration-x86_64"),
    "run_arm": _of("lambda", "duration-arm64"),
    "run_warm": _of("lambda", "provisioned-duration-x86_64"),
    "run_warm_arm": _of("lambda", "provisioned-duration-arm64"),
    "kept": _of("lambda", "provisioned-x86_64"),
    "kept_arm": _of("lambda", "provisioned-arm64"),
    "vcpu": _of("ecs", "vcpu-x86_64"),
    "memory": _of("ecs", "memory-x86_64"),
    "vcpu_arm": _of("ecs", "vcpu-arm64"),
    "memory_arm": _of("ecs", "memory-arm64"),
    "processed": _of("vpc", "nat-gb"),
    "address": _of("vpc", "address-idle"),
    "control_plane": _of("eks", "cluster"),
    "extended_support": _of("eks", "cluster-extended-support"),
    "application_lcu": _of("elb", "application-lcu"),
    "network_lcu": _of("elb", "network-lcu"),
    "gateway_lcu": _of("elb", "gateway-lcu"),
    "classic_gb": _of("elb", "classic-gb"),
    "cached": _of("elasticache", "serverless-redis"),
    "cached_valkey": _of("elasticache", "serverless-valkey"),
    "ecpu": _of("elasticache", "serverless-redis-ecpu"),
    "ecpu_valkey": _of("elasticache", "serverless-valkey-ecpu"),
    "stream_in": _of("kinesis", "on-demand-in"),
    "stream_out": _of("kinesis", "on-demand-out"),
    "stream_put": _of("kinesis", "put-unit"),
    "stream_long": _of("kinesis", "long-retention"),
    "fan_out": _of("kinesis", "fan-out"),
    "cross_region": _of("transfer", "cross-region"),
    "egress": _of("transfer", "egress"),
    "cross_region_us_east": _of("transfer", "cross-region-us-east"),
    "cross_az": _of("transfer", "cross-az"),
    "shard_week": _of("kinesis", "extended-retention"),
    "broker_disk": _of("msk", "storage"),
    "search_disk": _of("opensearch", "gp3"),
    "search_disk_old": _of("opensearch", "gp2"),
    "search_disk_io": _of("opensearch", "io1"),
    "search_disk_slow": _of("opensearch", "standard"),
    "search_iops": _of("opensearch", "gp3-iops"),
    "search_iops_io": _of("opensearch", "io1-iops"),
    "search_mibps": _of("opensearch", "gp3-throughput"),
    "warehouse_disk": _of("redshift", "storage"),
    "notebook_disk": _of("sagemaker", "storage"),
    "disk": _of("ebs", "gp3"),
    "disk_iops": _of("ebs", "gp3-iops"),
    "disk_mibps": _of("ebs", "gp3-throughput"),
    "disk_snapshot": _of("ebs", "snapshot"),
    "database_snapshot": _of("rds", "backup"),
    "database_iops": _of("rds", "io1-iops"),  # io2's cost the same
    "database_iops_more": _of("rds", "gp3-iops"),
    "database_mibps": _of("rds", "gp3-throughput"),
}


def of(region: str, *names: str, alias: str = "q") -> str:
    """A join that gives a row of region `region` (SQL) the rates `names`, as q.name (numeric).

    A region that the price list lacks costs what us-east-1 does.
    """
    regions = list(prices.table("regions"))
    known = array(regions, "text")
    arrays = ", ".join(array(map(ITEMS[name], regions), "numeric") for name in names)
    return (
        f"JOIN unnest({known}, {arrays}) AS {alias} (region, {', '.join(names)})"
        f" ON {alias}.region = CASE WHEN {region} = ANY ({known}) THEN {region} ELSE '{HOME}' END"
    )


def array(values: Iterable[str | Decimal], kind: str) -> str:
    """SQL for a fixed array of plain words or figures, of PostgreSQL's type `kind`.

    Statements that run every day have what never changes in their text: to bind a thousand figures
    a day takes longer than to look them up.
    """
    elements = ",".join(f"{one:f}" if isinstance(one, Decimal) else one or '""' for one in values)
    return f"'{{{elements}}}'::{kind}[]"


def literal(region: str, name: str) -> str:
    """SQL for the rate `name` in the region that `region` (SQL) gives, numeric.

    For statements whose values are fixed: the SYMPTOM of a scenario.
    """
    return _looked_up(region, {one: ITEMS[name](one) for one in prices.table("regions")})


def node(service: str, kind: str, region: str) -> str:
    """SQL for the USD an hour of a node on demand, as its type is named (SQL); null: unknown."""
    prefix, suffix = prices.NODE_AFFIXES[service]
    listed = {f"{prefix}{one}{suffix}": str(usd) for one, usd in prices.known(service).items()}
    factors = {one: prices.factor(one) for one in prices.table("regions")}
    return f"(({_json(listed)} ->> {kind})::numeric * {_looked_up(region, factors)})"


def smaller(service: str, node: str, region: str) -> str:
    """SQL for the USD an hour that the next smaller node of its family costs less; null: none.

    `node` is SQL for a node type as AWS names it, `region` for its region.
    """
    listed = prices.known(service)
    prefix, suffix = prices.NODE_AFFIXES[service]
    steps = {}
    for kind, usd in listed.items():
        family, _, size = kind.partition(".")
        at = _SIZES.index(size) if size in _SIZES else 0
        lesser = [listed[key] for one in _SIZES[:at] if (key := f"{family}.{one}") in listed]
        if lesser:
            steps[f"{prefix}{kind}{suffix}"] = str(usd - lesser[-1])
    factors = {one: prices.factor(one) for one in prices.table("regions")}
    return f"(({_json(steps)} ->> {node})::numeric * {_looked_up(region, factors)})"


_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")


def literals(figures: Mapping[str, object]) -> str:
    """SQL for figures by name, to be looked up by `->>`."""
    return _json({name: str(figure) for name, figure in figures.items()})


def _looked_up(region: str, listed: Mapping[str, Decimal]) -> str:
    """One of the figures by region; only those that differ from home are written out."""
    home = listed[HOME]
    others = {one: str(figure) for one, figure in listed.items() if figure != home}
    if not others:
        return f"{home}::numeric"
    return f"coalesce({_json(others)} ->> {region}, '{home}')::numeric"


def _json(listed: Mapping[str, str]) -> str:
    return f"'{json.dumps(listed, separators=(',', ':'))}'::jsonb"
