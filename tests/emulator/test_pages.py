"""Pages: cut where they should be, continued only by their own tokens."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest

from emulator.context import Context, Principal
from emulator.errors import AwsError
from emulator.pages import page
from emulator.seal import Vault

VAULT = Vault({1: bytes(range(32))})
ROWS = [{"id": f"r{n}"} for n in range(7)]


def context(**changes: Any) -> Context:
    number = changes.get("account", "123456789012")
    who = Principal("AKIA", uuid.uuid4(), uuid.uuid4(), number, "n", "arn", "AIDA", ("*",))
    ctx = Context(
        "r", "POST", "/", "", {}, service="ec2", region=changes.get("region", "us-east-1")
    )
    ctx._principal = who
    ctx._server = SimpleNamespace(vault=VAULT)  # type: ignore[assignment]
    name = changes.get("operation", "DescribeVolumes")
    ctx.operation = SimpleNamespace(name=name)  # type: ignore[assignment]
    return ctx


def test_pages_follow_each_other_to_the_end() -> None:
    seen, token = [], None
    for _ in range(4):
        one = page(context(), {"MaxResults": 3, "NextToken": token})
        rest = [row for row in ROWS if row["id"] > (one.after or "")][: one.fetch]
        shown, token = one.cut(rest, "id")
        seen += [row["id"] for row in shown]
        if token is None:
            break
    assert seen == [row["id"] for row in ROWS]


def test_without_a_size_everything_is_one_page() -> None:
    one = page(context(), {})
    assert (one.limit, one.fetch, one.after) == (None, None, None)
    assert one.cut(ROWS, "id") == (ROWS, None)
    assert page(context(), {}, default=100).limit == 100


def test_the_largest_size_fits_a_statement() -> None:
    fetch = page(context(), {"MaxResults": 2**31 - 1}).fetch
    assert fetch is not None
    assert fetch < 2**31


@pytest.mark.parametrize("size", [0, -1, -(2**31)])
def test_a_page_of_nothing_is_refused(size: int) -> None:
    with pytest.raises(AwsError, match="InvalidParameterValue"):
        page(context(), {"MaxResults": size})


@pytest.mark.parametrize(
    "changes",
    [{"account": "999999999999"}, {"region": "eu-west-1"}, {"operation": "DescribeInstances"}],
)
def test_a_token_serves_its_account_region_and_operation(changes: dict[str, str]) -> None:
    token = page(context(), {"MaxResults": 1}).token("r1")
    assert page(context(), {"MaxResults": 1, "NextToken": token}).after == "r1"
    with pytest.raises(AwsError, match="InvalidNextToken"):
        page(context(**changes), {"MaxResults": 1, "NextToken": token})


def test_a_token_serves_its_filters_but_any_size() -> None:
    asked = {"Filters": [{"Name": "size", "Values": ["1"]}], "MaxResults": 1}
    token = page(context(), asked).token("r1")
    assert page(context(), {**asked, "MaxResults": 5, "NextToken": token}).after == "r1"
    for other in ({}, {"Filters": [{"Name": "size", "Values": ["2"]}]}, {**asked, "X": 1}):
        with pytest.raises(AwsError, match="InvalidNextToken"):
            page(context(), {**other, "NextToken": token})
    with pytest.raises(AwsError, match="Expired"):
        page(context(), {"NextToken": "x"}, invalid=lambda: AwsError("Expired", "it has"))
