"""Commitments: what they take off, and when they are paid."""

from decimal import Decimal

import pytest

from models import discounts

D = Decimal


@pytest.mark.parametrize(
    ("kind", "term", "payment", "fraction"),
    [
        ("ec2-standard", 12, "no-upfront", "0.37"),
        ("ec2-standard", 36, "all-upfront", "0.62"),
        ("ec2-convertible", 12, "no-upfront", "0.28"),
        ("rds-standard", 36, "partial-upfront", "0.53"),
        ("savings-compute", 12, "no-upfront", "0.27"),
        ("savings-ec2", 36, "no-upfront", "0.57"),
        ("opensearch-standard", 36, "all-upfront", "0.52"),
        ("spot", 12, "no-upfront", "0.65"),
        ("edp", 36, "no-upfront", "0.09"),
    ],
)
def test_fraction_off(kind: str, term: int, payment: str, fraction: str) -> None:
    assert discounts.discount(kind, term, payment) == D(fraction)


@pytest.mark.parametrize(
    "asked", [("ec2-standard", 24, "no-upfront"), ("ec2-standard", 12, "later"), ("x", 12, "edp")]
)
def test_what_is_not_sold(asked: tuple[str, int, str]) -> None:
    with pytest.raises(KeyError):
        discounts.discount(*asked)


def test_a_reserved_m5_large() -> None:
    assert discounts.reserved_hourly("m5.large") == D("0.0605")
    assert discounts.reserved_hourly("m5.large", payment="partial-upfront") == D("0.0576")
    assert discounts.reserved_hourly("m5.large", offering_class="convertible") == D("0.0691")
    assert discounts.savings_plan_rate(D("0.096")) == D("0.0701")
    assert discounts.spot_hourly(D("0.096")) == D("0.0336")


def test_payments_sum_to_the_term() -> None:
    for kind, term in discounts.kinds():
        if term == 0:
            continue
        previous = D(0)
        for payment in discounts.PAYMENTS:
            offer = discounts.offer(D(1), kind, term, payment)
            paid = offer.upfront + offer.recurring_hourly * offer.hours
            assert abs(paid - offer.effective_hourly * offer.hours) < D(2)
            assert D(0) < offer.effective_hourly < 1
            off = discounts.discount(kind, term, payment)
            assert off >= previous
            previous = off
    assert discounts.offer(D(1), "ec2-standard", 12, "no-upfront").upfront == 0
    assert discounts.offer(D(1), "ec2-standard", 12, "all-upfront").recurring_hourly == 0
    half = discounts.offer(D("0.1"), "ec2-standard", 12, "partial-upfront")
    assert (half.upfront, half.recurring_hourly) == (D("262.8"), D("0.03"))
