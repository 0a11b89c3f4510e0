"""Recommendations to buy savings plans: for the steady hour of the days that were.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetSavingsPlansPurchaseRecommendation.html
and the pages of the operations beside it. The scope PAYER is the caller's account, whose plans
cover its own use; the scope LINKED every account on its bill, one by one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ce import commitment_questions as questions
from handlers.ce.commitment_questions import figure, percent
from handlers.ce.periods import invalid
from models import (
    commitment_advice,
    draws,
    recommendation_generations,
    savings_plan_offerings,
)
from models.commitment_advice import Account, Hours, Outcome
from models.savings_plan_offerings import Offering

NOUN = "commitments"
LOOKBACKS = {"SEVEN_DAYS": 7, "THIRTY_DAYS": 30, "SIXTY_DAYS": 60}
TERMS = {"ONE_YEAR": 12, "THREE_YEARS": 36}
PAYMENTS = {
    "NO_UPFRONT": "No Upfront",
    "PARTIAL_UPFRONT": "Partial Upfront",
    "ALL_UPFRONT": "All Upfront",
}
PLANS = {
    "COMPUTE_SP": "Compute",
    "EC2_INSTANCE_SP": "EC2Instance",
    "SAGEMAKER_SP": "SageMaker",
    "DATABASE_SP": "Database",
}
SCOPES = ("PAYER", "LINKED")
GENERATIONS_A_DAY = 3
GENERATION = timedelta(minutes=5)
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Advice:
    """A plan that is worth buying for an account."""

    account: Account
    offering: Offering
    outcome: Outcome


async def get_savings_plans_purchase_recommendation(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The plans of one type that would save most, by account, region and family."""
    months, payment = TERMS[params["TermInYears"]], _payment(params["PaymentOption"])
    plan, lookback = PLANS[params["SavingsPlansType"]], params["LookbackPeriodInDays"]
    if plan == "Database" and (months, payment) != (12, "No Upfront"):
        raise invalid("Database Savings Plans are sold for one year with No Upfront payment.")
    scope = params.get("AccountScope") or "PAYER"
    loaded = await _accounts(ctx, params, scope, lookback)
    found = [one for account in loaded for one in _worth(account, plan, months, payment)]
    found.sort(key=lambda one: -one.outcome.saved)
    details = [_detail(one, lookback, scope) for one in found]
    shown, token = questions.cut(ctx, params, details, size="PageSize", default=MOST_SHOWN)
    return {
        "Metadata": {
            "RecommendationId": _id(ctx, params),
            "GenerationTimestamp": await _generated(ctx),
        },
        "SavingsPlansPurchaseRecommendation": {
            "AccountScope": scope,
            "SavingsPlansType": params["SavingsPlansType"],
            "TermInYears": params["TermInYears"],
            "PaymentOption": params["PaymentOption"],
            "LookbackPeriodInDays": lookback,
            "SavingsPlansPurchaseRecommendationDetails": list(shown),
            "SavingsPlansPurchaseRecommendationSummary": _summary(found, loaded, plan),
        },
        "NextPageToken": token,
    }


