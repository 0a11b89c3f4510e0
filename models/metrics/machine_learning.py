"""Metrics of SageMaker: endpoints with their variants, and notebooks.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html. Where a
machine has a GPU or several vCPUs, AWS counts each as 100 %; here the whole machine is 100 %.
"""

from models.callers import NUMBER
from models.metrics.metric import Figures, Metric, Payload, constant, level
from models.metrics.source import ACCOUNT, Source, day_of, days_of, source

# Below this a machine only keeps itself alive: nobody calls it.
_IDLE_PERCENT = 3.0
# Calls a day for each per cent of one machine that is spent on them.
_CALLS = 1500.0


def _calls(payload: Payload, *, each: bool = False) -> float | None:
    busy = payload.get("cpu_avg")
    if busy is None:
        return None
    nodes = 1 if each else payload.get("nodes") or 1
    return float(max(0.0, busy - _IDLE_PERCENT) * _CALLS * nodes)


def _invocations(payload: Payload) -> Figures:
    calls = _calls(payload)
    return None if calls is None else (float(int(calls)), 0.0)


def _invocations_each(payload: Payload) -> Figures:
    calls = _calls(payload, each=True)
    return None if calls is None else (float(int(calls)), 0.0)


def _latency(payload: Payload) -> Figures:
    """Microseconds that a model takes: none where nothing is called."""
    calls = _calls(payload)
    return (calls, 24_000.0) if calls else None


_MACHINE = (
    level("CPUUtilization", "Percent", "cpu_avg", "cpu_max"),
    level("MemoryUtilization", "Percent", "memory_avg"),
    level("GPUUtilization", "Percent", "gpu_avg"),
    level("GPUMemoryUtilization", "Percent", "gpu_avg", factor=0.8),
    level("DiskUtilization", "Percent", "memory_avg", factor=0.4),
)
_ENDPOINT = (
    Metric("Invocations", "None", "events", _invocations),
    Metric("InvocationsPerInstance", "None", "events", _invocations_each),
    Metric("ModelLatency", "Microseconds", "measured", _latency),
    constant("Invocation4XXErrors", "None"),
    constant("Invocation5XXErrors", "None"),
)
_ARN = f"format('arn:aws:sagemaker:%s:%s:{{}}/%s', $3::text, {NUMBER}, lower($4::text))"
_OF_VARIANT = (
    " and exists (select from managed_services as v, jsonb_array_elements(v.variants) as one"
    " where v.arn = m.resource_id and one ->> 'VariantName' = $5::text) order by"
)
_ENDPOINT_DAYS = days_of("managed_service", _ARN.format("endpoint")).replace(
    " order by", _OF_VARIANT
)
_ENDPOINTS = {
    "listed": (
        "(select v.*, one ->> 'VariantName' as variant from managed_services as v,"
        f" jsonb_array_elements(v.variants) as one where v.account_id = {ACCOUNT}"
        " and v.service_type in ('sagemaker-endpoint', 'sagemaker_endpoint')) as r"
    ),
    "key": "r.name || '/' || r.variant",
    "columns": "r.name|r.variant",
    "day": day_of("managed_service", "r.arn"),
}

SOURCES: tuple[Source, ...] = (
    source(
        "/aws/sagemaker/Endpoints", ["EndpointName", "VariantName"], _MACHINE, _ENDPOINT_DAYS,
        **_ENDPOINTS,
    ),
    source(
        "AWS/SageMaker", ["EndpointName", "VariantName"], _ENDPOINT, _ENDPOINT_DAYS, **_ENDPOINTS
    ),
    source(
        "/aws/sagemaker/NotebookInstances", ["NotebookInstanceName"], _MACHINE,
        days_of("managed_service", _ARN.format("notebook-instance")),
        listed=(
            f"managed_services as r where r.account_id = {ACCOUNT}"
            " and r.service_type in ('sagemaker-notebook', 'sagemaker_notebook')"
        ),
        key="r.name", columns="r.name", day=day_of("managed_service", "r.arn"),
    ),
)  # fmt: skip
