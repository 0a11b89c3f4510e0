"""Reservations of every service, from their purchase to the lines of the bill, to the cent."""

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.savingsplans.days import Days, Sql, machine

EXACT = Decimal("0.0001")
YEAR = 31_536_000
Buy = Callable[[Cloud, str], tuple[str, dict[str, Any]]]


def ec2(cloud: Cloud, payment: str) -> tuple[str, dict[str, Any]]:
    """Two m5.large reserved; the id and the offering."""
    client = cloud.client("ec2")
    [offered] = client.describe_reserved_instances_offerings(
        InstanceType="m5.large", OfferingClass="standard", OfferingType=payment, MaxDuration=YEAR,
        ProductDescription="Linux/UNIX", InstanceTenancy="default",
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )["ReservedInstancesOfferings"]  # fmt: skip
    key = client.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=offered["ReservedInstancesOfferingId"], InstanceCount=2
    )["ReservedInstancesId"]
    hourly = [one["Amount"] for one in offered["RecurringCharges"]]
    return key, {"FixedPrice": offered["FixedPrice"], "Hourly": sum(hourly)}


def rds(cloud: Cloud, payment: str) -> tuple[str, dict[str, Any]]:
    client = cloud.client("rds")
    [offered] = client.describe_reserved_db_instances_offerings(
        DBInstanceClass="db.m5.large", Duration="1", ProductDescription="postgresql",
        OfferingType=payment, MultiAZ=False,
    )["ReservedDBInstancesOfferings"]  # fmt: skip
    client.purchase_reserved_db_instances_offering(
        ReservedDBInstancesOfferingId=offered["ReservedDBInstancesOfferingId"],
        ReservedDBInstanceId="mine", DBInstanceCount=2,
    )  # fmt: skip
    hourly = [one["RecurringChargeAmount"] for one in offered["RecurringCharges"]]
    return "mine", {"FixedPrice": offered["FixedPrice"], "Hourly": sum(hourly)}


def elasticache(cloud: Cloud, payment: str) -> tuple[str, dict[str, Any]]:
    client = cloud.client("elasticache")
    [offered] = client.describe_reserved_cache_nodes_offerings(
        CacheNodeType="cache.r6g.large", Duration="1", ProductDescription="redis",
        OfferingType=payment,
    )["ReservedCacheNodesOfferings"]  # fmt: skip
    client.purchase_reserved_cache_nodes_offering(
        ReservedCacheNodesOfferingId=offered["ReservedCacheNodesOfferingId"],
        ReservedCacheNodeId="mine", CacheNodeCount=2,
    )  # fmt: skip
    hourly = [one["RecurringChargeAmount"] for one in offered["RecurringCharges"]]
    return "mine", {"FixedPrice": offered["FixedPrice"], "Hourly": sum(hourly)}


def opensearch(cloud: Cloud, payment: str) -> tuple[str, dict[str, Any]]:
    client = cloud.client("opensearch")
    wanted = ("r5.large.search", YEAR, payment.upper().replace(" ", "_"))
    listed: list[dict[str, Any]] = []
    answer = client.describe_reserved_instance_offerings(MaxResults=100)
    while True:
        listed += answer["ReservedInstanceOfferings"]
        if not answer.get("NextToken"):
            break
        answer = client.describe_reserved_instance_offerings(
            MaxResults=100, NextToken=answer["NextToken"]
        )
    [offered] = [
        one
        for one in listed
        if (one["InstanceType"], one["Duration"], one["PaymentOption"]) == wanted
    ]
    key = client.purchase_reserved_instance_offering(
        ReservedInstanceOfferingId=offered["ReservedInstanceOfferingId"],
        ReservationName="reserved", InstanceCount=2,
    )["ReservedInstanceId"]  # fmt: skip
    hourly = [one["RecurringChargeAmount"] for one in offered["RecurringCharges"]]
    return key, {"FixedPrice": offered["FixedPrice"], "Hourly": sum(hourly)}


