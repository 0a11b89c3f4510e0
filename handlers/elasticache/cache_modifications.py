"""Modifications of clusters and replication groups, at once or in the maintenance window.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyCacheCluster.html
and API_ModifyReplicationGroup.html: node type, version and number of nodes wait unless
ApplyImmediately; everything else is done at once.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import cache_choices, cache_cluster_view, replication_group_view
from handlers.elasticache.cache_choices import takes
from handlers.elasticache.cache_clusters import MOST_NODES, check_available, find
from handlers.elasticache.replication_groups import find as find_group
from models import cache_clusters, cache_engines, cache_members

NOUN = "cache_clusters"


async def modify_cache_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a cluster; of a member of a group, only what is its own."""
    cache_choices.refuse(params, "AuthToken", "AuthTokenUpdateStrategy", "AZMode")
    async with ctx.db.transaction():
        row = await find(ctx, params["CacheClusterId"])
        check_available(row)
        if row["replication_group_id"] and params.keys() & {"CacheNodeType", "EngineVersion",
                                                           "NumCacheNodes", "Engine"}:  # fmt: skip
            raise AwsError(
                "InvalidParameterCombination",
                f"Cache cluster {row['member_id']} is a member of replication group"
                f" {row['replication_group_id']}: modify the replication group instead.",
            )
        now = await _now(ctx, row, params)
        later = _later(row, params)
        if "NumCacheNodes" in params:
            later |= _nodes(row, params)
        await _apply(ctx, row, now, later, params)
        made = await cache_clusters.find_cluster(ctx.db, ctx.region, row["member_id"])
    changing = "modifying" if later and params.get("ApplyImmediately") else ""
    return {"CacheCluster": cache_cluster_view.shown(made, status=changing)}


async def modify_replication_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a group as a whole."""
    cache_choices.refuse(params, "UserGroupIdsToAdd", "UserGroupIdsToRemove", "RemoveUserGroups")
    async with ctx.db.transaction():
        row = await find_group(ctx, params["ReplicationGroupId"])
        now = await _now(ctx, row, params)
        now |= _group_settings(row, params)
        later = _later(row, params)
        await _apply(ctx, row, now, later, params)
        group_id = row["replication_group_id"]
        made = await cache_clusters.find_group(ctx.db, ctx.region, group_id)
    changing = bool(now) or bool(later and params.get("ApplyImmediately"))
    status = "modifying" if changing else ""
    return {"ReplicationGroup": replication_group_view.shown(made, status)}


async def _now(ctx: Context, row: Any, params: dict[str, Any]) -> dict[str, Any]:
    """What changes at once, as columns."""
    return await cache_choices.options(ctx, params, cache_engines.known(row["engine"]))


def _later(row: Any, params: dict[str, Any]) -> dict[str, Any]:
    """What waits for the window unless it is wanted at once, as columns."""
    found: dict[str, Any] = {}
    kind = params.get("CacheNodeType")
    if kind and kind != row["node_type"]:
        if row["engine"] == "memcached":
            raise AwsError(
                "InvalidParameterCombination",
                "Scaling the node type is not supported for memcached clusters.",
            )
        found["node_type"] = cache_choices.node_type(kind)
    found |= _version(row, params)
    return found


def _version(row: Any, params: dict[str, Any]) -> dict[str, Any]:
    name, asked = params.get("Engine") or row["engine"], params.get("EngineVersion")
    engine = cache_choices.engine_of(name)
    if engine.name != row["engine"] and (row["engine"], engine.name) != ("redis", "valkey"):
        raise AwsError(
            "InvalidParameterCombination",
            f"The engine cannot be changed from {row['engine']} to {engine.name}.",
        )
    if not asked:
        if engine.name != row["engine"]:
            return {"engine": engine.name, "engine_version": engine.default_version}
        return {}
    version = cache_choices.version_of(engine, asked)
    current = row["engine_version"] or cache_engines.known(row["engine"]).default_version
    if engine.name != row["engine"]:
        return {"engine": engine.name, "engine_version": version}
    if version == current:
        return {}
    if cache_engines.order(version) < cache_engines.order(current):
        raise AwsError(
            "InvalidParameterCombination",
            f"Engine version {asked} is lower than the current version {current}: a downgrade is"
            " not supported.",
        )
    return {"engine_version": version}


def _nodes(row: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Another number of Memcached nodes; those that go are named."""
    count, before = params["NumCacheNodes"], row["num_nodes"]
    if count == before:
        return {}
    if row["engine"] != "memcached" or not 1 <= count <= MOST_NODES:
        raise AwsError(
            "InvalidParameterValue",
            f"Cannot have {count} cache nodes: redis and valkey clusters have 1, memcached ones 1"
            f" to {MOST_NODES}.",
        )
    removed = params.get("CacheNodeIdsToRemove") or []
    if before - count != len(removed) and (count < before or removed):
        raise AwsError(
            "InvalidParameterCombination",
            f"CacheNodeIdsToRemove must name {max(before - count, 0)} nodes when the number of"
            f" nodes changes from {before} to {count}.",
        )
    return {"num_nodes": count}


