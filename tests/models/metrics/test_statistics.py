"""Statistics against plain lists of numbers."""

from collections.abc import Sequence
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.statistics import extended, is_valid, percentile

VALUES = st.lists(st.integers(-1000, 1000), min_size=1, max_size=60)


def single(values: Sequence[float]) -> list[tuple[float, float]]:
    return [(value, 1.0) for value in values]


@given(values=VALUES, share=st.floats(0, 100))
def test_percentiles_interpolate_between_neighbours(values: list[float], share: float) -> None:
    ordered = sorted(values)
    place = (len(ordered) - 1) * share / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    expected = ordered[low] + (ordered[high] - ordered[low]) * (place - low)
    assert percentile(single(values), share) == pytest.approx(expected, abs=1e-6)


@given(values=VALUES, weight=st.integers(1, 5), share=st.sampled_from([0, 10, 50, 90, 99.9, 100]))
def test_a_weight_is_that_many_samples(values: list[float], weight: int, share: float) -> None:
    weighted = [(value, float(weight)) for value in values]
    assert percentile(weighted, share) == pytest.approx(
        percentile(single([value for value in values for _ in range(weight)]), share)
    )


@given(values=VALUES)
def test_nothing_trimmed_is_the_mean(values: list[float]) -> None:
    samples = single(values)
    assert extended("tm100")(samples) == pytest.approx(fmean(values))
    assert extended("wm100")(samples) == pytest.approx(fmean(values))
    assert extended("tc100")(samples) == pytest.approx(len(values))
    assert extended("TS(0%:100%)")(samples) == pytest.approx(sum(values), abs=1e-6)
    assert extended("PR(-1001:1000)")(samples) == pytest.approx(100)


@pytest.mark.parametrize(
    ("name", "valid"),
    [("Average", True), ("p99", True), ("p99.95", True), ("p100", True), ("p101", False),
     ("p", False), ("tm90", True), ("TM(10%:90%)", True), ("TM(:90%)", True), ("WM(5%:)", True),
     ("PR(100:2000)", True), ("PR(:300)", True), ("PR(:)", False), ("IQM", True), ("iqm", True),
     ("Median", False), ("TM(10%:190%)", False), ("", False)],
)  # fmt: skip
def test_names_of_statistics(name: str, valid: bool) -> None:
    assert is_valid(name) is valid
