"""Replication groups with more or fewer replicas and node groups, and another primary.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DecreaseReplicaCount.html
and API_ModifyReplicationGroupShardConfiguration.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import cache_choices
from handlers.elasticache.cache_choices import takes
from handlers.elasticache.replication_group_view import shown
from handlers.elasticache.replication_groups import MOST_GROUPS, MOST_REPLICAS, find
from models import cache_clusters, cache_members
from models.cache_members import Member

NOUN = "cache_clusters"


async def increase_replica_count(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """More replicas in each node group, or in those that are named."""
    _at_once(params)
    async with ctx.db.transaction():
        row = await find(ctx, params["ReplicationGroupId"])
        groups = cache_members.groups(row["members"])
        for name, wanted in _wanted(params, groups).items():
            if wanted <= len(groups[name]) - 1:
                raise AwsError(
                    "InvalidParameterValue",
                    f"The new replica count must be more than the {len(groups[name]) - 1} of node"
                    f" group {name}.",
                )
            groups[name] = _resized(ctx, row, groups[name], wanted)
        return await _changed(ctx, row, groups)


async def decrease_replica_count(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Fewer replicas in each node group, in those that are named, or without the named ones."""
    _at_once(params)
    async with ctx.db.transaction():
        row = await find(ctx, params["ReplicationGroupId"])
        groups = cache_members.groups(row["members"])
        removed = {one.lower() for one in params.get("ReplicasToRemove") or ()}
        if removed:
            _remove(groups, removed)
        else:
            for name, wanted in _wanted(params, groups).items():
                if wanted >= len(groups[name]) - 1:
                    raise AwsError(
                        "InvalidParameterValue",
                        f"The new replica count must be less than the {len(groups[name]) - 1} of"
                        f" node group {name}.",
                    )
                groups[name] = _resized(ctx, row, groups[name], wanted)
        if row["multi_az"] and any(len(found) == 1 for found in groups.values()):
            raise AwsError(
                "InvalidParameterValue",
                "Replicas cannot be fewer than 1 in a replication group with Multi-AZ enabled.",
            )
        if row["automatic_failover"] and not row["cluster_mode"] and len(groups["0001"]) == 1:
            raise AwsError(
                "InvalidParameterValue",
                "The replica count cannot be 0 while automatic failover is enabled; disable it"
                " first.",
            )
        return await _changed(ctx, row, groups)


async def modify_replication_group_shard_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """More or fewer node groups, over which the slots are divided anew."""
    _at_once(params)
    count = params["NodeGroupCount"]
    async with ctx.db.transaction():
        row = await find(ctx, params["ReplicationGroupId"])
        if not row["cluster_mode"]:
            raise AwsError(
                "InvalidReplicationGroupState",
                "Online resharding needs a replication group with cluster mode enabled.",
            )
        groups = cache_members.groups(row["members"])
        if not 1 <= count <= MOST_GROUPS:
            raise AwsError(
                "NodeGroupsPerReplicationGroupQuotaExceeded",
                f"A replication group has 1 to {MOST_GROUPS} node groups.",
            )
        if count == len(groups):
            raise AwsError("InvalidParameterValue", "No modifications were requested.")
        if count > len(groups):
            groups = _added(ctx, row, groups, count)
        else:
            for name in _gone(params, groups, count):
                del groups[name]
        return await _changed(ctx, row, groups)