def _group_settings(row: Any, params: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if params.get("ReplicationGroupDescription"):
        found["description"] = params["ReplicationGroupDescription"]
    members = row["members"]
    if params.get("PrimaryClusterId"):
        found["members"] = _primary(row, params["PrimaryClusterId"].lower())
    failover = params.get("AutomaticFailoverEnabled", row["automatic_failover"])
    multi_az = params.get("MultiAZEnabled", row["multi_az"])
    if failover and not row["cluster_mode"] and len(members) < 2:
        raise AwsError(
            "InvalidReplicationGroupState",
            "Automatic failover is not supported for a replication group without replicas.",
        )
    if row["cluster_mode"] and not failover:
        raise AwsError(
            "InvalidParameterValue",
            "Automatic failover cannot be disabled with cluster mode enabled.",
        )
    if multi_az and not failover:
        raise AwsError(
            "InvalidParameterCombination", "Multi-AZ needs automatic failover to be enabled."
        )
    wanted = {"automatic_failover": failover, "multi_az": multi_az}
    found |= {name: value for name, value in wanted.items() if value != row[name]}
    snapshotting = params.get("SnapshottingClusterId")
    if snapshotting:
        if snapshotting not in {one["id"] for one in members}:
            raise AwsError(
                "CacheClusterNotFound", "Specified snapshotting cluster does not exist", 404
            )
        found["snapshotting_cluster_id"] = snapshotting
    return found | _group_security(row, params)


def _group_security(row: Any, params: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    encrypted = params.get("TransitEncryptionEnabled", row["transit_encryption"])
    if params.get("TransitEncryptionMode"):
        found["transit_encryption_mode"] = params["TransitEncryptionMode"]
    if encrypted != row["transit_encryption"]:
        found["transit_encryption"] = encrypted
    if params.get("AuthToken") or params.get("AuthTokenUpdateStrategy") == "DELETE":
        if not encrypted:
            raise AwsError(
                "InvalidParameterCombination",
                "AuthToken can only be enabled when transit encryption is enabled.",
            )
        found["auth_token"] = params.get("AuthTokenUpdateStrategy") != "DELETE"
    mode = params.get("ClusterMode")
    if mode == "enabled" and not row["cluster_mode"]:
        found |= {"cluster_mode": True, "automatic_failover": True}
    elif mode == "disabled" and row["cluster_mode"]:
        raise AwsError("InvalidParameterValue", "Cluster mode cannot be disabled once enabled.")
    return found


def _primary(row: Any, wanted: str) -> list[cache_members.Member]:
    groups = cache_members.groups(row["members"])
    if row["cluster_mode"] or row["automatic_failover"]:
        raise AwsError(
            "InvalidReplicationGroupState",
            "A replica can be promoted while automatic failover is disabled; use TestFailover.",
        )
    [name] = groups
    if wanted not in {one["id"] for one in groups[name]}:
        raise AwsError("InvalidParameterValue", f"{wanted} is no member of the replication group.")
    return cache_members.promoted(groups[name], wanted)


async def _apply(
    ctx: Context, row: Any, now: dict[str, Any], later: dict[str, Any], params: dict[str, Any]
) -> None:
    if later and params.get("ApplyImmediately"):
        kept = {key: value for key, value in row["pending"].items() if key not in later}
        kept = {key: value for key, value in kept.items() if key != "hourly_cost"}
        under_way = cache_clusters.transition("modifying", ctx.now, takes(ctx))
        await cache_clusters.change(ctx.db, row, now | later | under_way | {"pending": kept})
        return
    if later:
        waiting = {**row["pending"], **later}
        cost = cache_clusters.priced({**dict(row), **waiting})["hourly_cost"]
        if params.get("CacheNodeIdsToRemove"):
            waiting["removed"] = params["CacheNodeIdsToRemove"]
        now = {**now, "pending": {**waiting, "hourly_cost": str(cost)}}
    if now:
        await cache_clusters.update(ctx.db, row, now)
