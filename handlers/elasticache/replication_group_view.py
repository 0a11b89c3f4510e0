"""How replication groups are shown."""

from typing import Any

from emulator.rows import Computed, Constant, View
from handlers.elasticache import cache_addresses
from models import cache_members


def shown(row: Any, status: str = "") -> dict[str, Any]:
    """One group as AWS shows it, with its node groups and their members."""
    answer = GROUP_VIEW.show(row)
    if status:
        answer["Status"] = status
    members, now = row["members"], answer["Status"]
    answer["MemberClusters"] = sorted(one["id"] for one in members)
    if now == "creating":
        answer.pop("ReplicationGroupCreateTime", None)
    else:
        keys = cache_members.slots(members)
        answer["NodeGroups"] = [
            _node_group(row, name, found, keys[name], now)
            for name, found in cache_members.groups(members).items()
        ]
        if row["cluster_mode"]:
            answer["ConfigurationEndpoint"] = cache_addresses.configuration(row)
    return answer


def _node_group(row: Any, name: str, members: list[Any], slots: str, status: str) -> dict[str, Any]:
    found: dict[str, Any] = {"NodeGroupId": name, "Status": status}
    if row["cluster_mode"]:
        found["Slots"] = slots
    else:
        found["PrimaryEndpoint"] = cache_addresses.primary(row)
        found["ReaderEndpoint"] = cache_addresses.reader(row)
    found["NodeGroupMembers"] = [_member(row, one) for one in members]
    return found


def _member(row: Any, member: dict[str, Any]) -> dict[str, Any]:
    found = {
        "CacheClusterId": member["id"],
        "CacheNodeId": "0001",
        "PreferredAvailabilityZone": member["zone"],
    }
    if not row["cluster_mode"]:
        found["ReadEndpoint"] = cache_addresses.node(row, member["id"])
        found["CurrentRole"] = "primary" if member["primary"] else "replica"
    return found


GROUP_VIEW = View(
    {
        "ReplicationGroupId": "replication_group_id",
        "Description": Computed(lambda text: text or " ", "description"),
        "GlobalReplicationGroupInfo": Constant({}),
        "Status": "status",
        # What waits for the window is told by the members, whose structure has room for it.
        "PendingModifiedValues": Constant({}),
        "SnapshottingClusterId": "snapshotting_cluster_id",
        "AutomaticFailover": Computed(
            lambda on: "enabled" if on else "disabled", "automatic_failover"
        ),
        "MultiAZ": Computed(lambda on: "enabled" if on else "disabled", "multi_az"),
        "SnapshotRetentionLimit": "snapshot_retention_days",
        "SnapshotWindow": "snapshot_window",
        "ClusterEnabled": "cluster_mode",
        "ClusterMode": Computed(lambda on: "enabled" if on else "disabled", "cluster_mode"),
        "CacheNodeType": "node_type",
        "AuthTokenEnabled": "auth_token",
        "TransitEncryptionEnabled": "transit_encryption",
        "TransitEncryptionMode": Computed(
            lambda mode, on: (mode or "required") if on else None,
            "transit_encryption_mode",
            "transit_encryption",
        ),
        "AtRestEncryptionEnabled": "at_rest_encryption",
        "KmsKeyId": "kms_key_id",
        "ARN": "arn",
        "LogDeliveryConfigurations": Constant([]),
        "ReplicationGroupCreateTime": "created_at",
        "DataTiering": Computed(
            lambda kind: "enabled" if ".r6gd." in kind else "disabled", "node_type"
        ),
        "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
        "NetworkType": Constant("ipv4"),
        "IpDiscovery": Constant("ipv4"),
        "Engine": "engine",
    }
)
