"""Replication groups: described, created, deleted.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html
and the pages of the operations beside it.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import cache_choices, identifiers, lists, tags
from handlers.elasticache.cache_choices import takes
from handlers.elasticache.cache_clusters import find as find_cluster
from handlers.elasticache.cache_snapshot_taking import restored, take
from handlers.elasticache.replication_group_view import shown
from models import cache_clusters, cache_engines, cache_members, launches

NOUN = "cache_clusters"
MOST_REPLICAS, MOST_GROUPS = 5, 500
USUAL_NODE = "cache.r6g.large"


async def describe_replication_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The replication groups of the region."""
    page = lists.page(ctx, params)
    asked = params.get("ReplicationGroupId")
    part, marker = await lists.found(
        page, cache_clusters.GROUPS, "replication_group_id", "group", asked
    )
    return {"ReplicationGroups": [shown(row) for row in part], "Marker": marker}


async def create_replication_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new group of nodes, or one around a cluster that is there."""
    group_id = identifiers.new("ReplicationGroupId", params["ReplicationGroupId"])
    cache_choices.refuse(params, "GlobalReplicationGroupId", "UserGroupIds", "SnapshotArns",
                         "ServerlessCacheSnapshotName", "NodeGroupConfiguration")  # fmt: skip
    async with ctx.db.transaction():
        if await cache_clusters.find_group(ctx.db, ctx.region, group_id):
            raise _exists(group_id)
        if params.get("PrimaryClusterId"):
            await _around(ctx, params, group_id)
        else:
            row = await _row(ctx, params, group_id)
            members = [one["id"] for one in row["members"]]
            if await cache_clusters.is_taken(ctx.db, ctx.region, [group_id, *members]):
                raise _exists(group_id)
            given = tags.given(params)
            row["env"] = launches.environment(given)
            row |= cache_clusters.transition("creating", ctx.now, takes(ctx))
            if not await cache_clusters.insert(ctx.db, row, given):
                raise _exists(group_id)
        made = await cache_clusters.find_group(ctx.db, ctx.region, group_id)
    return {"ReplicationGroup": shown(made, "creating")}


async def delete_replication_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group with its members, or all of them but the primary."""
    async with ctx.db.transaction():
        row = await find(ctx, params["ReplicationGroupId"])
        name, retain = params.get("FinalSnapshotIdentifier"), params.get("RetainPrimaryCluster")
        if name and retain:
            raise AwsError(
                "InvalidParameterCombination",
                "FinalSnapshotIdentifier cannot be specified when the primary cluster is retained.",
            )
        if retain and row["cluster_mode"]:
            raise AwsError(
                "InvalidParameterCombination",
                "RetainPrimaryCluster is not supported with cluster mode enabled.",
            )
        if name:
            await take(ctx, row, name, {})
        if retain:
            await _retain(ctx, row)
        else:
            await cache_clusters.delete(ctx.db, row, ctx.now, takes(ctx))
    answer = {key: value for key, value in shown(row, "deleting").items() if key in _DELETED}
    return {"ReplicationGroup": answer}


async def find(ctx: Context, group_id: str) -> Any:
    """The available group of that id, held until the transaction ends."""
    plain = group_id.lower()
    row = await cache_clusters.find_group(ctx.db, ctx.region, plain)
    if row is not None:
        await cache_clusters.lock(ctx.db, ctx.region, row["identifier"])
        row = await cache_clusters.find_group(ctx.db, ctx.region, plain)
    if row is None:
        raise identifiers.not_found("group", group_id)
    if row["status"] != "available":
        raise AwsError(
            "InvalidReplicationGroupState",
            f"Replication group must be in available state: {plain} is {row['status']}.",
        )
    return row


async def _row(ctx: Context, params: dict[str, Any], group_id: str) -> dict[str, Any]:
    source = await restored(ctx, params.get("SnapshotName"))
    engine = cache_choices.engine_of(params.get("Engine") or source.get("engine", "redis"))
    if not engine.replicates:
        raise AwsError(
            "InvalidParameterValue",
            "Invalid value for Engine: a replication group runs redis or valkey.",
        )
    sizes = _sizes(params, source)
    zones = cache_choices.zones(ctx, params.get("PreferredCacheClusterAZs"))
    members = cache_members.build(group_id, sizes[0], sizes[1], zones)
    version = params.get("EngineVersion") or source.get("engine_version")
    sharded = sizes[0] > 1 or params.get("ClusterMode") == "enabled"
    sharded = sharded or "cluster.on" in (params.get("CacheParameterGroupName") or "")
    kind = params.get("CacheNodeType") or source.get("node_type")
    return {
        "identifier": group_id,
        "replication_group_id": group_id,
        "arn": arn(ctx, "elasticache", f"replicationgroup:{group_id}"),
        "region": ctx.region,
        "description": params["ReplicationGroupDescription"],
        "engine": engine.name,
        "engine_version": cache_choices.version_of(engine, version),
        "node_type": cache_choices.node_type(kind, USUAL_NODE),
        "num_nodes": len(members),
        "members": members,
        "cluster_mode": sharded,
        "availability_zone": members[0]["zone"],
        "port": params.get("Port") or engine.port,
        "at_rest_encryption": bool(params.get("AtRestEncryptionEnabled")),
        "kms_key_id": params.get("KmsKeyId"),
        "subnet_group_name": await cache_choices.subnet_group(
            ctx, params.get("CacheSubnetGroupName")
        ),
        "created_at": ctx.now,
        "updated_at": ctx.now,
        **_encryption(params),
        **_failover(params, sharded, sizes[1]),
        **await cache_choices.options(ctx, params, engine),
    }


