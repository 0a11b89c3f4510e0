"""Checks of Trusted Advisor on costs: their rules, and what each finds.

Sources: https://docs.aws.amazon.com/awssupport/latest/user/cost-optimization-checks.html and, for
errors of functions, …/fault-tolerance-checks.html. Ids, alert criteria and columns are AWS's.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models import costs
from models.costs import monthly_of_hourly
from models.recommendations import check_evidence, databases, functions, volumes
from models.recommendations.evidence import Scope

OK, YELLOW, RED = "ok", "warning", "error"
LOW_DAYS, LOW_CPU, LOW_NETWORK_MB = 4, 10, 5
IDLE_DATABASE_DAYS, IDLE_VOLUME_DAYS, IDLE_BALANCER_REQUESTS = 7, 7, 100
STOPPED_DAYS, ENDING_DAYS = 30, 30
CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Flagged:
    """A resource that a check flags, with the cells of the check's columns, and USD a month."""

    region: str
    resource: str
    cells: Sequence[str | None]
    saving: Decimal = Decimal(0)
    status: str = YELLOW

    def id(self, check: str) -> str:
        """AWS's opaque id of a flagged resource: always the same."""
        text = f"{check}|{self.region}|{self.resource}"
        return hashlib.sha256(text.encode()).hexdigest()[:43]


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found among so many resources that cost so much a month."""

    processed: int
    flagged: Sequence[Flagged]
    spent: Decimal = Decimal(0)

    @property
    def status(self) -> str:
        """The worst of what is flagged."""
        found = {one.status for one in self.flagged}
        return RED if RED in found else YELLOW if YELLOW in found else OK

    @property
    def saving(self) -> Decimal:
        """USD a month, together."""
        return sum((one.saving for one in self.flagged), Decimal(0))

    @property
    def percent(self) -> Decimal:
        """How much of what the checked resources cost."""
        return self.saving / self.spent * 100 if self.spent else Decimal(0)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what it is called, the columns of what it flags, and how it is made."""

    id: str
    name: str
    description: str
    category: str
    service: str
    columns: tuple[str, ...]
    run: Callable[[Any], Awaitable[Result]]


def dollars(usd: Decimal) -> str:
    """Money as checks write it."""
    return f"${usd:,.2f}"


async def _low_utilisation(db: Any) -> Result:
    rows = await check_evidence.machines(db)
    flagged = []
    for row in rows:
        if row["low_days"] < LOW_DAYS:
            continue
        saving = monthly_of_hourly(row["hourly"])
        days: list[str | None] = [
            f"{cpu:.1f}%  {network:.2f}MB"
            for cpu, network in zip(row["cpus"], row["networks"], strict=True)
        ]
        days += [None] * (14 - len(days))
        flagged.append(Flagged(row["region"], row["id"], [
            row["zone"] or row["region"], row["id"], row["name"], row["type"], dollars(saving),
            *days[:14], f"{row['cpu']:.1f}%", f"{row['network']:.2f}MB",
            f"{row['low_days']} days",
        ], saving))  # fmt: skip
    spent = sum((monthly_of_hourly(row["hourly"]) for row in rows), Decimal(0))
    return Result(len(rows), flagged, spent)


async def _idle_balancers(db: Any) -> Result:
    rows = await check_evidence.classic_balancers(db)
    flagged = []
    for row in rows:
        saving = monthly_of_hourly(row["hourly"])
        if not row["targets"]:
            reason = "No active back-end instances"
        elif not row["healthy"]:
            reason = "No healthy back-end instances"
        elif row["days"] and row["requests"] < IDLE_BALANCER_REQUESTS:
            reason = "Low request count"
        else:
            continue
        flagged.append(Flagged(
            row["region"], row["name"], [row["region"], row["name"], reason, dollars(saving)],
            saving,
        ))  # fmt: skip
    return Result(len(rows), flagged, _hours(rows))


async def _idle_databases(db: Any) -> Result:
    found = await databases.find(db, Scope())
    flagged = []
    for one in found:
        row = one.row
        if row["days_unconnected"] < IDLE_DATABASE_DAYS:
            continue
        saving = monthly_of_hourly(row["hourly"])
        days = row["days_unconnected"]
        flagged.append(Flagged(one.region, one.id, [
            one.region, row["name"], "Yes" if row["multi_az"] else "No", row["type"],
            str(row["allocated_storage_gib"]), "14+" if days >= 14 else str(days), dollars(saving),
        ], saving))  # fmt: skip
    return Result(len(found), flagged, _hours([one.row for one in found]))


