"""Databases: not connected to, of a class too large or small, on storage that costs too much."""

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from models import costs, prices, rds_engines
from models.costs import monthly_of_hourly
from models.recommendations.evidence import (
    ASKED,
    OWN,
    PEAKS,
    TODAY,
    Scope,
    bill_of_hours,
    days_seen,
    figure,
    tags_of,
)
from models.recommendations.finding import (
    IDLE_CPU_PERCENT,
    LEAST_DAYS,
    LOOK_BACK_DAYS,
    Finding,
    Idleness,
    Option,
    Saving,
    charged_share,
    risk_of,
)

KIND = "rds_instance"
EXHAUSTED_PERCENT = 97
MOST_OPTIONS = 3
PROVISIONED = ("io1", "io2")
PREVIOUS = frozenset({"m1", "m2", "m3", "m4", "r3", "r4", "t1", "t2"})

_FIGURES = f"""{PEAKS.format(value=figure("cpu_max"))} as cpu, avg({figure("cpu_avg")}) as cpu_mean,
    max({figure("cpu_max")}) as cpu_peak, max({figure("memory_avg")}) as memory,
    max({figure("connections_max")}) as connections, max({figure("iops_avg")}) as iops_peak,
    max({figure("network_in")}) as network_in, max({figure("network_out")}) as network_out,
    min({figure("free_storage_gib")}) as free_gib,
    count(*) filter (where m.metric_payload ? 'cpu_avg') as running_days,
    count(*) filter (where {figure("connections_max")} >= 1) as connected_days,
    {TODAY} - coalesce(max(m.date) filter (where {figure("connections_max")} >= 1),
                       min(m.date) - 1) as days_unconnected"""

_FIND = f"""
with seen as materialized (
  {
    days_seen(
        KIND,
        _FIGURES,
        "join rds_instances i on i.db_instance_id = m.resource_id"
        " and i.instance_class = m.metric_payload ->> 'type'",
    )
}
), bill as materialized ({bill_of_hours(KIND)})
select r.db_instance_id as id, r.identifier as name, r.arn, r.region,
       {tags_of(KIND, "r.db_instance_id")} as tags, r.engine, r.engine_version,
       r.instance_class as type, r.hourly_cost as hourly, r.storage_monthly_cost as storage,
       r.allocated_storage_gib, r.storage_type, r.iops as storage_iops, r.storage_throughput,
       r.max_allocated_storage_gib, r.multi_az, r.cluster_identifier, r.promotion_tier,
       r.replica_of, seen.*, bill.listed, bill.charged
  from rds_instances r join seen on seen.id = r.db_instance_id
  left join bill on bill.id = r.db_instance_id
 where r.account_id = {OWN} and r.state = 'available' and seen.running_days >= {LEAST_DAYS}
   and {ASKED.format(id="r.db_instance_id")}
 order by r.db_instance_id
"""


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of databases that run, by id; `best` and `options` are of the class."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [_judge(row, scope) for row in rows]


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding:
    cpu = float((row["cpu"] or [0, 0, 0])[scope.threshold] or 0)
    memory = float(row["memory"] or 0)
    options = _options(row, scope, cpu, memory)
    verdict, reasons = _verdict(row, options, cpu, memory)
    by_second = 1_000_000 / 86_400
    observed = {
        "CPU": cpu,
        "Memory": memory,
        "DatabaseConnections": float(row["connections"] or 0),
        "NetworkReceiveThroughput": round(float(row["network_in"] or 0) * by_second, 4),
        "NetworkTransmitThroughput": round(float(row["network_out"] or 0) * by_second, 4),
        "EBSVolumeReadIOPS": round(float(row["iops_peak"] or 0) * 0.6, 4),
        "EBSVolumeWriteIOPS": round(float(row["iops_peak"] or 0) * 0.4, 4),
    }
    return Finding(
        KIND, row, verdict, reasons, options, observed, risk=risk_of(max(cpu, memory)),
        idle=_idleness(row, scope), days=scope.days,
    )  # fmt: skip


def _verdict(
    row: Mapping[str, Any], options: tuple[Option, ...], cpu: float, memory: float
) -> tuple[str, tuple[str, ...]]:
    if max(cpu, memory) >= EXHAUSTED_PERCENT:
        reasons = [f"{name}Underprovisioned" for name, value in (("CPU", cpu), ("Memory", memory))
                   if value >= EXHAUSTED_PERCENT]  # fmt: skip
        return "Underprovisioned", tuple(reasons)
    own, best = size(row["type"]), options and size(options[0].configuration["type"])
    if own and best and (best[0] < own[0] or best[1] < own[1]):
        return "Overprovisioned", ("CPUOverprovisioned",)
    return "Optimized", ("NewGenerationDBInstanceClassAvailable",) if options else ()


