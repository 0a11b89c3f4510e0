"""Databases as RDS shows them.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.rows import Computed, Constant, Each, View, When
from handlers.rds.tags import TAG_LIST
from models import rds_engines, regions

CERTIFICATE = "rds-ca-rsa2048-g1"

# Pending modifications by the columns that they will change.
PENDING = {
    "instance_class": "DBInstanceClass",
    "allocated_storage_gib": "AllocatedStorage",
    "master_password": "MasterUserPassword",
    "port": "Port",
    "backup_retention_days": "BackupRetentionPeriod",
    "multi_az": "MultiAZ",
    "engine_version": "EngineVersion",
    "license_model": "LicenseModel",
    "iops": "Iops",
    "storage_throughput": "StorageThroughput",
    "identifier": "DBInstanceIdentifier",
    "storage_type": "StorageType",
    "ca_certificate": "CACertificateIdentifier",
    "subnet_group_name": "DBSubnetGroupName",
    "iam_authentication": "IAMDatabaseAuthenticationEnabled",
}


def license_model(given: str | None, engine: str) -> str:
    """Whose licence an engine runs under."""
    return given or rds_engines.known(engine).license_model


def option_group(engine: str, version: str | None) -> str:
    """The option group that every database of an engine is in here."""
    return rds_engines.known(engine).option_group(version)


def parameter_group(given: str | None, engine: str, version: str | None) -> str:
    """The parameter group of a database: its own, else its family's default."""
    return given or f"default.{rds_engines.known(engine).family(version)}"


def subnet_group(name: str | None, group: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A DBSubnetGroup as it stands within a database."""
    if name is None:
        return None
    if group is None:
        return {"DBSubnetGroupName": name}
    return {
        "DBSubnetGroupName": name,
        "DBSubnetGroupDescription": group["description"],
        "VpcId": group["vpc_id"],
        "SubnetGroupStatus": "Complete",
        "Subnets": [subnet(one) for one in group["subnets"]],
    }


def subnet(one: Mapping[str, str]) -> dict[str, Any]:
    """A Subnet of a DBSubnetGroup."""
    return {
        "SubnetIdentifier": one["id"],
        "SubnetAvailabilityZone": {"Name": one["zone"]},
        "SubnetOutpost": {},
        "SubnetStatus": "Active",
    }


def security_groups(group_ids: list[str] | None) -> list[dict[str, str]]:
    """The network's security groups that guard a database."""
    return [{"VpcSecurityGroupId": one, "Status": "active"} for one in group_ids or ()]


def _pending(pending: Mapping[str, Any] | None) -> dict[str, Any]:
    found = {PENDING[name]: value for name, value in (pending or {}).items() if name in PENDING}
    if "MasterUserPassword" in found:
        found["MasterUserPassword"] = "****"
    return found


def _second_zone(multi_az: bool, zone: str | None) -> str | None:
    """Where the standby is: the next zone of the region."""
    if not multi_az or not zone:
        return None
    others = [one.name for one in regions.zones(regions.of_zone(zone)) if one.name != zone]
    return next((one for one in others if one > zone), others[0]) if others else None


def _parameter_groups(given: str | None, engine: str, version: str | None) -> list[dict[str, str]]:
    name = parameter_group(given, engine, version)
    return [{"DBParameterGroupName": name, "ParameterApplyStatus": "in-sync"}]


def _options(engine: str, version: str | None) -> list[dict[str, str]]:
    return [{"OptionGroupName": option_group(engine, version), "Status": "in-sync"}]


def _status_infos(replica_of: str | None, status: str) -> list[dict[str, Any]] | None:
    if replica_of is None or status != "available":
        return None
    return [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}]


def _insights_days(days: int | None) -> int:
    return days or 7


