"""Filters over texts: the same rules as over columns."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import AwsError
from emulator.matching import any_of, demands


@pytest.mark.parametrize(
    ("value", "fits", "fits_not"),
    [
        ("m5.*", ["m5.large", "m5."], ["m5a.large", "M5.large"]),
        ("m?.large", ["m5.large"], ["m5a.large", "m.large"]),
        (r"a\*", ["a*"], ["ab"]),
        ("a.c", ["a.c"], ["abc"]),
        ("a\\", ["a\\"], ["a"]),
        ("*", ["", "x\ny"], []),
    ],
)
def test_wildcards(value: str, fits: list[str], fits_not: list[str]) -> None:
    test = any_of((value,))
    assert all(test(text) for text in fits)
    assert not any(test(text) for text in fits_not)


@given(st.lists(st.text(st.characters(exclude_characters="*?\\"), max_size=8), max_size=5))
def test_literal_values_match_themselves_alone(values: list[str]) -> None:
    test = any_of(tuple(values))
    assert all(test(value) for value in values)
    assert bool(test("something else")) == ("something else" in values)


def test_many_stars_stay_quick() -> None:
    assert not any_of(("*" * 500 + "x",))("y" * 500)


def test_an_unknown_filter() -> None:
    with pytest.raises(AwsError, match=re.escape("The filter 'x' is invalid")):
        demands({"a": "a"}, [{"Name": "x", "Values": ["1"]}])


def test_too_many_values() -> None:
    with pytest.raises(AwsError, match="FilterLimitExceeded"):
        demands({"a": "a"}, [{"Name": "a", "Values": ["1"] * 201}])
