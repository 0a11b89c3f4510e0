"""Exact money: rounding to what a column holds, and the two months it is counted in.

HOURS_PER_MONTH = 730 is the month of AWS's calculators and recommendations: a figure made of
hours (savings, provisioned concurrency) uses it. DAYS_PER_MONTH = 30 is the engine's month,
which turns GB-month rates into daily rows. What runs by the hour is billed by its real hours.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from models.prices import price

HOURS_PER_MONTH = 730
DAYS_PER_MONTH = 30
SECONDS_PER_HOUR = 3600
CENT_OF_A_CENT = Decimal("0.0001")

Number = int | float | Decimal


def quantise(usd: Decimal) -> Decimal:
    """To four decimals, half up: what numeric(10,4) stores."""
    return usd.quantize(CENT_OF_A_CENT, ROUND_HALF_UP)


def daily_of_hourly(hourly: Decimal) -> Decimal:
    """A day of something billed by the hour."""
    return quantise(hourly * 24)


def daily_of_monthly(monthly: Decimal) -> Decimal:
    """A day of something billed by the GB-month, in the engine's month of 30 days."""
    return quantise(monthly / DAYS_PER_MONTH)


def monthly_of_hourly(hourly: Decimal) -> Decimal:
    """A month of 730 hours, as recommendations count it."""
    return quantise(hourly * HOURS_PER_MONTH)


def exact(number: Number) -> Decimal:
    """The number as a Decimal, a float by its shortest spelling."""
    return number if isinstance(number, Decimal) else Decimal(str(number))


def stepped(
    amount: Decimal, steps: Iterable[int], items: tuple[str, ...], service: str, region: str
) -> Decimal:
    """An amount over falling unit prices: `items` has one more than `steps`."""
    usd, low = Decimal(0), Decimal(0)
    bounds = [*map(Decimal, steps), None]
    for bound, item in zip(bounds, items, strict=True):
        top = amount if bound is None else min(amount, bound)
        usd += max(top - low, Decimal(0)) * price(service, item, region)
        low = amount if bound is None else bound
    return usd
