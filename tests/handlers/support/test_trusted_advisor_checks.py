"""The checks of Trusted Advisor: what they flag, and what it saves to do away with it."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.compute_optimizer.advised import Advised
from tests.handlers.ec2.answers import refusal
from tests.handlers.rds.databases import create as create_database


@pytest.fixture
def support(advised: Advised) -> Any:
    """A boto3 client of AWS Support."""
    return advised.cloud.client("support")


def result(support: Any, check: str) -> dict[str, Any]:
    """What a check says."""
    told: dict[str, Any] = support.describe_trusted_advisor_check_result(
        checkId=check, language="en"
    )["result"]
    return told


def test_every_check_answers_in_its_own_columns(advised: Advised, support: Any) -> None:
    checks = support.describe_trusted_advisor_checks(language="en")["checks"]
    assert {"Qch7DwouX1", "hjLMh88uM8", "DAvU99Dc4C", "Z4AUBRNSmz", "Ti39halfu8", "COr6dfpM03",
            "COr6dfpM05", "1e93e4c0b5", "c18d2gz150", "L4dfs2Q3C2"} == {
        one["id"] for one in checks}  # fmt: skip
    assert {one["category"] for one in checks} == {"cost_optimizing"}
    summaries = support.describe_trusted_advisor_check_summaries(
        checkIds=[one["id"] for one in checks]
    )["summaries"]
    assert {one["status"] for one in summaries} == {"ok"}
    assert not any(one["hasFlaggedResources"] for one in summaries)
    for wrong in (
        lambda: support.describe_trusted_advisor_checks(language="xx"),
        lambda: result(support, "nope"),
        lambda: support.refresh_trusted_advisor_check(checkId="nope"),
    ):
        assert refusal(wrong)[0] == "InvalidParameterValueException"


def test_machines_addresses_and_volumes_of_no_use(advised: Advised, support: Any) -> None:
    idle = advised.instance("m5.xlarge", "idle")
    busy = advised.instance("m5.xlarge", "steady")
    volume = advised.volume(Size=50)
    address = advised.ec2.allocate_address()
    used = advised.ec2.allocate_address()
    advised.ec2.associate_address(AllocationId=used["AllocationId"], InstanceId=busy)
    advised.days(3)
    assert result(support, "Qch7DwouX1")["status"] == "ok"  # three days are too few
    advised.days(2)
    columns = {one["id"]: one["metadata"] for one in
               support.describe_trusted_advisor_checks(language="en")["checks"]}  # fmt: skip
    low = result(support, "Qch7DwouX1")
    assert (low["status"], low["resourcesSummary"]["resourcesProcessed"]) == ("warning", 2)
    [one] = low["flaggedResources"]
    cells = dict(zip(columns["Qch7DwouX1"], one["metadata"], strict=True))
    assert cells["Instance ID"] == idle
    assert cells["Estimated Monthly Savings"] == "$140.16"
    assert cells["Number of Days Low Utilization"] == "5 days"
    assert cells["Day 1"].endswith("MB")
    assert cells["Day 6"] == ""
    saved = low["categorySpecificSummary"]["costOptimizing"]
    assert saved["estimatedMonthlySavings"] == pytest.approx(140.16)
    assert saved["estimatedPercentMonthlySavings"] == pytest.approx(50)
    [one] = result(support, "DAvU99Dc4C")["flaggedResources"]
    assert (one["metadata"][1], one["metadata"][5]) == (volume, "$4.00")
    [one] = result(support, "Z4AUBRNSmz")["flaggedResources"]
    assert one["metadata"] == ["us-east-1", address["PublicIp"]]
    advised.ec2.stop_instances(InstanceIds=[busy])
    stopped = result(support, "Z4AUBRNSmz")
    assert len(stopped["flaggedResources"]) == 2
    assert one["resourceId"] in {each["resourceId"] for each in stopped["flaggedResources"]}
    # what the check promises is what the next day does not cost
    before = advised.cost(address["AllocationId"])
    advised.ec2.release_address(AllocationId=address["AllocationId"])
    advised.days()
    assert (before - advised.cost(address["AllocationId"])) / 24 * 730 == Decimal("3.65")
    advised.sql("update instances set state_changed_at = state_changed_at - interval '31 days'"
                " where account_id = $1 and instance_id = $2", busy)  # fmt: skip
    [long] = result(support, "c18d2gz150")["flaggedResources"]
    assert long["metadata"][2] == busy


def test_databases_and_load_balancers_of_no_use(advised: Advised, support: Any) -> None:
    create_database(advised.cloud.client("rds"), "empty", DBInstanceClass="db.m5.large")
    [row] = advised.sql("select db_instance_id as id from rds_instances where account_id = $1")
    advised.profile("rds_instance", row["id"], "idle", 0.02, 0.5, 1.0, connections=0)
    elb = advised.cloud.client("elb")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstancePort": 80}
    elb.create_load_balancer(
        LoadBalancerName="old", Listeners=[listener], AvailabilityZones=["us-east-1a"]
    )
    arn = f"arn:aws:elasticloadbalancing:us-east-1:{advised.cloud.account.number}:loadbalancer/old"
    advised.profile("load_balancer", arn, "idle", requests=0)
    advised.days(6)
    assert result(support, "Ti39halfu8")["status"] == "ok"
    advised.days(2)
    [one] = result(support, "Ti39halfu8")["flaggedResources"]
    assert one["metadata"] == ["us-east-1", "empty", "No", "db.m5.large", "100", "8", "$129.94"]
    [one] = result(support, "hjLMh88uM8")["flaggedResources"]
    assert one["metadata"] == ["us-east-1", "old", "No active back-end instances", "$18.25"]
    [before] = advised.sql("select lb_arn from load_balancers where account_id = $1")
    usd = advised.cost(before["lb_arn"])
    elb.delete_load_balancer(LoadBalancerName="old")
    advised.days()
    assert (usd - advised.cost(before["lb_arn"])) / 24 * 730 == Decimal("18.25")


def test_reservations_end(advised: Advised, support: Any) -> None:
    advised.days()
    [offer, *_] = advised.ec2.describe_reserved_instances_offerings(
        InstanceType="m5.xlarge", ProductDescription="Linux/UNIX", OfferingType="No Upfront",
    )["ReservedInstancesOfferings"]  # fmt: skip
    advised.ec2.purchase_reserved_instances_offering(
        InstanceCount=2, ReservedInstancesOfferingId=offer["ReservedInstancesOfferingId"]
    )
    advised.days()
    assert result(support, "1e93e4c0b5")["status"] == "ok"
    advised.sql("update commitments set end_date = (select virtual_date + 20 from virtual_clocks"
                " where account_id = $1) where account_id = $1")  # fmt: skip
    [one] = result(support, "1e93e4c0b5")["flaggedResources"]
    assert one["metadata"][2:5] == ["m5.xlarge", "Linux/UNIX", "2"]
    assert one["metadata"][9] == "The Reserved Instance lease expires within 30 days"


def test_checks_are_refreshed_once_an_hour(support: Any, other_cloud: Cloud) -> None:
    [status] = support.describe_trusted_advisor_check_refresh_statuses(checkIds=["Qch7DwouX1"])[
        "statuses"]  # fmt: skip
    assert status == {"checkId": "Qch7DwouX1", "status": "none", "millisUntilNextRefreshable": 0}
    first = support.refresh_trusted_advisor_check(checkId="Qch7DwouX1")["status"]
    assert (first["status"], first["millisUntilNextRefreshable"]) == ("enqueued", 3_600_000)
    again = support.refresh_trusted_advisor_check(checkId="Qch7DwouX1")["status"]
    assert again["status"] == "success"
    assert 0 < again["millisUntilNextRefreshable"] <= 3_600_000
    [status] = other_cloud.client("support").describe_trusted_advisor_check_refresh_statuses(
        checkIds=["Qch7DwouX1"])["statuses"]  # fmt: skip
    assert status["status"] == "none"
