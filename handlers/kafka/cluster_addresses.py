"""Addresses of MSK's brokers and ZooKeeper nodes, in the forms that AWS gives them.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/port-info.html.
"""

from typing import Any

from models import streaming_kafka

PLAINTEXT, TLS, SCRAM, IAM = 9092, 9094, 9096, 9098
PUBLIC = {"tls": 9194, "scram": 9196, "iam": 9198}
# From other networks each broker has a port of its own.
FIRST_PRIVATE = 14_001


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


def public(row: Any, scheme: str) -> str:
    """Host names and ports of brokers on the internet, for one way of connecting."""
    domain = _domain(row)
    count = min(row["broker_count"], max(2, len(row["subnets"] or ())))
    return ",".join(f"b-{n + 1}-public.{domain}:{PUBLIC[scheme]}" for n in range(count))


def private(row: Any, scheme: str) -> str:
    """Host names and ports of brokers in other networks, for one way of connecting."""
    domain = _domain(row)
    count = min(row["broker_count"], max(2, len(row["subnets"] or ())))
    return ",".join(f"b-{n + 1}.{scheme}.{domain}:{FIRST_PRIVATE + n}" for n in range(count))


def zookeeper(row: Any, port: int) -> str:
    """Host names and ports of the three ZooKeeper nodes."""
    return ",".join(f"z-{n}.{_domain(row)}:{port}" for n in (1, 2, 3))


def _domain(row: Any) -> str:
    name = row["name"].lower().replace("_", "-")
    drawn = streaming_kafka.derived(row["arn"])
    return f"{name}.{drawn}.c2.kafka.{row['region']}.amazonaws.com"
