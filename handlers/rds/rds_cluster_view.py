"""Clusters as RDS shows them.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBCluster.html.
"""

from decimal import Decimal
from typing import Any

from emulator.rows import Computed, Constant, Each, View, When
from handlers.rds.rds_instance_view import parameter_group, security_groups
from handlers.rds.tags import TAG_LIST


def _members(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "DBInstanceIdentifier": one["identifier"],
            "IsClusterWriter": at == 0,
            "DBClusterParameterGroupStatus": "in-sync",
            "PromotionTier": one["tier"],
        }
        for at, one in enumerate(members)
    ]


def _zones(group: dict[str, Any] | None, members: list[dict[str, Any]]) -> list[str]:
    """The three zones that Aurora keeps its copies in."""
    found = {one["zone"] for one in members if one["zone"]}
    for one in (group or {}).get("subnets", ()):
        if len(found) < 3:
            found.add(one["zone"])
    return sorted(found)


def _several_zones(members: list[dict[str, Any]]) -> bool:
    return len({one["zone"] for one in members}) > 1


def _scaling(least: Decimal | None, most: Decimal | None) -> dict[str, float] | None:
    if least is None and most is None:
        return None
    return {"MinCapacity": float(least or 0), "MaxCapacity": float(most or 0)}


CLUSTER_VIEW = View(
    {
        "AllocatedStorage": Constant(1),
        "AvailabilityZones": Computed(_zones, "subnet_group", "members"),
        "BackupRetentionPeriod": "backup_retention_days",
        "DatabaseName": "db_name",
        "DBClusterIdentifier": "identifier",
        "DBClusterParameterGroup": Computed(
            parameter_group, "parameter_group_name", "engine", "engine_version"
        ),
        "DBSubnetGroup": "subnet_group_name",
        "Status": "status",
        "EarliestRestorableTime": "restorable_from",
        "Endpoint": "endpoint",
        "ReaderEndpoint": "reader_endpoint",
        "MultiAZ": Computed(_several_zones, "members"),
        "Engine": "engine",
        "EngineVersion": "engine_version",
        "LatestRestorableTime": "restorable_at",
        "Port": "port",
        "MasterUsername": "master_username",
        "PreferredBackupWindow": "backup_window",
        "PreferredMaintenanceWindow": "maintenance_window",
        "ReadReplicaIdentifiers": Constant([]),
        "DBClusterMembers": Computed(_members, "members"),
        "VpcSecurityGroups": Computed(security_groups, "security_group_ids"),
        "HostedZoneId": Constant("Z2R2ITUGPM61AM"),
        "StorageEncrypted": "storage_encrypted",
        "KmsKeyId": When("storage_encrypted", "kms_key_id"),
        "DbClusterResourceId": "resource_id",
        "DBClusterArn": "arn",
        "AssociatedRoles": Constant([]),
        "IAMDatabaseAuthenticationEnabled": "iam_authentication",
        "ClusterCreateTime": "created_at",
        "EnabledCloudwatchLogsExports": Each("log_exports"),
        "EngineMode": "engine_mode",
        "StorageType": Computed(lambda kind: kind if kind != "aurora" else None, "storage_type"),
        "AutoMinorVersionUpgrade": Constant(True),
        "DeletionProtection": "deletion_protection",
        "HttpEndpointEnabled": "http_endpoint",
        "ActivityStreamStatus": Constant("stopped"),
        "CopyTagsToSnapshot": "copy_tags_to_snapshot",
        "CrossAccountClone": Constant(False),
        "DomainMemberships": Constant([]),
        "TagList": TAG_LIST,
        "NetworkType": Constant("IPV4"),
        "AutomaticRestartTime": "restarts_at",
        "ServerlessV2ScalingConfiguration": Computed(
            _scaling, "serverless_min_capacity", "serverless_max_capacity"
        ),
    }
)

FILTERS = {
    "clone-group-id": "nothing",
    "db-cluster-id": "identifier",
    "db-cluster-resource-id": "resource_id",
    "domain": "nothing",
    "engine": "engine",
}
