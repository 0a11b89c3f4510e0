"""Metrics of traffic: load balancers, NAT gateways, streams and Kafka clusters."""

from dataclasses import replace
from typing import Any

from models.callers import NUMBER
from models.metrics import target_groups
from models.metrics.metric import (
    Figures,
    Metric,
    Payload,
    constant,
    events,
    level,
    measured,
    total,
)
from models.metrics.source import ACCOUNT, Source, day_of, days_of, source

_MIB, _GB, _DAY = 1_048_576, 1_000_000_000, 86_400
# What a request and its answer weigh.
_REQUEST_BYTES = 6_000


def _rate(name: str, unit: str, key: str, factor: float) -> Metric:
    """A gauge that follows the number of the day's requests."""
    return level(name, unit, key, factor=factor / _DAY)


_CLASSIC = (
    events("RequestCount", "request_count"),
    measured("Latency", "Seconds", "request_count", "target_response_ms", 0.001),
    events("HTTPCode_Backend_2XX", "request_count", 0.975),
    events("HTTPCode_Backend_4XX", "request_count", 0.02),
    events("HTTPCode_Backend_5XX", "request_count", 0.002),
    _rate("EstimatedALBConsumedLCUs", "Count", "request_count", 0.04),
    level("HealthyHostCount", "Count", "healthy", "healthy"),
    level("UnHealthyHostCount", "Count", "unhealthy", "unhealthy"),
)
_APPLICATION = (
    events("RequestCount", "request_count"),
    measured("TargetResponseTime", "Seconds", "request_count", "target_response_ms", 0.001),
    events("HTTPCode_Target_2XX_Count", "request_count", 0.975),
    events("HTTPCode_Target_3XX_Count", "request_count", 0.003),
    events("HTTPCode_Target_4XX_Count", "request_count", 0.02),
    events("HTTPCode_Target_5XX_Count", "request_count", 0.002),
    events("HTTPCode_ELB_5XX_Count", "request_count", 0.0005),
    total("ActiveConnectionCount", "Count", "request_count", 0.3),
    total("NewConnectionCount", "Count", "request_count", 0.2),
    total("ProcessedBytes", "Bytes", "request_count", _REQUEST_BYTES),
    level("ConsumedLCUs", "Count", "lcu"),
)
_NETWORK = (
    _rate("ActiveFlowCount", "Count", "request_count", 2.0),
    total("NewFlowCount", "Count", "request_count"),
    total("ProcessedBytes", "Bytes", "request_count", _REQUEST_BYTES),
    total("ProcessedPackets", "Count", "request_count", 12),
    level("ConsumedLCUs", "Count", "lcu"),
    total("TCP_Client_Reset_Count", "Count", "request_count", 0.001),
    total("TCP_Target_Reset_Count", "Count", "request_count", 0.001),
)
_BALANCER_ARN = (
    f"format('arn:aws:elasticloadbalancing:%s:%s:loadbalancer/%s', $3::text, {NUMBER}, $4::text)"
)
_HOSTS = (
    "coalesce((select jsonb_build_object('healthy', l.healthy_count, 'unhealthy',"
    " greatest(0, l.target_count - l.healthy_count)) from load_balancers as l"
    f" where l.account_id = {ACCOUNT} and l.lb_arn = {_BALANCER_ARN}), '{{}}')"
)


def _balancer(namespace: str, dimension: str, kind: str, metrics: tuple[Metric, ...]) -> Source:
    rows = days_of("load_balancer", _BALANCER_ARN).replace(
        " order by", f" and coalesce(m.metric_payload ->> 'type', '{kind}') = '{kind}' order by"
    )
    if kind == "classic":
        rows = rows.replace(
            "m.metric_payload as payload", f"m.metric_payload || {_HOSTS} as payload"
        )
    value = "r.name" if kind == "classic" else "split_part(r.lb_arn, ':loadbalancer/', 2)"
    return source(
        namespace,
        [dimension],
        metrics,
        rows,
        listed=f"load_balancers as r where r.account_id = {ACCOUNT} and r.type = '{kind}'",
        key="r.lb_arn",
        columns=value,
        day=day_of("load_balancer", "r.lb_arn"),
    )


def _connections(payload: Payload) -> Figures:
    most = payload.get("connections_max")
    return None if most is None else (most * 0.55, most)


