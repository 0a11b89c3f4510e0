"""Purchase analyses: what a savings plan of one's own choice would have saved.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_StartCommitmentPurchaseAnalysis.html
and the pages of the operations beside it. An analysis speaks of the moment that it was started at.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ce import commitment_questions as questions
from handlers.ce import periods
from handlers.ce import savings_plan_recommendations as recommendations
from handlers.ce.commitment_questions import figure
from handlers.ce.periods import invalid
from models import commitment_advice, draws, purchase_analyses, savings_plan_offerings
from models.commitment_advice import STEP, Account, Hours, Outcome
from models.savings_plan_offerings import Offering

NOUN = "commitments"
TAKES = timedelta(minutes=2)
MOST_A_DAY, MOST_SHOWN = 20, 100
ERRORS = {
    "savings_plan": "INVALID_SAVINGS_PLANS_TO_ADD",
    "usage": "NO_USAGE_FOUND",
    "excluded": "INVALID_SAVINGS_PLANS_TO_EXCLUDE",
    "account": "INVALID_ACCOUNT_ID",
}


class AnalysisError(Exception):
    """Why an analysis fails: one of AWS's error codes."""


async def start_commitment_purchase_analysis(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Work out what a plan would have saved over a look-back."""
    configuration = params["CommitmentPurchaseAnalysisConfiguration"]
    asked = configuration.get("SavingsPlansPurchaseAnalysisConfiguration")
    if not asked:
        raise invalid("SavingsPlansPurchaseAnalysisConfiguration is required.")
    _check(asked)
    details, error = None, None
    try:
        details = await _analysed(ctx, asked)
    except AnalysisError as failed:
        error = str(failed)
    key, done = draws.uuid4(), ctx.now + TAKES
    async with ctx.db.transaction():
        rows = await purchase_analyses.listed(ctx.db)
        if sum(row["started_at"] > ctx.now - timedelta(days=1) for row in rows) >= MOST_A_DAY:
            raise AwsError(
                "ServiceQuotaExceededException",
                f"An account can start {MOST_A_DAY} analyses a day.",
            )
        await purchase_analyses.insert(ctx.db, key, configuration, details, error, ctx.now, done)
    return {
        "AnalysisId": str(key),
        "AnalysisStartedTime": questions.stamp(ctx, ctx.now),
        "EstimatedCompletionTime": questions.stamp(ctx, done),
    }


async def get_commitment_purchase_analysis(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An analysis, with its outcome once it is done."""
    rows = await purchase_analyses.listed(ctx.db, [params["AnalysisId"]])
    if not rows:
        raise AwsError(
            "AnalysisNotFoundException", f"Analysis {params['AnalysisId']} was not found."
        )
    shown = _shown(ctx, rows[0])
    if shown["AnalysisStatus"] == "SUCCEEDED":
        details = _moved(rows[0]["details"], ctx.shift)
        shown["AnalysisDetails"] = {"SavingsPlansPurchaseAnalysisDetails": details}
    return shown


async def list_commitment_purchase_analyses(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's analyses, newest first."""
    rows = await purchase_analyses.listed(ctx.db, params.get("AnalysisIds") or None)
    found = [_shown(ctx, row) for row in rows]
    status = params.get("AnalysisStatus")
    found = [one for one in found if status in (None, one["AnalysisStatus"])]
    shown, token = questions.cut(ctx, params, found, size="PageSize", default=MOST_SHOWN)
    return {"AnalysisSummaryList": list(shown), "NextPageToken": token}


def _check(asked: Mapping[str, Any]) -> None:
    """Refuse a configuration whose parts do not go together."""
    [plan] = asked["SavingsPlansToAdd"]
    kind = asked["AnalysisType"]
    needed = {
        "CUSTOM_COMMITMENT": plan.get("SavingsPlansCommitment") is not None,
        "TARGET_AVERAGE_COVERAGE": asked.get("SavingsPlansTargetCoverage") is not None,
        "MAX_SAVINGS": True,
    }
    if not needed[kind]:
        raise invalid(f"The analysis type {kind} needs its commitment or target coverage.")
    if kind != "CUSTOM_COMMITMENT" and plan.get("SavingsPlansCommitment") is not None:
        raise invalid(f"SavingsPlansCommitment is not supported with the analysis type {kind}.")
    if kind != "TARGET_AVERAGE_COVERAGE" and asked.get("SavingsPlansTargetCoverage") is not None:
        raise invalid(f"SavingsPlansTargetCoverage is not supported with the analysis type {kind}.")


async def _analysed(ctx: Context, asked: Mapping[str, Any]) -> dict[str, Any]:
    """SavingsPlansPurchaseAnalysisDetails, on the ledger's calendar. Raises AnalysisError."""
    offering = _offering(asked["SavingsPlansToAdd"][0])
    account = await _account(ctx, asked)
    hours = commitment_advice.hours_for(account, offering)
    if not any(hours.total):
        raise AnalysisError(ERRORS["usage"])
    outcome = Outcome(hours, offering.share, _commitment(asked, hours, offering))
    return {
        "CurrencyCode": "USD",
        "LookbackPeriodInHours": str(hours.count),
        "CurrentOnDemandSpend": figure(outcome.demand),
        "ExistingHourlyCommitment": figure(recommendations.existing(account)),
        **recommendations.figures(outcome, offering),
        **recommendations.coverage(outcome),
        "EstimatedCommitmentCost": figure(outcome.cost),
        "LatestUsageTimestamp": f"{hours.dates[-1]}T23:00:00Z",
        "MetricsOverLookbackPeriod": recommendations.hourly(outcome, timedelta(0)),
    }


def _offering(plan: Mapping[str, Any]) -> Offering:
    """What is to be bought: by its id, or by its parts."""
    if plan.get("OfferingId"):
        found = savings_plan_offerings.find(plan["OfferingId"])
    else:
        kind = recommendations.PLANS.get(plan.get("SavingsPlansType") or "")
        payment = recommendations.PAYMENTS.get(plan.get("PaymentOption") or "")
        term = recommendations.TERMS.get(plan.get("TermInYears") or "")
        if kind is None or payment is None or term is None:
            raise AnalysisError(ERRORS["savings_plan"])
        named = (plan.get("Region") or "", plan.get("InstanceFamily") or "")
        sought = Offering(kind, term, payment, *(named if kind == "EC2Instance" else ("", "")))
        found = savings_plan_offerings.find(sought.offering_id)
    if found is None:
        raise AnalysisError(ERRORS["savings_plan"])
    return found


async def _account(ctx: Context, asked: Mapping[str, Any]) -> Account:
    """The account that the analysis is for, without the plans that it is to leave out."""
    number = asked.get("AccountId") or ctx.principal.account_number
    if number not in await commitment_advice.accounts(ctx.db):
        raise AnalysisError(ERRORS["account"])
    interval = periods.read(asked["LookBackTimePeriod"])
    if interval.start >= interval.end or interval.end.date() > periods.today(ctx) + periods.DAY:
        raise invalid("The look-back must begin before it ends, and end by today.")
    first, last = interval.days
    tomorrow = ctx.now.date() + timedelta(days=1)
    excluded = asked.get("SavingsPlansToExclude") or ()
    days = (first - ctx.shift, last - ctx.shift, tomorrow)
    [account] = await commitment_advice.load(ctx.db, [number], *days)
    if set(excluded) - {str(one["id"]) for one in account.owned}:
        raise AnalysisError(ERRORS["excluded"])
    if excluded:
        [account] = await commitment_advice.load(ctx.db, [number], *days, excluded=excluded)
    return account


def _commitment(asked: Mapping[str, Any], hours: Hours, offering: Offering) -> Decimal:
    """USD an hour: what saves most, what was asked for, or what covers as much as asked for."""
    [plan] = asked["SavingsPlansToAdd"]
    if asked["AnalysisType"] == "CUSTOM_COMMITMENT":
        return Decimal(str(plan["SavingsPlansCommitment"])).quantize(STEP)
    if asked["AnalysisType"] == "MAX_SAVINGS":
        return commitment_advice.best_commitment(hours, offering.share)
    return _covering(Decimal(asked["SavingsPlansTargetCoverage"]), hours, offering)


def _covering(target: Decimal, hours: Hours, offering: Offering) -> Decimal:
    """The least commitment with which `target` of 100 of all use would have been covered."""
    lacking = sum(hours.left, Decimal(0)) - (1 - target / 100) * sum(hours.total, Decimal(0))
    if lacking <= 0:
        return Decimal(0)
    low, covered = Decimal(0), Decimal(0)
    ordered = sorted(hours.left)
    for at, height in enumerate(ordered):
        wider = (height - low) * (len(ordered) - at)
        if covered + wider >= lacking:
            room = low + (lacking - covered) / (len(ordered) - at)
            return (room * offering.share).quantize(STEP, ROUND_UP)
        covered, low = covered + wider, height
    return (low * offering.share).quantize(STEP, ROUND_UP)


def _moved(details: Mapping[str, Any], shift: timedelta) -> dict[str, Any]:
    """Details on the client's calendar."""
    metrics = [
        one | {"StartTime": _time(one["StartTime"], shift)}
        for one in details["MetricsOverLookbackPeriod"]
    ]
    latest = _time(details["LatestUsageTimestamp"], shift)
    return {**details, "LatestUsageTimestamp": latest, "MetricsOverLookbackPeriod": metrics}


def _time(text: str, shift: timedelta) -> str:
    return f"{datetime.fromisoformat(text) + shift:%Y-%m-%dT%H:%M:%SZ}"


def _shown(ctx: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """AnalysisSummary."""
    done = row["completes_at"] <= ctx.now
    status = "PROCESSING" if not done else "FAILED" if row["error_code"] else "SUCCEEDED"
    completes = questions.stamp(ctx, row["completes_at"])
    return {
        "AnalysisId": row["analysis_id"],
        "AnalysisStatus": status,
        "AnalysisStartedTime": questions.stamp(ctx, row["started_at"]),
        "EstimatedCompletionTime": completes,
        "AnalysisCompletionTime": completes if done else None,
        "ErrorCode": row["error_code"] if done else None,
        "CommitmentPurchaseAnalysisConfiguration": row["configuration"],
    }
