"""Savings plans from the offering to the bill, and back."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.savingsplans.days import Days, Sql
from tests.handlers.savingsplans.days import machine as run_machine
from tests.handlers.savingsplans.purchases import compute, offering, refused


@pytest.fixture
def days(cloud: Cloud) -> Days:
    """An account with one day behind it."""
    found = Days(cloud)
    found.tick()
    return found


@pytest.fixture
def machine(cloud: Cloud) -> None:
    """One m5.large that runs, at 0.096 USD an hour."""
    run_machine(cloud)


def test_a_plan_is_shown_as_it_was_bought(plans: Any, cloud: Cloud, days: Days) -> None:
    bought = offering(
        plans,
        planTypes=["EC2Instance"],
        paymentOptions=["Partial Upfront"],
        durations=[31_536_000],
        filters=[
            {"name": "region", "values": ["us-east-1"]},
            {"name": "instanceFamily", "values": ["m5"]},
        ],
    )
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=bought["offeringId"],
        commitment="1.5",
        tags={"team": "platform"},
        clientToken="one",
    )["savingsPlanId"]
    again = plans.create_savings_plan(
        savingsPlanOfferingId=bought["offeringId"],
        commitment="1.5",
        tags={"team": "platform"},
        clientToken="one",
    )["savingsPlanId"]
    assert again == plan_id
    [shown] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
    start = datetime.strptime(shown["start"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert abs(start - datetime.now(UTC)) < timedelta(minutes=2)
    ends = datetime.strptime(shown["end"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    assert ends - start == timedelta(seconds=31_536_000 - 1)
    expected = {
        "offeringId": bought["offeringId"],
        "savingsPlanArn": f"arn:aws:savingsplans::{cloud.account.number}:savingsplan/{plan_id}",
        "description": "1 year Partial Upfront EC2 Instance Savings Plan",
        "state": "active",
        "region": "us-east-1",
        "ec2InstanceFamily": "m5",
        "savingsPlanType": "EC2Instance",
        "paymentOption": "Partial Upfront",
        "productTypes": ["EC2"],
        "currency": "USD",
        "commitment": "1.5",
        "upfrontPaymentAmount": "6570",
        "recurringPaymentAmount": "0.75",
        "termDurationInSeconds": 31_536_000,
        "tags": {"team": "platform"},
    }
    assert {name: shown[name] for name in expected} == expected

    def listed(name: str, value: str) -> list[str]:
        answer = plans.describe_savings_plans(filters=[{"name": name, "values": [value]}])
        return [one["savingsPlanId"] for one in answer["savingsPlans"]]

    matching = {
        "region": "us-east-1",
        "ec2-instance-family": "m5",
        "commitment": "1.5",
        "upfront": "6570",
        "term": "1",
        "savings-plan-type": "EC2Instance",
        "payment-option": "Partial Upfront",
        "start": shown["start"],
    }
    for name, value in matching.items():
        assert listed(name, value) == [plan_id], name
        assert listed(name, "3") == [], name
    assert plans.describe_savings_plans(states=["retired"])["savingsPlans"] == []


def test_rates_of_a_plan_that_was_bought(plans: Any) -> None:
    bought = offering(
        plans,
        planTypes=["EC2Instance"],
        paymentOptions=["Partial Upfront"],
        durations=[31_536_000],
        filters=[
            {"name": "region", "values": ["us-east-1"]},
            {"name": "instanceFamily", "values": ["m5"]},
        ],
    )
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=bought["offeringId"], commitment="1.5"
    )["savingsPlanId"]
    rates = plans.describe_savings_plan_rates(
        savingsPlanId=plan_id, filters=[{"name": "instanceType", "values": ["m5.large"]}]
    )["searchResults"]
    assert rates[0]["rate"] == "0.0576"
    assert {one["productType"] for one in rates} == {"EC2"}


def test_what_is_no_purchase(plans: Any) -> None:
    no_upfront = compute(plans)

    def buy(**given: Any) -> tuple[str, str]:
        asked = {"savingsPlanOfferingId": no_upfront, "commitment": "1"} | given
        return refused(plans.create_savings_plan, **asked)

    absent = "12345678-1234-4234-8234-123456789012"
    assert buy(savingsPlanOfferingId=absent)[0] == "ResourceNotFoundException"
    for given in (
        {"commitment": "0"},
        {"commitment": "many"},
        {"commitment": "1.0001"},
        {"commitment": "5000.001"},
        {"upfrontPaymentAmount": "5000"},
        {"purchaseTime": datetime(2020, 1, 1, tzinfo=UTC)},
        {
            "savingsPlanOfferingId": compute(plans, "Partial Upfront"),
            "upfrontPaymentAmount": "4379",
        },
        {
            "savingsPlanOfferingId": compute(plans, "Partial Upfront"),
            "upfrontPaymentAmount": "8700",
        },
        {"tags": {"aws:mine": "x"}},
    ):
        assert buy(**given)[0] == "ValidationException", given
    assert plans.describe_savings_plans()["savingsPlans"] == []


def test_a_plan_covers_and_is_charged_from_the_day_after(
    plans: Any, sql: Sql, cloud: Cloud, days: Days, machine: None
) -> None:
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=compute(plans, "Partial Upfront"),
        commitment="0.1",
        upfrontPaymentAmount="500",
    )["savingsPlanId"]
    assert days.lines(plan_id) == []
    bought = days.today
    days.tick(2)
    rows = days.lines(plan_id)
    dates = sorted({row["date"] for row in rows})
    assert dates == [bought + timedelta(days=1), bought + timedelta(days=2)]
    first = {row["record_type"]: row for row in rows if row["date"] == dates[0]}
    # 0.096 an hour on demand draws 0.096 * 0.71 of the 0.1 committed
    covered = first["SavingsPlanCoveredUsage"]
    assert (covered["on_demand_cost"], covered["unblended_cost"]) == (
        Decimal("2.304"),
        Decimal("2.304"),
    )
    assert (covered["amortized_cost"], covered["usage_amount"]) == (Decimal("1.6358"), 24)
    assert first["SavingsPlanNegation"]["unblended_cost"] == Decimal("-2.304")
    assert first["SavingsPlanUpfrontFee"]["unblended_cost"] == 500
    fee = first["SavingsPlanRecurringFee"]
    assert fee["unblended_cost"] == (24 * (Decimal("0.1") - Decimal(500) / 8760)).quantize(
        Decimal("0.0001")
    )
    assert fee["amortized_cost"] == Decimal("2.4") - Decimal("1.6358")
    assert fee["usage_type"] == "ComputeSP:1yrPartialUpfront"
    second = [row["record_type"] for row in rows if row["date"] == dates[1]]
    assert "SavingsPlanUpfrontFee" not in second
    assert second.count("SavingsPlanRecurringFee") == 1


def test_a_queued_plan_begins_on_its_day_and_ends_on_its_day(
    plans: Any, sql: Sql, cloud: Cloud, days: Days, machine: None
) -> None:
    later = datetime.now(UTC) + timedelta(days=2)
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=compute(plans), commitment="0.05", purchaseTime=later
    )["savingsPlanId"]

    def state() -> str:
        [one] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
        return str(one["state"])

    assert state() == "queued"
    days.tick()
    assert days.lines(plan_id) == []
    days.tick()
    begun = days.today
    assert {row["date"] for row in days.lines(plan_id)} == {begun}
    stored = sql("select * from commitments where id::text = $1", plan_id)[0]
    assert (stored["state"], stored["start_date"]) == ("active", begun)
    assert state() == "active"
    sql(
        "update commitments set end_date = $2, end_time = $3 where id::text = $1",
        plan_id,
        begun + timedelta(days=2),
        datetime.combine(begun + timedelta(days=2), time(), UTC),
    )
    days.tick(3)
    assert {row["date"] for row in days.lines(plan_id)} == {
        begun,
        begun + timedelta(days=1),
    }
    assert (
        sql("select state from commitments where id::text = $1", plan_id)[0]["state"] == "retired"
    )
    assert state() == "retired"
    changes = sql(
        "select old_value, new_value from resource_change_events where resource_id = $1"
        " and field_name = 'state' and change_source = 'drift_engine' order by changed_at",
        plan_id,
    )
    assert [tuple(row.values()) for row in changes] == [("queued", "active"), ("active", "retired")]


def test_a_queued_plan_is_deleted(plans: Any, sql: Sql, cloud: Cloud, days: Days) -> None:
    given = {"savingsPlanOfferingId": compute(plans, "All Upfront"), "commitment": "0.05"}
    later = datetime.now(UTC) + timedelta(days=1)
    plan_id = plans.create_savings_plan(**given, purchaseTime=later)["savingsPlanId"]
    plans.delete_queued_savings_plan(savingsPlanId=plan_id)
    [one] = plans.describe_savings_plans(states=["queued-deleted"])["savingsPlans"]
    assert one["savingsPlanId"] == plan_id
    days.tick(3)
    assert days.lines(plan_id) == []
    active = plans.create_savings_plan(**given)["savingsPlanId"]
    code, message = refused(plans.delete_queued_savings_plan, savingsPlanId=active)
    assert (code, "queued" in message) == ("ValidationException", True)
    absent = "12345678-1234-4234-8234-123456789012"
    assert (
        refused(plans.delete_queued_savings_plan, savingsPlanId=absent)[0]
        == "ResourceNotFoundException"
    )


def test_a_returned_plan_gives_back_what_was_paid_upfront(
    plans: Any, sql: Sql, cloud: Cloud, days: Days, machine: None
) -> None:
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=compute(plans, "All Upfront"), commitment="0.06"
    )["savingsPlanId"]
    days.tick(2)
    [shown] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
    # bought the day before yesterday, in this month or the last one
    assert ("returnableUntil" in shown) == (datetime.now(UTC).day > 2)
    sql(
        "update commitments set start_time = start_time - interval '8 days' where id::text = $1",
        plan_id,
    )
    code, message = refused(plans.return_savings_plan, savingsPlanId=plan_id)
    assert (code, "within 7 days" in message) == ("ValidationException", True)
    sql(
        "update commitments set start_time = driftcloud_now(account_id) - interval '1 second'"
        " where id::text = $1",
        plan_id,
    )
    assert plans.return_savings_plan(savingsPlanId=plan_id)["savingsPlanId"] == plan_id
    [shown] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
    assert (shown["state"], "returnableUntil" in shown) == ("returned", False)
    returned = days.today
    days.tick(2)
    rows = days.lines(plan_id)
    refunds = [row for row in rows if row["record_type"] == "Refund"]
    paid = Decimal("0.06") * 8760
    assert [(row["date"], row["unblended_cost"]) for row in refunds] == [
        (returned + timedelta(days=1), -paid)
    ]
    assert sum(row["unblended_cost"] for row in rows) == 0
    assert sum(row["amortized_cost"] for row in rows) == 0
    assert max(row["date"] for row in rows) == returned + timedelta(days=1)


def test_a_large_plan_stays(plans: Any, days: Days) -> None:
    plan_id = plans.create_savings_plan(savingsPlanOfferingId=compute(plans), commitment="100.001")[
        "savingsPlanId"
    ]
    code, message = refused(plans.return_savings_plan, savingsPlanId=plan_id)
    assert (code, "$100" in message) == ("ValidationException", True)


def test_tags(plans: Any, cloud: Cloud, other_cloud: Cloud) -> None:
    plan_id = plans.create_savings_plan(
        savingsPlanOfferingId=compute(plans), commitment="1", tags={"a": "1"}
    )["savingsPlanId"]
    arn = f"arn:aws:savingsplans::{cloud.account.number}:savingsplan/{plan_id}"
    plans.tag_resource(resourceArn=arn, tags={"b": "2"})
    assert plans.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1", "b": "2"}
    plans.untag_resource(resourceArn=arn, tagKeys=["a"])
    [shown] = plans.describe_savings_plans(savingsPlanArns=[arn])["savingsPlans"]
    assert shown["tags"] == {"b": "2"}
    many = {f"k{n}": "v" for n in range(50)}
    assert (
        refused(plans.tag_resource, resourceArn=arn, tags=many)[0]
        == "ServiceQuotaExceededException"
    )
    theirs = other_cloud.client("savingsplans")
    assert refused(theirs.list_tags_for_resource, resourceArn=arn)[0] == "ResourceNotFoundException"
    assert (
        refused(theirs.return_savings_plan, savingsPlanId=plan_id)[0] == "ResourceNotFoundException"
    )
    assert theirs.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"] == []


def test_the_days_to_return_a_plan_pass(plans: Any, sql: Sql, days: Days) -> None:
    plan_id = plans.create_savings_plan(savingsPlanOfferingId=compute(plans), commitment="100")[
        "savingsPlanId"
    ]
    [shown] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
    start, until = (
        datetime.strptime(shown[name], "%Y-%m-%dT%H:%M:%S.%fZ")
        for name in ("start", "returnableUntil")
    )
    month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    assert until == min(start + timedelta(days=7), datetime.combine(month.date(), time()))
    sql(
        "update commitments set start_time = start_time - interval '7 days' where id::text = $1",
        plan_id,
    )
    [shown] = plans.describe_savings_plans(savingsPlanIds=[plan_id])["savingsPlans"]
    assert "returnableUntil" not in shown
