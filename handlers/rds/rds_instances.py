"""Databases: described, created, deleted.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html and the
pages of the operations beside it. States, modifications and copies have modules of their own.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import CLUSTER, INSTANCE, SNAPSHOT
from handlers.rds.rds_instance_view import FILTERS, INSTANCE_VIEW
from handlers.rds.rds_snapshot_taking import take
from handlers.rds.rds_subnet_group_choice import choose_group
from handlers.rds.storage_limits import storage
from models import launches, rds_clusters, rds_engines, rds_instances, regions
from models.rds_engines import Engine

SHORTEST_PASSWORD = 8


async def describe_db_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Databases of the region, by identifier, filter and page."""
    read = {"db-instance-id": lists.last_part, "db-cluster-id": lists.last_part}
    where = lists.conditions(rds_instances.LISTING, FILTERS, params.get("Filters"), read)
    return await lists.described(
        ctx, params, INSTANCE, member="DBInstances", view=INSTANCE_VIEW,
        asked=params.get("DBInstanceIdentifier"), listing=rds_instances.LISTING, where=where,
    )  # fmt: skip


async def create_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new database, alone or as a member of a cluster."""
    identifier = identifiers.new(INSTANCE, params["DBInstanceIdentifier"])
    engine = engine_of(params["Engine"])
    check_class(engine, params["DBInstanceClass"])
    async with ctx.db.transaction():
        cluster = await _cluster_of(ctx, params, engine)
        row = _member(params, cluster) if cluster else _alone(params, engine)
        given = tags.given(params)
        group = params.get("DBSubnetGroupName") or (cluster and cluster["subnet_group_name"])
        row |= {
            "identifier": identifier,
            "region": ctx.region,
            "engine": engine.name,
            "instance_class": params["DBInstanceClass"],
            "env": launches.environment(given),
            "availability_zone": zone(ctx, params),
            "subnet_group_name": await choose_group(ctx, group),
            "created_at": ctx.now,
            **options(params),
        }
        return await born(ctx, row, given)


async def delete_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a database, behind a last snapshot unless it is not wanted."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    last, skip = params.get("FinalDBSnapshotIdentifier"), params.get("SkipFinalSnapshot")
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        alone = row["cluster_identifier"] is None and row["replica_of"] is None
        if last and skip:
            raise AwsError(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier cannot be specified when deleting with"
                " SkipFinalSnapshot enabled.",
            )
        if alone and not (last or skip):
            raise AwsError(
                "InvalidParameterCombination",
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.",
            )
        if last and not alone:
            kind = "replica" if row["replica_of"] else "cluster"
            raise AwsError(
                "InvalidParameterCombination",
                f"FinalDBSnapshotIdentifier can not be specified when deleting a {kind} instance",
            )
        if row["deletion_protection"]:
            raise AwsError(
                "InvalidParameterCombination",
                "Cannot delete protected DB Instance, please disable deletion protection and try"
                " again.",
            )
        if row["status"] in ("deleting", "creating"):
            raise AwsError(
                "InvalidDBInstanceState",
                f"Instance {identifier} is {row['status']}: it cannot be deleted now.",
            )
        if last:
            await take(ctx, row, identifiers.new(SNAPSHOT, last, 255), {})
        await rds_instances.delete(ctx.db, ctx.region, identifier, ctx.now, takes(ctx))
    return {"DBInstance": shown(row, "deleting")}


async def find(ctx: Context, identifier: str) -> Any:
    """The database, held until the transaction ends."""
    await rds_instances.lock(ctx.db, ctx.region, identifier)
    row = await rds_instances.find_one(ctx.db, ctx.region, identifier)
    if row is None:
        raise identifiers.not_found(INSTANCE, identifier)
    return row


async def born(ctx: Context, row: dict[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Store a new database and show it as AWS does while it is made."""
    row |= rds_instances.transition("creating", "available", ctx.now, takes(ctx))
    if not await rds_instances.insert(ctx.db, row, given):
        raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
    made = await rds_instances.find_one(ctx.db, ctx.region, row["identifier"])
    answer = shown(made, "creating")
    answer.pop("Endpoint", None)
    answer.pop("InstanceCreateTime", None)
    return {"DBInstance": answer}


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


def shown(row: Any, status: str = "") -> dict[str, Any]:
    """One database, in the status that an action has just given it."""
    answer = INSTANCE_VIEW.show(row)
    return {**answer, "DBInstanceStatus": status} if status else answer


def engine_of(name: str) -> Engine:
    """The engine of a request; AwsError for one that RDS does not have."""
    engine = rds_engines.find(name.lower())
    if engine is None:
        raise AwsError("InvalidParameterValue", f"Invalid DB engine: {name}")
    return engine


def version_of(engine: Engine, asked: str | None) -> str:
    """The version that a request means."""
    version = engine.find_version(asked)
    if version is None:
        raise AwsError(
            "InvalidParameterCombination", f"Cannot find version {asked} for {engine.name}"
        )
    return version


