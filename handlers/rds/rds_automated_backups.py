"""Automated backups: how far back each database can be restored.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceAutomatedBackup.html.
"""

from datetime import datetime
from typing import Any

from emulator.context import Context
from emulator.rows import Computed, Constant, Rows, View, When
from handlers.rds import identifiers, lists
from handlers.rds.identifiers import INSTANCE
from handlers.rds.rds_instance_view import license_model, option_group
from models import rds_instances
from models.listing import Condition

NOUN = "rds_instances"


async def describe_db_instance_automated_backups(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The backups of databases that keep any; none are kept of what was deleted."""
    page = lists.page(ctx, params)
    wanted = lists.wanted(FILTERS, params.get("Filters"))
    if wanted.get("status", ["active"]).count("active") == 0:
        return {"DBInstanceAutomatedBackups": []}
    filters = [one for one in params.get("Filters") or () if one["Name"] != "status"]
    read = {"db-instance-id": lists.last_part}
    where = lists.conditions(rds_instances.BACKED_UP, FILTERS, filters, read)
    if params.get("DbiResourceId"):
        where.append(Condition("resource_id", (params["DbiResourceId"],)))
    if params.get("DBInstanceAutomatedBackupsArn"):
        where.append(Condition("backup_arn", (params["DBInstanceAutomatedBackupsArn"],)))
    asked = params.get("DBInstanceIdentifier")
    ids = [identifiers.plain(ctx, INSTANCE, asked)] if asked else None
    rows = await rds_instances.BACKED_UP.page(
        ctx.db, where, region=ctx.region, ids=ids, after=page.after, limit=page.fetch
    )
    shown, marker = page.cut(rows, "identifier")
    return {"DBInstanceAutomatedBackups": Rows(BACKUP_VIEW, shown), "Marker": marker}


def _vpc(group: dict[str, Any] | None) -> str | None:
    return group["vpc_id"] if group else None


def _window(earliest: datetime | None, latest: datetime | None) -> dict[str, Any]:
    return {"EarliestTime": earliest, "LatestTime": latest}


BACKUP_VIEW = View(
    {
        "DBInstanceArn": "arn",
        "DbiResourceId": "resource_id",
        "Region": "region",
        "DBInstanceIdentifier": "identifier",
        "RestoreWindow": Computed(_window, "restorable_from", "restorable_at"),
        "AllocatedStorage": "allocated_storage_gib",
        "Status": Constant("active"),
        "Port": "port",
        "AvailabilityZone": "availability_zone",
        "VpcId": Computed(_vpc, "subnet_group"),
        "InstanceCreateTime": "created_at",
        "MasterUsername": "master_username",
        "Engine": "engine",
        "EngineVersion": "engine_version",
        "LicenseModel": Computed(license_model, "license_model", "engine"),
        "Iops": "iops",
        "StorageThroughput": "storage_throughput",
        "OptionGroupName": Computed(option_group, "engine", "engine_version"),
        "Encrypted": "storage_encrypted",
        "StorageType": "storage_type",
        "KmsKeyId": When("storage_encrypted", "kms_key_id"),
        "IAMDatabaseAuthenticationEnabled": "iam_authentication",
        "BackupRetentionPeriod": "backup_retention_days",
        "PreferredBackupWindow": "backup_window",
        "DBInstanceAutomatedBackupsArn": "backup_arn",
        "BackupTarget": Constant("region"),
        "DedicatedLogVolume": Constant(False),
    }
)

FILTERS = {
    "db-instance-id": "identifier",
    "dbi-resource-id": "resource_id",
    "status": "identifier",
}
