"""MSK clusters: made, changed by operations, listed, deleted, and what they cost."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def kafka(cloud: Cloud) -> Any:
    """A boto3 client of MSK in us-east-1."""
    return cloud.client("kafka")


def subnets(cloud: Cloud) -> list[str]:
    """Subnets of the account in three zones."""
    found = cloud.client("ec2").describe_subnets(
        Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )["Subnets"]
    zones = {one["AvailabilityZone"]: one["SubnetId"] for one in found}
    return [zones[name] for name in sorted(zones)][:3]


def create(cloud: Cloud, name: str = "events", **more: Any) -> str:
    group = {
        "ClientSubnets": subnets(cloud),
        "InstanceType": "kafka.m5.large",
        "StorageInfo": {"EbsStorageInfo": {"VolumeSize": 500}},
    }
    asked = {
        "ClusterName": name,
        "KafkaVersion": "3.6.0",
        "NumberOfBrokerNodes": 3,
        "BrokerNodeGroupInfo": group,
    }
    made: dict[str, Any] = cloud.client("kafka").create_cluster(**asked | more)
    assert made["State"] == "CREATING"
    return str(made["ClusterArn"])


def cost(sql: Sql, cloud: Cloud) -> Decimal:
    [row] = sql("select * from streaming_clusters where account_id = $1", cloud.account.id)
    return Decimal(row["hourly_cost"])


def version(kafka: Any, arn: str) -> str:
    return str(kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]["CurrentVersion"])


def test_a_cluster_lives_from_creation_to_deletion(cloud: Cloud, kafka: Any, sql: Sql) -> None:
    arn = create(cloud, Tags={"env": "prod"})
    shown = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]
    assert (shown["State"], shown["NumberOfBrokerNodes"], shown["Tags"]) == (
        "ACTIVE",
        3,
        {"env": "prod"},
    )
    group = shown["BrokerNodeGroupInfo"]
    assert group["StorageInfo"]["EbsStorageInfo"]["VolumeSize"] == 500
    assert group["ClientSubnets"] == subnets(cloud)
    assert shown["EncryptionInfo"]["EncryptionInTransit"] == {
        "ClientBroker": "TLS",
        "InCluster": True,
    }
    assert shown["ZookeeperConnectString"].count(":2181") == 3
    # 3 x $0.21 and 1,500 GB at $0.10 a month of 730 hours
    assert cost(sql, cloud) == Decimal("0.8355")
    second = kafka.describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]
    assert (second["ClusterType"], second["Provisioned"]["NumberOfBrokerNodes"]) == (
        "PROVISIONED",
        3,
    )
    brokers = kafka.get_bootstrap_brokers(ClusterArn=arn)
    assert brokers["BootstrapBrokerStringTls"].count(":9094") == 3
    assert "BootstrapBrokerString" not in brokers
    nodes = kafka.list_nodes(ClusterArn=arn)["NodeInfoList"]
    assert [node["BrokerNodeInfo"]["BrokerId"] for node in nodes] == [1.0, 2.0, 3.0]
    assert [node["BrokerNodeInfo"]["ClientSubnet"] for node in nodes] == subnets(cloud)
    asked = {"ClusterArn": arn, "CurrentVersion": "KNONE"}
    assert refusal(kafka.delete_cluster, **asked)[0] == "BadRequestException"
    assert kafka.delete_cluster(ClusterArn=arn)["State"] == "DELETING"
    assert refusal(kafka.describe_cluster, ClusterArn=arn)[0] == "NotFoundException"
    assert kafka.list_clusters()["ClusterInfoList"] == []


def test_updates_are_operations_that_change_the_cost(cloud: Cloud, kafka: Any, sql: Sql) -> None:
    arn = create(cloud)
    known = version(kafka, arn)
    asked = {"ClusterArn": arn, "CurrentVersion": known}
    assert refusal(kafka.update_broker_count, **asked, TargetNumberOfBrokerNodes=4)[0] == (
        "BadRequestException"
    )
    done = kafka.update_broker_count(**asked, TargetNumberOfBrokerNodes=6)
    assert cost(sql, cloud) == Decimal("1.6710")
    told = kafka.describe_cluster_operation(ClusterOperationArn=done["ClusterOperationArn"])
    operation = told["ClusterOperationInfo"]
    assert (operation["OperationType"], operation["OperationState"]) == (
        "INCREASE_BROKER_COUNT",
        "UPDATE_COMPLETE",
    )
    assert operation["SourceClusterInfo"] == {"NumberOfBrokerNodes": 3}
    assert operation["TargetClusterInfo"] == {"NumberOfBrokerNodes": 6}
    assert refusal(kafka.update_broker_type, **asked, TargetInstanceType="kafka.t3.small")[0] == (
        "BadRequestException"
    )
    asked["CurrentVersion"] = version(kafka, arn)
    assert asked["CurrentVersion"] != known
    kafka.update_broker_type(**asked, TargetInstanceType="kafka.t3.small")
    # 6 x $0.0456 and 3,000 GB
    assert cost(sql, cloud) == Decimal("0.6846")
    asked["CurrentVersion"] = version(kafka, arn)
    grown = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 600}]
    kafka.update_broker_storage(**asked, TargetBrokerEBSVolumeInfo=grown)
    assert cost(sql, cloud) == Decimal("0.7668")
    asked["CurrentVersion"] = version(kafka, arn)
    smaller = [{"KafkaBrokerNodeId": "All", "VolumeSizeGB": 100}]
    assert refusal(kafka.update_broker_storage, **asked, TargetBrokerEBSVolumeInfo=smaller)[0] == (
        "BadRequestException"
    )
    kafka.update_monitoring(**asked, EnhancedMonitoring="PER_BROKER")
    asked["CurrentVersion"] = version(kafka, arn)
    kafka.update_storage(**asked, VolumeSizeGB=700)
    kafka.reboot_broker(ClusterArn=arn, BrokerIds=["2"])
    shown = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]
    assert (shown["EnhancedMonitoring"], shown["BrokerNodeGroupInfo"]["InstanceType"]) == (
        "PER_BROKER",
        "kafka.t3.small",
    )
    listed = kafka.list_cluster_operations(ClusterArn=arn)["ClusterOperationInfoList"]
    kinds = {one["OperationType"] for one in listed}
    assert len(kinds) == 6
    second = kafka.list_cluster_operations_v2(ClusterArn=arn, MaxResults=2)
    assert len(second["ClusterOperationInfoList"]) == 2
    one = kafka.describe_cluster_operation_v2(ClusterOperationArn=done["ClusterOperationArn"])
    assert one["ClusterOperationInfo"]["Provisioned"]["TargetClusterInfo"] == {
        "NumberOfBrokerNodes": 6
    }


def test_other_networks_are_let_in(cloud: Cloud, kafka: Any) -> None:
    """Through schemes that the cluster has, and the internet where nobody is anonymous."""
    authentication = {
        "Sasl": {"Iam": {"Enabled": True}}, "Unauthenticated": {"Enabled": False},
    }  # fmt: skip
    arn = create(cloud, ClientAuthentication=authentication)
    closed = create(cloud, "closed")
    before = kafka.describe_cluster(ClusterArn=arn)["ClusterInfo"]["BrokerNodeGroupInfo"]
    silent = kafka.describe_cluster(ClusterArn=closed)["ClusterInfo"]
    assert "ClientAuthentication" not in silent  # nobody said anything of it
    none = before["ConnectivityInfo"]["VpcConnectivity"]["ClientAuthentication"]
    assert none["Sasl"]["Iam"] == {"Enabled": False}

    def update(which: str = arn, **info: Any) -> dict[str, Any]:
        made: dict[str, Any] = kafka.update_connectivity(
            ClusterArn=which, CurrentVersion=version(kafka, which), ConnectivityInfo=info
        )
        return made

    iam = {"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}}}
    for wrong in (
        {"VpcConnectivity": {"ClientAuthentication": {"Tls": {"Enabled": True}}}},
        {"PublicAccess": {"Type": "OPEN"}},
        {"PublicAccess": {"Type": "DISABLED"}},
        {"NetworkType": "DUAL", "PublicAccess": {"Type": "DISABLED"}},
    ):
        assert refusal(update, **wrong)[0] == "BadRequestException"
    everybody: dict[str, Any] = {"PublicAccess": {"Type": "SERVICE_PROVIDED_EIPS"}}
    assert refusal(update, which=closed, **everybody)[0] == "BadRequestException"
    operation = update(VpcConnectivity=iam, **everybody)["ClusterOperationArn"]
    told = kafka.describe_cluster_operation(ClusterOperationArn=operation)["ClusterOperationInfo"]
    assert told["OperationType"] == "UPDATE_CONNECTIVITY"
    source = told["SourceClusterInfo"]["ConnectivityInfo"]
    assert source["PublicAccess"]["Type"] == "DISABLED"
    found = kafka.get_bootstrap_brokers(ClusterArn=arn)
    assert found["BootstrapBrokerStringVpcConnectivitySaslIam"].endswith(":14003")
    assert found["BootstrapBrokerStringPublicSaslIam"].startswith("b-1-public.events.")
    assert "BootstrapBrokerStringPublicTls" not in found
    assert "BootstrapBrokerStringPublicSaslIam" not in kafka.get_bootstrap_brokers(
        ClusterArn=closed
    )


def test_clusters_are_listed_and_filtered(cloud: Cloud, kafka: Any, sql: Sql) -> None:
    arns = [create(cloud, name) for name in ("orders-a", "orders-b")]
    free = kafka.create_cluster_v2(
        ClusterName="free",
        Serverless={
            "VpcConfigs": [{"SubnetIds": subnets(cloud)}],
            "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": True}}},
        },
    )
    assert free["ClusterType"] == "SERVERLESS"
    listed = kafka.list_clusters(ClusterNameFilter="orders")["ClusterInfoList"]
    assert {one["ClusterArn"] for one in listed} == set(arns)
    first = kafka.list_clusters_v2(MaxResults=2)
    rest = kafka.list_clusters_v2(MaxResults=2, NextToken=first["NextToken"])
    assert len(first["ClusterInfoList"]) + len(rest["ClusterInfoList"]) == 3
    [only] = kafka.list_clusters_v2(ClusterTypeFilter="SERVERLESS")["ClusterInfoList"]
    assert only["Serverless"]["VpcConfigs"][0]["SubnetIds"] == subnets(cloud)
    [row] = sql(
        "select * from streaming_clusters where account_id = $1 and name = 'free'",
        cloud.account.id,
    )
    assert row["hourly_cost"] == Decimal("0.7500")
    assert refusal(kafka.describe_cluster, ClusterArn=free["ClusterArn"])[0] == (
        "BadRequestException"
    )
    address = kafka.get_bootstrap_brokers(ClusterArn=free["ClusterArn"])
    assert address["BootstrapBrokerStringSaslIam"].endswith(":9098")
    assert refusal(create, cloud=cloud, name="orders-a")[0] == "ConflictException"


def test_what_cannot_be_is_refused(cloud: Cloud, other_cloud: Cloud, kafka: Any) -> None:
    assert refusal(create, cloud=cloud, KafkaVersion="0.1")[1].startswith(
        "Unsupported KafkaVersion [0.1]. Valid values: ["
    )
    assert refusal(create, cloud=cloud, NumberOfBrokerNodes=4) == (
        "BadRequestException",
        "The number of broker nodes must be a multiple of Availability Zones in the Client"
        " Subnets parameter.",
    )
    theirs = {"ClientSubnets": subnets(other_cloud), "InstanceType": "kafka.m5.large"}
    assert refusal(create, cloud=cloud, BrokerNodeGroupInfo=theirs)[0] == "BadRequestException"
    arn = create(cloud)
    other = other_cloud.client("kafka")
    assert refusal(other.describe_cluster_v2, ClusterArn=arn)[0] == "NotFoundException"
    assert refusal(other.tag_resource, ResourceArn=arn, Tags={"a": "b"})[0] == "NotFoundException"


def test_tags_come_and_go(cloud: Cloud, kafka: Any) -> None:
    arn = create(cloud)
    kafka.tag_resource(ResourceArn=arn, Tags={"team": "data", "env": "dev"})
    kafka.untag_resource(ResourceArn=arn, TagKeys=["env"])
    assert kafka.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "data"}


def test_configurations_have_revisions(cloud: Cloud, kafka: Any) -> None:
    made = kafka.create_configuration(
        Name="mine", KafkaVersions=["3.6.0"], ServerProperties=b"auto.create.topics.enable=true"
    )
    arn = made["Arn"]
    revised = kafka.update_configuration(Arn=arn, ServerProperties=b"num.partitions=3")
    assert revised["LatestRevision"]["Revision"] == 2
    [listed] = kafka.list_configurations()["Configurations"]
    assert (listed["Name"], listed["LatestRevision"]["Revision"]) == ("mine", 2)
    first = kafka.describe_configuration_revision(Arn=arn, Revision=1)
    assert first["ServerProperties"] == b"auto.create.topics.enable=true"
    cluster = create(cloud, ConfigurationInfo={"Arn": arn, "Revision": 1})
    assert refusal(kafka.delete_configuration, Arn=arn)[0] == "BadRequestException"
    changed = {"ConfigurationInfo": {"Arn": arn, "Revision": 9}}
    asked = {"ClusterArn": cluster, "CurrentVersion": version(kafka, cluster)}
    assert refusal(kafka.update_cluster_configuration, **asked, **changed)[0] == (
        "BadRequestException"
    )
    assert kafka.get_compatible_kafka_versions(ClusterArn=cluster)["CompatibleKafkaVersions"] == [
        {"SourceVersion": "3.6.0", "TargetVersions": ["3.7.x", "3.8.x", "3.9.x"]}
    ]
    kafka.update_cluster_kafka_version(**asked, TargetKafkaVersion="3.8.x")
    kafka.delete_cluster(ClusterArn=cluster)
    assert kafka.delete_configuration(Arn=arn)["State"] == "DELETING"
    assert refusal(kafka.describe_configuration, Arn=arn)[0] == "NotFoundException"
    statuses = {one["Status"] for one in kafka.list_kafka_versions()["KafkaVersions"]}
    assert statuses == {"ACTIVE", "DEPRECATED"}
