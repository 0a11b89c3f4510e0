"""Lambda functions: more memory than they use."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models import costs
from models.recommendations.evidence import ASKED, OWN, Scope, bill, days_seen, figure, tags_of
from models.recommendations.finding import Finding, Option, Saving, charged_share

KIND = "lambda_function"
# Compute Optimizer judges functions of up to 1,792 MB that ran fifty times in fourteen days.
MOST_MEMORY_MB, LEAST_CALLS, LEAST_MEMORY_MB = 1792, 50, 128
STEP_MB = 64
DAYS_A_MONTH = Decimal(365) / 12

_FIGURES = f"""sum({figure("invocations")}) as calls, avg({figure("invocations")}) as daily_calls,
    max({figure("duration")}) as duration_peak, avg({figure("duration")}) as duration,
    sum({figure("errors")}) as errors, max({figure("concurrency_max")}) as concurrency"""

_FIND = f"""
with seen as materialized ({days_seen(KIND, _FIGURES)}), bill as materialized ({bill(KIND)})
select r.arn as id, r.arn, r.name, r.region, r.memory_mb, r.architecture, r.timeout_seconds,
       r.provisioned_concurrency as provisioned, r.current_provisioned_mb as provisioned_mb,
       r.current_version as version, {tags_of(KIND, "r.arn")} as tags,
       coalesce(r.max_memory_used_mb, driftcloud_memory_used(r.arn, r.memory_mb)) as used_mb,
       seen.*, bill.listed, bill.charged
  from lambda_functions r left join seen on seen.id = r.arn left join bill on bill.id = r.arn
 where r.account_id = {OWN} and {ASKED.format(id="r.arn")}
 order by r.arn
"""


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All findings of functions, by ARN."""
    rows = await db.fetch(_FIND, *scope.arguments, plan="custom")
    return [_judge(row, scope) for row in rows]


def _judge(row: Mapping[str, Any], scope: Scope) -> Finding:
    if (row["calls"] or 0) < LEAST_CALLS:
        return Finding(KIND, row, "Unavailable", ("InsufficientData",), days=scope.days)
    if row["memory_mb"] > MOST_MEMORY_MB:
        return Finding(KIND, row, "Unavailable", ("Inconclusive",), days=scope.days)
    observed = {
        "DurationMaximum": float(row["duration_peak"]),
        "DurationAverage": float(row["duration"]),
        "MemoryMaximum": float(row["used_mb"]),
    }
    needed = math.ceil(scope.room(row["used_mb"]) / STEP_MB) * STEP_MB
    needed = max(LEAST_MEMORY_MB, needed)
    options: tuple[Option, ...] = ()
    reasons: tuple[str, ...] = ()
    if row["used_mb"] >= row["memory_mb"]:
        options, reasons = (_option(row, needed),), ("MemoryUnderprovisioned",)
    elif needed < row["memory_mb"]:
        options, reasons = (_option(row, needed),), ("MemoryOverprovisioned",)
    return Finding(
        KIND, row, "NotOptimized" if options else "Optimized", reasons, options, observed,
        risk=4 if "MemoryUnderprovisioned" in reasons else 0, days=scope.days,
    )  # fmt: skip


def _option(row: Mapping[str, Any], memory_mb: int) -> Option:
    """The function with another memory; concurrency that versions keep stays theirs."""
    saving = Saving(monthly(row, row["memory_mb"]), monthly(row, memory_mb), charged_share(row))
    duration = float(row["duration"])
    use = {"LowerBound": duration * 0.95, "Expected": duration, "UpperBound": duration * 1.05}
    return Option({"memory_mb": memory_mb}, use, saving)


def monthly(row: Mapping[str, Any], memory_mb: int) -> Decimal:
    """What a month of the calls that were seen costs with that memory."""
    warm = row["provisioned"] or 0
    return costs.lambda_monthly(
        memory_mb,
        row["daily_calls"] * DAYS_A_MONTH,
        row["duration"],
        row["region"],
        provisioned_concurrency=warm,
        architecture=row["architecture"] or "x86_64",
        provisioned_mb=int(row["provisioned_mb"] or warm * row["memory_mb"]),
    )
