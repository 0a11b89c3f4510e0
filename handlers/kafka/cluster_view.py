"""How MSK clusters are shown, in the shapes of both versions of the API."""

from typing import Any

from handlers.kafka import cluster_addresses
from models import streaming_kafka

_EXPORTERS = {
    "JmxExporter": {"EnabledInBroker": False},
    "NodeExporter": {"EnabledInBroker": False},
}
_WORDS = {"tls": "Tls", "scram": "SaslScram", "iam": "SaslIam"}


def first(row: Any, tags: dict[str, str] | None = None) -> dict[str, Any]:
    """A provisioned cluster as the first version shows it."""
    shown = {**_common(row, tags), **provisioned(row)}
    shown.pop("ClusterType")
    return shown


def second(row: Any, tags: dict[str, str] | None = None) -> dict[str, Any]:
    """A cluster of either type as the second version shows it."""
    if row["cluster_type"] == "SERVERLESS":
        return {**_common(row, tags), "Serverless": _serverless(row)}
    return {**_common(row, tags), "Provisioned": provisioned(row)}


def provisioned(row: Any) -> dict[str, Any]:
    """What a provisioned cluster is set to."""
    settings, version = row["settings"], row["kafka_version"] or streaming_kafka.DEFAULT_VERSION
    found = {
        "BrokerNodeGroupInfo": _broker_group(row),
        "CurrentBrokerSoftwareInfo": software(row),
        "EncryptionInfo": _encryption(row),
        "EnhancedMonitoring": row["enhanced_monitoring"],
        "OpenMonitoring": settings.get("OpenMonitoring") or {"Prometheus": _EXPORTERS},
        "NumberOfBrokerNodes": row["broker_count"],
        "StorageMode": settings.get("StorageMode") or "LOCAL",
    }
    for name in ("ClientAuthentication", "LoggingInfo"):
        if settings.get(name):
            found[name] = settings[name]
    if row["status"] != "CREATING" and streaming_kafka.has_zookeeper(version):
        found["ZookeeperConnectString"] = cluster_addresses.zookeeper(row, 2181)
        found["ZookeeperConnectStringTls"] = cluster_addresses.zookeeper(row, 2182)
    return found


def software(row: Any) -> dict[str, Any]:
    """The Kafka version of the brokers, and their configuration if it is the account's own."""
    found = {"KafkaVersion": row["kafka_version"] or streaming_kafka.DEFAULT_VERSION}
    own = row["settings"].get("ConfigurationInfo")
    if own:
        found |= {"ConfigurationArn": own["Arn"], "ConfigurationRevision": own["Revision"]}
    return found


def storage(row: Any) -> dict[str, Any]:
    """The volume of each broker."""
    volume: dict[str, Any] = {"VolumeSize": row["storage_gib"]}
    if row["storage_throughput"]:
        speed = {"Enabled": True, "VolumeThroughput": row["storage_throughput"]}
        volume["ProvisionedThroughput"] = speed
    return {"EbsStorageInfo": volume}


def connectivity(row: Any) -> dict[str, Any]:
    """How a cluster is reached from outside its network; at first not at all."""
    none = vpc_connectivity(dict.fromkeys(("scram", "iam", "tls"), False))
    usual = {"PublicAccess": {"Type": "DISABLED"}, "VpcConnectivity": none}
    return {**usual, **(row["settings"].get("ConnectivityInfo") or {})}


def vpc_connectivity(schemes: dict[str, bool]) -> dict[str, Any]:
    """VpcConnectivity with these of `scram`, `iam` and `tls` enabled."""
    sasl = {"Scram": {"Enabled": schemes["scram"]}, "Iam": {"Enabled": schemes["iam"]}}
    return {"ClientAuthentication": {"Sasl": sasl, "Tls": {"Enabled": schemes["tls"]}}}


def schemes(row: Any) -> dict[str, bool]:
    """Which of `scram`, `iam` and `tls` a cluster knows its clients by."""
    return schemes_of(provisioned_authentication(row))


def schemes_of(given: dict[str, Any]) -> dict[str, bool]:
    """Which of `scram`, `iam` and `tls` a ClientAuthentication enables."""
    sasl = given.get("Sasl") or {}
    return {
        "scram": bool((sasl.get("Scram") or {}).get("Enabled")),
        "iam": bool((sasl.get("Iam") or {}).get("Enabled")),
        "tls": bool((given.get("Tls") or {}).get("Enabled")),
    }


def outside(row: Any) -> dict[str, str]:
    """Where clients from outside connect first, for each way of connecting that is enabled."""
    shown, found = connectivity(row), {}
    if shown["PublicAccess"]["Type"] != "DISABLED":
        for name in (name for name, is_on in schemes(row).items() if is_on):
            found[f"BootstrapBrokerStringPublic{_WORDS[name]}"] = cluster_addresses.public(
                row, name
            )
    private = schemes_of(shown["VpcConnectivity"]["ClientAuthentication"])
    for name in (name for name, is_on in private.items() if is_on):
        found[f"BootstrapBrokerStringVpcConnectivity{_WORDS[name]}"] = cluster_addresses.private(
            row, name
        )
    return found


def provisioned_authentication(row: Any) -> dict[str, Any]:
    """How a provisioned cluster knows its clients; at first anybody is one."""
    given: dict[str, Any] = row["settings"].get("ClientAuthentication") or _no_authentication()
    return given


def _common(row: Any, tags: dict[str, str] | None) -> dict[str, Any]:
    found = {
        "ClusterArn": row["arn"],
        "ClusterName": row["name"],
        "ClusterType": row["cluster_type"],
        "CreationTime": row["created_at"],
        "CurrentVersion": streaming_kafka.current_version(row["arn"], row["revision"]),
        "State": row["status"],
        "Tags": row["tags"] if tags is None else tags,
    }
    if row["operation_arn"]:
        found["ActiveOperationArn"] = row["operation_arn"]
    return found


def _broker_group(row: Any) -> dict[str, Any]:
    return {
        "BrokerAZDistribution": "DEFAULT",
        "ClientSubnets": row["subnets"] or [],
        "InstanceType": row["instance_type"],
        "SecurityGroups": row["security_groups"] or [],
        "StorageInfo": storage(row),
        "ConnectivityInfo": connectivity(row),
    }


def _encryption(row: Any) -> dict[str, Any]:
    given = row["settings"].get("EncryptionInfo") or {}
    region, account = row["arn"].split(":")[3:5]
    key = streaming_kafka.derived("kms", account, region, digits=32)
    own = "-".join((key[:8], key[8:12], key[12:16], key[16:20], key[20:]))
    rest = {"DataVolumeKMSKeyId": f"arn:aws:kms:{region}:{account}:key/{own}"}
    transit = {"ClientBroker": "TLS", "InCluster": True}
    return {
        "EncryptionAtRest": given.get("EncryptionAtRest") or rest,
        "EncryptionInTransit": {**transit, **(given.get("EncryptionInTransit") or {})},
    }


def _no_authentication() -> dict[str, Any]:
    return {
        "Sasl": {"Scram": {"Enabled": False}, "Iam": {"Enabled": False}},
        "Tls": {"CertificateAuthorityArnList": [], "Enabled": False},
        "Unauthenticated": {"Enabled": True},
    }


def _serverless(row: Any) -> dict[str, Any]:
    return {
        "VpcConfigs": row["settings"].get("VpcConfigs") or [],
        "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
    }