async def test_failover(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let the primary of a node group fail: a replica takes its place."""
    name = params["NodeGroupId"]
    async with ctx.db.transaction():
        row = await find(ctx, params["ReplicationGroupId"])
        groups = cache_members.groups(row["members"])
        if name not in groups:
            raise AwsError("NodeGroupNotFoundFault", f"Node group {name} not found.", 404)
        replicas = [one for one in groups[name] if not one["primary"]]
        if not row["automatic_failover"] or not replicas:
            raise AwsError(
                "InvalidReplicationGroupState",
                "Automatic failover must be enabled, with a replica in the node group.",
            )
        groups[name] = cache_members.promoted(groups[name], replicas[0]["id"])
        return await _changed(ctx, row, groups)


def _wanted(params: dict[str, Any], groups: dict[str, list[Member]]) -> dict[str, int]:
    """The replicas that each node group named by a request is to have."""
    named = {
        one["NodeGroupId"]: one["NewReplicaCount"]
        for one in params.get("ReplicaConfiguration") or ()
    }
    count = params.get("NewReplicaCount")
    if bool(named) == (count is not None):
        raise AwsError(
            "InvalidParameterCombination",
            "Either NewReplicaCount or ReplicaConfiguration must be provided, but not both.",
        )
    unknown = sorted(set(named) - set(groups))
    if unknown:
        raise AwsError("InvalidParameterValue", f"Node group {unknown[0]} not found.")
    wanted = named or dict.fromkeys(groups, count or 0)
    for replicas in wanted.values():
        if not 0 <= replicas <= MOST_REPLICAS:
            raise AwsError(
                "InvalidParameterValue",
                f"Invalid replica count: {replicas}. Must be between 0 and {MOST_REPLICAS}.",
            )
    return wanted


def _remove(groups: dict[str, list[Member]], removed: set[str]) -> None:
    replicas = {one["id"] for found in groups.values() for one in found if not one["primary"]}
    unknown = sorted(removed - replicas)
    if unknown:
        raise AwsError(
            "InvalidParameterValue", f"{', '.join(unknown)} are no replicas of the group."
        )
    for name, found in groups.items():
        groups[name] = [one for one in found if one["id"] not in removed]


def _resized(ctx: Context, row: Any, members: list[Member], replicas: int) -> list[Member]:
    zones = cache_choices.zones(ctx, None, members[0]["zone"])
    sharded = row["cluster_mode"] and "-0001-" in row["members"][0]["id"]
    return cache_members.resized(
        row["replication_group_id"], members, replicas, zones, sharded=sharded
    )


def _added(
    ctx: Context, row: Any, groups: dict[str, list[Member]], count: int
) -> dict[str, list[Member]]:
    replicas = max(len(found) for found in groups.values()) - 1
    number = max(int(name) for name in groups)
    for at in range(number + 1, number + 1 + count - len(groups)):
        zones = cache_choices.zones(ctx, None)
        name = f"{at:04d}"
        groups[name] = cache_members.node_group(
            row["replication_group_id"], name, replicas, zones, sharded=True
        )
    return groups


def _gone(params: dict[str, Any], groups: dict[str, list[Member]], count: int) -> list[str]:
    """The node groups that go: those named, or all but those named."""
    remove, retain = params.get("NodeGroupsToRemove") or (), params.get("NodeGroupsToRetain") or ()
    if bool(remove) == bool(retain):
        raise AwsError(
            "InvalidParameterCombination",
            "Either NodeGroupsToRemove or NodeGroupsToRetain is required when node groups are"
            " removed.",
        )
    gone = [name for name in groups if (name in remove if remove else name not in retain)]
    if len(groups) - len(gone) != count:
        raise AwsError(
            "InvalidParameterCombination",
            f"Removing the node groups named leaves {len(groups) - len(gone)}, not {count}.",
        )
    return gone


async def _changed(ctx: Context, row: Any, groups: dict[str, list[Member]]) -> dict[str, Any]:
    members = cache_members.flat(groups)
    under_way = cache_clusters.transition("modifying", ctx.now, takes(ctx))
    await cache_clusters.change(
        ctx.db, row, under_way | {"members": members, "num_nodes": len(members)}
    )
    made = await cache_clusters.find_group(ctx.db, ctx.region, row["replication_group_id"])
    return {"ReplicationGroup": shown(made, "modifying")}


def _at_once(params: dict[str, Any]) -> None:
    if not params["ApplyImmediately"]:
        raise AwsError(
            "InvalidParameterValue", "Invalid ApplyImmediately value: only true is supported."
        )
