"""Reserved instances: bought, listed, modified, and what they come to by the hour."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from models import costs, instance_types
from models.discounts import offer
from models.reserved_offerings import Offering
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

Sql = Callable[..., list[dict[str, Any]]]


def offered(ec2: Any, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ec2.describe_reserved_instances_offerings(**params)[
        "ReservedInstancesOfferings"
    ]
    return found


def buy(ec2: Any, count: int = 1, instance_type: str = "m5.large", **more: Any) -> str:
    offering = Offering("us-east-1", instance_type, **more)
    answer = ec2.purchase_reserved_instances_offering(
        InstanceCount=count, ReservedInstancesOfferingId=offering.offering_id
    )
    reserved_id: str = answer["ReservedInstancesId"]
    return reserved_id


def reserved(ec2: Any, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ec2.describe_reserved_instances(**params)["ReservedInstances"]
    return found


def zone_of(cloud: Cloud, instance_type: str) -> str:
    number = cloud.account.number
    return instance_types.zones_offering(instance_type, "us-east-1", number)[0].name


def test_an_offering(ec2: Any) -> None:
    [one] = offered(
        ec2,
        InstanceType="m5.large",
        OfferingClass="standard",
        OfferingType="Partial Upfront",
        ProductDescription="Linux/UNIX",
        InstanceTenancy="default",
        MinDuration=31536000,
        MaxDuration=31536000,
        IncludeMarketplace=False,
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )
    terms = offer(costs.instance_hourly("m5.large"), "ec2-standard", 12, "partial-upfront")
    assert one["FixedPrice"] == float(terms.upfront) == 252.288
    assert one["RecurringCharges"] == [
        {"Amount": float(terms.recurring_hourly), "Frequency": "Hourly"}
    ]
    assert (one["Duration"], one["Scope"], one["CurrencyCode"]) == (31536000, "Region", "USD")
    assert (one["OfferingType"], one["OfferingClass"]) == ("Partial Upfront", "standard")
    assert (one["UsagePrice"], one["Marketplace"], one["PricingDetails"]) == (0.0, False, [])
    [same] = offered(ec2, ReservedInstancesOfferingIds=[one["ReservedInstancesOfferingId"]])
    assert same == one


def test_offerings_by_page_are_all_different(ec2: Any) -> None:
    pages = ec2.get_paginator("describe_reserved_instances_offerings").paginate(
        InstanceType="m5.large", PaginationConfig={"PageSize": 100}
    )
    found = [one for page in pages for one in page["ReservedInstancesOfferings"]]
    ids = {one["ReservedInstancesOfferingId"] for one in found}
    # two terms, two classes, three payments, four products, two tenancies; region and zones
    places = {one.get("AvailabilityZone") for one in found}
    assert len(ids) == len(found) == 96 * len(places)
    assert len(places) == 6


def test_a_page_goes_on_with_the_next_type(ec2: Any) -> None:
    narrow: dict[str, Any] = {
        "OfferingClass": "convertible",
        "OfferingType": "All Upfront",
        "ProductDescription": "Windows",
        "InstanceTenancy": "default",
        "MinDuration": 94608000,
        "Filters": [
            {"Name": "instance-type", "Values": ["m5.*"]},
            {"Name": "scope", "Values": ["Region"]},
        ],
    }
    first = ec2.describe_reserved_instances_offerings(MaxResults=5, **narrow)
    second = ec2.describe_reserved_instances_offerings(
        MaxResults=100, NextToken=first["NextToken"], **narrow
    )
    found = first["ReservedInstancesOfferings"] + second["ReservedInstancesOfferings"]
    sizes = sorted(one["InstanceType"] for one in found)
    assert sizes == sorted(n for n in instance_types.offered("us-east-1") if n.startswith("m5."))
    assert "NextToken" not in second


def test_offerings_that_are_not(ec2: Any) -> None:
    unknown = refusal(ec2.describe_reserved_instances_offerings, InstanceType="m5.tiny")
    assert unknown[0] == "InvalidParameterValue"
    other_id = "01234567-89ab-cdef-0123-456789abcdef"
    missing = refusal(
        ec2.describe_reserved_instances_offerings, ReservedInstancesOfferingIds=[other_id]
    )
    assert missing[0] == "InvalidReservedInstancesOfferingId"
    bought = refusal(
        ec2.purchase_reserved_instances_offering,
        InstanceCount=1,
        ReservedInstancesOfferingId=other_id,
    )
    assert bought[0] == "InvalidReservedInstancesOfferingId"
    assert offered(ec2, Filters=[{"Name": "marketplace", "Values": ["true"]}]) == []


@pytest.mark.parametrize("payment", ["No Upfront", "Partial Upfront", "All Upfront"])
@pytest.mark.parametrize(("term", "kind"), [(12, "standard"), (36, "convertible")])
def test_buying(cloud: Cloud, ec2: Any, sql: Sql, payment: str, term: int, kind: str) -> None:
    reserved_id = buy(ec2, 3, term_months=term, offering_class=kind, payment=payment)
    terms = offer(
        costs.instance_hourly("m5.large"), f"ec2-{kind}", term, payment.lower().replace(" ", "-")
    )
    [row] = sql("select * from commitments where id::text = $1", reserved_id)
    assert row["account_id"] == cloud.account.id
    assert (row["commitment_type"], row["service"], row["state"]) == (
        "reserved_instance",
        "ec2",
        "active",
    )
    assert row["hourly_commitment_amount"] == terms.effective_hourly * 3
    assert (row["fixed_price"], row["recurring_hourly"]) == (
        terms.upfront,
        terms.recurring_hourly,
    )
    assert (row["instance_family"], row["instance_count"], row["term_months"]) == ("m5", 3, term)
    assert (row["end_date"] - row["start_date"]).days == 365 * term // 12
    assert row["arn"].endswith(f":reserved-instances/{reserved_id}")
    [shown] = reserved(ec2, ReservedInstancesIds=[reserved_id])
    assert (shown["State"], shown["InstanceCount"]) == ("active", 3)
    assert (shown["OfferingClass"], shown["OfferingType"]) == (kind, payment)
    assert shown["FixedPrice"] == pytest.approx(float(terms.upfront))
    assert shown["RecurringCharges"][0]["Amount"] == float(terms.recurring_hourly)
    assert shown["Duration"] == 31536000 * term // 12
    assert (shown["Scope"], "AvailabilityZone" in shown) == ("Region", False)


def test_buying_for_later(ec2: Any) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
    offering = Offering("us-east-1", "m5.large")
    answer = ec2.purchase_reserved_instances_offering(
        InstanceCount=1, ReservedInstancesOfferingId=offering.offering_id, PurchaseTime=later
    )
    [shown] = reserved(ec2, ReservedInstancesIds=[answer["ReservedInstancesId"]])
    assert (shown["State"], shown["Start"]) == ("queued", later)
    # taken back before its time has come, which what has begun cannot be
    begun, absent = buy(ec2), "0f1e2d3c-0000-4000-8000-000000000000"
    asked = [shown["ReservedInstancesId"], begun, absent]
    told = ec2.delete_queued_reserved_instances(ReservedInstancesIds=asked)
    assert told["SuccessfulQueuedPurchaseDeletions"] == [{"ReservedInstancesId": asked[0]}]
    failed = [one["Error"]["Code"] for one in told["FailedQueuedPurchaseDeletions"]]
    assert failed == ["reserved-instances-not-in-queued-state", "reserved-instances-id-invalid"]
    states = {one["ReservedInstancesId"]: one["State"] for one in reserved(ec2)}
    assert states == {asked[0]: "queued-deleted", begun: "active"}


def test_filters(ec2: Any) -> None:
    linux = buy(ec2)
    windows = buy(ec2, instance_type="c5.large", product="Windows", offering_class="convertible")

    def found(**params: Any) -> set[str]:
        return {one["ReservedInstancesId"] for one in reserved(ec2, **params)}

    def filtered(name: str, value: str) -> set[str]:
        return found(Filters=[{"Name": name, "Values": [value]}])

    assert found() == {linux, windows}
    assert found(OfferingClass="convertible") == {windows}
    assert found(OfferingType="No Upfront") == {linux, windows}
    assert filtered("instance-type", "m5.*") == {linux}
    assert filtered("product-description", "Windows") == {windows}
    assert filtered("state", "active") == {linux, windows}
    assert filtered("state", "retired") == set()
    assert filtered("duration", "31536000") == {linux, windows}
    assert filtered("fixed-price", "0.0") == {linux, windows}
    assert filtered("scope", "Availability Zone") == set()


def test_reservations_of_others(ec2: Any, other_cloud: Cloud) -> None:
    reserved_id = buy(ec2)
    other = other_cloud.client("ec2")
    assert reserved(other) == []
    missing = refusal(other.describe_reserved_instances, ReservedInstancesIds=[reserved_id])
    assert missing[0] == "InvalidReservedInstancesId"


def test_a_split_keeps_footprint_cost_and_end(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    zone = zone_of(cloud, "m5.large")
    source = buy(ec2, 4, "m5.xlarge", payment="All Upfront")
    [before] = sql("select * from commitments where id::text = $1", source)
    answer = ec2.modify_reserved_instances(
        ReservedInstancesIds=[source],
        TargetConfigurations=[
            {"InstanceCount": 2, "InstanceType": "m5.large", "AvailabilityZone": zone},
            {"InstanceCount": 3, "InstanceType": "m5.xlarge"},
        ],
    )
    rows = sql(
        "select * from commitments where account_id = $1 and id::text <> $2"
        " order by instance_count",
        cloud.account.id,
        source,
    )
    assert [(row["instance_type"], row["availability_zone"]) for row in rows] == [
        ("m5.large", zone),
        ("m5.xlarge", None),
    ]
    amount = before["hourly_commitment_amount"]
    assert [row["hourly_commitment_amount"] for row in rows] == [
        (amount / 4).quantize(Decimal("0.0001")),
        (amount * 3 / 4).quantize(Decimal("0.0001")),
    ]
    assert {row["end_time"] for row in rows} == {before["end_time"]}
    assert {row["fixed_price"] for row in rows} == {0}
    [after] = sql("select * from commitments where id::text = $1", source)
    assert (after["state"], after["end_date"]) == ("retired", rows[0]["start_date"])
    modification_id = answer["ReservedInstancesModificationId"]
    [shown] = ec2.describe_reserved_instances_modifications(
        ReservedInstancesModificationIds=[modification_id]
    )["ReservedInstancesModifications"]
    assert shown["Status"] == "fulfilled"
    assert shown["ReservedInstancesIds"] == [{"ReservedInstancesId": source}]
    results = {one["ReservedInstancesId"] for one in shown["ModificationResults"]}
    assert results == {str(row["id"]) for row in rows}
    sizes = [one["TargetConfiguration"]["InstanceType"] for one in shown["ModificationResults"]]
    assert sizes == ["m5.large", "m5.xlarge"]


def test_a_merge(cloud: Cloud, ec2: Any) -> None:
    sources = [buy(ec2, 2), buy(ec2, 2)]
    # They must end in the same hour, which may turn between two purchases.
    cloud.running.rows(
        "update commitments set end_time = '2999-01-01' where account_id = $1",
        cloud.account.id,
    )
    ec2.modify_reserved_instances(
        ReservedInstancesIds=sources,
        TargetConfigurations=[{"InstanceCount": 1, "InstanceType": "m5.2xlarge"}],
    )
    states = {one["ReservedInstancesId"]: one for one in reserved(ec2)}
    assert [states.pop(source)["State"] for source in sources] == ["retired", "retired"]
    [made] = states.values()
    assert (made["InstanceType"], made["InstanceCount"]) == ("m5.2xlarge", 1)
    hourly = 4 * offer(costs.instance_hourly("m5.large"), "ec2-standard").recurring_hourly
    assert made["RecurringCharges"][0]["Amount"] == pytest.approx(float(hourly))


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"InstanceCount": 3, "InstanceType": "m5.large"}, "InvalidInput"),
        ({"InstanceCount": 2, "InstanceType": "c5.large"}, "InvalidInput"),
        ({"InstanceCount": 0}, "InvalidParameterValue"),
        ({"InstanceCount": 2, "AvailabilityZone": "us-east-1z"}, "InvalidInput"),
        ({"InstanceCount": 2, "Scope": "Availability Zone"}, "InvalidInput"),
    ],
)
def test_modifications_that_cannot_be(ec2: Any, target: dict[str, Any], code: str) -> None:
    source = buy(ec2, 2)
    error = refusal(
        ec2.modify_reserved_instances,
        ReservedInstancesIds=[source],
        TargetConfigurations=[target],
    )
    assert error[0] == code
    [unchanged] = reserved(ec2)
    assert unchanged["State"] == "active"


def test_a_modification_is_done_once(ec2: Any) -> None:
    source = buy(ec2, 2)
    given = {
        "ReservedInstancesIds": [source],
        "TargetConfigurations": [{"InstanceCount": 1, "InstanceType": "m5.xlarge"}],
        "ClientToken": "once",
    }
    first = ec2.modify_reserved_instances(**given)
    again = ec2.modify_reserved_instances(**given)
    key = "ReservedInstancesModificationId"
    assert first[key] == again[key]
    retired = refusal(ec2.modify_reserved_instances, **(given | {"ClientToken": "twice"}))
    assert retired[0] == "InvalidState"
    found = ec2.describe_reserved_instances_modifications(
        Filters=[{"Name": "client-token", "Values": ["once"]}]
    )["ReservedInstancesModifications"]
    assert [one[key] for one in found] == [first[key]]


def test_windows_keeps_its_size(ec2: Any) -> None:
    source = buy(ec2, 2, product="Windows")
    error = refusal(
        ec2.modify_reserved_instances,
        ReservedInstancesIds=[source],
        TargetConfigurations=[{"InstanceCount": 1, "InstanceType": "m5.xlarge"}],
    )
    assert error == (
        "InvalidInput",
        "The instance size of a reservation can be modified only for Linux/UNIX.",
    )


def test_nobody_sells(cloud: Cloud, ec2: Any) -> None:
    schedule = [{"Term": 11, "Price": 1.0, "CurrencyCode": "USD"}]

    def sell(reserved_id: str) -> str:
        return refusal(
            ec2.create_reserved_instances_listing,
            ReservedInstancesId=reserved_id,
            InstanceCount=1,
            PriceSchedules=schedule,
            ClientToken=reserved_id,
        )[0]

    assert sell(buy(ec2)) == "InvalidInput"
    assert sell(buy(ec2, zone=zone_of(cloud, "m5.large"))) == "OptInRequired"
    assert sell("01234567-89ab-cdef-0123-456789abcdef") == "InvalidReservedInstancesId"
    assert ec2.describe_reserved_instances_listings()["ReservedInstancesListings"] == []


def test_rows_of_the_first_schema_are_shown(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    [row] = sql(
        "insert into commitments (account_id, commitment_type, scope, term_months,"
        " hourly_commitment_amount, start_date, end_date) values ($1, 'reserved_instance',"
        " 'ec2 m5 us-east-1', 12, 1.5, '2020-01-01', '2020-12-31') returning id",
        cloud.account.id,
    )
    [shown] = reserved(ec2)
    assert (shown["ReservedInstancesId"], shown["State"]) == (str(row["id"]), "retired")
    assert shown["RecurringCharges"] == [{"Amount": 1.5, "Frequency": "Hourly"}]


def test_a_filter_that_nothing_meets_ends_in_pages(ec2: Any) -> None:
    """However much is sold, one page looks at so much of it, and the next goes on from there."""
    pages = ec2.get_paginator("describe_reserved_instances_offerings").paginate(
        InstanceType="m5.large",
        OfferingClass="standard",
        Filters=[{"Name": "fixed-price", "Values": ["0.5"]}],
    )
    assert [one for page in pages for one in page["ReservedInstancesOfferings"]] == []
    answer = ec2.describe_reserved_instances_offerings(
        Filters=[{"Name": "fixed-price", "Values": ["0.5"]}]
    )
    assert answer["ReservedInstancesOfferings"] == []
    assert answer["NextToken"]


def test_a_reservation_is_modified_by_one_of_many(cloud: Cloud, ec2: Any, sql: Sql) -> None:
    source = buy(ec2, 2)

    def one(_: int) -> str:
        try:
            cloud.client("ec2").modify_reserved_instances(
                ReservedInstancesIds=[source],
                TargetConfigurations=[{"InstanceCount": 1, "InstanceType": "m5.xlarge"}],
            )
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["InvalidState"] * 3 + ["done"]
    rows = sql("select state from commitments where account_id = $1", cloud.account.id)
    assert sorted(row["state"] for row in rows) == ["active", "retired"]
