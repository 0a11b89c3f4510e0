"""Commitments: how much of each was used by the day's own eligible usage, and what that saved."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from drift.day import Day
from drift.profiles import statement
from models import discounts

# Instances after everything that bills them; the order of days is read from these names.
AFTER = ("instances", "container_nodes", "container_services", "lambda_functions",
         "rds_instances", "cache_clusters", "managed_services")  # fmt: skip

_SERVICES = {"instance": "ec2", "container_node": "ec2", "container_service": "fargate",
             "lambda_function": "lambda", "rds_instance": "rds", "cache_cluster": "elasticache",
             "managed_service": "managed"}  # fmt: skip

# On-demand USD an hour of the day, by what commitments distinguish.
_USAGE = statement("""
SELECT m.resource_type AS kind, m.metric_payload ->> 'type' AS type,
       m.metric_payload ->> 'region' AS region,
       (sum(m.estimated_daily_cost - coalesce((m.metric_payload -> 'storage_cost')::numeric, 0)) / 24)::float8 AS usd
  FROM metrics_daily m
 WHERE m.account_id = :account AND m.date = :date AND m.estimated_daily_cost > 0
   AND m.resource_type IN ('instance', 'container_node', 'container_service', 'lambda_function',
                           'rds_instance', 'cache_cluster', 'managed_service')
 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""")

_COMMITMENTS = statement("""
SELECT id, commitment_type, scope, term_months, hourly_commitment_amount::float8 AS amount,
       service, plan_type, offering_class, payment_option, instance_type, instance_family, region
  FROM commitments
 WHERE account_id = :account AND start_date <= :date AND end_date > :date
   AND state IN ('active', 'retired')
 ORDER BY commitment_type = 'edp', commitment_type, start_date, hourly_commitment_amount, id""")

_TOTAL = statement("""
SELECT (coalesce(sum(estimated_daily_cost), 0) / 24)::float8 FROM metrics_daily
 WHERE account_id = :account AND date = :date""")

_WRITE = statement("""
INSERT INTO commitment_utilization_daily (commitment_id, date, actual_hourly_usage_equivalent,
    utilization_percent, estimated_savings_vs_ondemand)
SELECT u.id, :date, u.used, u.percent, u.saved
  FROM unnest(:ids::uuid[], :used::numeric[], :percents::numeric[], :saved::numeric[])
       AS u (id, used, percent, saved)
ON CONFLICT DO NOTHING""")


@dataclass(slots=True)
class Usage:
    """On-demand usage of one kind in one place, USD an hour, of which `left` is not yet covered."""

    service: str
    type: str
    region: str
    left: float

    @property
    def family(self) -> str:
        """m5 of m5.xlarge and of db.m5.large."""
        parts = self.type.split(".")
        return parts[1] if parts[0] in ("db", "cache", "ml") and len(parts) > 1 else parts[0]


def is_eligible(commitment: Any, usage: Usage) -> bool:
    """Whether the commitment applies: by its columns, else by what its scope says."""
    scope = _scope(commitment)
    region = commitment["region"]
    if commitment["commitment_type"] == "savings_plan":
        plan = _plan(commitment)
        if plan == "compute":
            return usage.service in ("ec2", "fargate", "lambda")
        if plan == "sagemaker":
            return usage.type.startswith("ml.")
        if plan == "database":
            return usage.service in ("rds", "elasticache")
        family = commitment["instance_family"]
        return (
            usage.service == "ec2"
            and family in (None, usage.family)
            and region in (None, usage.region)
        )
    service = _service(commitment)
    if usage.service != service or region not in (None, usage.region):
        return False
    if service == "opensearch":
        # "Reserved Instances apply to the exact instance type": no sizes of a family count.
        return usage.type == commitment["instance_type"]
    wanted = commitment["instance_family"] or (commitment["instance_type"] or "")
    if not wanted:
        named = [word for word in scope.replace("/", " ").replace(":", " ").split() if "." in word]
        return not named or usage.type in named or any(_same_family(word, usage) for word in named)
    return wanted in (usage.family, usage.type) or _same_family(wanted, usage)


def _same_family(name: str, usage: Usage) -> bool:
    """Linux reservations of a region are size-flexible within their family."""
    return "." in name and Usage("", name, "", 0).family == usage.family


def _plan(commitment: Any) -> str:
    """compute, ec2instance, sagemaker or database."""
    named = commitment["plan_type"]
    return str(named or ("EC2Instance" if "ec2" in _scope(commitment) else "Compute")).lower()


def _service(commitment: Any) -> str:
    """The service of a reservation."""
    named = commitment["service"]
    return named or next((s for s in ("rds", "elasticache") if s in _scope(commitment)), "ec2")


def _service_of(row: Any) -> str:
    """The service of a day's usage; nodes of search domains can be reserved."""
    searching = (row["type"] or "").endswith((".search", ".elasticsearch"))
    return "opensearch" if searching else _SERVICES[row["kind"]]


def _scope(commitment: Any) -> str:
    return (commitment["scope"] or "").lower()


def rate(commitment: Any) -> float:
    """What a commitment pays for an on-demand USD of usage, by what AWS sells such ones for."""
    if commitment["commitment_type"] == "savings_plan":
        kind = f"savings-{_plan(commitment).removesuffix('instance')}"
    else:
        kind = f"{_service(commitment)}-{commitment['offering_class'] or 'standard'}"
    payment = (commitment["payment_option"] or "No Upfront").lower().replace(" ", "-")
    for offered in (kind, "ec2-standard"):
        with suppress(KeyError):
            return 1 - float(discounts.discount(offered, commitment["term_months"], payment))
    return 1 - float(discounts.discount("ec2-standard"))


def settle(commitment: Any, usage: Iterable[Usage]) -> tuple[float, float, float]:
    """Cover what the commitment can: (used USD an hour at its rates, percent, saved USD a day).

    Saved is what the covered usage would have cost on demand less the whole commitment, so an
    unused commitment saves a negative amount. Covered usage is no longer there for the next.
    """
    amount = commitment["amount"]
    share = rate(commitment)
    room = amount / share
    covered = 0.0
    for one in usage:
        if room - covered <= 1e-9:
            break
        if is_eligible(commitment, one):
            taken = min(one.left, room - covered)
            one.left -= taken
            covered += taken
    used = covered * share
    percent = min(100.0, 100 * used / amount) if amount > 0 else 0.0
    return used, percent, 24 * (covered - amount)


async def write(day: Day) -> None:
    """One row for each commitment in force; discount programmes count everything."""
    commitments = await day.fetch(_COMMITMENTS)
    if not commitments:
        return
    usage = [
        Usage(_service_of(row), row["type"] or "", row["region"] or "", row["usd"])
        for row in await day.fetch(_USAGE)
    ]
    total = (await day.fetch(_TOTAL))[0][0]
    settled = []
    for commitment in commitments:
        if commitment["commitment_type"] == "edp":
            amount = commitment["amount"]
            used = min(total, amount)
            percent = 100 * used / amount if amount > 0 else 0.0
            settled.append((used, percent, 24 * total * float(discounts.discount("edp"))))
        else:
            settled.append(settle(commitment, usage))
    await day.apply(
        "commitment_utilization_daily",
        _WRITE,
        ids=[commitment["id"] for commitment in commitments],
        used=[_bounded(one[0]) for one in settled],
        percents=[_bounded(one[1]) for one in settled],
        saved=[_bounded(one[2]) for one in settled],
    )


def _bounded(value: float) -> Any:
    from decimal import Decimal

    return Decimal(repr(round(max(-999999.0, min(999999.0, value)), 4)))
