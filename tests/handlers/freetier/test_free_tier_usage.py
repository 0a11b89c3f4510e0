"""The Free Tier: what was used of it, by SQL and by the API."""

from datetime import timedelta
from typing import Any

import pytest

from tests.fixtures.ledger import EC2, NEWEST, set_clock, shift, spend
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

LAMBDA = "AWS Lambda"


@pytest.fixture
def used(cloud: Cloud) -> Cloud:
    """Requests in two regions, hours of a small machine, some of them covered."""
    spend(cloud, "1", service=LAMBDA, usage_type="Request", usage="30000.5")
    spend(cloud, "1", service=LAMBDA, usage_type="EU-Request", usage="9999.5", region="eu-west-1")
    spend(cloud, "1", usage_type="BoxUsage:t3.micro", usage="20")
    spend(cloud, "0", usage_type="BoxUsage:t3.micro", usage="4", record_type="DiscountedUsage")
    spend(cloud, "0", usage_type="BoxUsage:t3.micro", usage="24", record_type="RIFee")
    spend(cloud, "9", usage_type="BoxUsage:m5.large", usage="24")
    set_clock(cloud)
    return cloud


def usage(cloud: Cloud, filter_: dict[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    client = cloud.client("freetier")
    answer = client.get_free_tier_usage(**({"filter": filter_} if filter_ else {}))
    return {one["usageType"]: one for one in answer["freeTierUsages"]}


def where(key: str, value: str, option: str = "EQUALS") -> dict[str, Any]:
    return {"Dimensions": {"Key": key, "Values": [value], "MatchOptions": [option]}}


def test_usage_is_that_of_the_month_in_all_regions(used: Cloud) -> None:
    found = usage(used)
    assert set(found) == {"Global-Request", "Global-BoxUsage:freetier.micro"}
    today = NEWEST + shift()
    length = ((today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    requests = found["Global-Request"]
    assert requests["actualUsageAmount"] == 40_000 * today.day
    assert requests["forecastedUsageAmount"] == pytest.approx(40_000 * length)
    assert (requests["limit"], requests["unit"], requests["freeTierType"]) == (
        1_000_000,
        "Requests",
        "Always Free",
    )
    hours = found["Global-BoxUsage:freetier.micro"]
    by_sql = used.running.value(
        "select sum(usage_amount) from cost_daily where account_id = $1 and date >= $2"
        " and usage_type = 'BoxUsage:t3.micro' and record_type <> 'RIFee'",
        used.account.id,
        today.replace(day=1) - shift(),
    )
    assert hours["actualUsageAmount"] == by_sql == 24 * today.day
    assert (hours["service"], hours["freeTierType"]) == (EC2, "12 Months Free")


def test_after_a_year_only_what_is_always_free_is_left(used: Cloud) -> None:
    spend(used, "1", days=1, until=NEWEST - timedelta(days=400))
    assert set(usage(used)) == {"Global-Request"}


def test_filters(used: Cloud) -> None:
    assert set(usage(used, where("SERVICE", LAMBDA))) == {"Global-Request"}
    assert set(usage(used, {"Not": where("SERVICE", LAMBDA)})) == {"Global-BoxUsage:freetier.micro"}
    both = {"And": [where("FREE_TIER_TYPE", "Free", "ENDS_WITH"),
                    where("DESCRIPTION", "hours", "CONTAINS")]}  # fmt: skip
    assert set(usage(used, both)) == {"Global-BoxUsage:freetier.micro"}
    share = 100 * 40_000 * (NEWEST + shift()).day / 1_000_000
    over = where("USAGE_PERCENTAGE", f"{share - 0.1:.1f}", "GREATER_THAN_OR_EQUAL")
    assert "Global-Request" in usage(used, over)
    over = where("USAGE_PERCENTAGE", f"{share + 0.1:.1f}", "GREATER_THAN_OR_EQUAL")
    assert "Global-Request" not in usage(used, over)
    client = used.client("freetier")
    wrong = where("SERVICE", "a", "GREATER_THAN_OR_EQUAL")
    assert refusal(client.get_free_tier_usage, filter=wrong)[0] == "ValidationException"


def test_pages(used: Cloud, other_cloud: Cloud) -> None:
    pages = used.client("freetier").get_paginator("get_free_tier_usage")
    found = [one["usageType"] for page in pages.paginate(PaginationConfig={"PageSize": 1})
             for one in page["freeTierUsages"]]  # fmt: skip
    assert found == sorted(usage(used), reverse=True)
    assert usage(other_cloud) == {}
