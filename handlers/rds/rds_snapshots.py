"""Snapshots of databases.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBSnapshot.html and the pages
of the operations. Snapshots of clusters stand in rds_cluster_snapshots.py.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, View, When
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import INSTANCE, SNAPSHOT
from handlers.rds.rds_instance_view import license_model, option_group
from handlers.rds.rds_instances import find as find_instance
from handlers.rds.rds_snapshot_taking import store, take
from handlers.rds.tags import TAG_LIST
from models import rds_snapshots, regions
from models.listing import Condition

LONGEST_NAME = 255


async def describe_db_snapshots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Snapshots of databases, manual and automated; nobody shares any with the account."""
    listing = rds_snapshots.INSTANCE
    where = lists.conditions(
        listing, FILTERS, params.get("Filters"), {"db-instance-id": lists.last_part}
    )
    if params.get("DBInstanceIdentifier"):
        source = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
        where.append(Condition("source_identifier", (source,)))
    if params.get("DbiResourceId"):
        where.append(Condition("source_resource_id", (params["DbiResourceId"],)))
    if params.get("SnapshotType"):
        where.append(Condition("snapshot_type", (check_type(params["SnapshotType"]),)))
    return await lists.described(
        ctx, params, SNAPSHOT, member="DBSnapshots", view=SNAPSHOT_VIEW,
        asked=params.get("DBSnapshotIdentifier"), listing=listing, where=where,
    )  # fmt: skip


async def create_db_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A snapshot of a database that runs or is stopped."""
    name = identifiers.new(SNAPSHOT, params["DBSnapshotIdentifier"], LONGEST_NAME)
    source_id = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        source = await find_instance(ctx, source_id)
        if source["cluster_identifier"]:
            raise AwsError(
                "InvalidDBInstanceState",
                "The specified instance is a member of a cluster and a snapshot cannot be created"
                " directly. Please use the CreateDBClusterSnapshot API instead.",
            )
        if source["status"] not in ("available", "stopped"):
            raise AwsError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {source_id} is not"
                " currently in the available state.",
            )
        await take(ctx, source, name, tags.given(params))
        made = await _find(ctx, name)
    return {"DBSnapshot": _begun(made)}


async def copy_db_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A manual copy of a snapshot, of this region or, named by its ARN, of another."""
    target = identifiers.new(SNAPSHOT, params["TargetDBSnapshotIdentifier"], LONGEST_NAME)
    async with ctx.db.transaction():
        region, source = await _source(ctx, params["SourceDBSnapshotIdentifier"])
        if source["status"] != "available":
            raise AwsError(
                "InvalidDBSnapshotState",
                f"DBSnapshot {source['identifier']} is not in available state.",
            )
        copied = dict(source["tags"]) if params.get("CopyTags") else {}
        same = {name: source[name] for name in rds_snapshots.COPIED}
        row = {
            **same,
            "copied_from_arn": source["arn"],
            "storage_encrypted": source["storage_encrypted"] or bool(params.get("KmsKeyId")),
            "kms_key_id": params.get("KmsKeyId") or source["kms_key_id"],
            "availability_zone": source["availability_zone"] if region == ctx.region else None,
            "tags": copied | tags.given(params),
        }
        await store(ctx, row, target, "instance")
        made = await _find(ctx, target)
    return {"DBSnapshot": _begun(made)}


