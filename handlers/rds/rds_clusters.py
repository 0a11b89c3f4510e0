"""Clusters: described, created, modified, deleted, stopped and started.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html and the pages
of the operations. Only Aurora's engines make clusters here.
"""

from collections.abc import Mapping
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import CLUSTER, CLUSTER_SNAPSHOT
from handlers.rds.rds_cluster_view import CLUSTER_VIEW, FILTERS
from handlers.rds.rds_instances import check_password, engine_of, retention, takes, version_of
from handlers.rds.rds_snapshot_taking import take
from handlers.rds.rds_subnet_group_choice import choose_group
from models import launches, rds_clusters, rds_engines

OPTIONS = {
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBClusterParameterGroupName": "parameter_group_name",
    "DeletionProtection": "deletion_protection",
    "EnableCloudwatchLogsExports": "log_exports",
    "EnableHttpEndpoint": "http_endpoint",
    "EnableIAMDatabaseAuthentication": "iam_authentication",
    "PreferredBackupWindow": "preferred_backup_window",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "VpcSecurityGroupIds": "security_group_ids",
}
# What members have of their cluster.
SHARED = ("backup_retention_days", "engine_version", "port", "storage_type")


async def describe_db_clusters(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Clusters of the region, by identifier, filter and page."""
    read = {"db-cluster-id": lists.last_part}
    where = lists.conditions(rds_clusters.LISTING, FILTERS, params.get("Filters"), read)
    return await lists.described(
        ctx, params, CLUSTER, member="DBClusters", view=CLUSTER_VIEW,
        asked=params.get("DBClusterIdentifier"), listing=rds_clusters.LISTING, where=where,
    )  # fmt: skip


async def create_db_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new cluster without members: it costs nothing until an instance joins."""
    identifier = identifiers.new(CLUSTER, params["DBClusterIdentifier"])
    engine = engine_of(params["Engine"])
    if not engine.is_aurora:
        raise AwsError(
            "InvalidParameterCombination",
            f"The engine {engine.name} is not supported for clusters: aurora-mysql and"
            " aurora-postgresql are.",
        )
    user = params.get("MasterUsername")
    if not user:
        raise AwsError(
            "InvalidParameterValue",
            "The parameter MasterUsername must be provided and must not be blank.",
        )
    check_password(params.get("MasterUserPassword"))
    given = tags.given(params)
    async with ctx.db.transaction():
        row = {
            "identifier": identifier,
            "arn": arn(ctx, "rds", f"cluster:{identifier}"),
            "region": ctx.region,
            "env": launches.environment(given),
            "engine": engine.name,
            "engine_version": version_of(engine, params.get("EngineVersion")),
            "engine_mode": params.get("EngineMode") or "provisioned",
            "db_name": params.get("DatabaseName"),
            "master_username": user,
            "port": params.get("Port") or engine.port,
            "subnet_group_name": await choose_group(ctx, params.get("DBSubnetGroupName")),
            "storage_type": params.get("StorageType") or "aurora",
            "storage_encrypted": bool(params.get("StorageEncrypted")),
            "kms_key_id": params.get("KmsKeyId"),
            "backup_retention_days": _retention(params.get("BackupRetentionPeriod", 1)),
            "tags": given,
            "created_at": ctx.now,
            **_capacity(params),
            **_options(params),
        }
        if takes(ctx):
            row |= {"state_transition": "creating", "settles_at": ctx.now + takes(ctx)}
        if not await rds_clusters.insert(ctx.db, row):
            raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
        made = await rds_clusters.find_one(ctx.db, ctx.region, identifier)
    return {"DBCluster": _shown(made, "creating")}


async def modify_db_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a cluster, and what its members have of it."""
    identifier = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        _check_available(row)
        changes = _changes(row, params)
        to = identifier
        if params.get("NewDBClusterIdentifier"):
            to = identifiers.new(CLUSTER, params["NewDBClusterIdentifier"])
            if to != identifier and await rds_clusters.find_one(ctx.db, ctx.region, to):
                raise AwsError("DBClusterAlreadyExistsFault", "DB Cluster already exists")
            changes |= {"identifier": to, "arn": arn(ctx, "rds", f"cluster:{to}")}
        await rds_clusters.update(ctx.db, ctx.region, identifier, changes)
        shared = {name: changes[name] for name in SHARED if name in changes}
        await rds_clusters.change_members(ctx.db, ctx.region, identifier, shared)
        if to != identifier:
            await rds_clusters.rename_members(ctx.db, ctx.region, identifier, to)
        made = await rds_clusters.find_one(ctx.db, ctx.region, to)
    return {"DBCluster": _shown(made)}


async def delete_db_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a cluster that has no members, behind a last snapshot unless it is not wanted."""
    identifier = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
    last, skip = params.get("FinalDBSnapshotIdentifier"), params.get("SkipFinalSnapshot")
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        if not last and not skip:
            raise AwsError(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            )
        if row["deletion_protection"]:
            raise AwsError(
                "InvalidParameterCombination",
                "Cannot delete protected Cluster, please disable deletion protection and try"
                " again.",
            )
        if row["members"]:
            raise AwsError(
                "InvalidDBClusterStateFault",
                "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
            )
        if last:
            name = identifiers.new(CLUSTER_SNAPSHOT, last, 255)
            await take(ctx, row, name, {}, "cluster")
        await rds_clusters.delete(ctx.db, ctx.region, identifier, ctx.now, takes(ctx))
    return {"DBCluster": _shown(row, "deleting")}


async def stop_db_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop all members of a cluster."""
    identifier = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        _check_available(row)
        await rds_clusters.stop(ctx.db, ctx.region, identifier, ctx.now, takes(ctx))
        await _under_way(ctx, identifier, "stopping")
    return {"DBCluster": _shown(row, "stopping")}


async def start_db_cluster(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start all members of a stopped cluster."""
    identifier = identifiers.plain(ctx, CLUSTER, params["DBClusterIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        if row["status"] != "stopped":
            raise AwsError(
                "InvalidDBClusterStateFault",
                f"DbCluster {identifier} is in {row['status']} state but expected it to be one of"
                " stopped,inaccessible-encryption-credentials-recoverable.",
            )
        await rds_clusters.start(ctx.db, ctx.region, identifier, ctx.now, takes(ctx))
        await _under_way(ctx, identifier, "starting")
    return {"DBCluster": _shown(row, "starting")}


async def find(ctx: Context, identifier: str) -> Any:
    """The cluster, held until the transaction ends."""
    await rds_clusters.lock(ctx.db, ctx.region, identifier)
    row = await rds_clusters.find_one(ctx.db, ctx.region, identifier)
    if row is None:
        raise identifiers.not_found(CLUSTER, identifier)
    return row


async def _under_way(ctx: Context, identifier: str, status: str) -> None:
    if takes(ctx):
        changes = {"state_transition": status, "settles_at": ctx.now + takes(ctx)}
        await rds_clusters.update(ctx.db, ctx.region, identifier, changes)


def _check_available(row: Any) -> None:
    if row["status"] != "available":
        raise AwsError(
            "InvalidDBClusterStateFault",
            f"DbCluster {row['identifier']} is in {row['status']} state but expected it to be one"
            " of available.",
        )


def _changes(row: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that a modification changes; all of them at once, as most of Aurora's do."""
    changes = {**_options(params), **_capacity(params)}
    for name, column in (("Port", "port"), ("StorageType", "storage_type")):
        if params.get(name):
            changes[column] = params[name]
    check_password(params.get("MasterUserPassword"))
    if params.get("BackupRetentionPeriod") is not None:
        changes["backup_retention_days"] = _retention(params["BackupRetentionPeriod"])
    if params.get("EngineVersion"):
        engine = rds_engines.known(row["engine"])
        version = version_of(engine, params["EngineVersion"])
        major = engine.major(version) != engine.major(row["engine_version"] or version)
        if major and not params.get("AllowMajorVersionUpgrade"):
            raise AwsError(
                "InvalidParameterCombination",
                "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major"
                " version.",
            )
        changes["engine_version"] = version
    logs = params.get("CloudwatchLogsExportConfiguration")
    if logs:
        kept = set(row["log_exports"] or ()) | set(logs.get("EnableLogTypes") or ())
        changes["log_exports"] = sorted(kept - set(logs.get("DisableLogTypes") or ()))
    return changes


def _options(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        column: params[name] for name, column in OPTIONS.items() if params.get(name) is not None
    }


def _capacity(params: Mapping[str, Any]) -> dict[str, Any]:
    given = params.get("ServerlessV2ScalingConfiguration") or {}
    names = {"MinCapacity": "serverless_min_capacity", "MaxCapacity": "serverless_max_capacity"}
    return {column: given[name] for name, column in names.items() if given.get(name) is not None}


def _retention(days: int) -> int:
    if days == 0:
        raise AwsError(
            "InvalidParameterValue",
            "Invalid backup retention period: 0. Must be between 1 and 35.",
        )
    return retention(days)


def _shown(row: Any, status: str = "") -> dict[str, Any]:
    answer = CLUSTER_VIEW.show(row)
    return {**answer, "Status": status} if status else answer
