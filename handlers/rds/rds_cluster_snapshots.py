"""Snapshots of clusters.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBClusterSnapshot.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, View, When
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import CLUSTER, CLUSTER_SNAPSHOT
from handlers.rds.rds_clusters import find as find_cluster
from handlers.rds.rds_instance_view import license_model
from handlers.rds.rds_snapshot_taking import store, take
from handlers.rds.rds_snapshots import LONGEST_NAME, check_type
from handlers.rds.tags import TAG_LIST
from models import rds_snapshots, regions
from models.listing import Condition

NOUN = "rds_snapshots"


async def describe_db_cluster_snapshots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Snapshots of clusters, manual and automated."""
    listing = rds_snapshots.CLUSTER
    where = lists.conditions(
        listing, FILTERS, params.get("Filters"), {"db-cluster-id": lists.last_part}
    )
    if params.get("DBClusterIdentifier"):
        source = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
        where.append(Condition("source_identifier", (source,)))
    if params.get("DbClusterResourceId"):
        where.append(Condition("source_resource_id", (params["DbClusterResourceId"],)))
    if params.get("SnapshotType"):
        where.append(Condition("snapshot_type", (check_type(params["SnapshotType"]),)))
    return await lists.described(
        ctx, params, CLUSTER_SNAPSHOT, member="DBClusterSnapshots", view=CLUSTER_SNAPSHOT_VIEW,
        asked=params.get("DBClusterSnapshotIdentifier"), listing=listing, where=where,
    )  # fmt: skip


async def create_db_cluster_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A snapshot of a cluster."""
    raw = params["DBClusterSnapshotIdentifier"]
    name = identifiers.new(CLUSTER_SNAPSHOT, raw, LONGEST_NAME)
    source_id = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
    async with ctx.db.transaction():
        source = await find_cluster(ctx, source_id)
        if source["status"] not in ("available", "stopped"):
            raise AwsError(
                "InvalidDBClusterStateFault",
                f"DbCluster {source_id} is in {source['status']} state but expected it to be one"
                " of available.",
            )
        await take(ctx, source, name, tags.given(params), "cluster")
        made = await _find(ctx, name)
    return {"DBClusterSnapshot": _begun(made)}


async def copy_db_cluster_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A manual copy of a cluster's snapshot."""
    raw = params["TargetDBClusterSnapshotIdentifier"]
    target = identifiers.new(CLUSTER_SNAPSHOT, raw, LONGEST_NAME)
    async with ctx.db.transaction():
        source = await _source(ctx, params["SourceDBClusterSnapshotIdentifier"])
        copied = dict(source["tags"]) if params.get("CopyTags") else {}
        row = {
            **{name: source[name] for name in rds_snapshots.COPIED},
            "copied_from_arn": source["arn"],
            "storage_encrypted": source["storage_encrypted"] or bool(params.get("KmsKeyId")),
            "kms_key_id": params.get("KmsKeyId") or source["kms_key_id"],
            "tags": copied | tags.given(params),
        }
        await store(ctx, row, target, "cluster")
        made = await _find(ctx, target)
    return {"DBClusterSnapshot": _begun(made)}


async def delete_db_cluster_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a manual snapshot of a cluster."""
    name = identifiers.plain(ctx, CLUSTER_SNAPSHOT, params["DBClusterSnapshotIdentifier"])
    async with ctx.db.transaction():
        row = await _find(ctx, name)
        if row["snapshot_type"] != "manual":
            raise AwsError(
                "InvalidDBClusterSnapshotStateFault",
                f"Only manual snapshots may be deleted: {name} is {row['snapshot_type']}.",
            )
        await rds_snapshots.delete(ctx.db, ctx.region, "cluster", name)
    return {"DBClusterSnapshot": CLUSTER_SNAPSHOT_VIEW.show(row)}


async def describe_db_cluster_snapshot_attributes(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Who may restore a cluster's snapshot beside its owner."""
    name = identifiers.plain(ctx, CLUSTER_SNAPSHOT, params["DBClusterSnapshotIdentifier"])
    return {"DBClusterSnapshotAttributesResult": _attributes(await _find(ctx, name))}


