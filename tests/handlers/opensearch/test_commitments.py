"""Reserved nodes: offered, bought, described, through both APIs."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal


def test_an_offering_is_bought(cloud: Cloud, search: Any, sql: Sql) -> None:
    token, found = "", []
    while token is not None:
        page = search.describe_reserved_instance_offerings(
            **({"NextToken": token} if token else {})
        )
        found += page["ReservedInstanceOfferings"]
        token = page.get("NextToken")
    assert len(found) == len({one["ReservedInstanceOfferingId"] for one in found})
    wanted = ("r6g.large.search", "NO_UPFRONT", 31_536_000)
    [one] = [
        one
        for one in found
        if (one["InstanceType"], one["PaymentOption"], one["Duration"]) == wanted
    ]
    # 31 % off 0.167
    [charge] = one["RecurringCharges"]
    assert charge["RecurringChargeAmount"] == pytest.approx(0.1152)
    bought = search.purchase_reserved_instance_offering(
        ReservedInstanceOfferingId=one["ReservedInstanceOfferingId"],
        ReservationName="search-2026",
        InstanceCount=3,
    )
    [shown] = search.describe_reserved_instances()["ReservedInstances"]
    assert shown["ReservedInstanceId"] == bought["ReservedInstanceId"]
    assert (shown["InstanceType"], shown["InstanceCount"]) == ("r6g.large.search", 3)
    assert (shown["State"], shown["PaymentOption"]) == ("active", "NO_UPFRONT")
    [row] = sql("select * from commitments where account_id = $1", cloud.account.id)
    assert row["hourly_commitment_amount"] == Decimal("0.1152") * 3
    [older] = cloud.client("es").describe_reserved_elasticsearch_instances()[
        "ReservedElasticsearchInstances"
    ]
    assert older["ElasticsearchInstanceType"] == "r6g.large.elasticsearch"
    assert older["ReservationName"] == "search-2026"
    assert refusal(
        search.purchase_reserved_instance_offering,
        ReservedInstanceOfferingId=one["ReservedInstanceOfferingId"],
        ReservationName="search-2026",
    )[0] == "ResourceAlreadyExistsException"  # fmt: skip
    absent = "12345678-1234-1234-1234-123456789012"
    assert refusal(search.describe_reserved_instances, ReservedInstanceId=absent)[0] == (
        "ResourceNotFoundException"
    )