# buying · what runs: two nodes · USD an hour on demand of one · service of the bill · discounts
SERVICES = {
    "ec2": (ec2, "0.096", "Amazon Elastic Compute Cloud - Compute", "HeavyUsage:m5.large"),
    "rds": (rds, "0.178", "Amazon Relational Database Service", "HeavyUsage:db.m5.large"),
    "elasticache": (elasticache, "0.206", "Amazon ElastiCache", "HeavyUsage:cache.r6g.large"),
    "opensearch": (opensearch, "0.186", "Amazon OpenSearch Service", "HeavyUsage:r5.large.search"),
}
SHARES = {
    "ec2": ("0.63", "0.60", "0.59"), "rds": ("0.71", "0.67", "0.65"),
    "elasticache": ("0.69", "0.66", "0.64"), "opensearch": ("0.69", "0.67", "0.65"),
}  # fmt: skip
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")


def run(cloud: Cloud, service: str) -> None:
    """Two nodes of a service that run all the time, at the list's prices."""
    sql, account, number = cloud.running.rows, cloud.account.id, cloud.account.number
    for at in range(2):
        if service == "ec2":
            machine(cloud, at)
        if service == "rds":
            sql(
                "insert into rds_instances (account_id, identifier, engine, instance_class, env,"
                " hourly_cost, storage_monthly_cost, allocated_storage_gib, created_at)"
                " values ($1, $2, 'postgres', 'db.m5.large', 'prod', 0.178, 11.5, 100,"
                " '2026-01-01')",
                account, f"db{number}{at}",
            )  # fmt: skip
        if service == "elasticache":
            sql(
                "insert into cache_clusters (account_id, identifier, engine, node_type, env,"
                " hourly_cost, created_at)"
                " values ($1, $2, 'redis', 'cache.r6g.large', 'dev', 0.206, '2026-01-01')",
                account, f"c{number}{at}",
            )  # fmt: skip
    if service == "opensearch":
        sql(
            "insert into managed_services (account_id, service_type, name, env, instance_type,"
            " node_count, hourly_cost)"
            " values ($1, 'opensearch', $2, 'dev', 'r5.large.search', 2, 0.372)",
            account, f"s{number}",
        )  # fmt: skip


def left_of_month(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1] - day.day + 1


@pytest.mark.parametrize("payment", PAYMENTS)
def test_reservations_are_billed_as_they_were_bought(cloud: Cloud, sql: Sql, payment: str) -> None:
    for service in SERVICES:
        run(cloud, service)
    days = Days(cloud)
    bought = days.tick()
    offered = {service: one[0](cloud, payment)[1] for service, one in SERVICES.items()}
    first, second = days.tick(), days.tick()
    rows = sql("select * from commitments where account_id = $1", cloud.account.id)
    by_service = {row["service"]: row for row in rows}
    assert set(by_service) == set(SERVICES)
    for service, row in by_service.items():
        share = Decimal(SHARES[service][PAYMENTS.index(payment)])
        amount = (Decimal(SERVICES[service][1]) * share).quantize(EXACT) * 2
        assert row["hourly_commitment_amount"] == pytest.approx(amount, abs=EXACT)
        assert row["start_date"] == bought + timedelta(days=1)
        assert row["end_date"] == bought + timedelta(days=366)
        assert float(row["fixed_price"]) == offered[service]["FixedPrice"]
        assert float(row["recurring_hourly"]) == pytest.approx(offered[service]["Hourly"])
        lines = days.lines(str(row["id"]))
        check_bill(row, [line for line in lines if line["date"] == first])
        more = [line for line in lines if line["date"] == second]
        assert "Fee" not in {line["record_type"] for line in more}
        if second.day != 1:
            assert sum(line["unblended_cost"] for line in more) == 0


