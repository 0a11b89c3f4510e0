"""Updates of MSK clusters, each an operation that can be looked up afterwards.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes-count.html and
the pages of the operations beside it.
"""

from typing import Any

from emulator.context import Context
from handlers.kafka.cluster_choices import (
    check_brokers,
    check_configuration,
    instance_type,
    throughput,
    version,
    volume_gib,
)
from handlers.kafka.refusals import bad_request, takes
from handlers.kafka.streaming_clusters import check_provisioned, check_version, find
from models import draws, streaming_clusters, streaming_kafka, streaming_operations

NOUN = "streaming_clusters"


async def update_broker_count(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """More brokers, or fewer: as many in each zone."""
    count = params["TargetNumberOfBrokerNodes"]
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        before = row["broker_count"]
        if count == before:
            raise bad_request(
                "The target number of broker nodes is that of the cluster.",
                "targetNumberOfBrokerNodes",
            )
        check_brokers(count, len(row["subnets"] or ()) or 1)
        kind = "INCREASE_BROKER_COUNT" if count > before else "DECREASE_BROKER_COUNT"
        changes = {"broker_count": count, "shard_count": count}
        told = ({"NumberOfBrokerNodes": before}, {"NumberOfBrokerNodes": count})
        return await begin(ctx, row, kind, changes, *told)


async def update_broker_type(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Larger or smaller brokers."""
    kind = instance_type(params["TargetInstanceType"])
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        if kind == row["instance_type"]:
            raise bad_request(
                "The target instance type is that of the cluster.", "targetInstanceType"
            )
        told = ({"InstanceType": row["instance_type"]}, {"InstanceType": kind})
        return await begin(ctx, row, "UPDATE_BROKER_TYPE", {"instance_type": kind}, *told)


async def update_broker_storage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Larger volumes of all brokers; a volume never shrinks."""
    targets = params["TargetBrokerEBSVolumeInfo"]
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        every = {str(n + 1) for n in range(row["broker_count"])}
        named = {one["KafkaBrokerNodeId"] for one in targets}
        if named not in ({"All"}, {"ALL"}, every):
            raise bad_request(
                "The storage of all brokers must be updated together: name All of them.",
                "kafkaBrokerNodeId",
            )
        sizes = {one.get("VolumeSizeGB") for one in targets}
        if len(sizes) > 1:
            raise bad_request("All brokers must have volumes of one size.", "volumeSizeGB")
        speed = targets[0].get("ProvisionedThroughput")
        return await _store(ctx, row, "UPDATE_BROKER_STORAGE", sizes.pop(), speed, None)


async def update_storage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other volumes, or storage in tiers."""
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        size, speed = params.get("VolumeSizeGB"), params.get("ProvisionedThroughput")
        mode = params.get("StorageMode")
        if mode == "TIERED" and ".t3." in row["instance_type"]:
            raise bad_request(
                "Tiered storage is not supported for the instance type of the cluster.",
                "storageMode",
            )
        if mode == "LOCAL" and row["settings"].get("StorageMode") == "TIERED":
            raise bad_request("Tiered storage cannot be turned off.", "storageMode")
        return await _store(ctx, row, "UPDATE_STORAGE", size, speed, mode)


async def update_monitoring(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other metrics, exporters and logs."""
    names = ("EnhancedMonitoring", "OpenMonitoring", "LoggingInfo")
    target = {name: params[name] for name in names if params.get(name)}
    if not target:
        raise bad_request("The request does not include any updates.", "enhancedMonitoring")
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        kept = {**row["settings"], **{name: target[name] for name in names[1:] if name in target}}
        before = {"EnhancedMonitoring": row["enhanced_monitoring"]}
        changes = {
            "settings": kept,
            "enhanced_monitoring": target.get(names[0], row["enhanced_monitoring"]),
        }
        return await begin(ctx, row, "UPDATE_MONITORING", changes, before, target)


async def update_cluster_kafka_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A later version of Kafka, perhaps with another configuration."""
    wanted, own = version(params["TargetKafkaVersion"]), params.get("ConfigurationInfo")
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        await check_configuration(ctx, own)
        before = row["kafka_version"] or streaming_kafka.DEFAULT_VERSION
        if wanted not in streaming_kafka.upgrades(before):
            raise bad_request(
                f"A cluster of version {before} cannot be updated to {wanted}.",
                "targetKafkaVersion",
            )
        changes: dict[str, Any] = {"kafka_version": wanted}
        if own:
            changes["settings"] = {**row["settings"], "ConfigurationInfo": own}
        told = ({"KafkaVersion": before}, {"KafkaVersion": wanted})
        return await begin(ctx, row, "UPDATE_CLUSTER_KAFKA_VERSION", changes, *told)


async def update_cluster_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another configuration, or another revision of it."""
    own = params["ConfigurationInfo"]
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        await check_configuration(ctx, own)
        before = row["settings"].get("ConfigurationInfo")
        changes = {"settings": {**row["settings"], "ConfigurationInfo": own}}
        source = {"ConfigurationInfo": before} if before else {}
        target = {"ConfigurationInfo": own}
        return await begin(ctx, row, "UPDATE_CLUSTER_CONFIGURATION", changes, source, target)


async def reboot_broker(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start one broker anew."""
    async with ctx.db.transaction():
        row = await changing(ctx, params)
        named, known = params["BrokerIds"], range(1, row["broker_count"] + 1)
        if len(named) != 1:
            raise bad_request("Exactly one broker must be named.", "brokerIds")
        if named[0] not in {str(n) for n in known}:
            raise bad_request(f"The cluster has no broker {named[0]}.", "brokerIds")
        return await begin(ctx, row, "REBOOT_NODE", {}, {}, {}, status="REBOOTING_BROKER")


async def changing(ctx: Context, asked: dict[str, Any]) -> Any:
    """The cluster of a request, which is active and in the version that the request knows."""
    row = await find(ctx, asked["ClusterArn"], lock=True)
    check_provisioned(row)
    if row["status"] != "ACTIVE":
        raise bad_request(
            f"This operation cannot be performed on a cluster in the {row['status']} state.",
            "clusterArn",
        )
    if "CurrentVersion" in asked:
        check_version(row, asked["CurrentVersion"])
    return row


async def _store(
    ctx: Context, row: Any, kind: str, size: int | None, speed: Any, mode: str | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if size is not None and size != row["storage_gib"]:
        if volume_gib(size) < (row["storage_gib"] or 0):
            raise bad_request(
                f"The volume size cannot be reduced from {row['storage_gib']} GiB.", "volumeSizeGB"
            )
        changes["storage_gib"] = size
    if speed is not None and throughput(speed) != row["storage_throughput"]:
        changes["storage_throughput"] = throughput(speed)
    if mode is not None and mode != (row["settings"].get("StorageMode") or "LOCAL"):
        changes["settings"] = {**row["settings"], "StorageMode": mode}
    if not changes:
        raise bad_request("The request does not include any updates.", "volumeSizeGB")
    after = {**dict(row), **changes}
    return await begin(ctx, row, kind, changes, _volumes(row), _volumes(after))


def _volumes(row: Any) -> dict[str, Any]:
    volume: dict[str, Any] = {"KafkaBrokerNodeId": "All", "VolumeSizeGB": row["storage_gib"]}
    if row["storage_throughput"]:
        speed = {"Enabled": True, "VolumeThroughput": row["storage_throughput"]}
        volume["ProvisionedThroughput"] = speed
    mode = row["settings"].get("StorageMode") or "LOCAL"
    return {"BrokerEBSVolumeInfo": [volume], "StorageMode": mode}


async def begin(
    ctx: Context,
    row: Any,
    kind: str,
    changes: dict[str, Any],
    source: dict[str, Any],
    target: dict[str, Any],
    *,
    status: str = "UPDATING",
) -> dict[str, Any]:
    """Change a cluster by an operation that tells what it was and what it becomes."""
    head, _, tail = row["arn"].partition(":cluster/")
    operation = f"{head}:cluster-operation/{tail}/{draws.uuid4()}"
    await streaming_operations.insert(
        ctx.db,
        {
            "cluster_id": row["id"],
            "region": ctx.region,
            "arn": operation,
            "kind": kind,
            "source": source,
            "target": target,
            "started_at": ctx.now,
            "ends_at": ctx.now + takes(ctx),
        },
    )
    under_way = streaming_clusters.transition(status, ctx.now, takes(ctx))
    revised = changes | under_way | {"revision": row["revision"] + 1}
    await streaming_clusters.change(ctx.db, row, revised)
    return {"ClusterArn": row["arn"], "ClusterOperationArn": operation}