def check_class(engine: Engine, instance_class: str) -> None:
    """Refuse a class that RDS does not sell, or not for this engine."""
    if instance_class in rds_engines.classes(engine.name):
        return
    if instance_class in rds_engines.classes("mysql"):
        raise AwsError(
            "InvalidParameterCombination",
            f"RDS does not support creating a DB instance with the following combination:"
            f" DBInstanceClass={instance_class}, Engine={engine.name}.",
        )
    raise AwsError("InvalidParameterValue", f"Invalid DB Instance class: {instance_class}")


def zone(ctx: Context, params: Mapping[str, Any]) -> str:
    """The zone of a new database: as asked, else one that the region has."""
    names = [one.name for one in regions.zones(ctx.region, ctx.principal.account_number)]
    asked = params.get("AvailabilityZone")
    if asked and params.get("MultiAZ"):
        raise AwsError(
            "InvalidParameterCombination",
            "Requesting a specific availability zone is not valid for Multi-AZ instances.",
        )
    if asked and asked not in names:
        raise AwsError(
            "InvalidParameterValue",
            f"The parameter AvailabilityZone is not valid: {asked} is no zone of {ctx.region}.",
        )
    return str(asked or names[len(ctx.request_id) % len(names)])


async def _cluster_of(ctx: Context, params: Mapping[str, Any], engine: Engine) -> Any | None:
    name = params.get("DBClusterIdentifier")
    if not name:
        if engine.is_aurora:
            raise AwsError(
                "InvalidParameterCombination",
                f"The engine {engine.name} needs the cluster that the DB instance is to be in:"
                " DBClusterIdentifier must be provided.",
            )
        return None
    identifier = identifiers.plain(ctx, CLUSTER, name)
    cluster = await rds_clusters.find_one(ctx.db, ctx.region, identifier)
    if cluster is None:
        raise identifiers.not_found(CLUSTER, identifier)
    if cluster["engine"] != engine.name:
        raise AwsError(
            "InvalidParameterCombination",
            "The engine name requested for your DB Instance doesn't match the engine name of"
            " your DB Cluster.",
        )
    return cluster


def _alone(params: dict[str, Any], engine: Engine) -> dict[str, Any]:
    """What only a database outside clusters chooses for itself."""
    user, password = params.get("MasterUsername"), params.get("MasterUserPassword")
    if not user:
        raise AwsError(
            "InvalidParameterValue",
            "The parameter MasterUsername must be provided and must not be blank.",
        )
    if not password and not params.get("ManageMasterUserPassword"):
        raise AwsError(
            "InvalidParameterValue",
            "The parameter MasterUserPassword must be provided and must not be blank.",
        )
    check_password(password)
    return {
        "engine_version": version_of(engine, params.get("EngineVersion")),
        "master_username": user,
        "db_name": params.get("DBName"),
        "port": params.get("Port") or engine.port,
        "multi_az": bool(params.get("MultiAZ")),
        "storage_encrypted": bool(params.get("StorageEncrypted")),
        "kms_key_id": params.get("KmsKeyId"),
        "backup_retention_days": retention(params.get("BackupRetentionPeriod", 1)),
        **storage(
            engine,
            params.get("StorageType"),
            params.get("AllocatedStorage"),
            params.get("Iops"),
            params.get("StorageThroughput"),
        ),
    }


def _member(params: Mapping[str, Any], cluster: Any) -> dict[str, Any]:
    """What a member takes over from its cluster."""
    same = ("engine_version", "master_username", "db_name", "port", "storage_encrypted",
            "kms_key_id", "backup_retention_days", "storage_type")  # fmt: skip
    return {
        **{name: cluster[name] for name in same},
        "cluster_identifier": cluster["identifier"],
        "allocated_storage_gib": 1 if not cluster["members"] else 0,
        "promotion_tier": params.get("PromotionTier", 1),
    }


def options(params: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that any new database may be given, as far as the request names them."""
    return {
        column: params[name] for name, column in OPTIONS.items() if params.get(name) is not None
    }


def retention(days: int) -> int:
    """Days that backups are kept, within AWS's limits."""
    if not 0 <= days <= 35:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid backup retention period: {days}. Must be between 0 and 35.",
        )
    return days


def check_password(password: str | None) -> None:
    """Refuse a password that is too short."""
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise AwsError(
            "InvalidParameterValue",
            "The parameter MasterUserPassword is not a valid password because it is shorter than"
            f" {SHORTEST_PASSWORD} characters.",
        )


OPTIONS = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CACertificateIdentifier": "ca_certificate",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBParameterGroupName": "parameter_group_name",
    "DeletionProtection": "deletion_protection",
    "EnableCloudwatchLogsExports": "log_exports",
    "EnableIAMDatabaseAuthentication": "iam_authentication",
    "EnablePerformanceInsights": "performance_insights",
    "LicenseModel": "license_model",
    "MaxAllocatedStorage": "max_allocated_storage_gib",
    "MonitoringInterval": "monitoring_interval_seconds",
    "MonitoringRoleArn": "monitoring_role_arn",
    "PerformanceInsightsRetentionPeriod": "performance_insights_retention_days",
    "PreferredBackupWindow": "preferred_backup_window",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "PromotionTier": "promotion_tier",
    "PubliclyAccessible": "publicly_accessible",
    "VpcSecurityGroupIds": "security_group_ids",
}
