"""Caches of an estate."""

from typing import Any

from models import costs, instance_types
from models.estates.chance import Chance
from models.estates.estate import Estate
from models.regions import zones

_ROLES = {"steady": 0.34, "oversized": 0.31, "memory_bound": 0.21, "idle": 0.14}
# Which share of their CPU and memory those use that have too much of both.
_USED = {"oversized": ((0.03, 0.055), (0.07, 0.14)), "idle": ((0.003, 0.012), (0.01, 0.03))}
_TYPES = {
    "oversized": {"cache.r6g.xlarge": 2, "cache.r5.xlarge": 1, "cache.m6g.xlarge": 1},
    "steady": {"cache.r6g.xlarge": 2, "cache.r6g.large": 1, "cache.m6g.large": 1},
    "memory_bound": {"cache.r6g.2xlarge": 1, "cache.r7g.xlarge": 1},
    "idle": {"cache.t4g.medium": 2, "cache.m6g.large": 1},
}
_WASTE = {"oversized": ("cache_oversized", 0.5), "idle": ("cache_idle", 1.0)}
# Of those outside production, so many of all have a replica.
_DOUBLED = 0.1
_ENGINES = {"redis": 0.75, "memcached": 0.1, "valkey": 0.15}
_VERSIONS = {"redis": "7.1", "memcached": "1.6.22", "valkey": "8.0"}


def create(estate: Estate) -> None:
    """Every cache: a third oversized, several nodes in production and some elsewhere too."""
    count = estate.plan.caches
    chance = estate.chance("caches")
    roles, regions = chance.deck(count, _ROLES), estate.regions("caches", count)
    engines, environments = chance.deck(count, _ENGINES), estate.share_out("caches", count)
    bare = estate.untagged("caches", count)
    types = {role: chance.deck(roles.count(role), _TYPES[role]) for role in _ROLES}
    doubled = [
        at
        for at, role in enumerate(roles)
        if role in ("steady", "memory_bound") and environments[at] != "prod"
    ][: max(1, round(count * _DOUBLED))]
    for at, role in enumerate(roles):
        own = estate.chance("cache", at)
        owner = estate.company.owner(own)
        env, region, engine = environments[at], regions[at], engines[at]
        if engine == "memcached" and (role == "oversized" or at in doubled):
            engine = "redis"
        identifier = f"{owner.service}-{env}-{at + 1:02d}"
        cluster_id = estate.unique("cache", identifier, region)
        node_type = types[role].pop()
        nodes = 2 if env == "prod" or at in doubled else 1
        hourly = costs.cache_hourly(node_type, nodes, region, engine=engine)
        born = estate.before(own, 20, 600)
        estate.add(
            "cache_clusters",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "cluster_id": cluster_id,
                "identifier": identifier,
                "arn": estate.arn("elasticache", region, f"cluster:{identifier}"),
                "engine": engine,
                "node_type": node_type,
                "num_nodes": nodes,
                "env": env,
                "region": region,
                "hourly_cost": hourly,
                "created_at": born,
                "updated_at": born,
                "engine_version": _VERSIONS[engine],
                "availability_zone": own.pick(zones(region, estate.number)[:3]).name,
                "port": 11211 if engine == "memcached" else 6379,
            },
        )
        pattern, saved = _WASTE.get(role, (None, 0.0))
        if at in doubled:
            pattern, saved = "cache_ha_dev", 0.5
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(
            own, owner, env, identifier, bare=bare[at], **(innocent[1] if innocent else {})
        )
        estate.tag("cache_cluster", cluster_id, tags, born)
        estate.profile(
            "cache_cluster", cluster_id, role, pattern=pattern,
            decoy=innocent[0] if innocent else None, saving=float(hourly) * 730 * saved,
            **_levels(own, "doubled" if at in doubled else role, node_type, nodes, engine),
        )  # fmt: skip


def _levels(own: Chance, role: str, node_type: str, nodes: int, engine: str) -> dict[str, Any]:
    """Busy vCPUs and GiB in use, where the role says how few; replicas hold the same."""
    machine = instance_types.find(node_type.removeprefix("cache."))
    if machine is None:
        return {}
    if role == "doubled":  # one of the nodes could do it all
        return {"load": own.between(0.08, 0.16) * machine.vcpus * nodes}
    if role not in _USED:
        return {}
    cpu, memory = (own.between(*share) for share in _USED[role])
    return {
        "load": cpu * machine.vcpus * nodes,
        "memory_gib": memory * float(machine.memory_gib) * (nodes if engine == "memcached" else 1),
    }