async def delete_db_snapshot(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a manual snapshot."""
    name = identifiers.plain(ctx, SNAPSHOT, params["DBSnapshotIdentifier"])
    async with ctx.db.transaction():
        row = await _find(ctx, name)
        if row["snapshot_type"] != "manual":
            raise AwsError(
                "InvalidDBSnapshotState",
                f"Only manual snapshots may be deleted: {name} is {row['snapshot_type']}.",
            )
        await rds_snapshots.delete(ctx.db, ctx.region, "instance", name)
    return {"DBSnapshot": SNAPSHOT_VIEW.show(row) | {"Status": "deleted"}}


async def describe_db_snapshot_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who may restore a snapshot beside its owner."""
    name = identifiers.plain(ctx, SNAPSHOT, params["DBSnapshotIdentifier"])
    row = await _find(ctx, name)
    return {"DBSnapshotAttributesResult": _attributes(row)}


async def modify_db_snapshot_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Share a manual snapshot with accounts, or no more."""
    name = identifiers.plain(ctx, SNAPSHOT, params["DBSnapshotIdentifier"])
    if params["AttributeName"] != "restore":
        raise AwsError(
            "InvalidParameterValue", f"Invalid attribute name: {params['AttributeName']}"
        )
    async with ctx.db.transaction():
        row = await _find(ctx, name)
        if row["snapshot_type"] != "manual":
            raise AwsError("InvalidDBSnapshotState", "Only manual snapshots may be shared.")
        shared = set(row["shared_with"]) | set(params.get("ValuesToAdd") or ())
        shared -= set(params.get("ValuesToRemove") or ())
        await rds_snapshots.share(ctx.db, ctx.region, "instance", name, sorted(shared))
        row = await _find(ctx, name)
    return {"DBSnapshotAttributesResult": _attributes(row)}


def check_type(snapshot_type: str) -> str:
    """Refuse a type of snapshot that RDS does not have."""
    if snapshot_type not in ("manual", "automated", "shared", "public", "awsbackup"):
        raise AwsError("InvalidParameterValue", f"Invalid snapshot type: {snapshot_type}")
    return snapshot_type


def _attributes(row: Any) -> dict[str, Any]:
    values = list(row["shared_with"])
    return {
        "DBSnapshotIdentifier": row["identifier"],
        "DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": values}],
    }


async def _find(ctx: Context, name: str) -> Any:
    row = await rds_snapshots.find_one(ctx.db, rds_snapshots.INSTANCE, ctx.region, name, ctx.shift)
    if row is None:
        raise identifiers.not_found(SNAPSHOT, name)
    return row


async def _source(ctx: Context, name: str) -> tuple[str, Any]:
    """The snapshot to copy and its region, which its ARN may tell."""
    region = ctx.region
    plain = name.lower()
    if plain.startswith("arn:"):
        parts = plain.split(":", 6)
        mine = len(parts) == 7 and parts[4] == ctx.principal.account_number
        if not mine or parts[5] != "snapshot" or not regions.exists(parts[3]):
            raise identifiers.not_found(SNAPSHOT, name)
        region, plain = parts[3], parts[6]
    row = await rds_snapshots.find_one(ctx.db, rds_snapshots.INSTANCE, region, plain, ctx.shift)
    if row is None:
        raise identifiers.not_found(SNAPSHOT, name)
    return region, row


def _begun(row: Any) -> dict[str, Any]:
    answer = SNAPSHOT_VIEW.show(row) | {"Status": "creating", "PercentProgress": 0}
    answer.pop("SnapshotCreateTime", None)
    return answer


def _region_of(copied_from_arn: str | None, arn: str) -> str | None:
    """The region that a copy came from, if it was another."""
    if copied_from_arn is None or copied_from_arn.split(":")[3] == arn.split(":")[3]:
        return None
    return copied_from_arn.split(":")[3]


SNAPSHOT_VIEW = View(
    {
        "DBSnapshotIdentifier": "identifier",
        "DBInstanceIdentifier": "source_identifier",
        "SnapshotCreateTime": "created_at",
        "Engine": "engine",
        "AllocatedStorage": "allocated_storage_gib",
        "Status": "status",
        "Port": "port",
        "AvailabilityZone": "availability_zone",
        "VpcId": "vpc_id",
        "InstanceCreateTime": "source_created_at",
        "MasterUsername": "master_username",
        "EngineVersion": "engine_version",
        "LicenseModel": Computed(license_model, "license_model", "engine"),
        "SnapshotType": "snapshot_type",
        "Iops": "iops",
        "StorageThroughput": "storage_throughput",
        "OptionGroupName": Computed(option_group, "engine", "engine_version"),
        "PercentProgress": "progress",
        "SourceRegion": Computed(_region_of, "copied_from_arn", "arn"),
        "SourceDBSnapshotIdentifier": "copied_from_arn",
        "StorageType": "storage_type",
        "Encrypted": "storage_encrypted",
        "KmsKeyId": When("storage_encrypted", "kms_key_id"),
        "DBSnapshotArn": "arn",
        "IAMDatabaseAuthenticationEnabled": "iam_authentication",
        "ProcessorFeatures": Computed(lambda _: [], "arn"),
        "DbiResourceId": "source_resource_id",
        "TagList": TAG_LIST,
        "SnapshotTarget": Computed(lambda _: "region", "arn"),
        "OriginalSnapshotCreateTime": "original_created_at",
    }
)

FILTERS = {
    "db-instance-id": "source_identifier",
    "db-snapshot-id": "identifier",
    "dbi-resource-id": "source_resource_id",
    "engine": "engine",
    "snapshot-type": "snapshot_type",
}
