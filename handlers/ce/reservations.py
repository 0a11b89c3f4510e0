"""Reservations: how much of them was used, and how much of the use they covered.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetReservationUtilization.html
and API_GetReservationCoverage.html.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulator.context import Context
from handlers.ce import commitment_questions as questions
from handlers.ce.commitment_questions import figure, percent
from handlers.ce.periods import invalid
from models import commitment_reports
from models.cost_expressions import ExpressionError

NOUN = "commitments"
EC2 = "Amazon Elastic Compute Cloud - Compute"
# what Cost Explorer calls a service → what commitments call it; those without are never reserved
SERVICES = {
    EC2: "ec2",
    "Amazon Relational Database Service": "rds",
    "Amazon ElastiCache": "elasticache",
    "Amazon OpenSearch Service": "opensearch",
    "Amazon Elasticsearch Service": "opensearch",
    "Amazon Redshift": "redshift",
    "Amazon MemoryDB Service": "memorydb",
    "Amazon DynamoDB": "dynamodb",
}
NAMES = {kind: name for name, kind in reversed(SERVICES.items())}
FILTERS = ("AZ", "CACHE_ENGINE", "DEPLOYMENT_OPTION", "INSTANCE_TYPE", "LINKED_ACCOUNT",
           "OPERATING_SYSTEM", "PLATFORM", "REGION", "SERVICE", "SCOPE", "TENANCY")  # fmt: skip
COVERAGE_FILTERS = ("AZ", "CACHE_ENGINE", "DATABASE_ENGINE", "DEPLOYMENT_OPTION", "INSTANCE_TYPE",
                    "LINKED_ACCOUNT", "OPERATING_SYSTEM", "PLATFORM", "REGION", "SERVICE",
                    "TENANCY")  # fmt: skip
# dimension → its name among the attributes of a group
GROUPS = {
    "AZ": "availabilityZone",
    "CACHE_ENGINE": "cacheEngine",
    "DATABASE_ENGINE": "databaseEngine",
    "DEPLOYMENT_OPTION": "deploymentOption",
    "INSTANCE_TYPE": "instanceType",
    "INVOICING_ENTITY": "invoicingEntity",
    "LINKED_ACCOUNT": "linkedAccount",
    "OPERATING_SYSTEM": "operatingSystem",
    "PLATFORM": "platform",
    "REGION": "region",
    "TENANCY": "tenancy",
}
METRICS = ("Hour", "Unit", "Cost")


async def get_reservation_utilization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What was used of the reservations of a service, by period or by reservation."""
    granularity = questions.granularity(params)
    by_reservation = bool(questions.group_keys(params, ("SUBSCRIPTION_ID",), 1))
    interval, span = questions.period(ctx, params, granularity)
    leaves = questions.leaves(params.get("Filter"), FILTERS)
    service = NAMES[_service(leaves)]
    leaves = [leaf for leaf in leaves if leaf.key != "SERVICE"]
    leaves.append(questions.Leaf("Dimensions", "SERVICE", (service,), {}))
    chosen = questions.kept(
        await commitment_reports.alive(ctx.db, "reserved_instance", span), leaves, TEXTS
    )
    rows = await commitment_reports.utilisation(ctx.db, chosen, span, each=by_reservation)
    total = next(row for row in rows if row["period"] is None and row["id"] is None)
    by_id = {one["id"]: one for one in chosen}
    found: list[dict[str, Any]] = []
    if by_reservation:
        groups = [_group(ctx, by_id[row["id"]], row) for row in rows if row["id"] is not None]
        groups = questions.ordered(params, groups, lambda one: one["Utilization"], SORTED)
        shown, token = questions.cut(ctx, params, groups)
        whole = questions.told(interval, None, "")
        found = [{"TimePeriod": whole, "Groups": list(shown), "Total": _aggregates(total)}]
    else:
        for row in rows:
            if row["period"] is not None:
                told = questions.told(interval, row["period"], granularity)
                found.append({"TimePeriod": told, "Groups": [], "Total": _aggregates(row)})
        found = questions.ordered(params, found, lambda one: one["Total"], SORTED)
        part, token = questions.cut(ctx, params, found)
        found = list(part)
    return {"UtilizationsByTime": found, "Total": _aggregates(total), "NextPageToken": token}


