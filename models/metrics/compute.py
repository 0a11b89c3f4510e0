"""Metrics of machines: EC2, Auto Scaling, containers and functions."""

from typing import Any

from models import burstable
from models.callers import NUMBER
from models.metrics.metric import (
    Figures,
    Metric,
    Payload,
    constant,
    events,
    gauge,
    level,
    marked,
    measured,
    total,
)
from models.metrics.source import ACCOUNT, Source, day_of, days_of, days_of_all, source

MIB = 1_048_576
_PACKET, _OPERATION = 900, 16_384
_T_VCPUS = {"xlarge": 4, "2xlarge": 8}


def _credits(payload: Payload) -> tuple[float, float] | None:
    """Credits earned and spent in an hour; None unless the type is burstable."""
    family, _, size = str(payload.get("type") or "").partition(".")
    earned = burstable.credits_an_hour().get(f"{family}.{size}")
    if earned is None or "cpu_avg" not in payload:
        return None
    vcpus = _T_VCPUS.get(size, 1 if family == "t2" and size not in ("medium", "large") else 2)
    return float(earned), payload["cpu_avg"] / 100 * vcpus * 60


def _balance(payload: Payload) -> float | None:
    found = _credits(payload)
    if found is None:
        return None
    earned, spent = found
    # what is not spent gathers up to a day's worth
    return 24 * earned if spent <= earned else 24 * earned * (earned / spent) ** 4


def _usage(payload: Payload) -> Figures:
    found = _credits(payload)
    return None if found is None else (found[1] * 24, 0.0)


_EC2 = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    total("NetworkIn", "Bytes", "network_in", MIB),
    total("NetworkOut", "Bytes", "network_out", MIB),
    total("NetworkPacketsIn", "Count", "network_in", MIB / _PACKET),
    total("NetworkPacketsOut", "Count", "network_out", MIB / _PACKET),
    total("DiskReadBytes", "Bytes", "disk_read", MIB),
    total("DiskWriteBytes", "Bytes", "disk_write", MIB),
    total("DiskReadOps", "Count", "disk_read", MIB / _OPERATION),
    total("DiskWriteOps", "Count", "disk_write", MIB / _OPERATION),
    total("EBSReadBytes", "Bytes", "disk_read", MIB),
    total("EBSWriteBytes", "Bytes", "disk_write", MIB),
    total("EBSReadOps", "Count", "disk_read", MIB / _OPERATION),
    total("EBSWriteOps", "Count", "disk_write", MIB / _OPERATION),
    constant("StatusCheckFailed", "Count"),
    constant("StatusCheckFailed_Instance", "Count"),
    constant("StatusCheckFailed_System", "Count"),
)
_BURSTABLE = (
    gauge("CPUCreditBalance", "Count", _balance),
    Metric("CPUCreditUsage", "Count", "total", _usage),
)
_AGENT = (
    level("mem_used_percent", "Percent", "memory_avg"),
    level("nvidia_smi_utilization_gpu", "Percent", "gpu_avg"),
)

_UNIT = "(case when i.monitoring in ('enabled', 'pending') then 1 else 5 end)"
_ENDS = "(case when i.state not in ('pending', 'running') then i.state_changed_at end)"
_ITSELF = f"from instances as i where i.account_id = {ACCOUNT} and i.instance_id = $4"
_INSTANCE = days_of(
    "instance",
    "$4",
    unit=f"coalesce((select {_UNIT} {_ITSELF}), 5)",
    ends=f"(select {_ENDS} {_ITSELF})",
)
_MEMBERS = (
    f"select i.instance_id as id, {_UNIT} as unit, {_ENDS} as ends from instances as i"
    f" where i.account_id = {ACCOUNT} and i.region = $3"
)


def _fleet(condition: str) -> str:
    return days_of_all("instance", f"{_MEMBERS} {condition}", unit="r.unit", ends="r.ends")


_GROUP = f"(select g.id from autoscaling_groups as g where g.account_id = {ACCOUNT} and g.region = $3 and g.name = $4)"  # noqa: E501
_INSTANCES: dict[str, Any] = {
    "listed": f"instances as r where r.account_id = {ACCOUNT}",
    "key": "r.instance_id",
    "columns": "r.instance_id",
    "day": day_of("instance", "r.instance_id"),
}


def _grouped(column: str, where: str = "true") -> dict[str, Any]:
    """How the values of a column of instances are listed, each once."""
    return {
        "listed": (
            f"(select {column} as name, i.region, min(i.instance_id) as one from instances as i"
            " left join autoscaling_groups as g on g.id = i.autoscaling_group_id"
            f" where i.account_id = {ACCOUNT} and {where} and {column} is not null"
            " group by 1, 2) as r"
        ),
        "key": "r.name",
        "columns": "r.name",
        "day": day_of("instance", "r.one"),
    }


# A group has no daily rows of its own: its members' rows say how many were in service.
_GROUP_DAYS = (
    "select g.arn as resource_id, m.date, jsonb_build_object('running', count(*),"
    " 'desired', g.desired_capacity, 'min', g.min_size, 'max', g.max_size, 'env', g.env,"
    " 'region', g.region) as payload, 1 as unit, null::timestamptz as ends"
    " from autoscaling_groups as g join instances as i on i.autoscaling_group_id = g.id"
    f" and i.account_id = {ACCOUNT} join metrics_daily as m on m.account_id = {ACCOUNT}"
    " and m.resource_type = 'instance' and m.resource_id = i.instance_id"
    " and m.date between $1 and $2"
    f" where g.account_id = {ACCOUNT} and g.region = $3 and g.name = $4"
    " group by g.id, m.date order by m.date"
)