# Of what a gateway processes, a third comes from inside; each way it is counted on both sides.
_NAT = (
    total("BytesInFromSource", "Bytes", "gb_processed", 0.35 * _GB),
    total("BytesOutToDestination", "Bytes", "gb_processed", 0.35 * _GB),
    total("BytesInFromDestination", "Bytes", "gb_processed", 0.65 * _GB),
    total("BytesOutToSource", "Bytes", "gb_processed", 0.65 * _GB),
    total("PacketsInFromSource", "Count", "gb_processed", 0.35 * _GB / 400),
    total("PacketsOutToDestination", "Count", "gb_processed", 0.35 * _GB / 400),
    total("PacketsInFromDestination", "Count", "gb_processed", 0.65 * _GB / 1100),
    total("PacketsOutToSource", "Count", "gb_processed", 0.65 * _GB / 1100),
    Metric("ActiveConnectionCount", "Count", "level", _connections),
    total("ConnectionAttemptCount", "Count", "gb_processed", 4000),
    total("ConnectionEstablishedCount", "Count", "gb_processed", 3990),
    constant("ErrorPortAllocation", "Count"),
    constant("PacketsDropCount", "Count"),
)

_KINESIS = (
    total("IncomingBytes", "Bytes", "throughput_mbps", _MIB * _DAY),
    total("IncomingRecords", "Count", "incoming_records"),
    total("PutRecords.Bytes", "Bytes", "throughput_mbps", _MIB * _DAY),
    total("GetRecords.Bytes", "Bytes", "throughput_mbps", _MIB * _DAY),
    total("GetRecords.Records", "Count", "incoming_records"),
    constant("GetRecords.IteratorAgeMilliseconds", "Milliseconds"),
    constant("WriteProvisionedThroughputExceeded", "Count"),
    constant("ReadProvisionedThroughputExceeded", "Count"),
)
_KAFKA = (
    level("BytesInPerSec", "Bytes/Second", "throughput_mbps", "throughput_max_mbps", _MIB),
    level("BytesOutPerSec", "Bytes/Second", "throughput_mbps", "throughput_max_mbps", 2 * _MIB),
    level("MessagesInPerSec", "Count/Second", "incoming_records", factor=1 / _DAY),
    level("CpuUser", "Percent", "cpu_avg"),
    level("CpuSystem", "Percent", "cpu_avg", factor=0.15),
    level("KafkaDataLogsDiskUsed", "Percent", "cpu_avg", factor=0.6),
    level("ConnectionCount", "Count", "cpu_avg", factor=3),
    constant("ActiveControllerCount", "Count", 1.0),
    constant("OfflinePartitionsCount", "Count"),
)
_STREAM_ARN = f"format('arn:aws:kinesis:%s:%s:stream/%s', $3::text, {NUMBER}, $4::text)"
_KAFKA_ARN = (
    "(select k.arn from streaming_clusters as k"
    f" where k.account_id = {ACCOUNT} and k.region = $3 and k.name = $4"
    " and k.engine <> 'kinesis' limit 1)"
)
_KAFKAS: dict[str, Any] = {
    "listed": f"streaming_clusters as r where r.account_id = {ACCOUNT} and r.engine <> 'kinesis'",
    "key": "r.name",
    "day": day_of("streaming_cluster", "r.arn"),
}

SOURCES: tuple[Source, ...] = (
    _balancer("AWS/ELB", "LoadBalancerName", "classic", _CLASSIC),
    _balancer("AWS/ApplicationELB", "LoadBalancer", "application", _APPLICATION),
    _balancer("AWS/NetworkELB", "LoadBalancer", "network", _NETWORK),
    *target_groups.SOURCES,
    source(
        "AWS/NATGateway", ["NatGatewayId"], _NAT, days_of("nat_gateway", "$4"),
        listed=f"nat_gateways as r where r.account_id = {ACCOUNT}", key="r.nat_gateway_id",
        columns="r.nat_gateway_id", day=day_of("nat_gateway", "r.nat_gateway_id"),
    ),
    replace(source(
        "AWS/Kinesis", ["StreamName"], _KINESIS, days_of("streaming_cluster", _STREAM_ARN),
        listed=f"streaming_clusters as r where r.account_id = {ACCOUNT} and r.engine = 'kinesis'",
        key="r.name", columns="r.name", day=day_of("streaming_cluster", "r.arn"),
    ), put=True),
    source(
        "AWS/Kafka", ["Cluster Name"], _KAFKA, days_of("streaming_cluster", _KAFKA_ARN),
        columns="r.name", **_KAFKAS,
    ),
    source(
        "AWS/Kafka", ["Cluster Name", "Broker ID"], _KAFKA[:7],
        days_of("streaming_cluster", _KAFKA_ARN).replace(
            " order by",
            " and $5::text = any(array(select b::text from generate_series(1, greatest(1,"
            " (m.metric_payload -> 'shards')::int)) as b)) order by",
        ),
        columns="r.name|'1'", **_KAFKAS,
    ),
)  # fmt: skip