async def get_savings_plan_purchase_recommendation_details(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One recommendation hour by hour."""
    asked = _opened(params["RecommendationDetailId"])
    if asked is None or asked[3] not in await commitment_advice.accounts(ctx.db):
        raise AwsError(
            "DataUnavailableException",
            f"No data is available for recommendation detail {params['RecommendationDetailId']}.",
        )
    offering, lookback, scope, number = asked
    [account] = await _load(ctx, [number], lookback)
    hours = commitment_advice.hours_for(account, offering)
    commitment = commitment_advice.best_commitment(hours, offering.share)
    outcome = Outcome(hours, offering.share, commitment)
    names = {value: name for name, value in (PLANS | PAYMENTS).items()}
    terms = {value: name for name, value in TERMS.items()}
    return {
        "RecommendationDetailId": params["RecommendationDetailId"],
        "RecommendationDetailData": {
            "AccountScope": scope,
            "LookbackPeriodInDays": lookback,
            "SavingsPlansType": names[offering.plan],
            "TermInYears": terms[offering.term_months],
            "PaymentOption": names[offering.payment],
            "AccountId": number,
            "CurrencyCode": "USD",
            "InstanceFamily": offering.family or None,
            "Region": offering.region or None,
            "OfferingId": offering.offering_id,
            "GenerationTimestamp": await _generated(ctx),
            "LatestUsageTimestamp": questions.stamp(ctx, ctx.now),
            **figures(outcome, offering),
            "EstimatedSPCost": figure(outcome.cost),
            "ExistingHourlyCommitment": figure(existing(account)),
            **coverage(outcome),
            "MetricsOverLookbackPeriod": hourly(outcome, ctx.shift),
        },
    }


async def start_savings_plans_purchase_recommendation_generation(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Have the recommendations made anew: three times a day, one at a time."""
    async with ctx.db.transaction():
        rows = await recommendation_generations.since(ctx.db, ctx.now - timedelta(days=1))
        if any(row["completes_at"] > ctx.now for row in rows):
            raise AwsError(
                "GenerationExistsException",
                "A recommendation generation is already in progress for this account.",
            )
        if len(rows) >= GENERATIONS_A_DAY:
            raise AwsError(
                "ServiceQuotaExceededException",
                f"Recommendations can be generated {GENERATIONS_A_DAY} times a day.",
            )
        key, done = draws.uuid4(), ctx.now + GENERATION
        await recommendation_generations.insert(ctx.db, key, ctx.now, done)
    return {
        "RecommendationId": str(key),
        "GenerationStartedTime": questions.stamp(ctx, ctx.now),
        "EstimatedCompletionTime": questions.stamp(ctx, done),
    }


async def list_savings_plans_purchase_recommendation_generation(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The generations of the account, newest first."""
    rows = await recommendation_generations.since(ctx.db, None)
    asked, status = params.get("RecommendationIds"), params.get("GenerationStatus")
    found = []
    for row in rows:
        done = row["completes_at"] <= ctx.now
        if (asked and row["generation_id"] not in asked) or (
            status and status != ("SUCCEEDED" if done else "PROCESSING")
        ):
            continue
        completes = questions.stamp(ctx, row["completes_at"])
        found.append({
            "RecommendationId": row["generation_id"],
            "GenerationStatus": "SUCCEEDED" if done else "PROCESSING",
            "GenerationStartedTime": questions.stamp(ctx, row["started_at"]),
            "GenerationCompletionTime": completes if done else None,
            "EstimatedCompletionTime": completes,
        })  # fmt: skip
    shown, token = questions.cut(ctx, params, found, size="PageSize", default=MOST_SHOWN)
    return {"GenerationSummaryList": list(shown), "NextPageToken": token}


def figures(outcome: Outcome, offering: Offering) -> dict[str, str]:
    """What every telling of an outcome has."""
    left = outcome.hours.left or [Decimal(0)]
    return {
        "UpfrontCost": figure(offering.upfront(outcome.commitment)),
        "EstimatedROI": figure(percent(outcome.saved, outcome.cost)),
        "EstimatedOnDemandCost": figure(outcome.remaining),
        "EstimatedOnDemandCostWithCurrentCommitment": figure(outcome.demand),
        "EstimatedSavingsAmount": figure(outcome.saved),
        "EstimatedSavingsPercentage": figure(percent(outcome.saved, outcome.demand)),
        "HourlyCommitmentToPurchase": figure(outcome.commitment),
        "EstimatedAverageUtilization": figure(outcome.utilisation),
        "EstimatedMonthlySavingsAmount": figure(outcome.monthly),
        "CurrentMinimumHourlyOnDemandSpend": figure(min(left)),
        "CurrentMaximumHourlyOnDemandSpend": figure(max(left)),
        "CurrentAverageHourlyOnDemandSpend": figure(sum(left, Decimal(0)) / len(left)),
    }


def coverage(outcome: Outcome) -> dict[str, str]:
    """Coverage before and after, of all that the plan could cover."""
    whole = sum(outcome.hours.total, Decimal(0))
    left = sum(outcome.hours.left, Decimal(0))
    after = left - sum(outcome.covered, Decimal(0))
    return {
        "CurrentAverageCoverage": figure(percent(whole - left, whole)),
        "EstimatedAverageCoverage": figure(percent(whole - after, whole)),
    }


def hourly(outcome: Outcome, shift: timedelta) -> list[dict[str, str]]:
    """Every hour of the look-back, its days moved by `shift`."""
    found = []
    hours = outcome.hours
    room = outcome.commitment / outcome.share
    for day, whole, left, covered in zip(
        hours.dates, hours.total, hours.left, outcome.covered, strict=True
    ):
        told = {
            "EstimatedOnDemandCost": figure(left - covered),
            "CurrentCoverage": figure(percent(whole - left, whole)),
            "EstimatedCoverage": figure(percent(whole - left + covered, whole)),
            "EstimatedNewCommitmentUtilization": figure(percent(covered, room)),
        }
        for hour in range(24):
            found.append({"StartTime": f"{day + shift}T{hour:02d}:00:00Z", **told})
    return found


def existing(account: Account) -> Decimal:
    """What the account's plans commit it to, USD an hour."""
    plans = (one for one in account.owned if one["commitment_type"] == "savings_plan")
    return sum((one["amount"] for one in plans), Decimal(0))


def _payment(given: str) -> str:
    if given not in PAYMENTS:
        raise invalid(f"Payment option {given} is invalid. Valid values are {', '.join(PAYMENTS)}")
    return PAYMENTS[given]


async def _accounts(
    ctx: Context, params: Mapping[str, Any], scope: str, lookback: str
) -> list[Account]:
    """The accounts that a recommendation is for, with their days."""
    leaves = questions.leaves(params.get("Filter"), ("LINKED_ACCOUNT",))
    if leaves and scope != "LINKED":
        raise invalid("The LINKED_ACCOUNT filter needs the account scope LINKED.")
    numbers = [ctx.principal.account_number]
    if scope == "LINKED":
        numbers = await commitment_advice.accounts(ctx.db)
        numbers = [one for one in numbers if all(one in leaf.values for leaf in leaves)]
    return await _load(ctx, numbers, lookback)


async def _load(ctx: Context, numbers: Sequence[str], lookback: str) -> list[Account]:
    tomorrow = ctx.now.date() + timedelta(days=1)
    first = tomorrow - timedelta(days=LOOKBACKS[lookback])
    return await commitment_advice.load(ctx.db, numbers, first, tomorrow, tomorrow)


def _worth(account: Account, plan: str, months: int, payment: str) -> list[Advice]:
    """The plans of an account that save anything."""
    found = []
    for region, family in _scopes(account, plan):
        offering = Offering(plan, months, payment, region, family)
        if savings_plan_offerings.find(offering.offering_id) is None:
            continue
        hours = commitment_advice.hours_for(account, offering)
        best = commitment_advice.best_commitment(hours, offering.share)
        if best:
            found.append(Advice(account, offering, Outcome(hours, offering.share, best)))
    return found


def _scopes(account: Account, plan: str) -> list[tuple[str, str]]:
    """The regions and families that an account uses, for plans that are of one."""
    if plan != "EC2Instance":
        return [("", "")]
    used = {
        (one.region, one.family)
        for day in account.days
        for one in day.usage
        if one.service == "ec2"
    }
    return sorted(used)


def _detail(advice: Advice, lookback: str, scope: str) -> dict[str, Any]:
    """SavingsPlansPurchaseRecommendationDetail."""
    offering = advice.offering
    return {
        "SavingsPlansDetails": {
            "Region": offering.region or None,
            "InstanceFamily": offering.family or None,
            "OfferingId": offering.offering_id,
        },
        "AccountId": advice.account.number,
        "CurrencyCode": "USD",
        "EstimatedSPCost": figure(advice.outcome.cost),
        **figures(advice.outcome, offering),
        "RecommendationDetailId": _sealed(offering, lookback, scope, advice.account.number),
    }


def _summary(found: Sequence[Advice], loaded: Sequence[Account], plan: str) -> dict[str, str]:
    """SavingsPlansPurchaseRecommendationSummary: all recommendations together."""
    whole = Offering(plan)
    demand = sum(
        (24 * sum(_hours(account, whole).left, Decimal(0)) for account in loaded), Decimal(0)
    )
    cost = sum((one.outcome.cost for one in found), Decimal(0))
    saved = sum((one.outcome.saved for one in found), Decimal(0))
    commitment = sum((one.outcome.commitment for one in found), Decimal(0))
    monthly = sum((one.outcome.monthly for one in found), Decimal(0))
    return {
        "EstimatedROI": figure(percent(saved, cost)),
        "CurrencyCode": "USD",
        "EstimatedTotalCost": figure(demand - saved),
        "CurrentOnDemandSpend": figure(demand),
        "EstimatedSavingsAmount": figure(saved),
        "TotalRecommendationCount": str(len(found)),
        "DailyCommitmentToPurchase": figure(24 * commitment),
        "HourlyCommitmentToPurchase": figure(commitment),
        "EstimatedSavingsPercentage": figure(percent(saved, demand)),
        "EstimatedMonthlySavingsAmount": figure(monthly),
        "EstimatedOnDemandCostWithCurrentCommitment": figure(demand),
    }


def _hours(account: Account, plan: Offering) -> Hours:
    return commitment_advice.hours_for(account, plan)


def _id(ctx: Context, params: Mapping[str, Any]) -> str:
    """The recommendation's id: the same for the same question on the same day."""
    names = ("SavingsPlansType", "TermInYears", "PaymentOption", "LookbackPeriodInDays")
    asked = "|".join(str(params[name]) for name in names)
    text = f"{ctx.principal.account_number}|{ctx.now.date()}|{asked}|{params.get('AccountScope')}"
    return str(uuid.UUID(bytes=blake2b(text.encode(), digest_size=16).digest()))


async def _generated(ctx: Context) -> str:
    """When the recommendations were last made: on request, else as the day began."""
    day = ctx.now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await recommendation_generations.since(ctx.db, day)
    done = [row["completes_at"] for row in rows if row["completes_at"] <= ctx.now]
    return questions.stamp(ctx, max(done, default=day))


def _sealed(offering: Offering, lookback: str, scope: str, number: str) -> str:
    """The id of one recommendation, which holds what it is about."""
    asked = list(LOOKBACKS).index(lookback) | SCOPES.index(scope) << 2
    data = uuid.UUID(offering.offering_id).bytes[:8] + bytes((asked,)) + int(number).to_bytes(5)
    return str(uuid.UUID(bytes=data + _check(data)))


def _opened(detail_id: str) -> tuple[Offering, str, str, str] | None:
    try:
        data = uuid.UUID(detail_id).bytes
    except ValueError:
        return None
    offering = savings_plan_offerings.from_attributes(data[:8])
    lookback, scope = data[8] & 3, data[8] >> 2
    if (
        data[14:] != _check(data[:14])
        or offering is None
        or lookback >= len(LOOKBACKS)
        or scope > 1
    ):
        return None
    return offering, list(LOOKBACKS)[lookback], SCOPES[scope], f"{int.from_bytes(data[9:14]):012d}"


def _check(data: bytes) -> bytes:
    return blake2b(data, digest_size=2, person=b"sp-detail").digest()