def check_bill(row: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    """The first day's lines of a reservation of two nodes."""
    _, hourly, billed, usage_type = SERVICES[row["service"]]
    covered = [line for line in lines if line["record_type"] == "DiscountedUsage"]
    fees = [line for line in lines if line["record_type"] == "RIFee"]
    paid = [line for line in lines if line["record_type"] == "Fee"]
    # both nodes are covered, but for what the hundredth of a cent of an hour loses
    demand = sum(line["on_demand_cost"] for line in covered)
    assert demand == pytest.approx(48 * Decimal(hourly), abs=Decimal("0.008"))
    assert {line["unblended_cost"] for line in covered} == {Decimal(0)}
    used = sum(line["amortized_cost"] for line in covered)
    unused = sum(line["amortized_cost"] for line in fees)
    # a day's share of everything that is paid over the term
    assert used + unused == pytest.approx(24 * row["hourly_commitment_amount"], abs=EXACT)
    assert unused < Decimal("0.005")
    hours = 24 * left_of_month(row["start_date"])
    charged = sum(line["unblended_cost"] for line in fees)
    assert charged == (row["recurring_hourly"] * 2 * hours).quantize(EXACT)
    upfront = sum(line["unblended_cost"] for line in paid)
    assert upfront == row["fixed_price"] * 2
    for line in (*fees, *paid):
        assert [line["service"], line["usage_type"]] == [billed, usage_type]
    whole = row["recurring_hourly"] * 8760 * 2 + upfront
    assert whole == pytest.approx(row["hourly_commitment_amount"] * 8760, rel=Decimal("0.002"))


def test_the_hours_are_charged_until_the_end(cloud: Cloud, sql: Sql) -> None:
    machine(cloud)
    days = Days(cloud)
    days.tick()
    key, _ = ec2(cloud, "No Upfront")
    ends = days.today + timedelta(days=4)
    sql("update commitments set end_date = $2, end_time = $2::date where id::text = $1", key, ends)
    days.tick((ends - days.today).days + 1)
    lines = days.lines(key)
    assert max(line["date"] for line in lines) == ends - timedelta(days=1)
    [row] = sql("select * from commitments where id::text = $1", key)
    hours = 24 * (ends - row["start_date"]).days
    charged = sum(line["unblended_cost"] for line in lines if line["record_type"] == "RIFee")
    assert charged == pytest.approx(row["recurring_hourly"] * 2 * hours, abs=EXACT)
    assert row["state"] == "retired"


@pytest.mark.parametrize("days_before", [0, 1])
def test_a_modification_charges_nothing_twice(cloud: Cloud, sql: Sql, days_before: int) -> None:
    for at in range(2):
        machine(cloud, at)
    days = Days(cloud)
    days.tick()
    key, offered = ec2(cloud, "Partial Upfront")
    if days_before:
        days.tick(days_before)
    cloud.client("ec2").modify_reserved_instances(
        ReservedInstancesIds=[key],
        TargetConfigurations=[{"InstanceCount": 1, "InstanceType": "m5.xlarge"}],
    )
    [new] = sql("select * from commitments where account_id = $1 and id::text <> $2",
                cloud.account.id, key)  # fmt: skip
    days.tick(2)
    lines = [*days.lines(key), *days.lines(str(new["id"]))]
    upfront = sum(line["unblended_cost"] for line in lines if line["record_type"] == "Fee")
    assert float(upfront) == 2 * offered["FixedPrice"]
    first = min(line["date"] for line in lines)
    fees = [line for line in lines if line["record_type"] == "RIFee" and line["unblended_cost"]]
    charged = sum(line["unblended_cost"] for line in fees if line["date"] == first)
    hours = Decimal(24 * left_of_month(first))
    assert charged == pytest.approx(hours * 2 * Decimal(str(offered["Hourly"])), abs=EXACT)
    later = [line for line in fees if line["date"] > first and line["date"].day != 1]
    assert later == []
    # every day since has borne one day's share, no more and no less
    borne: dict[date, Decimal] = {}
    for line in lines:
        borne[line["date"]] = borne.get(line["date"], Decimal(0)) + line["amortized_cost"]
    assert len(borne) == 2 + days_before
    for cost in borne.values():
        assert cost == pytest.approx(24 * new["hourly_commitment_amount"], abs=2 * EXACT)
