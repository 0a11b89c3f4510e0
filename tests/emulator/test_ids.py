"""Identifiers: their forms, and which are always the same."""

import re
import uuid

import pytest

from emulator import ids


def test_new_ids_have_awss_form_and_differ() -> None:
    made = {ids.new("vol") for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch("vol-[0-9a-f]{17}", one) for one in made)


def test_derived_ids_belong_to_their_parts() -> None:
    assert ids.derived("rtb", "vpc-1") == ids.derived("rtb", "vpc-1")
    different = {
        ids.derived("rtb", "a", "b"),
        ids.derived("rtb", "ab"),
        ids.derived("eni", "a", "b"),
    }
    assert len(different) == 3
    assert ids.well_formed("rtb", ids.derived("rtb", "x"))


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("i-12345678", True),
        ("i-0123456789abcdef0", True),
        ("i-", False),
        ("i-1234567", False),
        ("i-0123456789ABCDEF0", False),
        ("i-0123456789abcdef0\n", False),
        ("vol-12345678", False),
        ("i12345678", False),
        ("i-12345678-", False),
    ],
)
def test_forms_of_ids(value: str, good: bool) -> None:
    assert ids.well_formed("i", value) is good


def test_request_ids_are_uuids() -> None:
    made = [ids.request_id() for _ in range(50)]
    assert len(set(made)) == 50
    assert {uuid.UUID(one).version for one in made} == {4}
    assert all(str(uuid.UUID(one)) == one for one in made)
