"""Snapshots: taken, described, copied, deleted.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Snapshot.html.
"""

from datetime import datetime
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, View
from handlers.elasticache import cache_choices, identifiers, lists, tags
from handlers.elasticache.cache_snapshot_taking import find_source, take
from models import cache_engines, cache_snapshots
from models.listing import Condition

SOURCES = {"user": "manual", "manual": "manual", "system": "automated", "automated": "automated"}
COPIED = (
    "snapshot_source", "cache_cluster_id", "replication_group_id", "engine", "engine_version",
    "node_type", "num_nodes", "num_node_groups", "size_mib", "details", "node_snapshots", "env",
)  # fmt: skip


async def describe_snapshots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The snapshots of the region, or those of one cluster, group or source."""
    page = lists.page(ctx, params, most=50)
    where = [
        Condition(column, (params[name].lower(),))
        for name, column in {
            "CacheClusterId": "cache_cluster_id",
            "ReplicationGroupId": "replication_group_id",
        }.items()
        if params.get(name)
    ]
    source = params.get("SnapshotSource")
    if source:
        if source not in SOURCES:
            raise AwsError("InvalidParameterValue", f"Invalid SnapshotSource: {source}")
        where.append(Condition("snapshot_source", (SOURCES[source],)))
    asked = params.get("SnapshotName")
    part, marker = await lists.found(
        page, cache_snapshots.LISTING, "identifier", "snapshot", asked, where
    )
    told = bool(params.get("ShowNodeGroupConfig"))
    return {"Snapshots": [_shown(row, told=told) for row in part], "Marker": marker}


async def create_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A snapshot of a cluster or group as it is now."""
    async with ctx.db.transaction():
        cluster, group = params.get("CacheClusterId"), params.get("ReplicationGroupId")
        row = await find_source(ctx, cluster, group)
        key = params.get("KmsKeyId")
        made = await take(ctx, row, params["SnapshotName"], tags.given(params), kms_key_id=key)
    return {"Snapshot": _shown(made, status="creating")}


async def copy_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The same snapshot under another name."""
    cache_choices.refuse(params, "TargetBucket")
    name = identifiers.new("TargetSnapshotName", params["TargetSnapshotName"], 255)
    async with ctx.db.transaction():
        row = await _find(ctx, params["SourceSnapshotName"])
        stored = {key: row[key] for key in COPIED} | {
            "identifier": name,
            "arn": arn(ctx, "elasticache", f"snapshot:{name}"),
            "region": ctx.region,
            "snapshot_source": "manual",
            "kms_key_id": params.get("KmsKeyId") or row["kms_key_id"],
            "completed_at": ctx.now,
            "created_at": ctx.now,
            "tags": tags.given(params),
        }
        if not await cache_snapshots.insert(ctx.db, stored):
            raise AwsError(
                "SnapshotAlreadyExistsFault",
                f"Snapshot with specified name already exists: {name}",
            )
        made = await cache_snapshots.find_one(ctx.db, ctx.region, name)
    return {"Snapshot": _shown(made, status="creating")}


async def delete_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a snapshot: nothing is paid for it any more."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["SnapshotName"])
        await cache_snapshots.delete(ctx.db, ctx.region, row["identifier"])
    return {"Snapshot": _shown(row, status="deleting")}


async def _find(ctx: Context, name: str) -> Any:
    row = await cache_snapshots.find_one(ctx.db, ctx.region, name.lower())
    if row is None:
        raise identifiers.not_found("snapshot", name)
    return row


def _shown(row: Any, *, status: str = "", told: bool = False) -> dict[str, Any]:
    answer, kept = SNAPSHOT_VIEW.show(row), row["details"]
    if row["replication_group_id"]:
        answer["ReplicationGroupDescription"] = kept["description"] or " "
        answer["AutomaticFailover"] = "enabled" if kept["automatic_failover"] else "disabled"
        answer["NumNodeGroups"] = row["num_node_groups"]
    else:
        answer["NumCacheNodes"] = row["num_nodes"]
        answer["CacheClusterCreateTime"] = datetime.fromisoformat(kept["created_at"])
        answer["PreferredAvailabilityZone"] = kept["zone"]
    answer |= {
        "PreferredMaintenanceWindow": kept["maintenance_window"],
        "Port": kept["port"],
        "CacheParameterGroupName": kept["parameter_group"],
        "CacheSubnetGroupName": kept["subnet_group"],
        "AutoMinorVersionUpgrade": kept["auto_minor_version_upgrade"],
        "SnapshotRetentionLimit": kept["snapshot_retention_days"],
        "SnapshotWindow": kept["snapshot_window"],
        "NodeSnapshots": [_node(node, kept, told=told) for node in row["node_snapshots"]],
    }
    if kept["vpc_id"]:
        answer["VpcId"] = kept["vpc_id"]
    if status:
        answer["SnapshotStatus"] = status
    return answer


def _node(node: dict[str, Any], kept: dict[str, Any], *, told: bool) -> dict[str, Any]:
    shown = {
        "CacheNodeId": "0001",
        "CacheSize": f"{node['size_mib']} MB",
        "CacheNodeCreateTime": datetime.fromisoformat(kept["created_at"]),
        "SnapshotCreateTime": datetime.fromisoformat(node["created_at"]),
    }
    if node["group"]:
        shown |= {"CacheClusterId": node["cluster"], "NodeGroupId": node["group"]}
        if told:
            shown["NodeGroupConfiguration"] = {"NodeGroupId": node["group"], "Slots": node["slots"]}
    return shown


SNAPSHOT_VIEW = View(
    {
        "SnapshotName": "identifier",
        "ReplicationGroupId": "replication_group_id",
        "CacheClusterId": "cache_cluster_id",
        "SnapshotStatus": "status",
        "SnapshotSource": "snapshot_source",
        "CacheNodeType": "node_type",
        "Engine": "engine",
        "EngineVersion": Computed(cache_engines.shown, "engine_version"),
        "KmsKeyId": "kms_key_id",
        "ARN": "arn",
    }
)
