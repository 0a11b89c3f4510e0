"""Instances: idle, too large, too small, or of a type that is cheaper under another name."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import burstable, instance_types
from models.callers import NUMBER
from models.costs import monthly_of_hourly
from models.instance_credits import CREDITS
from models.instance_types import InstanceType
from models.recommendations import machines
from models.recommendations.evidence import ASKED, OWN, PEAKS, Scope, bill, days_seen, figure
from models.recommendations.finding import (
    IDLE_CPU_PERCENT,
    IDLE_NETWORK_MB,
    LEAST_DAYS,
    ZERO,
    Finding,
    Idleness,
    Option,
    Saving,
    charged_share,
)
from models.recommendations.machines import Need

KIND = "instance"
# A machine at this share of its vCPUs or memory is too small.
EXHAUSTED_PERCENT = 97
MB_A_DAY_PER_GBPS = 10_800_000

_NETWORK = f"({figure('network_in')} + {figure('network_out')})"
FIGURES = f"""
    {PEAKS.format(value=figure("cpu_max"))} as cpu, avg({figure("cpu_avg")}) as cpu_mean,
    max({figure("cpu_max")}) as cpu_peak, max({figure("memory_avg")}) as memory,
    max({_NETWORK}) as network, max({figure("network_in")}) as network_in,
    max({figure("network_out")}) as network_out, max({figure("disk_read")}) as disk_read,
    max({figure("disk_write")}) as disk_write, max({figure("gpu_avg")}) as gpu,
    count(*) filter (where {figure("cpu_avg")} <= 10 and {_NETWORK} <= 5) as low_days"""

_FIND = f"""
with seen as materialized (
  {
    days_seen(
        KIND,
        FIGURES,
        "join instances i on i.instance_id = m.resource_id and i.state = 'running'"
        " and i.instance_type = m.metric_payload ->> 'type'",
    )
}
), bill as materialized ({bill(KIND)})
select r.instance_id as id, r.name, r.region, r.instance_type as type, r.hourly_cost as hourly,
       coalesce(r.platform, '') as platform, coalesce(r.platform_details, 'Linux/UNIX') as system,
       coalesce(r.tenancy, 'default') as tenancy, {
    CREDITS.replace("i.", "r.")
} = 'unlimited' as unlimited, r.tags, r.has_gpu, r.state, r.availability_zone,
       'arn:aws:ec2:' || r.region || ':' || {NUMBER} || ':instance/' || r.instance_id as arn,
       seen.*, bill.listed, bill.charged
  from instances r
  join seen on seen.id = r.instance_id left join bill on bill.id = r.instance_id
 where r.account_id = {OWN} and r.state = 'running' and r.autoscaling_group_id is null
   and coalesce(r.instance_lifecycle, '') <> 'spot' and seen.days >= {LEAST_DAYS}
   and {ASKED.format(id="r.instance_id")}
 order by r.instance_id
