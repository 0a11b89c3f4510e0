"""Terms of the price list: what a product costs on demand, and what it costs reserved.

Codes of terms and rates are those that AWS uses for them everywhere
(https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-an-offer.html).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from models.costs.money import quantise
from models.discounts import PAYMENTS, kinds, offer
from models.price_list.product import Product

EFFECTIVE = "2024-02-01T00:00:00Z"
VERSION = "20240201000000"
ON_DEMAND, PER_UNIT, UPFRONT = "JRTCKXETXF", "6YS6EN2CT7", "2TG2D8R56U"
# (class, years, payment) → offer term code
CODES = {
    ("standard", 1, "no-upfront"): "4NA7Y494T4", ("standard", 1, "partial-upfront"): "HU7G6KETJZ",
    ("standard", 1, "all-upfront"): "6QCMYABX3D", ("standard", 3, "no-upfront"): "BPH4J8HBKS",
    ("standard", 3, "partial-upfront"): "38NPMPTW36", ("standard", 3, "all-upfront"): "NQ3QZPMQV9",
    ("convertible", 1, "no-upfront"): "7NE97W5U4E",
    ("convertible", 1, "partial-upfront"): "CUZHX8X6JH",
    ("convertible", 1, "all-upfront"): "VJWZNREJX2", ("convertible", 3, "no-upfront"): "Z2E3P23VKM",
    ("convertible", 3, "partial-upfront"): "R5XV2EPZQZ",
    ("convertible", 3, "all-upfront"): "MZU6U2429S",
}  # fmt: skip
NAMES = {"no-upfront": "No Upfront", "partial-upfront": "Partial Upfront",
         "all-upfront": "All Upfront"}  # fmt: skip
# The first tier has the code that AWS gives whatever has no tiers.
_TIER_CODES = (PER_UNIT, "PGHJ3S3EYE", "D42MF2PVJS", "K9MTHNHMVS")


def of(product: Product, region: str) -> dict[str, Any]:
    """`terms` of a product in a region, in the price list's words."""
    terms = {"OnDemand": on_demand(product, region)}
    if product.reserved:
        terms["Reserved"] = reserved(product, region)
    return terms


def on_demand(product: Product, region: str) -> dict[str, Any]:
    """The one term by which it is paid as it is used."""
    return dict([_on_demand(product, region, product.sku(region))])


def reserved(product: Product, region: str) -> dict[str, Any]:
    """The terms by which it can be paid ahead."""
    return dict(_reserved(product, region, product.sku(region)))


def rate_code(sku: str) -> str:
    """The code of the rate that an hour, or the first unit, costs on demand."""
    return f"{sku}.{ON_DEMAND}.{PER_UNIT}"


def _on_demand(product: Product, region: str, sku: str) -> tuple[str, dict[str, Any]]:
    prices = product.prices(region)
    dimensions = dict(
        _dimension(
            f"{sku}.{ON_DEMAND}.{_TIER_CODES[at]}", product.unit, usd,
            f"${usd_text(usd)} {product.what}",
            begin=tier.begin, end=tier.end,
        )
        for at, (tier, usd) in enumerate(prices)
    )  # fmt: skip
    return _term(sku, ON_DEMAND, dimensions, {})


def _reserved(product: Product, region: str, sku: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sold under `describe-reserved-…-offerings`, at the same prices."""
    hourly = quantise(product.tiers[0].usd(region))
    for kind, months in kinds():
        if kind not in product.reserved:
            continue
        offered = kind.partition("-")[2]
        for payment in PAYMENTS:
            code = CODES[(offered, months // 12, payment)]
            price = offer(hourly, kind, months, payment)
            dimensions = {}
            if price.upfront:
                key, said = _dimension(
                    f"{sku}.{code}.{UPFRONT}", "Quantity", price.upfront, "Upfront Fee"
                )
                del said["beginRange"], said["endRange"]
                dimensions[key] = said
            key, said = _dimension(
                f"{sku}.{code}.{PER_UNIT}", "Hrs", price.recurring_hourly,
                f"{product.own.get('operatingSystem', product.family)}, reserved instance applied",
            )  # fmt: skip
            dimensions[key] = said
            yield _term(sku, code, dimensions, {
                "LeaseContractLength": f"{months // 12}yr",
                "OfferingClass": offered,
                "PurchaseOption": NAMES[payment],
            })  # fmt: skip


def _term(
    sku: str, code: str, dimensions: dict[str, Any], said: dict[str, str]
) -> tuple[str, dict[str, Any]]:
    return f"{sku}.{code}", {
        "priceDimensions": dimensions,
        "sku": sku,
        "effectiveDate": EFFECTIVE,
        "offerTermCode": code,
        "termAttributes": said,
    }


def _dimension(
    code: str, unit: str, usd: Decimal, description: str, *, begin: str = "0", end: str = "Inf"
) -> tuple[str, dict[str, Any]]:
    return code, {
        "unit": unit,
        "endRange": end,
        "description": description,
        "appliesTo": [],
        "rateCode": code,
        "beginRange": begin,
        "pricePerUnit": {"USD": usd_text(usd)},
    }


def usd_text(usd: Decimal) -> str:
    """With ten decimals as the price list has it, and with more where the price has more."""
    text = f"{usd:f}"
    _, _, decimals = text.partition(".")
    if len(decimals) <= 10:
        return f"{usd:.10f}"
    shorter = text.rstrip("0")
    return shorter if len(shorter.partition(".")[2]) >= 10 else f"{usd:.10f}"
