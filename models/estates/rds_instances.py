"""Databases of an estate."""

from functools import cache
from typing import Any

from models import costs, rds_snapshots
from models.estates.estate import Estate, Row
from models.regions import zones

_ENGINES = {"postgres": 0.55, "mysql": 0.30, "aurora-postgresql": 0.10, "mariadb": 0.05}
_VERSIONS = {
    "postgres": "16.8", "mysql": "8.0.42", "aurora-postgresql": "16.6", "mariadb": "10.11.11",
}  # fmt: skip
_BIG = {"db.r5.2xlarge": 2, "db.m5.2xlarge": 2, "db.r6g.2xlarge": 1, "db.r5.xlarge": 2}
_PLAIN = {"prod": {"db.r5.2xlarge": 2, "db.m6g.2xlarge": 2, "db.r6g.xlarge": 1, "db.m5.2xlarge": 2},
          "other": {"db.m5.large": 2, "db.m5.xlarge": 2, "db.t4g.large": 1}}  # fmt: skip
_IDLE = {"db.m5.xlarge": 2, "db.m5.large": 2, "db.r5.large": 1}
_SIZES = {100: 3, 200: 3, 500: 3, 1000: 2}
# Of each other kind of waste: databases that are kept stopped, roomy ones, doubled ones.
_FEW = 0.07
_PATTERNS = {
    "idle": "rds_idle", "oversized": "rds_oversized", "stopped": "rds_stopped",
    "roomy": "rds_storage_over", "doubled": "rds_ha_nonprod",
}  # fmt: skip
# Aurora has a storage of its own, and is not stopped by itself.
_OWN_STORAGE = ("stopped", "roomy", "doubled")
_PROFILES = {"stopped": "kept_stopped", "roomy": "steady", "doubled": "steady"}

hourly = cache(costs.rds_hourly)
storage_monthly = cache(costs.rds_storage_monthly)


def create(estate: Estate) -> None:
    """Every database: idle and oversized ones in exact numbers, the others at work."""
    count = estate.plan.databases
    idle = round(count * estate.shares.idle_databases)
    oversized = min(count - idle, round(count * estate.shares.oversized_databases))
    chance = estate.chance("databases")
    roles = ["idle"] * idle + ["oversized"] * oversized
    few = round(count * _FEW)
    roles += ["stopped"] * few + ["roomy"] * few
    roles += ["steady"] * (count - len(roles))
    # roles are dealt in order, environments too: oversized ones stand in production first
    environments = sorted(estate.share_out("databases", count), key=_env_order)
    order = _arranged(roles, environments)
    doubled = [at for at, (role, env) in enumerate(order) if role == "steady" and env != "prod"]
    for at in doubled[:few]:
        order[at] = ("doubled", order[at][1])
    regions = estate.regions("databases", count)
    engines = chance.deck(count, _ENGINES)
    sizes = chance.deck(count, _SIZES)
    classes = {
        "idle": chance.deck(idle, _IDLE),
        "oversized": chance.deck(oversized, _BIG),
    }
    bare = estate.untagged("databases", count)
    for at, (role, env) in enumerate(order):
        plain = _PLAIN.get(env, _PLAIN["other"])
        chosen = (
            classes[role].pop() if role in classes else estate.chance("class", at).deck(1, plain)[0]
        )
        _database(estate, at, role, env, regions[at], engines[at], sizes[at], chosen, bare[at])


def _env_order(env: str) -> int:
    return ("prod", "staging", "dev", "preview").index(env)


