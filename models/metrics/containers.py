"""Metrics of containers: ECS services and Container Insights."""

from typing import Any

from models.callers import NUMBER
from models.metrics.metric import Metric, level, total
from models.metrics.source import ACCOUNT, Source, day_of, days_of, days_of_all, source

_MIB = 1_048_576

_ECS = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("MemoryUtilization", "Percent", "memory_avg"),
)
_SERVICE_ARN = (
    f"format('arn:aws:%s:%s:%s:service/%s/%s', '{{orchestrator}}', $3::text, {NUMBER},"
    " $4::text, $5::text)"
)
_SERVICE = (
    "(select s.arn, s.name, s.region, k.name as cluster from container_services as s"
    " join container_clusters as k on k.id = s.cluster_id"
    f" where k.account_id = {ACCOUNT} and k.orchestrator = '{{orchestrator}}') as r"
)
_SERVICES = (
    "select s.arn as id from container_services as s"
    " join container_clusters as k on k.id = s.cluster_id"
    f" where k.account_id = {ACCOUNT} and k.region = $3 and k.name = $4"
)
_CLUSTER: dict[str, Any] = {
    "listed": f"container_clusters as r where r.account_id = {ACCOUNT}",
    "key": "r.name || '/' || r.orchestrator",
    "columns": "r.name",
    "day": day_of("container_cluster", "r.arn"),
}
_ECS_CLUSTER = _CLUSTER | {"listed": f"{_CLUSTER['listed']} and r.orchestrator = 'ecs'"}

_NODE = (
    level("node_cpu_utilization", "Percent", "cpu_avg", "cpu_max"),
    level("node_memory_utilization", "Percent", "memory_avg"),
    total("node_network_total_bytes", "Bytes/Second", "network_in", _MIB * 2 / 300),
    level("node_gpu_utilization", "Percent", "gpu_avg"),
)
_POD = (
    level("pod_cpu_utilization_over_pod_limit", "Percent", "cpu_avg", "cpu_max"),
    level("pod_memory_utilization_over_pod_limit", "Percent", "memory_avg"),
)


def _count(name: str, key: str) -> Metric:
    def read(payload: Any) -> tuple[float, float] | None:
        value = payload.get(key)
        return None if value is None else (value, value)

    return Metric(name, "Count", "level", read)


_CLUSTER_DAYS = days_of(
    "container_cluster",
    f"any(array[format('arn:aws:eks:%s:%s:cluster/%s', $3::text, {NUMBER}, $4::text),"
    f" format('arn:aws:ecs:%s:%s:cluster/%s', $3::text, {NUMBER}, $4::text)])",
)
_NODES = (
    "select n.instance_id as id from container_nodes as n"
    " join container_clusters as k on k.id = n.cluster_id"
    f" where k.account_id = {ACCOUNT} and k.region = $3 and k.name = $4"
)
_NODE_LIST: dict[str, Any] = {
    "listed": (
        "(select n.instance_id, n.region, k.name as cluster, n.has_gpu from container_nodes as n"
        " join container_clusters as k on k.id = n.cluster_id"
        f" where k.account_id = {ACCOUNT}) as r"
    ),
    "key": "r.cluster || '/' || r.instance_id",
    "columns": "r.cluster|r.instance_id|r.instance_id",
    "day": day_of("container_node", "r.instance_id"),
}
_NODE_DAYS = days_of_all(
    "container_node", f"{_NODES} and n.instance_id = $6 and n.instance_id = $5"
)


def _service_list(orchestrator: str, columns: str) -> dict[str, Any]:
    return {
        "listed": _SERVICE.format(orchestrator=orchestrator),
        "key": "r.cluster || '/' || r.name",
        "columns": columns,
        "day": day_of("container_service", "r.arn"),
    }


SOURCES: tuple[Source, ...] = (
    source(
        "AWS/ECS", ["ClusterName", "ServiceName"], _ECS,
        days_of("container_service", _SERVICE_ARN.format(orchestrator="ecs")),
        **_service_list("ecs", "r.cluster|r.name"),
    ),
    source(
        "AWS/ECS", ["ClusterName"], _ECS,
        days_of_all("container_service", f"{_SERVICES} and k.orchestrator = 'ecs'"),
        **_ECS_CLUSTER,
    ),
    source(
        "ContainerInsights", ["ClusterName"], [_count("cluster_node_count", "nodes")],
        _CLUSTER_DAYS, **_CLUSTER,
    ),
    source(
        "ContainerInsights", ["ClusterName"], _NODE[:3], days_of_all("container_node", _NODES),
        **_CLUSTER,
    ),
    source(
        "ContainerInsights", ["ClusterName", "NodeName", "InstanceId"], _NODE[:3], _NODE_DAYS,
        **_NODE_LIST,
    ),
    source(
        "ContainerInsights", ["ClusterName", "NodeName", "InstanceId"], _NODE[3:], _NODE_DAYS,
        **_NODE_LIST | {"listed": f"(select * from {_NODE_LIST['listed']} where has_gpu) as r"},
    ),
    source(
        "ContainerInsights", ["ClusterName", "Namespace", "Service"], _POD,
        days_of("container_service", _SERVICE_ARN.format(orchestrator="eks").replace("$5", "$6"))
        .replace(" order by", " and $5::text = 'default' order by"),
        **_service_list("eks", "r.cluster|'default'|r.name"),
    ),
)  # fmt: skip