async def get_reservation_coverage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What of the use of a service was reserved, by period or by groups.

    What a savings plan covered is neither reserved nor on demand.
    """
    granularity = questions.granularity(params)
    keys = questions.group_keys(params, tuple(GROUPS))
    for one in params.get("Metrics") or ():
        if one not in METRICS:
            raise invalid(f"Invalid metric: {one}. Valid values are {', '.join(METRICS)}")
    interval, span = questions.period(ctx, params, granularity)
    leaves = questions.leaves(params.get("Filter"), COVERAGE_FILTERS, tags=True)
    service = _service(leaves)
    try:
        rows = await commitment_reports.coverage(
            ctx.db, span, plans=False, eligible=[service],
            filters=[leaf.expression for leaf in leaves if leaf.key != "SERVICE"], groups=keys,
        )  # fmt: skip
    except ExpressionError as error:
        raise invalid(str(error)) from None
    metrics = params.get("Metrics") or METRICS
    total = next(row for row in rows if row["period"] is None and not row["grouped"])
    if keys:
        groups = [
            {
                "Attributes": {GROUPS[key]: row[f"key_{n}"] for n, key in enumerate(keys)},
                "Coverage": _coverage(row, metrics),
            }
            for row in rows
            if row["grouped"]
        ]
        groups = questions.ordered(params, groups, _flat, COVERAGE_SORTED)
        shown, token = questions.cut(ctx, params, groups)
        whole = questions.told(interval, None, "")
        found = [{"TimePeriod": whole, "Groups": list(shown), "Total": _coverage(total, metrics)}]
    else:
        found = [
            {
                "TimePeriod": questions.told(interval, row["period"], granularity),
                "Groups": [],
                "Total": _coverage(row, metrics),
            }
            for row in rows
            if row["period"] is not None
        ]
        found = questions.ordered(params, found, _dated, COVERAGE_SORTED)
        part, token = questions.cut(ctx, params, found)
        found = list(part)
    return {
        "CoveragesByTime": found,
        "Total": _coverage(total, metrics),
        "NextPageToken": token,
    }


def _service(leaves: Sequence[questions.Leaf]) -> str:
    """The one service that a report is about; without a word of it, EC2."""
    named = [value for leaf in leaves if leaf.key == "SERVICE" for value in leaf.values]
    if len(named) > 1:
        raise invalid("The SERVICE filter should not have more than one value.")
    service = SERVICES.get(named[0] if named else EC2)
    if service is None:
        raise invalid(
            f"Service {named[0]} is not supported. Valid values are {', '.join(SERVICES)}"
        )
    return service


def service_of(row: Mapping[str, Any]) -> str:
    """What a reservation is for, by its columns, else by what its scope says."""
    scope = (row["scope"] or "").lower()
    named = row["service"] or next((s for s in ("rds", "elasticache") if s in scope), "ec2")
    return str(named)


def _aggregates(row: Mapping[str, Any]) -> dict[str, str]:
    """ReservationAggregates: hours and units used are what of the money was."""
    zero = Decimal(0)
    used, unused = row["used"] or zero, row["unused"] or zero
    paid, demand, upfront = used + unused, row["on_demand"] or zero, row["upfront"] or zero
    hours, units = row["hours"] or zero, row["units"] or zero
    used_hours, used_units = row["used_hours"] or zero, row["used_units"] or zero
    potential = (row["potential"] or zero) - paid
    figures = {
        "UtilizationPercentage": percent(used_hours, hours),
        "UtilizationPercentageInUnits": percent(used_units, units),
        "PurchasedHours": hours,
        "PurchasedUnits": units,
        "TotalActualHours": used_hours,
        "TotalActualUnits": used_units,
        "UnusedHours": hours - used_hours,
        "UnusedUnits": units - used_units,
        "OnDemandCostOfRIHoursUsed": demand,
        "NetRISavings": demand - paid,
        "TotalPotentialRISavings": potential,
        "AmortizedUpfrontFee": upfront,
        "AmortizedRecurringFee": paid - upfront,
        "TotalAmortizedFee": paid,
        "RICostForUnusedHours": unused,
        "RealizedSavings": demand - used,
        "UnrealizedSavings": potential - (demand - used),
    }
    return {name: figure(value) for name, value in figures.items()}


def _group(ctx: Context, one: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """A reservation's group: what it is, and what was used of it."""
    hours = Decimal(24 * 365 * one["term_months"] // 12)
    fixed = one["fixed_price"] or Decimal(0)
    recurring = one["recurring_hourly"]
    if recurring is None:
        recurring = one["amount"] / one["count"]
    used_hours = row["used_hours"]
    attributes = {
        "accountId": one["account_number"],
        "accountName": one["account_name"],
        "availabilityZone": one["availability_zone"] or "",
        "averageOnDemandHourlyRate": figure(row["on_demand"] / used_hours if used_hours else 0),
        "effectiveHourlyRate": figure(one["amount"] / one["count"]),
        "endDateTime": _moment(ctx, one["end_time"], one["end_date"]),
        "hourlyRecurringFee": figure(recurring),
        "instanceType": one["instance_type"] or "",
        "leaseId": one["commitment_id"],
        "numberOfInstances": str(one["count"]),
        "offeringType": one["offering_class"] or "standard",
        "platform": one["product_description"] or "Linux/UNIX",
        "region": one["region"] or "us-east-1",
        "reservationARN": one["arn"] or "",
        "scope": TEXTS["SCOPE"](one),
        "service": TEXTS["SERVICE"](one),
        "sizeFlexibility": str(TEXTS["SCOPE"](one) == "Region"),
        "startDateTime": _moment(ctx, one["start_time"], one["start_date"]),
        "subscriptionId": one["commitment_id"],
        "subscriptionStatus": "Active" if one["standing"] in ("active", "queued") else "Expired",
        "subscriptionType": one["payment_option"] or "No Upfront",
        "tenancy": one["tenancy"] or "default",
        "totalAssetValue": figure((fixed + recurring * hours) * one["count"]),
        "upfrontFee": figure(fixed * one["count"]),
    }
    return {
        "Key": "SUBSCRIPTION_ID",
        "Value": one["commitment_id"],
        "Attributes": attributes,
        "Utilization": _aggregates(row),
    }


def _moment(ctx: Context, at: Any, day: Any) -> str:
    if at is not None:
        return questions.stamp(ctx, at)
    return f"{day + ctx.shift:%Y-%m-%d}T00:00:00Z"


def _coverage(row: Mapping[str, Any], metrics: Sequence[str]) -> dict[str, Any]:
    """Coverage, of what was asked for."""
    found: dict[str, Any] = {}
    if "Hour" in metrics:
        whole = row["covered_hours"] + row["demand_hours"]
        found["CoverageHours"] = {
            "OnDemandHours": figure(row["demand_hours"]),
            "ReservedHours": figure(row["covered_hours"]),
            "TotalRunningHours": figure(whole),
            "CoverageHoursPercentage": figure(percent(row["covered_hours"], whole)),
        }
    if "Unit" in metrics:
        whole = row["covered_units"] + row["demand_units"]
        found["CoverageNormalizedUnits"] = {
            "OnDemandNormalizedUnits": figure(row["demand_units"]),
            "ReservedNormalizedUnits": figure(row["covered_units"]),
            "TotalRunningNormalizedUnits": figure(whole),
            "CoverageNormalizedUnitsPercentage": figure(percent(row["covered_units"], whole)),
        }
    if "Cost" in metrics:
        found["CoverageCost"] = {"OnDemandCost": figure(row["demand_cost"])}
    return found


def _flat(group: Mapping[str, Any]) -> dict[str, Any]:
    parts = [one for one in group["Coverage"].values() if isinstance(one, Mapping)]
    return {name: value for part in parts for name, value in part.items()}


def _dated(part: Mapping[str, Any]) -> dict[str, Any]:
    return {**_flat({"Coverage": part["Total"]}), "Time": part["TimePeriod"]["Start"]}


TEXTS: dict[str, questions.Text] = {
    "AZ": lambda row: row["availability_zone"] or "",
    "CACHE_ENGINE": lambda row: (row["product_description"] or "redis").title(),
    "DEPLOYMENT_OPTION": lambda row: "Multi-AZ" if row["multi_az"] else "Single-AZ",
    "INSTANCE_TYPE": lambda row: row["instance_type"] or "",
    "LINKED_ACCOUNT": lambda row: row["account_number"],
    "OPERATING_SYSTEM": lambda row: row["product_description"] or "Linux/UNIX",
    "PLATFORM": lambda row: row["product_description"] or "Linux/UNIX",
    "REGION": lambda row: row["region"] or "us-east-1",
    "SERVICE": lambda row: NAMES[service_of(row)],
    "SCOPE": lambda row: "Availability Zone" if row["availability_zone"] else "Region",
    "TENANCY": lambda row: "Dedicated" if row["tenancy"] == "dedicated" else "Shared",
}
SORTED = (
    "UtilizationPercentage", "UtilizationPercentageInUnits", "PurchasedHours", "PurchasedUnits",
    "TotalActualHours", "TotalActualUnits", "UnusedHours", "UnusedUnits",
    "OnDemandCostOfRIHoursUsed", "NetRISavings", "TotalPotentialRISavings", "AmortizedUpfrontFee",
    "AmortizedRecurringFee", "TotalAmortizedFee", "RICostForUnusedHours", "RealizedSavings",
    "UnrealizedSavings",
)  # fmt: skip
COVERAGE_SORTED = (
    "OnDemandCost", "CoverageHoursPercentage", "OnDemandHours", "ReservedHours",
    "TotalRunningHours", "CoverageNormalizedUnitsPercentage", "OnDemandNormalizedUnits",
    "ReservedNormalizedUnits", "TotalRunningNormalizedUnits", "Time",
)  # fmt: skip
