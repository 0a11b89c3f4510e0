"""Savings plans: how much of them was used, and how much of the use they covered.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetSavingsPlansUtilization.html,
API_GetSavingsPlansUtilizationDetails.html and API_GetSavingsPlansCoverage.html.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ce import commitment_questions as questions
from handlers.ce.commitment_questions import figure, percent
from handlers.ce.periods import invalid
from models import commitment_reports
from models.cost_expressions import ExpressionError

NOUN = "commitments"
FILTERS = (
    "LINKED_ACCOUNT",
    "SAVINGS_PLAN_ARN",
    "SAVINGS_PLANS_TYPE",
    "REGION",
    "PAYMENT_OPTION",
    "INSTANCE_TYPE_FAMILY",
)
COVERAGE_FILTERS = ("LINKED_ACCOUNT", "REGION", "SERVICE", "INSTANCE_TYPE_FAMILY")
# a group's key → the dimension that it is
GROUPS = {"INSTANCE_FAMILY": "INSTANCE_TYPE_FAMILY", "REGION": "REGION", "SERVICE": "SERVICE"}
# What savings plans of any type may cover.
ELIGIBLE = ("ec2", "fargate", "lambda", "sagemaker", "rds", "elasticache")
PARTS = {
    "ATTRIBUTES": "Attributes",
    "UTILIZATION": "Utilization",
    "AMORTIZED_COMMITMENT": "AmortizedCommitment",
    "SAVINGS": "Savings",
}
MOST_SHOWN = 20
TOKEN = "NextToken"  # noqa: S105 - the name of a member


async def get_savings_plans_utilization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What was used of the plans, by period."""
    granularity = questions.granularity(params)
    interval, span = questions.period(ctx, params, granularity)
    chosen = await _chosen(ctx, params, span)
    rows = await commitment_reports.utilisation(ctx.db, chosen, span)
    found = [
        {"TimePeriod": questions.told(interval, row["period"], granularity), **_aggregates(row)}
        for row in rows
        if row["period"] is not None
    ]
    found = questions.ordered(params, found, _figures, SORTED)
    total = next(row for row in rows if row["period"] is None)
    return {"SavingsPlansUtilizationsByTime": found, "Total": _aggregates(total)}