def _sizes(params: dict[str, Any], source: dict[str, Any]) -> tuple[int, int]:
    """How many node groups, and how many replicas each."""
    clusters, groups = params.get("NumCacheClusters"), params.get("NumNodeGroups")
    if clusters is not None and (groups or 1) > 1:
        raise AwsError(
            "InvalidParameterCombination",
            "NumCacheClusters cannot be specified together with more than one node group.",
        )
    groups = groups or source.get("num_node_groups") or 1
    replicas = params.get("ReplicasPerNodeGroup")
    if replicas is None:
        replicas = clusters - 1 if clusters else 0
    if not 0 <= replicas <= MOST_REPLICAS:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid number of replicas: {replicas}. Must be between 0 and {MOST_REPLICAS}.",
        )
    if not 1 <= groups <= MOST_GROUPS:
        raise AwsError(
            "NodeGroupsPerReplicationGroupQuotaExceeded",
            f"A replication group has 1 to {MOST_GROUPS} node groups.",
        )
    return groups, replicas


def _encryption(params: dict[str, Any]) -> dict[str, Any]:
    token, in_transit = params.get("AuthToken"), bool(params.get("TransitEncryptionEnabled"))
    if token and not in_transit:
        raise AwsError(
            "InvalidParameterCombination",
            "AuthToken can only be enabled when transit encryption is enabled.",
        )
    if token and not 16 <= len(token) <= 128:
        raise AwsError(
            "InvalidParameterValue", "Invalid AuthToken provided. It has 16 to 128 characters."
        )
    return {
        "transit_encryption": in_transit,
        "transit_encryption_mode": params.get("TransitEncryptionMode"),
        "auth_token": bool(token),
    }


def _failover(params: dict[str, Any], sharded: bool, replicas: int) -> dict[str, Any]:
    failover = params.get("AutomaticFailoverEnabled")
    if failover is None:
        failover = sharded
    if failover and not replicas and not sharded:
        raise AwsError(
            "InvalidParameterCombination",
            "When using automatic failover, there must be at least 2 cache clusters in the"
            " replication group.",
        )
    if sharded and not failover:
        raise AwsError(
            "InvalidParameterValue",
            "Redis with cluster mode enabled should be created with automatic failover on.",
        )
    multi_az = bool(params.get("MultiAZEnabled"))
    if multi_az and not failover:
        raise AwsError(
            "InvalidParameterCombination",
            "Must specify at least two cache clusters and automatic failover for Multi-AZ.",
        )
    return {"automatic_failover": failover, "multi_az": multi_az}


async def _around(ctx: Context, params: dict[str, Any], group_id: str) -> None:
    """A group whose primary is a cluster that stood by itself."""
    cluster = await find_cluster(ctx, params["PrimaryClusterId"])
    if cluster["replication_group_id"] or cluster["status"] != "available":
        raise AwsError(
            "InvalidCacheClusterState",
            f"Cache cluster {cluster['member_id']} cannot become the primary of a group.",
        )
    if not cache_engines.known(cluster["engine"]).replicates:
        raise AwsError("InvalidParameterValue", "The primary cluster must run redis or valkey.")
    primary = {
        "id": cluster["member_id"],
        "group": "0001",
        "zone": cluster["zone"],
        "primary": True,
    }
    replicas = (params.get("NumCacheClusters") or 1) - 1
    zones = cache_choices.zones(ctx, None, cluster["zone"] or "")
    members = cache_members.resized(group_id, [primary], replicas, zones, sharded=False)
    under_way = cache_clusters.transition("creating", ctx.now, takes(ctx))
    await cache_clusters.change(
        ctx.db,
        cluster,
        under_way
        | {
            "replication_group_id": group_id,
            "arn": arn(ctx, "elasticache", f"replicationgroup:{group_id}"),
            "description": params["ReplicationGroupDescription"],
            "members": members,
            "num_nodes": len(members),
            **_failover(params, False, replicas),
        },
    )


async def _retain(ctx: Context, row: Any) -> None:
    [primary] = [one for one in row["members"] if one["primary"]]
    await cache_clusters.change(
        ctx.db,
        row,
        {
            "identifier": primary["id"],
            "arn": arn(ctx, "elasticache", f"cluster:{primary['id']}"),
            "replication_group_id": None,
            "members": None,
            "num_nodes": 1,
            "automatic_failover": False,
            "multi_az": False,
            "availability_zone": primary["zone"],
        },
    )


def _exists(group_id: str) -> AwsError:
    return AwsError(
        "ReplicationGroupAlreadyExists", f"Replication group {group_id} already exists."
    )


_DELETED = (
    "ReplicationGroupId", "Description", "GlobalReplicationGroupInfo", "Status",
    "PendingModifiedValues", "AutomaticFailover", "MultiAZ", "SnapshotRetentionLimit",
    "SnapshotWindow", "TransitEncryptionEnabled", "AtRestEncryptionEnabled", "ARN",
    "LogDeliveryConfigurations",
)  # fmt: skip
