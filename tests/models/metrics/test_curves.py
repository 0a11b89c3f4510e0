"""Curves of days: whatever a row's mean and maximum are, the day comes out with them."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics import curves
from models.metrics.curves import SLOTS, Curve
from models.metrics.samplers import Events, Level, Marked, Measured, Total

KINDS = ["prod-weekday", "prod-weekend", "dev-weekday", "dev-weekend", "flat"]
FIGURE = st.floats(0.001, 1e12)


def curve(mean: float, factor: float, kind: str, region: str = "us-east-1") -> Curve:
    day = date(2026, 6, 22).toordinal()
    return Curve(curves.template(kind, region, "i-1", day, "CPUUtilization"), mean, mean * factor)


@given(mean=FIGURE, factor=st.floats(1, 280), kind=st.sampled_from(KINDS))
def test_mean_and_maximum_are_the_rows(mean: float, factor: float, kind: str) -> None:
    made = curve(mean, factor, kind)
    values = [made.at(slot) for slot in range(SLOTS)]
    assert sum(values) / SLOTS == pytest.approx(mean)
    assert max(values) == pytest.approx(mean * factor)
    assert min(values) >= -1e-9 * mean


@given(
    minutes=st.lists(st.integers(0, 1440), min_size=2, max_size=9),
    factor=st.floats(1, 50),
    unit=st.sampled_from([1, 5]),
)
def test_parts_add_up_to_their_samples(minutes: list[int], factor: float, unit: int) -> None:
    edges = sorted({minute - minute % unit for minute in minutes})
    made = curve(10, factor, "prod-weekday")
    for sampler in (Level(made, unit), Total(made, unit)):
        passed = sampler.passed(edges)
        for place, (first, after) in enumerate(pairwise(edges)):
            part = sampler.part(first, after)
            assert part is not None
            values = [value for value, _ in sampler.samples(first, after)]
            assert part[0] == len(values)
            assert part[1] == pytest.approx(sum(values))
            assert part[1] == pytest.approx(passed[place + 1] - passed[place])
            assert part[2:] == pytest.approx((min(values), max(values)))


@given(count=st.integers(0, 3_000_000), mean=st.floats(0.01, 1e5), edge=st.integers(0, 1440))
def test_events_are_whole_and_all_there(count: int, mean: float, edge: int) -> None:
    events = Events(curve(1, 2.2, "dev-weekday"), count)
    parts = [events.part(0, edge), events.part(edge, 1440)]
    assert sum(part[0] for part in parts if part) == count
    errors = Marked(events, Events(curve(1, 2.2, "dev-weekday"), count // 500)).part(0, 1440)
    measured = Measured(events, mean).part(0, 1440)
    if count == 0:
        assert errors is None
        assert measured is None
    else:
        assert errors is not None
        assert measured is not None
        assert errors[:2] == (count, count // 500)
        assert measured[1] / measured[0] == pytest.approx(mean)
        assert measured[2] <= mean * 1.001
        assert measured[3] >= mean * 0.999


def test_a_maximum_beyond_reach_gives_way_to_the_mean() -> None:
    made = curve(0.1, 1000, "flat")
    assert made.upto(1440) / SLOTS == pytest.approx(0.1)
    assert made.top == pytest.approx(0.1 * SLOTS)
    nothing = curve(0, 1, "flat")
    assert (nothing.upto(1440), nothing.top) == (0, 0)


def test_offices_open_where_the_region_is() -> None:
    def busiest(region: str) -> int:
        made = curve(40, 1.8, "dev-weekday", region)
        hours = [made.upto(60 * hour + 60) - made.upto(60 * hour) for hour in range(24)]
        return max(range(24), key=lambda hour: sum(hours[(hour + at) % 24] for at in range(-3, 4)))

    assert 17 <= busiest("us-east-1") <= 20
    assert 11 <= busiest("eu-central-1") <= 14
    assert busiest("ap-southeast-2") in (2, 3, 4, 5)


def test_the_same_day_is_the_same_and_others_differ() -> None:
    day = date(2026, 6, 22).toordinal()
    one = curves.template("flat", "us-east-1", "i-1", day, "CPUUtilization")
    assert one is curves.template("flat", "us-east-1", "i-1", day, "CPUUtilization")
    others = {id(curves.template("flat", "us-east-1", f"i-{at}", day, "X")) for at in range(40)}
    assert len(others) > 8
