"""Databases made of others: read replicas, and databases restored from snapshots.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstanceReadReplica.html
and API_RestoreDBInstanceFromDBSnapshot.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers, tags
from handlers.rds.identifiers import INSTANCE, SNAPSHOT
from handlers.rds.rds_instances import (
    born,
    check_class,
    engine_of,
    find,
    options,
    retention,
    shown,
    takes,
    version_of,
    zone,
)
from handlers.rds.rds_subnet_group_choice import choose_group
from handlers.rds.storage_limits import storage
from models import launches, rds_engines, rds_instances, rds_snapshots

NOUN = "rds_instances"
MOST_REPLICAS = 15

_OF_SOURCE = ("engine", "engine_version", "license_model", "db_name", "master_username",
              "storage_encrypted", "kms_key_id", "iam_authentication")  # fmt: skip


async def create_db_instance_read_replica(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A database that replicates another of the region, and is read only."""
    identifier = identifiers.new(INSTANCE, params["DBInstanceIdentifier"])
    if not params.get("SourceDBInstanceIdentifier"):
        raise AwsError(
            "InvalidParameterCombination",
            "Either SourceDBInstanceIdentifier or SourceDBClusterIdentifier must be specified.",
        )
    source_id = identifiers.plain(ctx, INSTANCE, params["SourceDBInstanceIdentifier"])
    async with ctx.db.transaction():
        source = await find(ctx, source_id)
        _check_source(source)
        given = tags.given(params)
        row = {
            **_like(ctx, params, source),
            "identifier": identifier,
            "replica_of": source["identifier"],
            "port": params.get("Port") or source["port"],
            "backup_retention_days": 0,
            "env": launches.environment(given) if given else source["env"],
            "subnet_group_name": await choose_group(
                ctx, params.get("DBSubnetGroupName") or source["subnet_group_name"]
            ),
            **options(params),
        }
        return await born(ctx, row, given)


async def restore_db_instance_from_db_snapshot(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """A new database with what a snapshot holds."""
    identifier = identifiers.new(INSTANCE, params["DBInstanceIdentifier"])
    if not params.get("DBSnapshotIdentifier"):
        raise AwsError("InvalidParameterCombination", "DBSnapshotIdentifier must be specified.")
    snapshot_id = identifiers.plain(ctx, SNAPSHOT, params["DBSnapshotIdentifier"])
    async with ctx.db.transaction():
        snapshot = await rds_snapshots.find_one(
            ctx.db, rds_snapshots.INSTANCE, ctx.region, snapshot_id, ctx.shift
        )
        if snapshot is None:
            raise identifiers.not_found(SNAPSHOT, snapshot_id)
        if snapshot["status"] != "available":
            raise AwsError(
                "InvalidDBSnapshotState", f"DBSnapshot {snapshot_id} is not in available state."
            )
        given = tags.given(params)
        row = {
            **_like(ctx, params, snapshot),
            "identifier": identifier,
            "port": params.get("Port") or snapshot["port"],
            "backup_retention_days": retention(params.get("BackupRetentionPeriod", 1)),
            "env": launches.environment(given) if given else snapshot["env"],
            "subnet_group_name": await choose_group(ctx, params.get("DBSubnetGroupName")),
            **options(params),
        }
        return await born(ctx, row, given)


async def promote_read_replica(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a replica stand alone and be written."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        if row["replica_of"] is None:
            raise AwsError("InvalidDBInstanceState", "DB Instance is not a read replica.")
        if row["status"] != "available":
            raise AwsError(
                "InvalidDBInstanceState", f"Instance {identifier} is not in available state."
            )
        changes = {
            "replica_of": None,
            "backup_retention_days": retention(params.get("BackupRetentionPeriod", 1)),
            **options({"PreferredBackupWindow": params.get("PreferredBackupWindow")}),
            **rds_instances.transition("modifying", "available", ctx.now, takes(ctx)),
        }
        await rds_instances.update(ctx.db, ctx.region, identifier, changes)
        row = await rds_instances.find_one(ctx.db, ctx.region, identifier)
    return {"DBInstance": shown(row, "modifying")}


def _check_source(source: Any) -> None:
    name = source["identifier"]
    if source["cluster_identifier"]:
        raise AwsError("InvalidDBInstanceState", f"DB instance {name} is a member of a DB cluster.")
    if source["status"] != "available":
        raise AwsError("InvalidDBInstanceState", f"Instance {name} is not in available state.")
    if source["backup_retention_days"] == 0 and source["replica_of"] is None:
        raise AwsError(
            "InvalidDBInstanceState",
            f"Automated backups are not enabled for this database instance. To enable automated"
            f" backups, use ModifyDBInstance to set the backup retention period of {name} to a"
            " non-zero value.",
        )
    if len(source["replicas"]) >= MOST_REPLICAS:
        raise AwsError(
            "InstanceQuotaExceeded",
            f"DB instance {name} has {MOST_REPLICAS} read replicas already.",
        )


def _like(ctx: Context, params: Mapping[str, Any], source: Any) -> dict[str, Any]:
    """The columns that a copy has of its source, except as the request says otherwise."""
    engine = engine_of(params.get("Engine") or source["engine"])
    instance_class = params.get("DBInstanceClass") or source["instance_class"] or "db.m5.large"
    check_class(engine, instance_class)
    kind = params.get("StorageType") or source["storage_type"]
    size = max(params.get("AllocatedStorage") or 0, source["allocated_storage_gib"])
    same = kind == source["storage_type"] and size == source["allocated_storage_gib"]
    usual = rds_engines.included(kind, size)
    iops = params.get("Iops") or (source["iops"] if same else None)
    if kind == "gp3" and iops is not None and usual[0] is not None:
        iops = max(iops, usual[0])
    throughput = params.get("StorageThroughput") or (source["storage_throughput"] if same else None)
    return {
        **{name: source[name] for name in _OF_SOURCE},
        "engine": engine.name,
        "engine_version": source["engine_version"] or version_of(engine, None),
        "region": ctx.region,
        "instance_class": instance_class,
        "multi_az": bool(params.get("MultiAZ")),
        "availability_zone": zone(ctx, params),
        "created_at": ctx.now,
        **storage(engine, kind, size, iops, throughput),
    }
