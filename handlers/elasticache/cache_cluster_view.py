"""How cache clusters are shown."""

from typing import Any

from emulator.rows import Computed, Constant, View
from handlers.elasticache import cache_addresses
from models import cache_engines

DOWNLOAD_PAGE = "https://console.aws.amazon.com/elasticache/home#client-download:"


def parameter_group(row: Any) -> str:
    """The parameter group of a row: its own, or the default one of its engine's family."""
    if row["parameter_group_name"]:
        return str(row["parameter_group_name"])
    family = cache_engines.known(row["engine"]).family(row["engine_version"])
    return f"default.{family}" + (".cluster.on" if row["cluster_mode"] else "")


def shown(row: Any, *, nodes: bool = False, status: str = "") -> dict[str, Any]:
    """One cluster as AWS shows it, with its nodes if they are wanted."""
    answer = CLUSTER_VIEW.show(row)
    answer["CacheParameterGroup"] = {
        "CacheParameterGroupName": parameter_group(row),
        "ParameterApplyStatus": "in-sync",
        "CacheNodeIdsToReboot": [],
    }
    if status:
        answer["CacheClusterStatus"] = status
    now = answer["CacheClusterStatus"]
    if now == "creating":
        answer.pop("CacheClusterCreateTime", None)
    elif row["engine"] == "memcached":
        answer["ConfigurationEndpoint"] = cache_addresses.configuration(row)
    if nodes and now != "creating":
        answer["CacheNodes"] = [_node(row, n + 1) for n in range(row["nodes"])]
    return answer


def pending(waiting: dict[str, Any]) -> dict[str, Any]:
    """What waits for the maintenance window, in the members of clusters."""
    names = {"num_nodes": "NumCacheNodes", "node_type": "CacheNodeType"}
    found = {name: waiting[column] for column, name in names.items() if column in waiting}
    if "engine_version" in waiting:
        found["EngineVersion"] = cache_engines.shown(waiting["engine_version"])
    if waiting.get("removed"):
        found["CacheNodeIdsToRemove"] = waiting["removed"]
    return found


def _node(row: Any, number: int) -> dict[str, Any]:
    return {
        "CacheNodeId": f"{number:04d}",
        "CacheNodeStatus": row["status"],
        "CacheNodeCreateTime": row["created_at"],
        "Endpoint": cache_addresses.node(row, row["member_id"], number),
        "ParameterGroupStatus": "in-sync",
        "CustomerAvailabilityZone": row["zone"],
    }


def _arn(arn: str, member: str, group: str | None) -> str:
    return arn if group is None else f"{arn.rpartition(':replicationgroup:')[0]}:cluster:{member}"


def _zone(zone: str | None, nodes: int, multi_az: bool) -> str | None:
    return "Multiple" if nodes > 1 and multi_az else zone


def _encryption_mode(mode: str | None, encrypted: bool) -> str | None:
    return (mode or "required") if encrypted else None


CLUSTER_VIEW = View(
    {
        "CacheClusterId": "member_id",
        "ClientDownloadLandingPage": Constant(DOWNLOAD_PAGE),
        "CacheNodeType": "node_type",
        "Engine": "engine",
        "EngineVersion": Computed(cache_engines.shown, "engine_version"),
        "CacheClusterStatus": "status",
        "NumCacheNodes": "nodes",
        "PreferredAvailabilityZone": Computed(_zone, "zone", "nodes", "multi_az"),
        "CacheClusterCreateTime": "created_at",
        "PreferredMaintenanceWindow": "maintenance_window",
        "PendingModifiedValues": Computed(pending, "pending"),
        "NotificationConfiguration": Computed(
            lambda topic: {"TopicArn": topic, "TopicStatus": "active"} if topic else None,
            "notification_topic_arn",
        ),
        "CacheSecurityGroups": Constant([]),
        "CacheSubnetGroupName": "subnet_group_name",
        "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
        "SecurityGroups": Computed(
            lambda ids: [{"SecurityGroupId": one, "Status": "active"} for one in ids or ()],
            "security_group_ids",
        ),
        "ReplicationGroupId": "replication_group_id",
        "SnapshotRetentionLimit": Computed(
            lambda engine, days: None if engine == "memcached" else days,
            "engine", "snapshot_retention_days",
        ),
        "SnapshotWindow": Computed(
            lambda engine, window: None if engine == "memcached" else window,
            "engine", "snapshot_window",
        ),
        "AuthTokenEnabled": "auth_token",
        "TransitEncryptionEnabled": "transit_encryption",
        "TransitEncryptionMode": Computed(
            _encryption_mode, "transit_encryption_mode", "transit_encryption"
        ),
        "AtRestEncryptionEnabled": "at_rest_encryption",
        "ARN": Computed(_arn, "arn", "member_id", "replication_group_id"),
        "ReplicationGroupLogDeliveryEnabled": Constant(False),
        "LogDeliveryConfigurations": Constant([]),
        "NetworkType": Constant("ipv4"),
        "IpDiscovery": Constant("ipv4"),
    }
)  # fmt: skip
