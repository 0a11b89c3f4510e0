"""ECS services on Fargate: tasks that ask for more than they use, and ones that do nothing."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from models import costs, fargate_sizes
from models.costs import monthly_of_hourly
from models.recommendations.evidence import (
    ASKED,
    OWN,
    PEAKS,
    Scope,
    bill,
    days_seen,
    figure,
    tags_of,
)
from models.recommendations.finding import (
    LEAST_DAYS,
    ZERO,
    Finding,
    Idleness,
    Option,
    Saving,
    charged_share,
    risk_of,
)

KIND = "container_service"
UNITS_PER_VCPU = 1024
IDLE_PERCENT = 1
EXHAUSTED_PERCENT = 97
MOST_OPTIONS = 3

_FIGURES = f"""{PEAKS.format(value=figure("cpu_max"))} as cpu, avg({figure("cpu_avg")}) as cpu_mean,
    max({figure("memory_avg")}) as memory, avg({figure("memory_avg")}) as memory_mean"""

_FIND = f"""
with seen as materialized ({days_seen(KIND, _FIGURES)}), bill as materialized ({bill(KIND)})
select r.arn as id, r.arn, r.name, r.region, {tags_of(KIND, "r.arn")} as tags, r.launch_type,
       r.task_cpu, r.task_memory_mb, r.replica_count as replicas, r.architecture, r.price_share,
       r.requested_cpu, r.requested_memory_mb, r.task_definition_arn, k.name as cluster,
       d.containers, seen.*, bill.listed, bill.charged
  from container_services r join container_clusters k on k.id = r.cluster_id
  join seen on seen.id = r.arn left join bill on bill.id = r.arn
  left join lateral (select t.definition -> 'containerDefinitions' as containers
                       from task_definitions t
                      where t.account_id = {OWN} and t.arn = r.task_definition_arn) d on true
 where k.account_id = {OWN} and r.status = 'ACTIVE' and r.replica_count > 0
   and r.launch_type = 'FARGATE' and split_part(r.arn, ':', 3) = 'ecs'
   and seen.days >= {LEAST_DAYS} and {ASKED.format(id="r.arn")}
 order by r.arn
"""


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of services on Fargate, by ARN."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [_judge(row, scope) for row in rows]


def size_of(row: Mapping[str, Any]) -> tuple[int, int]:
    """A task's CPU units and MiB."""
    replicas = row["replicas"]
    vcpus = row["task_cpu"] or row["requested_cpu"] / replicas
    return int(vcpus * UNITS_PER_VCPU), int(
        row["task_memory_mb"] or row["requested_memory_mb"] // replicas
    )


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding:
    cpu = float((row["cpu"] or [0, 0, 0])[scope.threshold] or 0)
    memory = float(row["memory"] or 0)
    options = _options(row, scope, cpu, memory)
    units, mib = size_of(row)
    if max(cpu, memory) >= EXHAUSTED_PERCENT:
        verdict = "Underprovisioned"
        reasons = [f"{name}Underprovisioned" for name, value in (("CPU", cpu), ("Memory", memory))
                   if value >= EXHAUSTED_PERCENT]  # fmt: skip
    else:
        best = options[0].configuration if options else {"cpu": units, "memory": mib}
        smaller = (("CPU", best["cpu"] < units), ("Memory", best["memory"] < mib))
        reasons = [f"{name}Overprovisioned" for name, less in smaller if less]
        verdict = "Overprovisioned" if reasons else "Optimized"
    return Finding(
        KIND, row, verdict, tuple(reasons), options if reasons else (),
        {"CpuMaximum": cpu, "CpuAverage": round(float(row["cpu_mean"] or 0), 4),
         "MemoryMaximum": memory, "MemoryAverage": round(float(row["memory_mean"] or 0), 4)},
        risk=risk_of(max(cpu, memory)), idle=_idleness(row, scope), days=scope.days,
    )  # fmt: skip


def hourly(row: Mapping[str, Any], units: int, mib: int) -> Decimal:
    """An hour of all tasks of a service, each of that size."""
    replicas, share = row["replicas"], row["price_share"] or Decimal(1)
    whole = costs.fargate_hourly(
        Decimal(units) / UNITS_PER_VCPU * replicas,
        Decimal(mib) / 1024 * replicas,
        row["region"],
        architecture="arm64" if row["architecture"] == "arm64" else "x86_64",
    )
    return whole * share


def _options(row: Mapping[str, Any], scope: Scope, cpu: float, memory: float) -> tuple[Option, ...]:
    units, mib = size_of(row)
    before = monthly_of_hourly(hourly(row, units, mib))
    found = []
    for other_units, other_mib in _sizes(
        scope.room(cpu) * units / 100, scope.room(memory, scope.memory_headroom) * mib / 100
    ):
        after = monthly_of_hourly(hourly(row, other_units, other_mib))
        saving = Saving(before, after, charged_share(row))
        use = {"Cpu": cpu * units / other_units, "Memory": memory * mib / other_mib}
        larger = max(cpu, memory) >= EXHAUSTED_PERCENT
        if saving.monthly > 0 or larger:
            found.append(Option({"cpu": other_units, "memory": other_mib}, use, saving,
                                risk_of(max(use.values()))))  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.saving.after)[:MOST_OPTIONS])


def _sizes(units: float, mib: float) -> Iterator[tuple[int, int]]:
    """Every size that Fargate has with at least so much: of each CPU the least memory."""
    for cpu, memories in fargate_sizes.SIZES.items():
        enough = next((one for one in memories if one >= mib), None)
        if cpu >= units and enough is not None:
            yield cpu, enough


def _idleness(row: Mapping[str, Any], scope: Scope) -> Idleness | None:
    if (row["cpu"] or [1])[-1] >= IDLE_PERCENT or (row["memory"] or ZERO) >= IDLE_PERCENT:
        return None
    before = monthly_of_hourly(hourly(row, *size_of(row)))
    return Idleness(
        "Idle",
        f"This ECS service's peak CPU utilization was below {IDLE_PERCENT}% and its peak memory"
        f" utilization was below {IDLE_PERCENT}% over the {scope.days}-day lookback period.",
        Saving(before, ZERO, charged_share(row)),
        scope.days,
    )
