"""Snapshots as they are taken of clusters and groups, and what a new cache has of one."""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import identifiers
from handlers.elasticache.cache_cluster_view import parameter_group
from models import cache_clusters, cache_engines, cache_members, cache_snapshots

LEAST_MIB = 3


async def take(ctx: Context, row: Any, name: str, tags: Mapping[str, str], **more: Any) -> Any:
    """Store a snapshot of a cluster or, where the row is that of one, of a group."""
    plain = identifiers.new("SnapshotName", name, 255)
    if not cache_engines.known(row["engine"]).replicates:
        raise AwsError(
            "SnapshotFeatureNotSupportedFault", "Snapshot is not supported for memcached clusters."
        )
    whole = "member_id" not in row.keys()  # noqa: SIM118 - a record tests its values
    nodes = _nodes(ctx, row, whole=whole)
    stored = {
        "identifier": plain,
        "arn": arn(ctx, "elasticache", f"snapshot:{plain}"),
        "region": ctx.region,
        "env": row["env"],
        "cache_cluster_id": None if whole else row["member_id"],
        "replication_group_id": row["replication_group_id"] if whole else None,
        "engine": row["engine"],
        "engine_version": row["engine_version"],
        "node_type": row["node_type"],
        "num_nodes": row["num_nodes"] if whole else 1,
        "num_node_groups": len(nodes),
        "size_mib": sum(node["size_mib"] for node in nodes),
        "details": _details(row),
        "node_snapshots": nodes,
        "completed_at": ctx.now,
        "tags": dict(tags),
        "created_at": ctx.now,
        **more,
    }
    if not await cache_snapshots.insert(ctx.db, stored):
        raise AwsError(
            "SnapshotAlreadyExistsFault", f"Snapshot with specified name already exists: {plain}"
        )
    return await cache_snapshots.find_one(ctx.db, ctx.region, plain)


async def restored(ctx: Context, name: str | None) -> dict[str, Any]:
    """What a new cache takes over of the snapshot that it is made from; nothing without one."""
    if not name:
        return {}
    row = await cache_snapshots.find_one(ctx.db, ctx.region, name.lower())
    if row is None:
        raise identifiers.not_found("snapshot", name)
    return {key: row[key] for key in ("engine", "engine_version", "node_type", "num_node_groups")}


def _nodes(ctx: Context, row: Any, *, whole: bool) -> list[dict[str, Any]]:
    """One entry for each node group: who held its data, and how much of it."""
    memory_mib = cache_engines.memory_gib(row["node_type"]) * cache_snapshots.MIB_PER_GIB
    size = max(LEAST_MIB, round(memory_mib * float(row["avg_memory_7d"] or 0) / 100))
    if whole:
        keys = cache_members.slots(row["members"])
        primaries = [one for one in row["members"] if one["primary"]]
        return [
            {"cluster": one["id"], "group": one["group"], "size_mib": size,
             "slots": keys[one["group"]], "created_at": ctx.now.isoformat()}
            for one in primaries
        ]  # fmt: skip
    return [{"cluster": row["member_id"], "group": None, "size_mib": size, "slots": None,
             "created_at": ctx.now.isoformat()}]  # fmt: skip


def _details(row: Any) -> dict[str, Any]:
    return {
        "port": row["port"],
        "zone": row["availability_zone"],
        "created_at": row["created_at"].isoformat(),
        "maintenance_window": row["maintenance_window"],
        "snapshot_window": row["snapshot_window"],
        "snapshot_retention_days": row["snapshot_retention_days"],
        "parameter_group": parameter_group(row),
        "subnet_group": row["subnet_group_name"],
        "vpc_id": row["vpc_id"],
        "auto_minor_version_upgrade": row["auto_minor_version_upgrade"],
        "automatic_failover": row["automatic_failover"],
        "description": row["description"],
    }


async def find_source(ctx: Context, cluster: str | None, group: str | None) -> Any:
    """The cluster or group that a snapshot is to be taken of, held until the transaction ends."""
    if bool(cluster) == bool(group):
        raise AwsError(
            "InvalidParameterCombination",
            "Either CacheClusterId or ReplicationGroupId must be provided, but not both.",
        )
    if cluster:
        row = await cache_clusters.find_cluster(ctx.db, ctx.region, cluster.lower())
        if row is None:
            raise identifiers.not_found("cluster", cluster)
        code = "InvalidCacheClusterState"
    else:
        row = await cache_clusters.find_group(ctx.db, ctx.region, str(group).lower())
        if row is None:
            raise identifiers.not_found("group", str(group))
        code = "InvalidReplicationGroupState"
    await cache_clusters.lock(ctx.db, ctx.region, row["identifier"])
    if row["status"] != "available":
        raise AwsError(code, f"{cluster or group} is not in available state.")
    return row