async def _unused_volumes(db: Any) -> Result:
    found = await volumes.find(db, Scope(days=IDLE_VOLUME_DAYS))
    flagged = []
    for one in found:
        row = one.row
        quiet = (row["days"] or 0) >= IDLE_VOLUME_DAYS and not row["is_root"] and (
            float(row["iops_mean"] or 0) < volumes.ONE_A_DAY)  # fmt: skip
        if row["state"] != "available" and not quiet:
            continue
        flagged.append(Flagged(one.region, one.id, [
            one.region, one.id, row["name"], row["type"], str(row["size_gib"]),
            dollars(row["monthly"]), None, None, None,
        ], row["monthly"]))  # fmt: skip
    spent = sum((one.row["monthly"] for one in found), Decimal(0))
    return Result(len(found), flagged, spent)


async def _unassociated_addresses(db: Any) -> Result:
    rows = await check_evidence.addresses(db)
    flagged = [
        Flagged(row["region"], row["ip"], [row["region"], row["ip"]],
                monthly_of_hourly(costs.elastic_ip_hourly(False, row["region"])))
        for row in rows if row["idle"]
    ]  # fmt: skip
    return Result(len(rows), flagged, sum((one.saving for one in flagged), Decimal(0)))


async def _stopped_machines(db: Any) -> Result:
    rows = await check_evidence.stopped(db, STOPPED_DAYS)
    flagged = [
        Flagged(row["region"], row["id"], ["Yellow", row["region"], row["id"],
                "ec2-stopped-instance", f"AllowedDays: {STOPPED_DAYS}"], row["disks"])
        for row in rows if row["long"]
    ]  # fmt: skip
    return Result(len(rows), flagged, sum((row["disks"] for row in rows), Decimal(0)))


async def _ending_reservations(db: Any) -> Result:
    rows = await check_evidence.reservations(db, ENDING_DAYS)
    flagged = []
    for row in rows:
        if not row["near"]:
            continue
        over = row["left"] < 0
        listed = costs.instance_hourly(row["type"], row["region"], platform=row["platform"] or "")
        now = monthly_of_hourly(row["hourly"])
        saving = max(monthly_of_hourly(listed * row["count"]) - now, Decimal(0))
        status, colour = YELLOW, "Yellow"
        reason = "expired in the preceding 30 days" if over else "expires within 30 days"
        flagged.append(Flagged(row["region"], row["id"], [
            colour, row["zone"] or row["region"], row["type"], row["platform"], str(row["count"]),
            dollars(now), dollars(saving), row["end"].isoformat(), row["id"],
            f"The Reserved Instance lease {reason}",
        ], Decimal(0) if not over else saving, status))  # fmt: skip
    return Result(len(rows), flagged, _hours(rows))


async def _large_volumes(db: Any) -> Result:
    found = [one for one in await volumes.find(db, Scope()) if volumes.is_observed(one)]
    flagged = []
    for one in found:
        best = one.best
        if best is None:
            continue
        now, then = volumes.performance(one.row), best.configuration
        flagged.append(Flagged(one.region, one.id, [
            "Yellow", one.region, one.id, one.row["type"], str(one.row["size_gib"]), str(now[0]),
            str(now[0]), str(now[1]), then["type"], str(then["size_gib"]), str(then["iops"]),
            str(then["iops"]), str(then["throughput"]), str(then["throughput"]), str(one.days),
            f"{best.saving.percent:.2f}", f"{best.saving.monthly:.2f}", CURRENCY,
        ], best.saving.monthly))  # fmt: skip
    spent = sum((one.row["monthly"] for one in found), Decimal(0))
    return Result(len(found), flagged, spent)


async def _large_functions(db: Any) -> Result:
    found = [one for one in await functions.find(db, Scope()) if one.verdict != "Unavailable"]
    flagged, spent = [], Decimal(0)
    for one in found:
        spent += functions.monthly(one.row, one.row["memory_mb"])
        best = one.best
        if best is None or "MemoryOverprovisioned" not in one.reasons:
            continue
        flagged.append(Flagged(one.region, one.arn, [
            "Yellow", one.region, one.row["name"], "$LATEST", str(one.row["memory_mb"]),
            str(best.configuration["memory_mb"]), str(one.days), f"{best.saving.percent:.2f}",
            f"{best.saving.monthly:.2f}", CURRENCY,
        ], best.saving.monthly))  # fmt: skip
    return Result(len(found), flagged, spent)


async def _failing_functions(db: Any) -> Result:
    rows = await check_evidence.errors(db)
    flagged = []
    for row in rows:
        if row["average"] <= 10:
            continue
        red = row["average"] > 20
        flagged.append(Flagged(row["region"], row["id"], [
            "Red" if red else "Yellow", row["region"], row["id"], f"{row['most']:.2f}",
            row["day"].isoformat(), f"{row['average']:.2f}",
        ], Decimal(row["usd"] or 0), RED if red else YELLOW))  # fmt: skip
    spent = sum((Decimal(row["usd"] or 0) for row in rows), Decimal(0))
    return Result(len(rows), flagged, spent)