def _steady(name: str, key: str) -> Metric:
    return Metric(name, "None", "level", lambda payload: (payload[key], payload[key]))


_GROUP_METRICS = (
    _steady("GroupInServiceInstances", "running"),
    _steady("GroupTotalInstances", "running"),
    _steady("GroupDesiredCapacity", "desired"),
    _steady("GroupMinSize", "min"),
    _steady("GroupMaxSize", "max"),
    constant("GroupPendingInstances", "None"),
    constant("GroupStandbyInstances", "None"),
    constant("GroupTerminatingInstances", "None"),
)

_LAMBDA_ARN = f"format('arn:aws:lambda:%s:%s:function:%s', $3::text, {NUMBER}, $4::text)"


def _errors(payload: Payload) -> float:
    return float(payload.get("errors") or 0)


def _throttles(payload: Payload) -> Figures:
    """Calls, those that were refused among them: whoever reserves no concurrency refuses all."""
    if "invocations" not in payload:
        return None
    refused = float(payload.get("throttles") or 0)
    return payload["invocations"] + refused, refused


def _concurrency(payload: Payload) -> Figures:
    """Calls under way at a time; nothing where nobody calls."""
    if not payload.get("invocations"):
        return None
    return payload["invocations"] * payload.get("duration", 0) / 86_400_000, payload.get(
        "concurrency_max", 1
    )


def _provisioned(payload: Payload) -> Figures:
    """Share of the provisioned concurrency in use, at the mean and at the day's peak."""
    room = payload.get("provisioned") or 0
    if not room or "invocations" not in payload:
        return None
    usual = payload["invocations"] * payload.get("duration", 0) / 86_400_000
    return min(1.0, usual / room), min(1.0, payload.get("concurrency_max", 0) / room)


def _spill(payload: Payload) -> Figures:
    return (0.0, 0.0) if payload.get("provisioned") else None


_LAMBDA = (
    events("Invocations", "invocations"),
    measured("Duration", "Milliseconds", "invocations", "duration"),
    marked("Errors", "invocations", _errors),
    Metric("Throttles", "Count", "marked", _throttles),
    Metric("ConcurrentExecutions", "Count", "level", _concurrency),
)
_PROVISIONED = (
    Metric("ProvisionedConcurrencyUtilization", "None", "level", _provisioned),
    Metric("ProvisionedConcurrencySpilloverInvocations", "Count", "level", _spill),
)
_LAMBDA_DAYS = days_of("lambda_function", _LAMBDA_ARN).replace(
    "m.metric_payload as payload",
    "jsonb_build_object('provisioned', (select f.provisioned_concurrency"
    f" from lambda_functions as f where f.account_id = {ACCOUNT} and f.region = $3"
    " and f.name = $4)) || m.metric_payload as payload",
)
_LAMBDA_VERSION_DAYS = _LAMBDA_DAYS.replace(
    " order by", " and ($5::text = $4::text or starts_with($5::text, $4::text || ':')) order by"
)
_LAMBDA_LIST: dict[str, Any] = {
    "listed": f"lambda_functions as r where r.account_id = {ACCOUNT}",
    "key": "r.name",
    "day": day_of("lambda_function", "r.arn"),
}

_PROVISIONED_LISTED = {"listed": f"{_LAMBDA_LIST['listed']} and r.provisioned_concurrency > 0"}

SOURCES: tuple[Source, ...] = (
    source("AWS/EC2", ["InstanceId"], _EC2, _INSTANCE, **_INSTANCES),
    source(
        "AWS/EC2", ["InstanceId"], _BURSTABLE, _INSTANCE,
        **_INSTANCES | {"listed": f"{_INSTANCES['listed']} and left(r.instance_type, 1) = 't'"},
    ),
    source("CWAgent", ["InstanceId"], _AGENT[:1], _INSTANCE, **_INSTANCES),
    source(
        "CWAgent", ["InstanceId"], _AGENT[1:], _INSTANCE,
        **_INSTANCES | {"listed": f"{_INSTANCES['listed']} and r.has_gpu"},
    ),
    source(
        "AWS/EC2", ["AutoScalingGroupName"], _EC2, _fleet(f"and i.autoscaling_group_id = {_GROUP}"),
        **_grouped("g.name"),
    ),
    source(
        "AWS/EC2", ["InstanceType"], _EC2, _fleet("and i.instance_type = $4"),
        **_grouped("i.instance_type"),
    ),
    source("AWS/EC2", ["ImageId"], _EC2, _fleet("and i.image_id = $4"), **_grouped("i.image_id")),
    source("AWS/EC2", [], _EC2, _fleet("")),
    source(
        "AWS/AutoScaling", ["AutoScalingGroupName"], _GROUP_METRICS, _GROUP_DAYS,
        **_grouped("g.name"),
    ),
    *(
        source("AWS/Lambda", named, metrics, rows, columns=columns, **_LAMBDA_LIST | listed)
        for metrics, listed in (
            (_LAMBDA, {}),
            (_PROVISIONED, _PROVISIONED_LISTED),
        )
        for named, columns, rows in (
            (["FunctionName"], "r.name", _LAMBDA_DAYS),
            (["FunctionName", "Resource"], "r.name|r.name", _LAMBDA_VERSION_DAYS),
        )
    ),
    source(
        "AWS/Lambda", [], _LAMBDA[:4],
        days_of_all(
            "lambda_function",
            f"select f.arn as id from lambda_functions as f where f.account_id = {ACCOUNT}"
            " and f.region = $3",
        ),
    ),
)  # fmt: skip
