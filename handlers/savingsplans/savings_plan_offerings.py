"""Offerings of savings plans, and what they cover at which rates.

Source:
https://docs.aws.amazon.com/savingsplans/latest/APIReference/API_DescribeSavingsPlansOfferings.html
and API_DescribeSavingsPlansOfferingRates.html.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from emulator.context import Context
from handlers.savingsplans import lists
from handlers.savingsplans.commitments import found
from handlers.savingsplans.refusals import invalid
from models import savings_plan_offerings, savings_plan_rates, usage_types
from models.savings_plan_offerings import PAYMENTS, PLANS, PRODUCTS, TERMS_MONTHS, Offering
from models.savings_plan_rates import SERVICE_CODES, Use

NOUN = "commitments"
# A page ends after so many, found or not: no filter may keep the server from its other work.
MOST_EXAMINED = 20_000
T = TypeVar("T")
# plan → word of the usage type that its hourly fee has on the bill
_FEES = {
    "Compute": "ComputeSP",
    "EC2Instance": "EC2SP",
    "SageMaker": "MachineLearningSP",
    "Database": "DatabaseSP",
}
SERVICE_CODE = "ComputeSavingsPlans"


async def describe_savings_plans_offerings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What is on sale: plans of all compute, of machine learning, of databases, and of families."""
    fits = _offering_test(params)
    kept = ((one, fits(one)) for one in _asked(params))
    shown, token = _cut(ctx, params, kept)
    return {"searchResults": [_offered(one) for one in shown], "nextToken": token}


