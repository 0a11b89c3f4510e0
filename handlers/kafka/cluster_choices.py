"""What a new MSK cluster may choose: brokers, storage, version, network.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html#CreateCluster.
"""

from typing import Any

from emulator.context import Context
from handlers.kafka.refusals import bad_request, not_found
from models import cache_subnet_groups, streaming_configurations, streaming_kafka
from models.streaming_kafka import LEAST_GIB, MOST_GIB

_KEPT = ("ClientAuthentication", "EncryptionInfo", "OpenMonitoring", "LoggingInfo",
         "ConfigurationInfo", "StorageMode")  # fmt: skip
LEAST_ZONES, MOST_ZONES = 2, 3
THROUGHPUT_MIBPS = (250, 2375)


async def provisioned(ctx: Context, given: dict[str, Any]) -> dict[str, Any]:
    """The columns of a provisioned cluster."""
    group = given["BrokerNodeGroupInfo"]
    volume = (group.get("StorageInfo") or {}).get("EbsStorageInfo") or {}
    settings = {name: given[name] for name in _KEPT if given.get(name)}
    if given.get("Rebalancing"):
        raise bad_request("Rebalancing is only supported for Express brokers.", "rebalancing")
    connectivity = group.get("ConnectivityInfo")
    if connectivity:
        public = (connectivity.get("PublicAccess") or {}).get("Type")
        if public not in (None, "DISABLED"):
            raise bad_request(
                "Public access cannot be turned on while a cluster is created.", "publicAccess"
            )
        if connectivity.get("VpcConnectivity"):
            raise bad_request(
                "Multi-VPC private connectivity cannot be turned on while a cluster is created.",
                "vpcConnectivity",
            )
        if connectivity.get("NetworkType") not in (None, "IPV4"):
            raise bad_request("Clusters here have IPv4 addresses alone.", "networkType")
    await check_configuration(ctx, given.get("ConfigurationInfo"))
    return {
        "cluster_type": "PROVISIONED",
        "instance_type": instance_type(group["InstanceType"]),
        "broker_count": given["NumberOfBrokerNodes"],
        "shard_count": given["NumberOfBrokerNodes"],
        "storage_gib": volume_gib(volume.get("VolumeSize") or streaming_kafka.USUAL_GIB),
        "storage_throughput": throughput(volume.get("ProvisionedThroughput")),
        "kafka_version": version(given["KafkaVersion"]),
        "enhanced_monitoring": given.get("EnhancedMonitoring") or "DEFAULT",
        "settings": settings,
    }


async def serverless(ctx: Context, free: dict[str, Any]) -> dict[str, Any]:
    """The columns of a serverless cluster."""
    for one in free["VpcConfigs"]:
        await _subnets(ctx, one["SubnetIds"])
        await _security_groups(ctx, one.get("SecurityGroupIds") or [])
    iam = ((free.get("ClientAuthentication") or {}).get("Sasl") or {}).get("Iam") or {}
    if not iam.get("Enabled"):
        raise bad_request(
            "Serverless clusters need IAM authentication to be enabled.", "clientAuthentication"
        )
    return {
        "cluster_type": "SERVERLESS",
        "shard_count": 1,
        "settings": {"VpcConfigs": free["VpcConfigs"]},
    }


async def network(ctx: Context, group: dict[str, Any], brokers: int) -> dict[str, Any]:
    """The subnets and security groups of a cluster, which must be the caller's."""
    found = await _subnets(ctx, group["ClientSubnets"])
    zones = {row["availability_zone"] for row in found}
    if not LEAST_ZONES <= len(zones) <= MOST_ZONES or len(zones) < len(found):
        raise bad_request(
            "Specify either two or three client subnets, each in another Availability Zone.",
            "clientSubnets",
        )
    check_brokers(brokers, len(zones))
    settings: dict[str, Any] = {"subnets": list(group["ClientSubnets"])}
    if group.get("SecurityGroups"):
        await _security_groups(ctx, group["SecurityGroups"])
        settings["security_groups"] = list(group["SecurityGroups"])
    return settings


def check_brokers(brokers: int, zones: int) -> None:
    """Refuse a number of brokers that the zones cannot share evenly."""
    if brokers < 1 or brokers % zones:
        raise bad_request(
            "The number of broker nodes must be a multiple of Availability Zones in the Client"
            " Subnets parameter.",
            "numberOfBrokerNodes",
        )
    if brokers > streaming_kafka.MOST_BROKERS:
        raise bad_request(
            f"A cluster has at most {streaming_kafka.MOST_BROKERS} broker nodes.",
            "numberOfBrokerNodes",
        )


async def check_configuration(ctx: Context, asked: dict[str, Any] | None) -> None:
    """Refuse a configuration, or a revision of one, that is not there."""
    if not asked:
        return
    row = await streaming_configurations.find_one(ctx.db, ctx.region, asked["Arn"])
    if row is None:
        raise not_found("The configuration does not exist.", "configurationArn")
    if not 1 <= asked["Revision"] <= len(row["revisions"]):
        raise bad_request("The configuration has no such revision.", "configurationRevision")


def instance_type(asked: str) -> str:
    """A broker type that is sold."""
    if asked not in streaming_kafka.instance_types():
        valid = ", ".join(streaming_kafka.instance_types())
        raise bad_request(
            f"Unsupported InstanceType [{asked}]. Valid values: [{valid}]", "instanceType"
        )
    return asked


def version(asked: str) -> str:
    """A Kafka version that can be chosen."""
    if asked not in streaming_kafka.ACTIVE:
        valid = ", ".join(streaming_kafka.ACTIVE)
        raise bad_request(
            f"Unsupported KafkaVersion [{asked}]. Valid values: [{valid}]", "kafkaVersion"
        )
    return asked


def volume_gib(size: int) -> int:
    """The size of a broker's volume, within AWS's limits."""
    if not LEAST_GIB <= size <= MOST_GIB:
        raise bad_request(
            f"The volume size must be between {LEAST_GIB} and {MOST_GIB} GiB.", "volumeSize"
        )
    return size


def throughput(asked: dict[str, Any] | None) -> int | None:
    """Provisioned MiB per second of a volume, None where it is not enabled."""
    if not asked or not asked.get("Enabled"):
        return None
    speed = asked.get("VolumeThroughput") or THROUGHPUT_MIBPS[0]
    if not THROUGHPUT_MIBPS[0] <= speed <= THROUGHPUT_MIBPS[1]:
        raise bad_request("The volume throughput is not valid.", "volumeThroughput")
    return int(speed)


async def _subnets(ctx: Context, wanted: list[str]) -> list[Any]:
    found = await cache_subnet_groups.subnets(ctx.db, ctx.region, wanted)
    missing = set(wanted) - {row["subnet_id"] for row in found}
    if missing or not found:
        raise bad_request(f"The subnets {sorted(missing)} do not exist.", "clientSubnets")
    return found


async def _security_groups(ctx: Context, wanted: list[str]) -> None:
    known = await cache_subnet_groups.security_groups(ctx.db, ctx.region, wanted)
    missing = [one for one in wanted if one not in known]
    if missing:
        raise bad_request(f"The security groups {missing} do not exist.", "securityGroups")
