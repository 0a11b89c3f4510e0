"""Offerings: every one has an id of its own, by which it is found again."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from models import instance_types, regions, reserved_offerings
from models.reserved_offerings import (
    CLASSES,
    PAYMENTS,
    PRODUCTS,
    TENANCIES,
    TERMS_MONTHS,
    Offering,
)

NAMES = sorted(instance_types.names())


@st.composite
def offerings(draw: st.DrawFn) -> Offering:
    region = draw(st.sampled_from(sorted(regions.all_regions())))
    zones = ["", *(zone.name for zone in regions.zones(region))]
    return Offering(
        region,
        draw(st.sampled_from(NAMES)),
        draw(st.sampled_from(TERMS_MONTHS)),
        draw(st.sampled_from(CLASSES)),
        draw(st.sampled_from(PAYMENTS)),
        draw(st.sampled_from(PRODUCTS)),
        draw(st.sampled_from(TENANCIES)),
        draw(st.sampled_from(zones)),
    )


@given(offerings())
@settings(max_examples=200, deadline=None)
def test_an_offering_is_found_by_its_id(offering: Offering) -> None:
    assert reserved_offerings.find(offering.offering_id, offering.region) == offering


@given(offerings(), offerings())
@settings(max_examples=200, deadline=None)
def test_ids_are_of_one_offering_and_region(one: Offering, other: Offering) -> None:
    assert (one == other) == (one.offering_id == other.offering_id)
    if one.region != other.region:
        assert reserved_offerings.find(one.offering_id, other.region) is None


@given(st.uuids())
@settings(max_examples=50, deadline=None)
def test_other_ids_are_nothings(value: object) -> None:
    assert reserved_offerings.find(str(value), "us-east-1") is None


def test_what_is_no_uuid() -> None:
    assert reserved_offerings.find("offering", "us-east-1") is None


@given(offerings())
@settings(max_examples=100, deadline=None)
def test_a_reservation_costs_less_than_its_hours(offering: Offering) -> None:
    price = offering.price
    assert 0 < price.effective_hourly < offering.on_demand_hourly
    whole = price.upfront + price.recurring_hourly * price.hours
    assert abs(whole / price.hours - price.effective_hourly) <= Decimal("0.0001")