def _hours(rows: Sequence[Mapping[str, Any]]) -> Decimal:
    return sum((monthly_of_hourly(row["hourly"]) for row in rows), Decimal(0))


COSTS = "cost_optimizing"
_SIZES = ("Recommended Volume Type", "Recommended Volume Size (GB)",
          "Recommended Volume Baseline IOPS", "Recommended Volume Burst IOPS",
          "Recommended Volume Baseline Throughput",
          "Recommended Volume Burst Throughput")  # fmt: skip
_SAVED = ("Lookback Period (days)", "Savings Opportunity (%)", "Estimated Monthly Savings",
          "Estimated Monthly Savings Currency")  # fmt: skip
CHECKS = {check.id: check for check in (
    Check("Qch7DwouX1", "Low Utilization Amazon EC2 Instances",
          "Finds Amazon EC2 instances whose daily CPU use was 10% or less and whose network I/O was"
          " 5 MB or less on at least 4 of the last 14 days.", COSTS, "ec2",
          ("Region/AZ", "Instance ID", "Instance Name", "Instance Type",
           "Estimated Monthly Savings", *(f"Day {day}" for day in range(1, 15)),
           "14-Day Average CPU Utilization", "14-Day Average Network I/O",
           "Number of Days Low Utilization"), _low_utilisation),
    Check("hjLMh88uM8", "Idle Load Balancers",
          "Finds Classic Load Balancers without instances, without healthy instances, or with fewer"
          " than 100 requests a day in the last 7 days.", COSTS, "elb",
          ("Region", "Load Balancer Name", "Reason", "Estimated Monthly Savings"),
          _idle_balancers),
    Check("DAvU99Dc4C", "Underutilized Amazon EBS Volumes",
          "Finds Amazon EBS volumes that are attached to nothing, or had less than 1 IOPS a day for"
          " the last 7 days. Boot volumes are left out.", COSTS, "ebs",
          ("Region", "Volume ID", "Volume Name", "Volume Type", "Volume Size",
           "Monthly Storage Cost", "Snapshot ID", "Snapshot Name", "Snapshot Age"),
          _unused_volumes),
    Check("Z4AUBRNSmz", "Unassociated Elastic IP Addresses",
          "Finds Elastic IP addresses that are not associated with a running Amazon EC2 instance.",
          COSTS, "ec2", ("Region", "IP Address"), _unassociated_addresses),
    Check("Ti39halfu8", "Amazon RDS Idle DB Instances",
          "Finds databases of Amazon RDS that nobody has connected to for 7 days.", COSTS, "rds",
          ("Region", "DB Instance Name", "Multi-AZ", "Instance Type", "Storage Provisioned (GB)",
           "Days Since Last Connection", "Estimated Monthly Savings (On Demand)"),
          _idle_databases),
    Check("c18d2gz150", "Amazon EC2 instances stopped",
          "Finds Amazon EC2 instances that have been stopped for more than 30 days.", COSTS, "ec2",
          ("Status", "Region", "Resource", "AWS Config Rule", "Input Parameters"),
          _stopped_machines),
    Check("1e93e4c0b5", "Amazon EC2 Reserved Instance Lease Expiration",
          "Finds Reserved Instances that end within the next 30 days or have ended in the last 30.",
          COSTS, "ec2",
          ("Status", "Zone", "Instance Type", "Platform", "Instance Count",
           "Current Monthly Cost", "Estimated Monthly Savings", "Expiration Date",
           "Reserved Instance ID", "Reason"), _ending_reservations),
    Check("COr6dfpM03", "Amazon EBS over-provisioned volumes",
          "Finds attached Amazon EBS volumes that are provisioned for more than they were used"
          " for in the look-back.", COSTS, "ebs",
          ("Status", "Region", "Volume ID", "Volume Type", "Volume Size (GB)",
           "Volume Baseline IOPS", "Volume Burst IOPS", "Volume Burst Throughput", *_SIZES,
           *_SAVED),
          _large_volumes),
    Check("COr6dfpM05", "AWS Lambda over-provisioned functions for memory size",
          "Finds AWS Lambda functions with more memory than they used in the look-back.", COSTS,
          "lambda",
          ("Status", "Region", "Function Name", "Function Version", "Memory Size (MB)",
           "Recommended Memory Size (MB)", *_SAVED), _large_functions),
    Check("L4dfs2Q3C2", "AWS Lambda Functions with High Error Rates",
          "Finds AWS Lambda functions of whose invocations more than 10% failed in the last 7"
          " days.",
          COSTS, "lambda",
          ("Status", "Region", "Function ARN", "Max Daily Error Rate %", "Date of Max Error Rate",
           "Average Daily Error Rate %"), _failing_functions),
)}  # fmt: skip