def _arranged(roles: list[str], environments: list[str]) -> list[tuple[str, str]]:
    """Idle and stopped ones at the far end (development), oversized ones spread among the rest."""
    idle = [role for role in roles if role in ("idle", "stopped")]
    rest = [role for role in roles if role not in ("idle", "stopped")]
    spread = sorted(rest, key=lambda role: 0 if role == "oversized" else 1)
    mixed = [spread[at // 2 if at % 2 == 0 else -(at // 2 + 1)] for at in range(len(spread))]
    return list(zip([*mixed, *idle], environments, strict=True))


def _database(
    estate: Estate, at: int, role: str, env: str, region: str, engine: str, size: int,
    instance_class: str, bare: bool,
) -> Row:  # fmt: skip
    chance = estate.chance("database", at)
    owner = estate.company.owner(chance)
    if engine.startswith("aurora") and (role in _OWN_STORAGE or instance_class.startswith("db.m")):
        engine = "postgres"
    pattern = _PATTERNS.get(role)
    innocent = estate.decoy(pattern) if pattern else None
    guarded = env == "prod" and role != "idle" and chance.happens(0.5)
    multi_az = role == "doubled" or (guarded and not engine.startswith("aurora"))
    storage_type = "gp2" if chance.happens(0.3) else "gp3"
    identifier = f"{owner.service}-{env}-{engine.split('-')[0]}-{at + 1:02d}"
    db_instance_id = estate.unique("rds", identifier, region)
    zone = chance.pick(zones(region, estate.number)[:3]).name
    per_hour = hourly(instance_class, engine, region, multi_az=multi_az)
    per_month = storage_monthly(
        size, region, storage_type=storage_type, multi_az=multi_az, engine=engine
    )
    born = estate.before(chance, 15, 800)
    stopped = role == "stopped"
    row = estate.add(
        "rds_instances",
        {
            "id": chance.key(),
            "account_id": estate.account_id,
            "db_instance_id": db_instance_id,
            "identifier": identifier,
            "arn": estate.arn("rds", region, f"db:{identifier}"),
            "engine": engine,
            "instance_class": instance_class,
            "allocated_storage_gib": size,
            "env": env,
            "region": region,
            "state": "stopped" if stopped else "available",
            "hourly_cost": per_hour,
            "storage_monthly_cost": per_month,
            "created_at": born,
            "updated_at": born,
            "optimization_policy": "auto_safe" if env != "prod" else "recommend_only",
            "engine_version": _VERSIONS[engine],
            "availability_zone": zone,
            "multi_az": multi_az,
            "storage_type": "aurora" if engine.startswith("aurora") else storage_type,
            "iops": 3000 if storage_type == "gp3" and engine[:6] != "aurora" else None,
            "storage_encrypted": chance.happens(0.8),
            "backup_retention_days": 14 if env == "prod" else 3,
            "deletion_protection": env == "prod",
            "db_name": owner.service,
            "master_username": chance.pick(("admin", "postgres", "app")),
            "port": 3306 if engine in ("mysql", "mariadb") else 5432,
            "subnet_group_name": f"{env}-private",
            "stopped_at": estate.before(chance, 1, 5) if stopped else None,
        },
    )
    tags = estate.tags(
        chance, owner, env, identifier, bare=bare, **(innocent[1] if innocent else {})
    )
    estate.tag("rds_instance", db_instance_id, tags, born)
    saving = _saving(role, float(per_hour) * 730, float(per_month), size, region)
    profile = "memory_bound" if innocent and role == "oversized" else _PROFILES.get(role, role)
    estate.profile(
        "rds_instance", db_instance_id, profile, pattern=pattern, saving=saving,
        decoy=innocent[0] if innocent else None,
        stored_gib=size * (0.08 if role == "roomy" else chance.between(0.3, 0.75)),
        **_connected(stopped),
    )  # fmt: skip
    return row


def _connected(stopped: bool) -> dict[str, Any]:
    """Connections of one that is kept stopped, on the days on which it is up."""
    return {"connections": 2.0} if stopped else {}


def _saving(role: str, machine: float, storage: float, size: int, region: str) -> float:
    """What the remedy of a role saves, of what its machine and its storage cost a month."""
    kept = float(rds_snapshots.monthly_cost(size, region))
    return {
        "idle": machine,
        "oversized": machine / 2,
        "stopped": storage - kept,
        "roomy": storage / 2,
        "doubled": (machine + storage) / 2,
    }.get(role, 0.0)
