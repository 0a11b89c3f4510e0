"""Scopes: what they allow, and what two lists of them allow together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.scopes import allows, intersection, valid

VERBS, NOUNS = ("read", "write", "admin"), ("volumes", "instances")
SCOPE = st.sampled_from(["*", *(f"{v}:{n}" for v in VERBS for n in (*NOUNS, "*"))])


@pytest.mark.parametrize(
    ("scopes", "verb", "noun", "allowed"),
    [
        (("read:*",), "read", "volumes", True), (("read:*",), "write", "volumes", False),
        (("write:volumes",), "write", "volumes", True),
        (("write:volumes",), "write", "instances", False),
        (("write:volumes",), "read", "volumes", False),
        (("*",), "write", "volumes", True), (("*",), "admin", "ticks", False),
        (("*", "admin:*"), "admin", "ticks", True), (("admin:*",), "read", "volumes", False),
        ((), "read", "volumes", False), (("read",), "read", "volumes", False),
    ],
)  # fmt: skip
def test_allows(scopes: tuple[str, ...], verb: str, noun: str, allowed: bool) -> None:
    assert allows(scopes, verb, noun) is allowed


@given(st.lists(SCOPE, max_size=4), st.lists(SCOPE, max_size=4))
def test_an_intersection_allows_what_both_allow(first: list[str], second: list[str]) -> None:
    both = intersection(first, second)
    for verb in VERBS:
        for noun in NOUNS:
            expected = allows(first, verb, noun) and allows(second, verb, noun)
            assert allows(both, verb, noun) is expected


@pytest.mark.parametrize("scope", ["*", "read:*", "write:rds_instances", "admin:*"])
def test_valid(scope: str) -> None:
    assert valid(scope)


@pytest.mark.parametrize(
    "scope", ["", "read", "read:", "delete:x", "read:a b", "*:*", "read:é", "**"]
)
def test_invalid(scope: str) -> None:
    assert not valid(scope)