@lru_cache(maxsize=512)
def size(instance_class: str) -> tuple[int, float] | None:
    """A class's vCPUs and GiB; None for one that the price list does not know."""
    cells = prices.table("rds").get(instance_class.removeprefix("db."))
    return None if cells is None else (int(cells[1]), float(cells[2]))


def is_arm(instance_class: str) -> bool:
    """Whether it is a class of Graviton: the generation's digit is followed by a g."""
    family = instance_class.removeprefix("db.").partition(".")[0]
    return "g" in family.lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0123456789")


def _options(row: Mapping[str, Any], scope: Scope, cpu: float, memory: float) -> tuple[Option, ...]:
    own = size(row["type"])
    if own is None:
        return ()
    exhausted = max(cpu, memory) >= EXHAUSTED_PERCENT
    need = (
        scope.room(cpu) * own[0] / 100,
        scope.room(memory, scope.memory_headroom) * own[1] / 100,
    )
    wanted = {is_arm(row["type"])} if "CURRENT" in scope.architectures else set()
    if "AWS_ARM64" in scope.architectures:
        wanted.add(True)
    before, share = monthly_of_hourly(row["hourly"]), charged_share(row)
    found: dict[str, Option] = {}
    for name, hourly in _offers(row["type"], row["engine"], row["region"], bool(row["multi_az"])):
        vcpus, gib = size(name) or (0, 0.0)
        family = name.split(".")[1]
        cheaper = exhausted or hourly < row["hourly"]
        if not cheaper or family in found or is_arm(name) not in wanted:
            continue
        if vcpus < need[0] or gib < need[1]:
            continue
        use = {"CPU": min(100.0, cpu * own[0] / vcpus), "Memory": min(100.0, memory * own[1] / gib)}
        found[family] = Option(
            {"type": name, "hourly": hourly}, use,
            Saving(before, monthly_of_hourly(hourly), share), risk_of(max(use.values())),
        )  # fmt: skip
    return tuple(found.values())[:MOST_OPTIONS]


@lru_cache(maxsize=512)
def _offers(
    instance_class: str, engine: str, region: str, multi_az: bool
) -> tuple[tuple[str, Decimal], ...]:
    """The classes that the engine can have of the same nature, by price."""
    own = instance_class.removeprefix("db.")
    found = []
    for other in rds_engines.classes(engine):
        name = other.removeprefix("db.")
        family = name.partition(".")[0]
        local_disk = "d" in family[1:]
        alike = (name[0] == "t") == (own[0] == "t") and name[0] in "mrt" and not local_disk
        alike = alike and (family not in PREVIOUS or family == own.partition(".")[0])
        if name != own and alike and size(other) is not None:
            hourly = costs.rds_hourly(other, engine, region, multi_az=multi_az)
            found.append((other, hourly))
    mine = f"db.{own.partition('.')[0]}."
    return tuple(sorted(found, key=lambda one: (one[1], not one[0].startswith(mine), one[0])))


def storage(finding: Finding, scope: Scope) -> tuple[str, tuple[str, ...], Option | None]:
    """What is to be said of the disk: a finding, its reasons, and what it could be instead."""
    row = finding.row
    kind, gib = row["storage_type"], row["allocated_storage_gib"]
    if kind not in ("gp2", *PROVISIONED):
        return "Optimized", (), None
    peak = float(row["iops_peak"] or 0)
    included, throughput = rds_engines.included("gp3", gib)
    iops = max(included or 3000, math.ceil(scope.room(peak)))
    after = costs.rds_storage_monthly(
        gib, row["region"], storage_type="gp3", iops=iops, throughput_mibps=throughput,
        multi_az=bool(row["multi_az"]), engine=row["engine"],
    )  # fmt: skip
    saving = Saving(row["storage"] or Decimal(0), after)
    option = Option(
        {"type": "gp3", "size_gib": gib, "iops": iops, "throughput": throughput or 125},
        {}, saving,
    )  # fmt: skip
    if kind in PROVISIONED and saving.monthly > 0:
        reasons = ("EBSVolumeIOPSOverprovisioned", "NewGenerationStorageTypeAvailable")
        return "Overprovisioned", reasons, option
    if kind == "gp2" and saving.before >= after:
        return "NotOptimized", ("NewGenerationStorageTypeAvailable",), option
    return "Optimized", (), None


def _idleness(row: Mapping[str, Any], scope: Scope) -> Idleness | None:
    """AWS's rule: no connection on any day, and hardly any CPU; replicas follow their source."""
    if row["connected_days"] or row["running_days"] < min(scope.days, LOOK_BACK_DAYS):
        return None
    if row["cpu_peak"] >= IDLE_CPU_PERCENT or row["replica_of"]:
        return None
    return Idleness(
        "Idle",
        "This RDS DB instance had no database connections, and low CPU and I/O activity, over the"
        f" {scope.days}-day lookback period.",
        Saving(monthly_of_hourly(row["hourly"]), Decimal(0), charged_share(row)),
        scope.days,
    )
