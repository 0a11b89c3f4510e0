"""Cache clusters: described, created, rebooted, deleted.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateCacheCluster.html
and the pages of the operations beside it.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import cache_choices, identifiers, lists, tags
from handlers.elasticache.cache_choices import takes
from handlers.elasticache.cache_cluster_view import shown
from handlers.elasticache.cache_snapshot_taking import restored, take
from models import cache_clusters, cache_engines, cache_members, launches
from models.listing import Condition

MOST_NODES = 40
USUAL_NODE = "cache.t3.micro"


async def describe_cache_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Clusters of the region, members of replication groups among them."""
    page = lists.page(ctx, params)
    asked = params.get("CacheClusterId")
    where = []
    if params.get("ShowCacheClustersNotInReplicationGroups"):
        where.append(Condition("grouped", (False,)))
    part, marker = await lists.found(
        page, cache_clusters.CLUSTERS, "member_id", "cluster", asked, where
    )
    nodes = bool(params.get("ShowCacheNodeInfo"))
    return {"CacheClusters": [shown(row, nodes=nodes) for row in part], "Marker": marker}


async def create_cache_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new cluster by itself, or a replica of a group."""
    identifier = identifiers.new("CacheClusterId", params["CacheClusterId"], 50)
    cache_choices.refuse(params, "OutpostMode", "PreferredOutpostArn", "PreferredOutpostArns",
                         "SnapshotArns")  # fmt: skip
    async with ctx.db.transaction():
        if await cache_clusters.is_taken(ctx.db, ctx.region, [identifier]):
            raise AwsError("CacheClusterAlreadyExists", "CacheCluster already exists")
        if params.get("ReplicationGroupId"):
            await _replica(ctx, params, identifier)
        else:
            row = await _row(ctx, params, identifier)
            given = tags.given(params)
            row["env"] = launches.environment(given)
            row |= cache_clusters.transition("creating", ctx.now, takes(ctx))
            if not await cache_clusters.insert(ctx.db, row, given):
                raise AwsError("CacheClusterAlreadyExists", "CacheCluster already exists")
        made = await cache_clusters.find_cluster(ctx.db, ctx.region, identifier)
    return {"CacheCluster": shown(made, status="creating")}


async def delete_cache_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a cluster, behind a last snapshot if one is named, or a replica of a group."""
    async with ctx.db.transaction():
        row = await find(ctx, params["CacheClusterId"])
        check_available(row)
        name = params.get("FinalSnapshotIdentifier")
        if row["replication_group_id"]:
            if name:
                raise AwsError(
                    "InvalidParameterCombination",
                    "FinalSnapshotIdentifier cannot be specified for a member of a replication"
                    " group.",
                )
            await _delete_member(ctx, row)
        else:
            if name:
                await take(ctx, row, name, {})
            await cache_clusters.delete(ctx.db, row, ctx.now, takes(ctx))
    return {"CacheCluster": shown(row, status="deleting")}


