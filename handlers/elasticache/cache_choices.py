"""What a new or changed cache may choose: engine, node type, network, options."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import identifiers
from models import cache_engines, cache_parameter_groups, cache_subnet_groups, regions
from models.cache_engines import Engine

# Columns that requests set as they are.
OPTIONS = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "NotificationTopicArn": "notification_topic_arn",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "SecurityGroupIds": "security_group_ids",
    "SnapshotRetentionLimit": "snapshot_retention_days",
    "SnapshotWindow": "preferred_snapshot_window",
}
LONGEST_RETENTION_DAYS = 35


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


def refuse(params: Mapping[str, Any], *names: str) -> None:
    """Refuse options that are not served here, rather than pass over them."""
    for name in names:
        if params.get(name):
            raise AwsError(
                "InvalidParameterValue", f"The parameter {name} is not supported in this region."
            )


def engine_of(name: str) -> Engine:
    """The engine of a request; AwsError for one that ElastiCache does not have."""
    engine = cache_engines.find(name)
    if engine is None:
        raise AwsError("InvalidParameterValue", f"Invalid cache engine: {name}")
    return engine


def version_of(engine: Engine, asked: str | None) -> str:
    """The version that a request means."""
    version = engine.find_version(asked)
    if version is None:
        raise AwsError(
            "InvalidParameterCombination", f"Cannot find version {asked} for {engine.name}"
        )
    return version


def node_type(asked: str | None, usual: str = "") -> str:
    """The node type of a request; AwsError for one that is not sold."""
    if not asked and not usual:
        raise AwsError("InvalidParameterValue", "The parameter CacheNodeType must be provided.")
    found = asked or usual
    if found not in cache_engines.node_types():
        raise AwsError("InvalidParameterValue", f"Invalid Cache Node Type: {found}.")
    return found


async def options(ctx: Context, params: Mapping[str, Any], engine: Engine) -> dict[str, Any]:
    """The columns that a request names of those that any cache may choose."""
    refuse(params, "CacheSecurityGroupNames", "LogDeliveryConfigurations", "Durability",
           "ScaleConfig")  # fmt: skip
    found = {
        column: params[name] for name, column in OPTIONS.items() if params.get(name) is not None
    }
    if params.get("SecurityGroupIds"):
        wanted = params["SecurityGroupIds"]
        known = await cache_subnet_groups.security_groups(ctx.db, ctx.region, wanted)
        missing = [one for one in wanted if one not in known]
        if missing:
            raise AwsError(
                "InvalidParameterValue",
                f"Some security group Ids are not found: {', '.join(missing)}.",
            )
    days = found.get("snapshot_retention_days", 0)
    if not 0 <= days <= LONGEST_RETENTION_DAYS:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid snapshot retention limit: {days}. Must be between 0 and"
            f" {LONGEST_RETENTION_DAYS}.",
        )
    if days and not engine.replicates:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter SnapshotRetentionLimit is not supported for memcached.",
        )
    group = params.get("CacheParameterGroupName")
    if group:
        found["parameter_group_name"] = await _parameter_group(ctx, group, engine)
    return found


async def subnet_group(ctx: Context, asked: str | None) -> str:
    """The subnet group of a request, which must be there; else the default one."""
    if not asked:
        return "default"
    row = await cache_subnet_groups.find_one(ctx.db, ctx.region, asked.lower())
    if row is None:
        raise identifiers.not_found("subnet group", asked)
    return str(row["name"])


def zones(ctx: Context, asked: Sequence[str] | None, fallback: str = "") -> list[str]:
    """The zones asked for, which must be the region's; else all of it from one on."""
    names = [one.name for one in regions.zones(ctx.region, ctx.principal.account_number)]
    for one in asked or ():
        if one not in names:
            raise AwsError("InvalidParameterValue", f"{one} is not a valid availability zone.")
    if asked:
        return list(asked)
    usual = names[:3]
    at = usual.index(fallback) if fallback in usual else 0
    return usual[at:] + usual[:at]


async def _parameter_group(ctx: Context, name: str, engine: Engine) -> str:
    families = {family for _, family in engine.versions}
    plain = name.lower()
    if plain.startswith("default."):
        family = plain.removeprefix("default.").removesuffix(".cluster.on")
        if family not in families:
            raise identifiers.not_found("parameter group", name)
        return plain
    row = await cache_parameter_groups.find_one(ctx.db, ctx.region, plain)
    if row is None:
        raise identifiers.not_found("parameter group", name)
    if row["family"] not in families:
        raise AwsError(
            "InvalidParameterCombination",
            f"Expected a parameter group of family {sorted(families)[-1]} but found one of family"
            f" {row['family']}",
        )
    return plain