async def get_savings_plans_utilization_details(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What was used of each plan."""
    interval, span = questions.period(ctx, params, "")
    chosen = await _chosen(ctx, params, span)
    rows = await commitment_reports.utilisation(ctx.db, chosen, span, each=True)
    by_id = {one["id"]: one for one in chosen}
    found = [
        {
            "SavingsPlanArn": by_id[row["id"]]["arn"],
            "Attributes": _attributes(ctx, by_id[row["id"]]),
            **_aggregates(row),
        }
        for row in rows
        if row["id"] is not None
    ]
    found = questions.ordered(params, found, _figures, DETAILS_SORTED)
    shown, token = questions.cut(ctx, params, found, token=TOKEN, default=MOST_SHOWN)
    wanted = {PARTS[one] for one in params.get("DataType") or PARTS}
    total = next(row for row in rows if row["id"] is None)
    return {
        "SavingsPlansUtilizationDetails": [
            {name: one[name] for name in one if name in wanted or name not in PARTS.values()}
            for one in shown
        ],
        "Total": _aggregates(total),
        "TimePeriod": questions.told(interval, None, ""),
        "NextToken": token,
    }


async def get_savings_plans_coverage(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What of the use that plans may cover they covered, by period or by groups.

    What a reservation covered is no part of it.
    """
    granularity = questions.granularity(params)
    keys = questions.group_keys(params, tuple(GROUPS), 3)
    for one in params.get("Metrics") or ():
        if one != "SpendCoveredBySavingsPlans":
            raise invalid(f"Invalid metric: {one}. Valid value is SpendCoveredBySavingsPlans")
    interval, span = questions.period(ctx, params, granularity)
    leaves = questions.leaves(params.get("Filter"), COVERAGE_FILTERS, tags=True)
    try:
        rows = await commitment_reports.coverage(
            ctx.db,
            span,
            plans=True,
            eligible=ELIGIBLE,
            filters=[leaf.expression for leaf in leaves],
            groups=[GROUPS[key] for key in keys],
        )
    except ExpressionError as error:
        raise invalid(str(error)) from None
    found = [
        {
            "Attributes": {key: row[f"key_{n}"] for n, key in enumerate(keys)},
            "Coverage": _coverage(row),
            "TimePeriod": questions.told(interval, row["period"], granularity),
        }
        for row in rows
        if (row["grouped"] if keys else row["period"] is not None)
    ]
    found = questions.ordered(params, found, _sortable, COVERAGE_SORTED)
    shown, token = questions.cut(ctx, params, found, token=TOKEN, default=MOST_SHOWN)
    return {"SavingsPlansCoverages": list(shown), "NextToken": token}


async def _chosen(
    ctx: Context, params: Mapping[str, Any], span: commitment_reports.Span
) -> Sequence[Mapping[str, Any]]:
    """The plans of the period. Raises DataUnavailableException when there was none."""
    leaves = questions.leaves(params.get("Filter"), FILTERS)
    alive = await commitment_reports.alive(ctx.db, "savings_plan", span)
    chosen = questions.kept(alive, leaves, TEXTS)
    if not chosen:
        raise AwsError(
            "DataUnavailableException",
            "Savings Plans utilization data is not available for the requested time period.",
        )
    return chosen


def plan_type(row: Mapping[str, Any]) -> str:
    """Compute, EC2Instance, SageMaker or Database; of an old row, by what its scope says."""
    scope = (row["scope"] or "").lower()
    return str(row["plan_type"] or ("EC2Instance" if "ec2" in scope else "Compute"))


def _aggregates(row: Mapping[str, Any]) -> dict[str, Any]:
    """SavingsPlansUtilizationAggregates."""
    zero = Decimal(0)
    used, unused = row["used"] or zero, row["unused"] or zero
    whole, demand, upfront = used + unused, row["on_demand"] or zero, row["upfront"] or zero
    return {
        "Utilization": {
            "TotalCommitment": figure(whole),
            "UsedCommitment": figure(used),
            "UnusedCommitment": figure(unused),
            "UtilizationPercentage": figure(percent(used, whole)),
        },
        "Savings": {
            "NetSavings": figure(demand - whole),
            "OnDemandCostEquivalent": figure(demand),
        },
        "AmortizedCommitment": {
            "AmortizedRecurringCommitment": figure(whole - upfront),
            "AmortizedUpfrontCommitment": figure(upfront),
            "TotalAmortizedCommitment": figure(whole),
        },
    }


def _attributes(ctx: Context, one: Mapping[str, Any]) -> dict[str, str]:
    """What a plan is."""
    years = one["term_months"] // 12
    recurring = one["amount"] if one["recurring_hourly"] is None else one["recurring_hourly"]
    return {
        "AccountId": one["account_number"],
        "AccountName": one["account_name"],
        "EndDateTime": _moment(ctx, one["end_time"], one["end_date"]),
        "HourlyCommitment": figure(one["amount"]),
        "InstanceFamily": one["instance_family"] or "",
        "Name": one["commitment_id"],
        "PaymentOption": one["payment_option"] or "No Upfront",
        "PurchaseTerm": f"{years} Year" + ("s" if years > 1 else ""),
        "RecurringHourlyFee": figure(recurring),
        "Region": one["region"] or "Any",
        "SavingsPlansType": plan_type(one),
        "StartDateTime": _moment(ctx, one["start_time"], one["start_date"]),
        "Status": {"active": "Active", "queued": "Active", "returned": "Returned"}.get(
            one["standing"], "Expired"
        ),
        "UpfrontFee": figure(one["fixed_price"] or 0),
    }


def _moment(ctx: Context, at: Any, day: Any) -> str:
    if at is not None:
        return questions.stamp(ctx, at)
    return f"{day + ctx.shift:%Y-%m-%d}T00:00:00Z"


def _coverage(row: Mapping[str, Any]) -> dict[str, str]:
    whole = row["covered_cost"] + row["demand_cost"]
    return {
        "SpendCoveredBySavingsPlans": figure(row["covered_cost"]),
        "OnDemandCost": figure(row["demand_cost"]),
        "TotalCost": figure(whole),
        "CoveragePercentage": figure(percent(row["covered_cost"], whole)),
    }


def _sortable(one: Mapping[str, Any]) -> dict[str, Any]:
    said, coverage = one["Attributes"], one["Coverage"]
    return {
        **coverage,
        "SpendCoveredBySavingsPlan": coverage["SpendCoveredBySavingsPlans"],
        "InstanceFamily": said.get("INSTANCE_FAMILY"),
        "Region": said.get("REGION"),
        "Service": said.get("SERVICE"),
    }


def _figures(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one["Utilization"], **one["Savings"], **one["AmortizedCommitment"]}


TEXTS: dict[str, questions.Text] = {
    "LINKED_ACCOUNT": lambda row: row["account_number"],
    "SAVINGS_PLAN_ARN": lambda row: row["arn"] or "",
    "SAVINGS_PLANS_TYPE": plan_type,
    "REGION": lambda row: row["region"] or "Any",
    "PAYMENT_OPTION": lambda row: row["payment_option"] or "No Upfront",
    "INSTANCE_TYPE_FAMILY": lambda row: row["instance_family"] or "",
}
SORTED = (
    "UtilizationPercentage",
    "TotalCommitment",
    "UsedCommitment",
    "UnusedCommitment",
    "NetSavings",
)
DETAILS_SORTED = (*SORTED, "AmortizedRecurringCommitment", "AmortizedUpfrontCommitment")
COVERAGE_SORTED = (
    "SpendCoveredBySavingsPlan",
    "SpendCoveredBySavingsPlans",
    "OnDemandCost",
    "CoveragePercentage",
    "TotalCost",
    "InstanceFamily",
    "Region",
    "Service",
)
