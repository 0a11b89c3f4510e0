"""Managed services of an estate: search domains, notebooks, warehouses."""

from models import costs
from models.estates import sagemaker_resources
from models.estates.company import Owner
from models.estates.estate import Estate, Row

# service, node type, nodes, storage of a node (GiB), behaviour, waste, share saved
_KINDS = (
    ("opensearch", "r6g.large.search", 3, 200, "steady", None, 0.0),
    ("opensearch", "m5.xlarge.search", 3, 200, "oversized", "managed_oversized", 0.5),
    ("sagemaker-notebook", "ml.m5.2xlarge", 1, 50, "idle", "sagemaker_always_on", 0.65),
    ("opensearch", "m5.large.search", 2, 100, "light", "managed_ha_dev", 0.5),
    ("sagemaker-endpoint", "ml.g4dn.xlarge", 1, 0, "gpu_busy", None, 0.0),
    ("redshift", "ra3.xlplus", 2, 0, "steady", None, 0.0),
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
        service, node, nodes, storage, profile, pattern, saved = _KINDS[at % len(_KINDS)]
        env, region = environments[at], regions[at]
        if pattern in ("sagemaker_always_on", "managed_ha_dev") and env == "prod":
            others = [name for name in estate.plan.instances if name != "prod"]
            if others:
                env = own.pick(others)
            else:
                pattern, profile = None, "light"
        elif pattern is None and env != "prod" and "prod" in estate.plan.instances:
            env = "prod"
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
        tags = estate.tags(own, owner, env, name, bare=bare[at])
        estate.tag("managed_service", arn, tags, born)
        estate.profile(
            "managed_service", arn, profile, pattern=pattern, saving=float(hourly) * 730 * saved,
        )  # fmt: skip
    sagemaker_resources.create(estate, machines)


def _place(service: str, region: str, name: str) -> tuple[str, str, str]:
    """Service, region and resource of the ARN."""
    if service == "opensearch":
        return "es", region, f"domain/{name}"
    if service == "redshift":
        return "redshift", region, f"cluster:{name}"
    kind = {"sagemaker-notebook": "notebook-instance", "sagemaker-endpoint": "endpoint"}
    return "sagemaker", region, f"{kind[service]}/{name}"