async def describe_savings_plans_offering_rates(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Rates of what is on sale, by plan, region and use."""
    wanted = _wanted(params.get("filters"))
    fits = _use_test(params, wanted)
    named = {
        "offeringIds": params.get("savingsPlanOfferingIds"),
        "planTypes": params.get("savingsPlanTypes"),
        "paymentOptions": params.get("savingsPlanPaymentOptions"),
    }
    pairs = (
        ((offering, use), fits(use))
        for offering in _asked(named)
        for use in _uses(offering, wanted)
    )
    shown, token = _cut(ctx, params, pairs)
    return {"searchResults": [_rated(*pair) for pair in shown], "nextToken": token}


async def describe_savings_plan_rates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Rates of a plan that the account has."""
    row = await found(ctx, params["savingsPlanId"])
    offering = Offering(
        row["plan_type"], row["term_months"], row["payment_option"],
        (row["region"] or "") if row["plan_type"] == "EC2Instance" else "",
        row["instance_family"] or "",
    )  # fmt: skip
    wanted = _wanted(params.get("filters"))
    fits = _use_test(
        {
            "products": wanted.pop("productType", None),
            "serviceCodes": wanted.pop("serviceCode", None),
            "usageTypes": wanted.pop("usageType", None),
            "operations": wanted.pop("operation", None),
        },
        wanted,
    )
    shown, token = _cut(ctx, params, ((use, fits(use)) for use in _uses(offering, wanted)))
    return {
        "savingsPlanId": row["plan_id"],
        "searchResults": [_rate(offering, use) for use in shown],
        "nextToken": token,
    }


def _cut(
    ctx: Context, params: Mapping[str, Any], items: Iterator[tuple[T, bool]]
) -> tuple[list[T], str | None]:
    """A page of what fits, behind the position that the token tells."""
    page = lists.page(ctx, params)
    first = int(page.after) if page.after else 0
    shown: list[T] = []
    for at, (item, fits) in enumerate(items):
        if at < first:
            continue
        if at - first >= MOST_EXAMINED or (fits and len(shown) == page.limit):
            return shown, lists.token(page.token(str(at)))
        if fits:
            shown.append(item)
    return shown, None


def _asked(params: Mapping[str, Any]) -> Iterator[Offering]:
    """The offerings that are named, else those of the plans and payments that are."""
    if params.get("offeringIds"):
        named = map(savings_plan_offerings.find, params["offeringIds"])
        kept = [one for one in named if one is not None]
        plans, payments = params.get("planTypes") or PLANS, params.get("paymentOptions") or PAYMENTS
        return (one for one in kept if one.plan in plans and one.payment in payments)
    wanted = _wanted(params.get("filters"))
    durations = params.get("durations")
    return savings_plan_offerings.offerings(
        plans=params.get("planTypes") or PLANS,
        payments=params.get("paymentOptions") or PAYMENTS,
        terms=[t for t in TERMS_MONTHS if durations is None or _seconds(t) in durations],
        in_regions=wanted.get("region"),
        families=wanted.get("instanceFamily"),
    )


def _seconds(term_months: int) -> int:
    return term_months // 12 * savings_plan_offerings.YEAR_SECONDS


def _offering_test(params: Mapping[str, Any]) -> Callable[[Offering], bool]:
    wanted = _wanted(params.get("filters"))
    product = params.get("productType")
    checks: list[tuple[str, Callable[[Offering], Any]]] = [
        ("durations", lambda one: one.seconds),
        ("currencies", lambda one: "USD"),
        ("descriptions", lambda one: savings_plan_offerings.DESCRIPTIONS[one.plan]),
        ("serviceCodes", lambda one: SERVICE_CODE),
        ("usageTypes", _usage_type),
        ("operations", lambda one: ""),
    ]
    asked = [(params[name], value) for name, value in checks if params.get(name)]

    def fits(one: Offering) -> bool:
        return (
            (not product or product in PRODUCTS[one.plan])
            and all(value(one) in values for values, value in asked)
            and one.region in wanted.get("region", (one.region,))
            and one.family in wanted.get("instanceFamily", (one.family,))
        )

    return fits


def _use_test(
    params: Mapping[str, Any], wanted: Mapping[str, Sequence[str]]
) -> Callable[[Use], bool]:
    def fits(use: Use) -> bool:
        said = use.properties
        return (
            all(
                value in params[name]
                for name, value in (
                    ("products", use.product),
                    ("serviceCodes", SERVICE_CODES[use.product]),
                    ("usageTypes", use.usage_type),
                    ("operations", use.operation),
                )
                if params.get(name)
            )
            and "productId" not in wanted
            and all(said.get(name) in values for name, values in wanted.items())
        )

    return fits


def _uses(offering: Offering, wanted: Mapping[str, Sequence[str]]) -> Iterator[Use]:
    """What the plan covers, those regions and types left out early that nobody asks for."""
    places, types = wanted.get("region"), wanted.get("instanceType")
    families = wanted.get("instanceFamily")

    def of_type(name: str) -> bool:
        return (types is None or name in types) and (
            families is None or name.rpartition(".")[0] in families
        )

    return savings_plan_rates.uses(
        offering, lambda region: places is None or region in places, of_type
    )


def _wanted(filters: Sequence[Mapping[str, Any]] | None) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {}
    for one in filters or ():
        if not one.get("name"):
            raise invalid("A filter must have a name.")
        found[one["name"]] = one.get("values") or ()
    return found


def _usage_type(one: Offering) -> str:
    prefix = usage_types.prefix(one.region) if one.region else ""
    family = f".{one.family}" if one.family else ""
    years, payment = one.term_months // 12, one.payment.replace(" ", "")
    return f"{prefix}{_FEES[one.plan]}{family}:{years}yr{payment}"


def _offered(one: Offering) -> dict[str, Any]:
    said = {"region": one.region, "instanceFamily": one.family}
    return {
        "offeringId": one.offering_id,
        "productTypes": list(PRODUCTS[one.plan]),
        "planType": one.plan,
        "description": savings_plan_offerings.DESCRIPTIONS[one.plan],
        "paymentOption": one.payment,
        "durationSeconds": one.seconds,
        "currency": "USD",
        "serviceCode": SERVICE_CODE,
        "usageType": _usage_type(one),
        "operation": "",
        "properties": [{"name": name, "value": value} for name, value in said.items() if value],
    }


def _rate(offering: Offering, use: Use) -> dict[str, Any]:
    return {
        "rate": savings_plan_rates.rate(offering, use),
        "currency": "USD",
        "unit": use.unit,
        "productType": use.product,
        "serviceCode": SERVICE_CODES[use.product],
        "usageType": use.usage_type,
        "operation": use.operation,
        "properties": [{"name": name, "value": value} for name, value in use.properties.items()],
    }


def _rated(offering: Offering, use: Use) -> dict[str, Any]:
    rate = _rate(offering, use)
    del rate["currency"]
    return {
        "savingsPlanOffering": {
            "offeringId": offering.offering_id,
            "paymentOption": offering.payment,
            "planType": offering.plan,
            "durationSeconds": offering.seconds,
            "currency": "USD",
            "planDescription": savings_plan_offerings.DESCRIPTIONS[offering.plan],
        },
        **rate,
    }
