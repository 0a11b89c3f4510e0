"""Addresses of MSK's brokers and ZooKeeper nodes, in the forms that AWS gives them.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html.
"""

from typing import Any

from models import streaming_kafka

PLAINTEXT, TLS, SCRAM, IAM = 9092, 9094, 9096, 9098


def broker(row: Any, number: int) -> str:
    """The host name of a broker."""
    return f"b-{number}.{_domain(row)}"


def brokers(row: Any, port: int) -> str:
    """Host names and ports that a client begins with: one broker of each zone."""
    if row["cluster_type"] == "SERVERLESS":
        name = streaming_kafka.derived(row["arn"], digits=8)
        return f"boot-{name}.c2.kafka-serverless.{row['region']}.amazonaws.com:{port}"
    count = min(row["broker_count"], max(2, len(row["subnets"] or ())))
    return ",".join(f"{broker(row, n + 1)}:{port}" for n in range(count))


def zookeeper(row: Any, port: int) -> str:
    """Host names and ports of the three ZooKeeper nodes."""
    return ",".join(f"z-{n}.{_domain(row)}:{port}" for n in (1, 2, 3))


def _domain(row: Any) -> str:
    name = row["name"].lower().replace("_", "-")
    drawn = streaming_kafka.derived(row["arn"])
    return f"{name}.{drawn}.c2.kafka.{row['region']}.amazonaws.com"
