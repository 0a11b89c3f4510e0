"""Serverless caches: no nodes to choose, but limits of what may be used and paid for.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ServerlessCache.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.elasticache import cache_choices, identifiers, lists, tags
from handlers.elasticache.cache_addresses import place
from handlers.elasticache.cache_choices import takes
from models import cache_clusters, cache_engines, cache_subnet_groups, launches

NOUN = "cache_clusters"
USUAL = 50
# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Scaling.html
BOUNDS = {"gb": (1, 5000), "ecpu": (1000, 15_000_000)}
LONGEST_RETENTION_DAYS = 35


async def describe_serverless_caches(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The serverless caches of the region."""
    page = pages.page(ctx, params, default=USUAL, invalid=_bad_token)
    asked = params.get("ServerlessCacheName")
    shown, token = await lists.found(
        page, cache_clusters.SERVERLESS, "identifier", "serverless", asked
    )
    return {"ServerlessCaches": Rows(CACHE_VIEW, shown), "NextToken": token}


async def create_serverless_cache(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new cache without nodes."""
    name = identifiers.new("ServerlessCacheName", params["ServerlessCacheName"])
    cache_choices.refuse(params, "UserGroupId", "SnapshotArnsToRestore")
    engine = cache_choices.engine_of(params["Engine"])
    _check_retention(params)
    major = params.get("MajorEngineVersion")
    version = cache_choices.version_of(engine, f"{major}.x" if major else None)
    given = tags.given(params)
    async with ctx.db.transaction():
        row = {
            "identifier": name,
            "arn": arn(ctx, "elasticache", f"serverlesscache:{name}"),
            "region": ctx.region,
            "env": launches.environment(given),
            "engine": engine.name,
            "engine_version": version,
            "node_type": cache_engines.SERVERLESS,
            "description": params.get("Description"),
            "port": engine.port,
            "kms_key_id": params.get("KmsKeyId"),
            "transit_encryption": True,
            "at_rest_encryption": True,
            "snapshot_retention_days": params.get("SnapshotRetentionLimit") or 0,
            "security_group_ids": await _security_groups(ctx, params),
            "serverless": {
                **_limits(params.get("CacheUsageLimits")),
                "subnets": await _subnets(ctx, params),
                "snapshot_time": params.get("DailySnapshotTime"),
            },
            "created_at": ctx.now,
            "updated_at": ctx.now,
            **cache_clusters.transition("creating", ctx.now, takes(ctx)),
        }
        if not await cache_clusters.insert(ctx.db, row, given):
            raise AwsError(
                "ServerlessCacheAlreadyExistsFault", f"Serverless Cache {name} already exists."
            )
        made = await cache_clusters.find_serverless(ctx.db, ctx.region, name)
    answer = CACHE_VIEW.show(made) | {"Status": "creating"}
    return {"ServerlessCache": {k: v for k, v in answer.items() if "Endpoint" not in k}}


async def modify_serverless_cache(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other limits, words or security groups."""
    cache_choices.refuse(params, "UserGroupId", "RemoveUserGroup")
    _check_retention(params)
    async with ctx.db.transaction():
        row = await _find(ctx, params["ServerlessCacheName"])
        changes: dict[str, Any] = {
            column: params[name]
            for name, column in {
                "Description": "description",
                "SnapshotRetentionLimit": "snapshot_retention_days",
            }.items()
            if params.get(name) is not None
        }
        if params.get("SecurityGroupIds"):
            changes["security_group_ids"] = await _security_groups(ctx, params)
        changes |= _upgraded(row, params)
        kept = dict(row["serverless"])
        if params.get("CacheUsageLimits"):
            kept |= _limits(params["CacheUsageLimits"])
        if params.get("DailySnapshotTime"):
            kept["snapshot_time"] = params["DailySnapshotTime"]
        under_way = cache_clusters.transition("modifying", ctx.now, takes(ctx))
        await cache_clusters.change(ctx.db, row, changes | under_way | {"serverless": kept})
        made = await cache_clusters.find_serverless(ctx.db, ctx.region, row["identifier"])
    return {"ServerlessCache": CACHE_VIEW.show(made) | {"Status": "modifying"}}


async def delete_serverless_cache(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a serverless cache."""
    cache_choices.refuse(params, "FinalSnapshotName")
    async with ctx.db.transaction():
        row = await _find(ctx, params["ServerlessCacheName"])
        await cache_clusters.delete(ctx.db, row, ctx.now, takes(ctx))
    return {"ServerlessCache": CACHE_VIEW.show(row) | {"Status": "deleting"}}


async def _find(ctx: Context, name: str) -> Any:
    plain = name.lower()
    await cache_clusters.lock(ctx.db, ctx.region, plain)
    row = await cache_clusters.find_serverless(ctx.db, ctx.region, plain)
    if row is None:
        raise identifiers.not_found("serverless", name)
    if row["status"] != "available":
        raise AwsError(
            "InvalidServerlessCacheStateFault",
            f"Serverless Cache {plain} is not in available state: it is {row['status']}.",
        )
    return row


def _check_retention(params: Mapping[str, Any]) -> None:
    days = params.get("SnapshotRetentionLimit") or 0
    if not 0 <= days <= LONGEST_RETENTION_DAYS:
        raise AwsError("InvalidParameterValue", f"Invalid snapshot retention limit: {days}.")


def _limits(asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """The least and most GB and processing units a second, as they are stored."""
    storage, units = (
        (asked or {}).get("DataStorage") or {},
        (asked or {}).get("ECPUPerSecond") or {},
    )
    found = {
        "minimum_gb": storage.get("Minimum"),
        "maximum_gb": storage.get("Maximum"),
        "minimum_ecpu": units.get("Minimum"),
        "maximum_ecpu": units.get("Maximum"),
    }
    for unit, (least, most) in BOUNDS.items():
        low, high = found[f"minimum_{unit}"], found[f"maximum_{unit}"]
        if any(one is not None and not least <= one <= most for one in (low, high)):
            raise AwsError(
                "InvalidParameterValue",
                f"The limits of CacheUsageLimits must be between {least} and {most}.",
            )
        if low and high and low > high:
            raise AwsError(
                "InvalidParameterValue", "A minimum of CacheUsageLimits exceeds its maximum."
            )
    return {name: value for name, value in found.items() if value is not None}


def _upgraded(row: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    name, major = params.get("Engine"), params.get("MajorEngineVersion")
    if not name and not major:
        return {}
    engine = cache_choices.engine_of(name or row["engine"])
    if engine.name != row["engine"] and (row["engine"], engine.name) != ("redis", "valkey"):
        raise AwsError(
            "InvalidParameterCombination",
            f"The engine cannot be changed from {row['engine']} to {engine.name}.",
        )
    version = cache_choices.version_of(engine, f"{major}.x" if major else None)
    return {"engine": engine.name, "engine_version": version}


async def _subnets(ctx: Context, params: Mapping[str, Any]) -> list[str]:
    wanted = params.get("SubnetIds") or []
    found = await cache_subnet_groups.subnets(ctx.db, ctx.region, wanted)
    if len(found) < len(set(wanted)) or len({row["vpc_id"] for row in found}) > 1:
        raise AwsError("InvalidParameterValue", "Some input subnets are invalid.")
    return list(wanted)


async def _security_groups(ctx: Context, params: Mapping[str, Any]) -> list[str] | None:
    wanted = params.get("SecurityGroupIds")
    if not wanted:
        return None
    known = await cache_subnet_groups.security_groups(ctx.db, ctx.region, wanted)
    if len(known) < len(set(wanted)):
        raise AwsError("InvalidParameterValue", "Some security group Ids are not found.")
    return list(wanted)


def _usage_limits(stored: dict[str, Any]) -> dict[str, Any] | None:
    def bounds(unit: str) -> dict[str, Any]:
        names = {"Maximum": f"maximum_{unit}", "Minimum": f"minimum_{unit}"}
        return {name: stored[key] for name, key in names.items() if key in stored}

    storage, units = bounds("gb"), bounds("ecpu")
    found = {"DataStorage": {**storage, "Unit": "GB"}} if storage else {}
    return found | ({"ECPUPerSecond": units} if units else {}) or None


def _endpoint(name: str, domain: str, region: str, port: int) -> dict[str, Any]:
    return {
        "Address": f"{name}-{domain}.serverless.{place(region)}.cache.amazonaws.com",
        "Port": port,
    }


def _reader(name: str, domain: str, region: str, port: int) -> dict[str, Any]:
    return _endpoint(name, domain, region, port + 1)


def _bad_token() -> AwsError:
    return AwsError("InvalidParameterValue", "Invalid NextToken")


CACHE_VIEW = View(
    {
        "ServerlessCacheName": "identifier",
        "Description": Computed(lambda text: text or " ", "description"),
        "CreateTime": "created_at",
        "Status": "status",
        "Engine": "engine",
        "MajorEngineVersion": Computed(
            lambda version: version and version.partition(".")[0], "engine_version"
        ),
        "FullEngineVersion": "engine_version",
        "CacheUsageLimits": Computed(_usage_limits, "serverless"),
        "KmsKeyId": "kms_key_id",
        "SecurityGroupIds": "security_group_ids",
        "Endpoint": Computed(_endpoint, "identifier", "domain", "region", "port"),
        "ReaderEndpoint": Computed(_reader, "identifier", "domain", "region", "port"),
        "ARN": "arn",
        "SubnetIds": Computed(
            lambda stored, usual: stored.get("subnets") or usual or [],
            "serverless",
            "default_subnets",
        ),
        "SnapshotRetentionLimit": "snapshot_retention_days",
        "DailySnapshotTime": Computed(
            lambda stored, window: stored.get("snapshot_time") or window[:5],
            "serverless",
            "snapshot_window",
        ),
        "NetworkType": Constant("ipv4"),
    }
)
