"""A Kafka cluster whose brokers have little to do."""

from typing import Any

from tests.waste.calling import Client, datapoints


def _cluster(client: Client, arn: str) -> Any:
    return client("kafka").describe_cluster_v2(ClusterArn=arn)["ClusterInfo"]


def reveal(client: Client, resource_id: str) -> bool:
    """Brokers of four vCPUs or more that are idle for the most part."""
    cluster = _cluster(client, resource_id)
    kind = cluster["Provisioned"]["BrokerNodeGroupInfo"]["InstanceType"]
    name = cluster["ClusterName"]
    busy = datapoints(client, "AWS/Kafka", "CpuUser", **{"Cluster Name": name, "Broker ID": "1"})
    return kind.endswith("xlarge") and bool(busy) and sum(busy) / len(busy) < 30


def remedy(client: Client, resource_id: str) -> None:
    """The next smaller brokers."""
    client("kafka").update_broker_type(
        ClusterArn=resource_id,
        CurrentVersion=_cluster(client, resource_id)["CurrentVersion"],
        TargetInstanceType="kafka.m5.large",
    )