async def reboot_cache_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start nodes anew, by their numbers."""
    async with ctx.db.transaction():
        row = await find(ctx, params["CacheClusterId"])
        check_available(row)
        known = {f"{n + 1:04d}" for n in range(row["nodes"])}
        unknown = [one for one in params["CacheNodeIdsToReboot"] if one not in known]
        if unknown or row["cluster_mode"]:
            raise AwsError(
                "InvalidParameterValue",
                f"Cache nodes {', '.join(unknown)} are not in the cluster."
                if unknown
                else "Rebooting is not supported for clusters with cluster mode enabled.",
            )
        under_way = cache_clusters.transition("rebooting cluster nodes", ctx.now, takes(ctx))
        await cache_clusters.update(ctx.db, row, under_way)
    return {"CacheCluster": shown(row, status="rebooting cluster nodes")}


async def find(ctx: Context, identifier: str) -> Any:
    """The cluster of that id, its row held until the transaction ends."""
    plain = identifier.lower()
    row = await cache_clusters.find_cluster(ctx.db, ctx.region, plain)
    if row is not None:
        await cache_clusters.lock(ctx.db, ctx.region, row["identifier"])
        row = await cache_clusters.find_cluster(ctx.db, ctx.region, plain)
    if row is None:
        raise identifiers.not_found("cluster", identifier)
    return row


def check_available(row: Any) -> None:
    """Refuse a change of a cluster that is changing."""
    if row["status"] != "available":
        raise AwsError(
            "InvalidCacheClusterState",
            f"Cache cluster {row['member_id']} is not in available state: it is {row['status']}.",
        )


async def _row(ctx: Context, params: dict[str, Any], identifier: str) -> dict[str, Any]:
    if not params.get("Engine") and not params.get("SnapshotName"):
        raise AwsError("InvalidParameterValue", "The parameter Engine must be provided.")
    source = await restored(ctx, params.get("SnapshotName"))
    engine = cache_choices.engine_of(params.get("Engine") or source["engine"])
    count = params.get("NumCacheNodes", 1)
    if not 1 <= count <= (MOST_NODES if not engine.replicates else 1):
        code = "InvalidParameterValue" if engine.replicates else "NodeQuotaForClusterExceeded"
        raise AwsError(
            code,
            f"Cannot create a {engine.name} cluster with a NumCacheNodes parameter other than 1."
            if engine.replicates
            else f"The request cannot be processed: a cluster has 1 to {MOST_NODES} nodes.",
        )
    if params.get("AuthToken"):
        raise AwsError(
            "InvalidParameterCombination",
            "AuthToken is only supported for replication groups with encryption in transit.",
        )
    if params.get("TransitEncryptionEnabled") and engine.replicates:
        raise AwsError(
            "InvalidParameterValue",
            "Encryption features are not supported for engine Redis clusters outside replication"
            " groups.",
        )
    wanted = params.get("PreferredAvailabilityZones")
    one = params.get("PreferredAvailabilityZone")
    zones = cache_choices.zones(ctx, wanted or ([one] if one and one != "Multiple" else None))
    version = params.get("EngineVersion") or source.get("engine_version")
    return {
        "identifier": identifier,
        "arn": arn(ctx, "elasticache", f"cluster:{identifier}"),
        "region": ctx.region,
        "engine": engine.name,
        "engine_version": cache_choices.version_of(engine, version),
        "node_type": cache_choices.node_type(
            params.get("CacheNodeType"), source.get("node_type", USUAL_NODE)
        ),
        "num_nodes": count,
        "availability_zone": zones[0],
        "multi_az": params.get("AZMode") == "cross-az",
        "port": params.get("Port") or engine.port,
        "transit_encryption": bool(params.get("TransitEncryptionEnabled")),
        "subnet_group_name": await cache_choices.subnet_group(
            ctx, params.get("CacheSubnetGroupName")
        ),
        "created_at": ctx.now,
        "updated_at": ctx.now,
        **await cache_choices.options(ctx, params, engine),
    }


async def _replica(ctx: Context, params: dict[str, Any], identifier: str) -> None:
    """One more member of a group, under a name of its own."""
    extra = params.keys() & {"Engine", "EngineVersion", "CacheNodeType", "CacheSubnetGroupName",
                             "CacheParameterGroupName", "SecurityGroupIds", "Port"}  # fmt: skip
    if extra:
        raise AwsError(
            "InvalidParameterCombination",
            "Cannot specify additional cache cluster parameters when creating a replica cluster",
        )
    group_id = params["ReplicationGroupId"].lower()
    row = await cache_clusters.find_group(ctx.db, ctx.region, group_id)
    if row is None:
        raise identifiers.not_found("group", group_id)
    await cache_clusters.lock(ctx.db, ctx.region, row["identifier"])
    if row["status"] != "available" or row["cluster_mode"]:
        raise AwsError(
            "InvalidReplicationGroupState",
            f"Replication group {group_id} cannot take a replica cluster now.",
        )
    members = list(row["members"])
    if len(members) >= 6:
        raise AwsError("NodeQuotaForClusterExceeded", "A node group has at most 5 replicas.")
    asked = params.get("PreferredAvailabilityZone")
    zone = cache_choices.zones(ctx, [asked] if asked else None)[0]
    members.append({"id": identifier, "group": "0001", "zone": zone, "primary": False})
    under_way = cache_clusters.transition("modifying", ctx.now, takes(ctx))
    await cache_clusters.change(
        ctx.db, row, under_way | {"members": members, "num_nodes": len(members)}
    )


async def _delete_member(ctx: Context, row: Any) -> None:
    group = cache_members.groups(row["members"])[row["node_group"]]
    told = f"Cannot delete the cache cluster {row['member_id']} because it is the"
    if row["is_primary"]:
        raise AwsError(
            "InvalidCacheClusterState",
            f"{told} primary of replication group {row['replication_group_id']}. To delete the"
            " entire replication group, use DeleteReplicationGroup.",
        )
    if len(group) == 2 and row["automatic_failover"]:
        raise AwsError(
            "InvalidCacheClusterState",
            "Cannot delete the cache cluster because it is the only read replica for replication"
            f" group {row['replication_group_id']} which has autofailover enabled or pending. You"
            " can disable autofailover and then delete this cache cluster. Alternatively, to"
            " delete the entire replication group, use DeleteReplicationGroup.",
        )
    if row["cluster_mode"]:
        raise AwsError(
            "InvalidCacheClusterState",
            f"{told} member of a replication group with cluster mode enabled.",
        )
    members = [one for one in row["members"] if one["id"] != row["member_id"]]
    under_way = cache_clusters.transition("modifying", ctx.now, takes(ctx))
    await cache_clusters.change(
        ctx.db, row, under_way | {"members": members, "num_nodes": len(members)}
    )


async def list_allowed_node_type_modifications(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The node types that a cluster or group can be scaled to, up and down."""
    cluster, group = params.get("CacheClusterId"), params.get("ReplicationGroupId")
    if bool(cluster) == bool(group):
        raise AwsError(
            "InvalidParameterCombination",
            "Either CacheClusterId or ReplicationGroupId must be provided, but not both.",
        )
    if cluster:
        row = await cache_clusters.find_cluster(ctx.db, ctx.region, cluster.lower())
        if row is None:
            raise identifiers.not_found("cluster", cluster)
    else:
        row = await cache_clusters.find_group(ctx.db, ctx.region, str(group).lower())
        if row is None:
            raise identifiers.not_found("group", str(group))
    if row["engine"] == "memcached":
        return {"ScaleUpModifications": [], "ScaleDownModifications": []}
    own = cache_engines.memory_gib(row["node_type"])
    others = {
        name: size for name, size in cache_engines.node_types().items() if name != row["node_type"]
    }
    return {
        "ScaleUpModifications": sorted(name for name, size in others.items() if size >= own),
        "ScaleDownModifications": sorted(name for name, size in others.items() if size < own),
    }
