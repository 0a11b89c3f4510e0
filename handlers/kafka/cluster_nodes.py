"""The nodes of MSK clusters, and the versions of Kafka on them.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-nodes.html.
"""

from typing import Any

from emulator.context import Context
from handlers.kafka import cluster_addresses, cluster_view
from handlers.kafka.refusals import page
from handlers.kafka.streaming_clusters import check_provisioned, find
from models import streaming_kafka

NOUN = "streaming_clusters"


async def list_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The brokers of a cluster, in the order of their numbers."""
    asked = page(ctx, params)
    row = await find(ctx, params["ClusterArn"])
    check_provisioned(row)
    numbers = [f"{n + 1:04d}" for n in range(row["broker_count"])]
    shown, token = asked.cut_items(numbers, str)
    return {"NodeInfoList": [_broker(row, int(number)) for number in shown], "NextToken": token}


async def list_kafka_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The versions of Kafka, those that can no more be chosen among them."""
    asked = page(ctx, params)
    known = [(one, "DEPRECATED") for one in streaming_kafka.DEPRECATED]
    known += [(one, "ACTIVE") for one in streaming_kafka.ACTIVE]
    places = {version: f"{at:04d}" for at, (version, _) in enumerate(known)}
    shown, token = asked.cut_items(known, lambda one: places[one[0]])
    versions = [{"Version": version, "Status": status} for version, status in shown]
    return {"KafkaVersions": versions, "NextToken": token}


async def get_compatible_kafka_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a cluster, or each version, can be updated to."""
    arn = params.get("ClusterArn")
    sources: list[str] = [*streaming_kafka.DEPRECATED, *streaming_kafka.ACTIVE]
    if arn:
        row = await find(ctx, arn)
        check_provisioned(row)
        sources = [row["kafka_version"] or streaming_kafka.DEFAULT_VERSION]
    return {
        "CompatibleKafkaVersions": [
            {"SourceVersion": one, "TargetVersions": streaming_kafka.upgrades(one)}
            for one in sources
        ]
    }


def _broker(row: Any, number: int) -> dict[str, Any]:
    subnets = row["subnets"] or [""]
    drawn = streaming_kafka.derived(row["arn"], str(number), digits=32)
    name = "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))
    head, _, tail = row["arn"].partition(":cluster/")
    return {
        "AddedToClusterTime": row["created_at"].strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "BrokerNodeInfo": {
            "AttachedENIId": f"eni-{drawn[:17]}",
            "BrokerId": float(number),
            "ClientSubnet": subnets[(number - 1) % len(subnets)],
            "CurrentBrokerSoftwareInfo": cluster_view.software(row),
            "Endpoints": [cluster_addresses.broker(row, number)],
        },
        "InstanceType": row["instance_type"].removeprefix("kafka."),
        "NodeARN": f"{head}:broker/{tail}/{name}",
        "NodeType": "BROKER",
    }
