"""Databases modified: at once, or in the next maintenance window.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.Modifying.html:
which settings wait for the window unless ApplyImmediately, and which never wait.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers
from handlers.rds.identifiers import INSTANCE
from handlers.rds.rds_instances import (
    check_class,
    check_password,
    find,
    retention,
    shown,
    takes,
    version_of,
)
from handlers.rds.storage_limits import storage
from models import rds_engines, rds_instances

NOUN = "rds_instances"

# Settings that never wait, by the columns that keep them.
AT_ONCE = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DBParameterGroupName": "parameter_group_name",
    "DBPortNumber": "port",
    "DeletionProtection": "deletion_protection",
    "EnablePerformanceInsights": "performance_insights",
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
# Settings that wait for the maintenance window unless they are to be applied immediately.
WAITING = {
    "CACertificateIdentifier": "ca_certificate",
    "DBInstanceClass": "instance_class",
    "DBSubnetGroupName": "subnet_group_name",
    "EnableIAMDatabaseAuthentication": "iam_authentication",
    "LicenseModel": "license_model",
    "MultiAZ": "multi_az",
}
STORAGE = {
    "AllocatedStorage": "allocated_storage_gib",
    "Iops": "iops",
    "StorageThroughput": "storage_throughput",
    "StorageType": "storage_type",
}


async def modify_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a database; what waits is kept in PendingModifiedValues."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        if row["status"] != "available":
            raise AwsError("InvalidDBInstanceState", "Database instance is not in available state.")
        at_once, waiting = _wanted(row, params)
        if params.get("ApplyImmediately"):
            # What was pending before is applied along.
            at_once |= _settings(row["pending"]) | waiting
            waiting = {}
            pending: dict[str, Any] = {}
        else:
            pending = _settings(row["pending"]) | waiting
            pending = {name: value for name, value in pending.items()
                       if name not in row or row[name] != value}  # fmt: skip
        to = at_once.pop("identifier", identifier)
        at_once.pop("master_password", None)
        status = _status(row, at_once, to)
        await _apply(ctx, row, at_once, pending)
        if to != identifier and not await rds_instances.rename(ctx.db, ctx.region, identifier, to):
            raise AwsError("DBInstanceAlreadyExists", "DB instance already exists")
        made = await rds_instances.find_one(ctx.db, ctx.region, to)
    answer = shown(made, status)
    if "master_password" in waiting or params.get("MasterUserPassword"):
        answer["PendingModifiedValues"] = {
            **answer["PendingModifiedValues"],
            "MasterUserPassword": "****",
        }
    return {"DBInstance": answer}


async def _apply(ctx: Context, row: Any, at_once: dict[str, Any], pending: dict[str, Any]) -> None:
    """Write what changes now with what it costs, and keep the rest with what it will cost."""
    now = {**row, **at_once}
    changes = dict(at_once)
    if rds_instances.PRICED & at_once.keys():
        changes |= rds_instances.priced(now)
    if rds_instances.PRICED & pending.keys():
        later = rds_instances.priced({**now, **pending})
        pending |= {name: str(usd) for name, usd in later.items()}
    # A password is kept nowhere, and is nobody's but the caller's.
    changes["pending"] = {
        name: "****" if name == "master_password" else value for name, value in pending.items()
    }
    if at_once and takes(ctx):
        changes |= rds_instances.transition("modifying", "available", ctx.now, takes(ctx))
    await rds_instances.update(ctx.db, ctx.region, row["identifier"], changes)


def _status(row: Any, at_once: Mapping[str, Any], to: str) -> str:
    """What AWS answers: it takes a moment until a database turns to being modified."""
    return "available" if to == row["identifier"] else "renaming"


def _settings(pending: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in pending.items() if not name.endswith("_cost")}


def _wanted(row: Any, params: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The columns that change at once, and those that may wait."""
    engine = rds_engines.known(row["engine"])
    at_once = _named(params, AT_ONCE)
    waiting = _named(params, WAITING)
    if "instance_class" in waiting:
        check_class(engine, waiting["instance_class"])
    if params.get("EngineVersion"):
        waiting["engine_version"] = _upgrade(row, params)
    if any(params.get(name) is not None for name in STORAGE):
        waiting |= _storage(row, params)
    if params.get("MasterUserPassword"):
        check_password(params["MasterUserPassword"])
        waiting["master_password"] = params["MasterUserPassword"]
    if params.get("NewDBInstanceIdentifier"):
        new = identifiers.new(INSTANCE, params["NewDBInstanceIdentifier"])
        waiting["identifier"] = new
    if params.get("BackupRetentionPeriod") is not None:
        days = retention(params["BackupRetentionPeriod"])
        _check_retention(row)
        # Turning backups on or off takes an outage; another number of days does not.
        outage = (days == 0) != (row["backup_retention_days"] == 0)
        (waiting if outage else at_once)["backup_retention_days"] = days
    logs = params.get("CloudwatchLogsExportConfiguration")
    if logs:
        kept = set(row["log_exports"] or ()) | set(logs.get("EnableLogTypes") or ())
        at_once["log_exports"] = sorted(kept - set(logs.get("DisableLogTypes") or ()))
    return at_once, waiting


def _named(params: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {column: params[name] for name, column in names.items() if params.get(name) is not None}


def _check_retention(row: Any) -> None:
    if row["cluster_identifier"]:
        raise AwsError(
            "InvalidParameterCombination",
            "The specified DB Instance is a member of a cluster and its backup retention should"
            " not be modified directly. Instead, modify the backup retention of the cluster"
            " using the ModifyDbCluster API",
        )


def _upgrade(row: Any, params: Mapping[str, Any]) -> str:
    engine = rds_engines.known(row["engine"])
    version = version_of(engine, params["EngineVersion"])
    current = row["engine_version"] or engine.default_version
    if version == current:
        return version
    steps = dict(engine.upgrades(current))
    if current in engine.versions and version not in steps:
        raise AwsError(
            "InvalidParameterCombination",
            f"Cannot upgrade {engine.name} from {current} to {version}",
        )
    if steps.get(version) and not params.get("AllowMajorVersionUpgrade"):
        raise AwsError(
            "InvalidParameterCombination",
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major"
            " version.",
        )
    return version


def _storage(row: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """The storage after a modification; it grows, and never shrinks."""
    engine = rds_engines.known(row["engine"])
    before = row["allocated_storage_gib"]
    size = params.get("AllocatedStorage") or before
    if row["cluster_identifier"]:
        raise AwsError(
            "InvalidParameterCombination",
            "The specified DB Instance is a member of a cluster, whose storage is managed by the"
            " cluster.",
        )
    if size < before:
        raise AwsError(
            "InvalidParameterCombination",
            f"Requested size {size} cannot be less than the current size {before}.",
        )
    kind = params.get("StorageType") or row["storage_type"]
    iops, throughput = params.get("Iops"), params.get("StorageThroughput")
    if kind == row["storage_type"]:
        same = rds_engines.included(kind, before) == rds_engines.included(kind, size)
        iops = iops if iops is not None else (row["iops"] if same else None)
        throughput = throughput if throughput is not None or not same else row["storage_throughput"]
    if kind == "gp3" and iops == row["iops"] and params.get("Iops") is None:
        # The figure that the row holds may be older than the size.
        usual = rds_engines.included(kind, size)[0] or 0
        iops = max(iops or 0, usual)
    after = storage(engine, kind, size, iops, throughput)
    return {name: value for name, value in after.items() if value != row[name]}