INSTANCE_VIEW = View(
    {
        "DBInstanceIdentifier": "identifier",
        "DBInstanceClass": "instance_class",
        "Engine": "engine",
        "DBInstanceStatus": "status",
        "MasterUsername": "master_username",
        "DBName": "db_name",
        "Endpoint": When(
            "address",
            {"Address": "address", "Port": "port", "HostedZoneId": Constant("Z2R2ITUGPM61AM")},
        ),
        "AllocatedStorage": Computed(lambda size: size or 1, "allocated_storage_gib"),
        "InstanceCreateTime": "created_at",
        "PreferredBackupWindow": "backup_window",
        "BackupRetentionPeriod": "backup_retention_days",
        "DBSecurityGroups": Constant([]),
        "VpcSecurityGroups": Computed(security_groups, "security_group_ids"),
        "DBParameterGroups": Computed(
            _parameter_groups, "parameter_group_name", "engine", "engine_version"
        ),
        "AvailabilityZone": "availability_zone",
        "DBSubnetGroup": Computed(subnet_group, "subnet_group_name", "subnet_group"),
        "PreferredMaintenanceWindow": "maintenance_window",
        "PendingModifiedValues": Computed(_pending, "pending"),
        "LatestRestorableTime": "restorable_at",
        "MultiAZ": "multi_az",
        "EngineVersion": "engine_version",
        "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
        "ReadReplicaSourceDBInstanceIdentifier": "replica_of",
        "ReadReplicaDBInstanceIdentifiers": Each("replicas"),
        "LicenseModel": Computed(license_model, "license_model", "engine"),
        "Iops": "iops",
        "StorageThroughput": "storage_throughput",
        "OptionGroupMemberships": Computed(_options, "engine", "engine_version"),
        "SecondaryAvailabilityZone": Computed(_second_zone, "multi_az", "availability_zone"),
        "PubliclyAccessible": "publicly_accessible",
        "StatusInfos": Computed(_status_infos, "replica_of", "status"),
        "StorageType": "storage_type",
        "DbInstancePort": Constant(0),
        "DBClusterIdentifier": "cluster_identifier",
        "StorageEncrypted": "storage_encrypted",
        "KmsKeyId": When("storage_encrypted", "kms_key_id"),
        "DbiResourceId": "resource_id",
        "CACertificateIdentifier": Computed(lambda given: given or CERTIFICATE, "ca_certificate"),
        "DomainMemberships": Constant([]),
        "CopyTagsToSnapshot": "copy_tags_to_snapshot",
        "MonitoringInterval": "monitoring_interval_seconds",
        "MonitoringRoleArn": When("monitoring_interval_seconds", "monitoring_role_arn"),
        "PromotionTier": When(
            "cluster_identifier",
            Computed(lambda tier: 1 if tier is None else tier, "promotion_tier"),
        ),
        "DBInstanceArn": "arn",
        "IAMDatabaseAuthenticationEnabled": "iam_authentication",
        "PerformanceInsightsEnabled": "performance_insights",
        "PerformanceInsightsRetentionPeriod": When(
            "performance_insights", Computed(_insights_days, "performance_insights_retention_days")
        ),
        "EnabledCloudwatchLogsExports": Each("log_exports"),
        "DeletionProtection": "deletion_protection",
        "AssociatedRoles": Constant([]),
        "MaxAllocatedStorage": "max_allocated_storage_gib",
        "TagList": TAG_LIST,
        "CustomerOwnedIpEnabled": Constant(False),
        "NetworkType": Constant("IPV4"),
        "ActivityStreamStatus": Constant("stopped"),
        "BackupTarget": Constant("region"),
        "AutomaticRestartTime": "restarts_at",
        "CertificateDetails": {
            "CAIdentifier": Computed(lambda given: given or CERTIFICATE, "ca_certificate")
        },
        "DedicatedLogVolume": Constant(False),
    }
)

FILTERS = {
    "db-cluster-id": "cluster_identifier",
    "db-instance-id": "identifier",
    "dbi-resource-id": "resource_id",
    "domain": "domain",
    "engine": "engine",
}