async def modify_db_cluster_snapshot_attribute(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Share a cluster's manual snapshot with accounts, or no more."""
    name = identifiers.plain(ctx, CLUSTER_SNAPSHOT, params["DBClusterSnapshotIdentifier"])
    if params["AttributeName"] != "restore":
        raise AwsError(
            "InvalidParameterValue", f"Invalid attribute name: {params['AttributeName']}"
        )
    async with ctx.db.transaction():
        row = await _find(ctx, name)
        if row["snapshot_type"] != "manual":
            raise AwsError(
                "InvalidDBClusterSnapshotStateFault", "Only manual snapshots may be shared."
            )
        shared = set(row["shared_with"]) | set(params.get("ValuesToAdd") or ())
        shared -= set(params.get("ValuesToRemove") or ())
        await rds_snapshots.share(ctx.db, ctx.region, "cluster", name, sorted(shared))
        row = await _find(ctx, name)
    return {"DBClusterSnapshotAttributesResult": _attributes(row)}


def _attributes(row: Any) -> dict[str, Any]:
    values = list(row["shared_with"])
    return {
        "DBClusterSnapshotIdentifier": row["identifier"],
        "DBClusterSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": values}],
    }


async def _find(ctx: Context, name: str) -> Any:
    row = await rds_snapshots.find_one(ctx.db, rds_snapshots.CLUSTER, ctx.region, name, ctx.shift)
    if row is None:
        raise identifiers.not_found(CLUSTER_SNAPSHOT, name)
    return row


async def _source(ctx: Context, name: str) -> Any:
    """The snapshot to copy, of this region or, named by its ARN, of another."""
    region, plain = ctx.region, name.lower()
    if plain.startswith("arn:"):
        parts = plain.split(":", 6)
        mine = len(parts) == 7 and parts[4] == ctx.principal.account_number
        if not mine or parts[5] != CLUSTER_SNAPSHOT.segment or not regions.exists(parts[3]):
            raise identifiers.not_found(CLUSTER_SNAPSHOT, name)
        region, plain = parts[3], parts[6]
    row = await rds_snapshots.find_one(ctx.db, rds_snapshots.CLUSTER, region, plain, ctx.shift)
    if row is None:
        raise identifiers.not_found(CLUSTER_SNAPSHOT, name)
    return row


def _begun(row: Any) -> dict[str, Any]:
    return CLUSTER_SNAPSHOT_VIEW.show(row) | {"Status": "creating", "PercentProgress": 0}


CLUSTER_SNAPSHOT_VIEW = View(
    {
        "AvailabilityZones": Constant([]),
        "DBClusterSnapshotIdentifier": "identifier",
        "DBClusterIdentifier": "source_identifier",
        "SnapshotCreateTime": "created_at",
        "Engine": "engine",
        "EngineMode": Constant("provisioned"),
        "AllocatedStorage": "allocated_storage_gib",
        "Status": "status",
        "Port": "port",
        "VpcId": "vpc_id",
        "ClusterCreateTime": "source_created_at",
        "MasterUsername": "master_username",
        "EngineVersion": "engine_version",
        "LicenseModel": Computed(license_model, "license_model", "engine"),
        "SnapshotType": "snapshot_type",
        "PercentProgress": "progress",
        "StorageEncrypted": "storage_encrypted",
        "KmsKeyId": When("storage_encrypted", "kms_key_id"),
        "DBClusterSnapshotArn": "arn",
        "SourceDBClusterSnapshotArn": "copied_from_arn",
        "IAMDatabaseAuthenticationEnabled": "iam_authentication",
        "TagList": TAG_LIST,
        "DbClusterResourceId": "source_resource_id",
    }
)

FILTERS = {
    "db-cluster-id": "source_identifier",
    "db-cluster-snapshot-id": "identifier",
    "engine": "engine",
    "snapshot-type": "snapshot_type",
}
