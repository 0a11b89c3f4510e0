"""Savings plans: what the account has, buying one, and giving it back.

Source: https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_SavingsPlan.html and the
pages of the operations. What is on sale stands in savings_plan_offerings.py.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.idempotency import once
from emulator.tags import TagRules
from handlers.savingsplans import lists
from handlers.savingsplans.refusals import invalid, not_found
from models import commitment_terms, draws, savings_plan_offerings, savings_plans
from models.listing import Condition
from models.savings_plan_offerings import PRODUCTS, Offering

TAGS = TagRules("ValidationException", "ServiceQuotaExceededException")
LEAST, MOST = Decimal("0.001"), Decimal(5000)
LONGEST_WAIT = timedelta(days=3 * 365)
# https://docs.aws.amazon.com/savingsplans/latest/userguide/return-sp.html
RETURNABLE_DAYS, RETURNABLE_COMMITMENT = 7, 100
_TERMS = {"1": 31_536_000, "3": 94_608_000}


async def describe_savings_plans(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's plans, ended ones included."""
    page = lists.page(ctx, params)
    where = [
        Condition(column, tuple(params[name]))
        for name, column in (("savingsPlanArns", "arn"), ("states", "state"))
        if params.get(name)
    ]
    for one in params.get("filters") or ():
        column, values = FILTERS[one["name"]], list(one.get("values") or ())
        if column == "seconds":
            values = [_seconds(value) for value in values]
        where.append(Condition(column, tuple(values), shift=ctx.shift))
    rows = await savings_plans.LISTING.page(
        ctx.db, where, ids=params.get("savingsPlanIds") or None, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "plan_id")
    return {"savingsPlans": [_shown(ctx, row) for row in shown], "nextToken": lists.token(token)}


async def create_savings_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Buy an offering, now or at a time to come."""
    offering = savings_plan_offerings.find(params["savingsPlanOfferingId"])
    if offering is None:
        raise not_found(f"Savings Plan offering not found: {params['savingsPlanOfferingId']}")
    commitment = _commitment(params["commitment"])
    upfront = _upfront(offering, commitment, params.get("upfrontPaymentAmount"))
    start = params.get("purchaseTime") or ctx.now
    if params.get("purchaseTime") and start <= ctx.now:
        raise invalid("Purchase time must be in the future.")
    if start > ctx.now + LONGEST_WAIT:
        raise invalid("Purchase time cannot be more than three years in the future.")
    row = _bought(ctx, offering, commitment, upfront, start)
    row["tags"] = TAGS.checked(params.get("tags"))

    async def work() -> list[str]:
        key = draws.uuid4()
        await savings_plans.insert(ctx.db, row | {"id": key})
        return [str(key)]

    try:
        [plan_id] = await once(ctx, params.get("clientToken"), work)
    except AwsError as error:
        if error.code == "IdempotentParameterMismatch":
            raise invalid("The client token was used with other parameters before.") from None
        raise
    return {"savingsPlanId": plan_id}


async def delete_queued_savings_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Call off a purchase whose time has not come."""
    async with ctx.db.transaction():
        row = await _held(ctx, params["savingsPlanId"])
        if row["state"] != "queued":
            raise invalid(f"Savings Plan {row['plan_id']} is not in the queued state.")
        await savings_plans.close(
            ctx.db, row["plan_id"], "queued-deleted", ctx.now, row["start_date"]
        )
    return {}