"""


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of running instances that are on demand and in no group, by id."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [finding for row in rows if (finding := _judge(row, scope)) is not None]


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding | None:
    current = instance_types.find(row["type"])
    if current is None:
        return None
    cpu, memory = peaks(row, scope)
    architecture = machines.architecture(current)
    options = _options(row, current, scope, cpu, memory, architecture)
    if "AWS_ARM64" in scope.architectures and architecture != machines.ARM:
        graviton = graviton_options(row, current, scope)
        options = options if "CURRENT" in scope.architectures else ()
        options = tuple(sorted((*options, *graviton), key=lambda one: one.saving.after))[:3]
    verdict, reasons = verdict_of(current, options, cpu, memory)
    return Finding(
        KIND, row, verdict, reasons, options, observed(row, cpu, memory),
        risk=machines.risk({"Cpu": cpu, "Memory": memory}), idle=_idleness(row, scope),
        days=scope.days,
    )  # fmt: skip


def peaks(row: Mapping[str, Any], scope: Scope) -> tuple[float, float]:
    """The use that counts, in percent: of CPU, of memory."""
    return float((row["cpu"] or [0, 0, 0])[scope.threshold] or 0), float(row["memory"] or 0)


def needs(
    current: InstanceType, row: Mapping[str, Any], scope: Scope, cpu: float, memory: float
) -> Need:
    """What another machine must offer."""
    return Need(
        scope.room(cpu) * current.vcpus / 100,
        scope.room(memory, scope.memory_headroom) * float(current.memory_gib) / 100,
        float(row["network"] or 0) / MB_A_DAY_PER_GBPS,
    )


def _options(
    row: Mapping[str, Any],
    current: InstanceType,
    scope: Scope,
    cpu: float,
    memory: float,
    architecture: str,
    *,
    same_family: bool = False,
) -> tuple[Option, ...]:
    need = needs(current, row, scope, cpu, memory)
    if is_exhausted(cpu, memory):
        found = machines.larger(
            current,
            row["region"],
            need,
            platform=row["platform"],
            tenancy=row["tenancy"],
            allowed=scope.allows,
        )
    else:
        found = machines.fitting(
            current, row["region"], need, row["hourly"], platform=row["platform"],
            tenancy=row["tenancy"], architecture=architecture, same_family=same_family,
            allowed=scope.allows,
        )  # fmt: skip
    return tuple(worth([_option(row, current, one, cpu, memory) for one in found], cpu, memory))


def _option(
    row: Mapping[str, Any],
    current: InstanceType,
    one: machines.Offered,
    cpu: float,
    memory: float,
) -> Option:
    use = machines.projected(current, one.machine, cpu, memory)
    apart = machines.differences(current, one.machine)
    now, then = surplus(row, current, one.machine)
    saving = Saving(
        monthly_of_hourly(row["hourly"] + now), monthly_of_hourly(one.hourly + then),
        charged_share(row),
    )  # fmt: skip
    return Option(
        {"type": one.machine.name, "hourly": one.hourly}, use, saving, machines.risk(use), apart,
        "Medium" if "Architecture" in apart else "Low" if apart else "VeryLow",
    )  # fmt: skip


def surplus(
    row: Mapping[str, Any], current: InstanceType, other: InstanceType
) -> tuple[Decimal, Decimal]:
    """USD an hour for CPU credits beyond those earned, now and as the other type.

    `unlimited` of a row is how many machines may go beyond them.
    """
    busy = float(row["cpu_mean"] or 0) * current.vcpus / 100
    now, then = (
        burstable.surplus_hourly(one.name, busy, row["platform"]) * int(row["unlimited"])
        for one in (current, other)
    )
    return now, then


def worth(options: list[Option], cpu: float, memory: float) -> list[Option]:
    """Those that save: what a small burstable machine bursts may cost more than its size saves."""
    return [one for one in options if is_exhausted(cpu, memory) or one.saving.monthly > 0]


def graviton_options(
    row: Mapping[str, Any], current: InstanceType, scope: Scope
) -> tuple[Option, ...]:
    """What the same load would run on with arm64; nothing for systems that have no such build."""
    cpu, memory = peaks(row, scope)
    if row["platform"] or is_exhausted(cpu, memory) or machines.architecture(current) == "arm64":
        return ()
    return _options(row, current, scope, cpu, memory, machines.ARM)


def family_options(finding: Finding, scope: Scope) -> tuple[Option, ...]:
    """Smaller sizes of the same family, the cheapest that fits."""
    current = instance_types.find(finding.row["type"])
    if current is None:
        return ()
    cpu, memory = peaks(finding.row, scope)
    return _options(
        finding.row, current, scope, cpu, memory, machines.architecture(current), same_family=True
    )


def is_exhausted(cpu: float, memory: float) -> bool:
    """Whether the load takes all that the machine has."""
    return max(cpu, memory) >= EXHAUSTED_PERCENT


def verdict_of(
    current: InstanceType, options: tuple[Option, ...], cpu: float, memory: float
) -> tuple[str, tuple[str, ...]]:
    """Compute Optimizer's finding and its reasons."""
    if is_exhausted(cpu, memory):
        reasons = [f"{name}Underprovisioned" for name, value in (("CPU", cpu), ("Memory", memory))
                   if value >= EXHAUSTED_PERCENT]  # fmt: skip
        return "Underprovisioned", tuple(reasons)
    best = options[0].configuration["type"] if options else current.name
    other = instance_types.find(best) or current
    reasons = []
    if other.vcpus < current.vcpus:
        reasons.append("CPUOverprovisioned")
    if other.memory_gib < current.memory_gib:
        reasons.append("MemoryOverprovisioned")
    return ("Overprovisioned", tuple(reasons)) if reasons else ("Optimized", ())


def observed(row: Mapping[str, Any], cpu: float, memory: float) -> dict[str, float]:
    """What was seen, by Compute Optimizer's names; bytes a second from MB a day."""
    by_second = 1_000_000 / 86_400
    told = {
        "Cpu": cpu,
        "Memory": memory,
        "NETWORK_IN_BYTES_PER_SECOND": float(row["network_in"] or 0) * by_second,
        "NETWORK_OUT_BYTES_PER_SECOND": float(row["network_out"] or 0) * by_second,
        "EBS_READ_BYTES_PER_SECOND": float(row["disk_read"] or 0) * by_second,
        "EBS_WRITE_BYTES_PER_SECOND": float(row["disk_write"] or 0) * by_second,
    }
    if row["gpu"] is not None:
        told["GPU_PERCENTAGE"] = float(row["gpu"])
    return {name: round(value, 4) for name, value in told.items()}


def is_idle(row: Mapping[str, Any]) -> bool:
    """AWS's rule: no CPU peak of 5 % and no 5 MB of traffic on any day; GPUs do nothing either."""
    quiet = row["cpu_peak"] is not None and row["cpu_peak"] < IDLE_CPU_PERCENT
    still = (row["network"] or ZERO) < IDLE_NETWORK_MB
    return bool(quiet and still and (row["gpu"] or ZERO) < IDLE_CPU_PERCENT)


def _idleness(row: Mapping[str, Any], scope: Scope) -> Idleness | None:
    if not is_idle(row):
        return None
    saving = Saving(monthly_of_hourly(row["hourly"]), Decimal(0), charged_share(row))
    return Idleness(
        "Idle",
        f"This EC2 instance's peak CPU utilization was below {IDLE_CPU_PERCENT}% and its network"
        f" I/O was below {IDLE_NETWORK_MB} MB per day over the {scope.days}-day lookback period.",
        saving,
        scope.days,
    )
