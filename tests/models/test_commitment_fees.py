"""Fees of commitments: which day is charged what."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from models.commitment_fees import of_the_day, refund
from models.commitment_terms import billed

RESERVATION: dict[str, Any] = {
    "id": UUID(int=1),
    "commitment_type": "reserved_instance",
    "scope": "ec2 m5.large us-east-1",
    "term_months": 12,
    "amount": Decimal("0.12"),
    "count": 2,
    "start_date": date(2026, 6, 11),
    "end_date": date(2027, 6, 11),
    "service": "ec2",
    "plan_type": None,
    "payment_option": "Partial Upfront",
    "instance_type": "m5.large",
    "region": "eu-west-1",
    "fixed_price": Decimal("262.8"),
    "recurring_hourly": Decimal("0.03"),
}


def told(day: date, **changes: Any) -> list[tuple[str, Decimal]]:
    fees = of_the_day({**RESERVATION, **changes}, day, Decimal(0))
    return [(fee.record_type, fee.unblended) for fee in fees if fee.unblended]


@pytest.mark.parametrize(
    ("day", "charged"),
    [
        (date(2026, 6, 11), [("RIFee", 20 * 24 * Decimal("0.06")), ("Fee", Decimal("525.6"))]),
        (date(2026, 6, 12), []),
        (date(2026, 7, 1), [("RIFee", 31 * 24 * Decimal("0.06"))]),
        (date(2027, 2, 1), [("RIFee", 28 * 24 * Decimal("0.06"))]),
        (date(2027, 6, 1), [("RIFee", 10 * 24 * Decimal("0.06"))]),
    ],
)
def test_a_month_is_charged_ahead(day: date, charged: list[tuple[str, Decimal]]) -> None:
    assert told(day) == charged


def test_all_months_are_a_year() -> None:
    days = [date.fromordinal(date(2026, 6, 11).toordinal() + n) for n in range(365)]
    hours = sum(amount for day in days for kind, amount in told(day) if kind == "RIFee")
    assert hours == 365 * 24 * Decimal("0.06")
    [first, _] = of_the_day(RESERVATION, days[0], Decimal(0))
    assert first.usage_type == "EU-HeavyUsage:m5.large"


def test_what_was_replaced_at_once_owes_its_upfront_payment_alone() -> None:
    start = RESERVATION["start_date"]
    assert told(start, end_date=start) == [("Fee", Decimal("525.6"))]


def test_what_takes_the_place_of_something_paid_is_not_paid_again() -> None:
    free = {"fixed_price": Decimal(0), "recurring_hourly": Decimal(0)}
    assert told(RESERVATION["start_date"], **free, payment_option="All Upfront") == []


def test_a_refund_takes_back_what_days_have_borne() -> None:
    plan = RESERVATION | {"commitment_type": "savings_plan", "plan_type": "Compute", "count": 1}
    plan |= {"amount": Decimal("0.1"), "fixed_price": Decimal(438)}
    plan |= {"recurring_hourly": Decimal("0.05"), "end_date": date(2026, 6, 14)}
    fee = refund(plan)
    assert (fee.record_type, fee.unblended) == ("Refund", Decimal(-438))
    assert fee.amortized == Decimal("-3.6")


def test_today_is_on_the_bill_already() -> None:
    now = datetime(2026, 6, 10, 12, tzinfo=UTC)
    assert billed(now, now, 12) == (date(2026, 6, 11), date(2027, 6, 11))
    later = datetime(2026, 6, 20, tzinfo=UTC)
    assert billed(later, now, 36) == (date(2026, 6, 20), date(2029, 6, 19))
