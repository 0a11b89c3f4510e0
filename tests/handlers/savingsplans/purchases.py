"""Purchases of savings plans: what is on offer, and what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def offering(plans: Any, **asked: Any) -> dict[str, Any]:
    [one] = plans.describe_savings_plans_offerings(**asked)["searchResults"]
    return dict(one)


def compute(plans: Any, payment: str = "No Upfront", term: int = 31_536_000) -> str:
    asked = {"planTypes": ["Compute"], "paymentOptions": [payment], "durations": [term]}
    return str(offering(plans, **asked)["offeringId"])


def refused(work: Callable[..., Any], **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        work(**given)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]
