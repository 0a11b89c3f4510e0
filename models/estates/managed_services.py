"""Managed services of an estate: search domains, notebooks, warehouses."""

from typing import Any

from models import costs, instance_types, prices
from models.estates import sagemaker_resources
from models.estates.chance import Chance
from models.estates.company import Owner
from models.estates.estate import Estate, Row

# service, node type, nodes, storage of a node (GiB), behaviour, waste
_KINDS = (
    ("opensearch", "r6g.large.search", 3, 200, "steady", None),
    ("opensearch", "m5.xlarge.search", 3, 200, "oversized", "managed_oversized"),
    ("sagemaker-notebook", "ml.m5.2xlarge", 1, 50, "idle", "sagemaker_always_on"),
    ("opensearch", "m5.large.search", 2, 100, "light", "managed_ha_dev"),
    ("sagemaker-endpoint", "ml.g4dn.xlarge", 1, 0, "gpu_busy", None),
    ("redshift", "ra3.xlplus", 2, 0, "steady", None),
)
# A domain's name has 28 characters at most.
_SHORT = {
    "opensearch": "search",
    "sagemaker-notebook": "lab",
    "sagemaker-endpoint": "model",
    "redshift": "dwh",
}
_VERSIONS = {"opensearch": "OpenSearch_2.19", "redshift": "1.0.99283"}


def create(estate: Estate) -> None:
    """Every managed service: production ones at work, the others mostly always on for nobody."""
    count = estate.plan.managed
    regions, environments = estate.regions("managed", count), estate.share_out("managed", count)
    bare = estate.untagged("managed", count)
    machines: list[tuple[Row, Owner]] = []
    for at in range(count):
        own = estate.chance("managed", at)
        service, node, nodes, storage, profile, pattern = _KINDS[at % len(_KINDS)]
        env, region = environments[at], regions[at]
        if pattern is not None and env == "prod":
            others = [name for name in estate.plan.instances if name != "prod"]
            if others:
                env = own.pick(others)
            elif pattern != "managed_oversized":
                pattern, profile = None, "light"
        elif pattern is None and env != "prod" and "prod" in estate.plan.instances:
            env = "prod"
        if pattern == "managed_ha_dev" and at >= 2:
            # beside the half empty one: two of a kind, of which one would do
            env, region = estate.rows["managed_services"][-2]["env"], regions[at - 2]
        owner = estate.company.owner(own)
        name = f"{owner.service[:9]}-{_SHORT[service]}-{env}-{at + 1:02d}"
        hourly = costs.managed_service_hourly(service, node, nodes, region, storage_gib=storage)
        born = estate.before(own, 30, 700)
        arn = estate.arn(*_place(service, region, name))
        row = estate.add(
            "managed_services",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "service_type": service,
                "name": name,
                "env": env,
                "region": region,
                "instance_type": node,
                "node_count": nodes,
                "hourly_cost": hourly,
                "created_at": born,
                "updated_at": born,
                "arn": arn,
                "engine_version": _VERSIONS.get(service),
                "multi_az": nodes > 1,
                "storage_gib": storage,
            },
        )
        machines.append((row, owner))
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(
            own, owner, env, name, bare=bare[at], **(innocent[1] if innocent else {})
        )
        estate.tag("managed_service", arn, tags, born)
        estate.profile(
            "managed_service", arn, profile, pattern=pattern,
            decoy=innocent[0] if innocent else None, saving=_saving(row, pattern),
            **_levels(own, node, nodes, pattern),
        )  # fmt: skip
    sagemaker_resources.create(estate, machines)


def _levels(own: Chance, node: str, nodes: int, pattern: str | None) -> dict[str, Any]:
    """Busy vCPUs, where one of the nodes could do it all."""
    machine = instance_types.find(node.removesuffix(".search"))
    if pattern != "managed_ha_dev" or machine is None:
        return {}
    return {"load": own.between(0.1, 0.2) * machine.vcpus * nodes}


def _saving(row: Row, pattern: str | None) -> float:
    """What the remedy saves, USD a month of 730 hours."""
    region, nodes, hourly = row["region"], int(row["node_count"]), float(row["hourly_cost"])
    if pattern == "managed_oversized":
        middle = row["instance_type"].replace("xlarge", "large")
        large = prices.price("opensearch", row["instance_type"], region)
        return float(large - prices.price("opensearch", middle, region)) * nodes * 730
    if pattern == "managed_ha_dev":
        return hourly / nodes * (nodes - 1) * 730
    if pattern == "sagemaker_always_on":
        disk = float(prices.price("sagemaker", "storage", region)) * float(row["storage_gib"])
        return hourly * 730 - disk
    return 0.0


def _place(service: str, region: str, name: str) -> tuple[str, str, str]:
    """Service, region and resource of the ARN."""
    if service == "opensearch":
        return "es", region, f"domain/{name}"
    if service == "redshift":
        return "redshift", region, f"cluster:{name}"
    kind = {"sagemaker-notebook": "notebook-instance", "sagemaker-endpoint": "endpoint"}
    return "sagemaker", region, f"{kind[service]}/{name}"