async def return_savings_plan(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a plan back: what was paid upfront comes back with the next day's bill.

    https://docs.aws.amazon.com/savingsplans/latest/userguide/return-sp.html: plans of 100 USD an
    hour or less, within seven days of the purchase and in the same calendar month. The days that
    it covered stay as they are on the bill.
    """
    async with ctx.db.transaction():
        row = await _held(ctx, params["savingsPlanId"])
        if row["state"] == "returned":
            return {"savingsPlanId": row["plan_id"]}
        if row["state"] != "active":
            raise invalid(f"Savings Plan {row['plan_id']} is not in the active state.")
        until = _returnable_until(ctx, row)
        if until is None:
            raise invalid(
                f"Savings Plan {row['plan_id']} is not returnable: its commitment is more than"
                f" ${RETURNABLE_COMMITMENT} per hour."
            )
        if ctx.now >= until:
            raise invalid(
                f"Savings Plan {row['plan_id']} is not returnable: a Savings Plan can be returned"
                f" within {RETURNABLE_DAYS} days of its purchase and in the same calendar month."
            )
        tomorrow = ctx.now.date() + timedelta(days=1)
        await savings_plans.close(ctx.db, row["plan_id"], "returned", ctx.now, tomorrow)
    return {"savingsPlanId": row["plan_id"]}


async def found(ctx: Context, plan_id: str) -> Any:
    """The caller's plan of that id. Raises ResourceNotFoundException."""
    row = await savings_plans.find_one(ctx.db, plan_id)
    if row is None:
        raise not_found(f"Savings Plan not found: {plan_id}")
    return row


async def _held(ctx: Context, plan_id: str) -> Any:
    await savings_plans.lock(ctx.db, plan_id)
    return await found(ctx, plan_id)


def _commitment(given: str) -> Decimal:
    """USD an hour, to a tenth of a cent."""
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise invalid(f"Invalid commitment: {given}") from None
    if not amount.is_finite() or not LEAST <= amount <= MOST:
        raise invalid(f"The commitment must be between {LEAST} and {MOST} USD per hour.")
    if amount != amount.quantize(LEAST):
        raise invalid("The commitment can have at most three digits after the decimal point.")
    return amount


def _upfront(offering: Offering, commitment: Decimal, given: str | None) -> Decimal:
    """What is paid at once: of a Partial Upfront plan, half of the whole term or more."""
    if given is None:
        return offering.upfront(commitment)
    if offering.payment != "Partial Upfront":
        raise invalid("The upfront payment amount is only supported for Partial Upfront.")
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise invalid(f"Invalid upfront payment amount: {given}") from None
    whole = commitment * offering.hours
    if not amount.is_finite() or not whole / 2 <= amount <= whole * Decimal("0.99"):
        raise invalid(
            "The upfront payment amount must be between 50 and 99 percent of the total value of"
            " the Savings Plan."
        )
    return amount.quantize(Decimal("0.0001"))


def _bought(
    ctx: Context, offering: Offering, commitment: Decimal, upfront: Decimal, start: datetime
) -> dict[str, Any]:
    """The columns of a plan; what it costs an hour beside the upfront payment is recurring."""
    first, after = commitment_terms.billed(start, ctx.now, offering.term_months)
    place = f" {offering.family} {offering.region}" if offering.family else ""
    return {
        "commitment_type": "savings_plan",
        "scope": f"{savings_plan_offerings.DESCRIPTIONS[offering.plan]}{place}",
        "term_months": offering.term_months,
        "hourly_commitment_amount": commitment,
        "start_date": first,
        "end_date": after,
        "start_time": start,
        "end_time": start + timedelta(seconds=offering.seconds - 1),
        "created_at": ctx.now,
        "state": "queued" if start > ctx.now else "active",
        "service": "savingsplans",
        "offering_id": offering.offering_id,
        "plan_type": offering.plan,
        "payment_option": offering.payment,
        "instance_family": offering.family or None,
        "region": offering.region or None,
        "instance_count": 1,
        "fixed_price": upfront,
        "recurring_hourly": (commitment - upfront / offering.hours).quantize(Decimal("0.000001")),
    }


def _seconds(given: str) -> int:
    """A term in years or seconds."""
    if given in _TERMS:
        return _TERMS[given]
    return int(given) if given.isdigit() and len(given) < 12 else 0


def _returnable_until(ctx: Context, row: Mapping[str, Any]) -> datetime | None:
    """Until when a plan may be given back; None: never. Months are those of the client."""
    if row["hourly_commitment_amount"] > RETURNABLE_COMMITMENT:
        return None
    start = row["started_at"] + ctx.shift
    month = (start.replace(day=1) + timedelta(days=32)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return min(start + timedelta(days=RETURNABLE_DAYS), month) - ctx.shift  # type: ignore[no-any-return]


def _moment(ctx: Context, at: datetime) -> str:
    """A time as this service writes it: a string, on the client's calendar."""
    moved = at + ctx.shift
    return f"{moved:%Y-%m-%dT%H:%M:%S}.{moved.microsecond // 1000:03d}Z"


def _shown(ctx: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """A SavingsPlan."""
    plan = row["plan_type"]
    until = _returnable_until(ctx, row) if row["state"] == "active" else None
    if until is not None and until <= ctx.now:
        until = None
    known = savings_plan_offerings.Offering(plan, row["term_months"], row["payment_option"])
    return {
        "offeringId": row["offering_id"],
        "savingsPlanId": row["plan_id"],
        "savingsPlanArn": row["arn"],
        "description": known.description,
        "start": _moment(ctx, row["started_at"]),
        "end": _moment(ctx, row["ends_at"]),
        "state": row["state"],
        "region": row["region"],
        "ec2InstanceFamily": row["instance_family"],
        "savingsPlanType": plan,
        "paymentOption": row["payment_option"],
        "productTypes": list(PRODUCTS[plan]),
        "currency": "USD",
        "commitment": row["commitment"],
        "upfrontPaymentAmount": row["upfront"],
        "recurringPaymentAmount": row["recurring"],
        "termDurationInSeconds": row["seconds"],
        "tags": row["tags"],
        "returnableUntil": _moment(ctx, until) if until else None,
    }


FILTERS = {
    "region": "region",
    "ec2-instance-family": "family",
    "instance-family": "family",
    "commitment": "commitment",
    "upfront": "upfront",
    "term": "seconds",
    "savings-plan-type": "plan_type",
    "payment-option": "payment_option",
    "start": "started_at",
    "end": "ends_at",
}
