"""How much of commitments was used, and what they covered: figures that are those of the bill."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.savingsplans.days import Days, Sql, machine

HOUR = Decimal("0.096")


@pytest.fixture(scope="module")
def cloud(running: RunningServer) -> Cloud:
    """One account for all reports, which change nothing."""
    account = running.open_account()
    key = running.key(account)
    return Cloud(running, account, key["access_key_id"], key["secret_access_key"])


@pytest.fixture(scope="module")
def days(cloud: Cloud) -> Days:
    """Two m5.large, one of them reserved, the other covered by a plan; three days of that."""
    found = Days(cloud)
    machine(cloud, 1)
    machine(cloud, 2)
    found.tick()
    ec2 = cloud.client("ec2")
    [offered] = ec2.describe_reserved_instances_offerings(
        InstanceType="m5.large",
        OfferingClass="standard",
        OfferingType="Partial Upfront",
        ProductDescription="Linux/UNIX",
        InstanceTenancy="default",
        MaxDuration=31_536_000,
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )["ReservedInstancesOfferings"]
    ec2.purchase_reserved_instances_offering(
        ReservedInstancesOfferingId=offered["ReservedInstancesOfferingId"], InstanceCount=1
    )
    plans = cloud.client("savingsplans")
    [offering] = plans.describe_savings_plans_offerings(
        planTypes=["Compute"], paymentOptions=["All Upfront"], durations=[31_536_000]
    )["searchResults"]
    plans.create_savings_plan(savingsPlanOfferingId=offering["offeringId"], commitment="0.1")
    found.tick(3)
    return found


@pytest.fixture
def ce(cloud: Cloud) -> Any:
    return cloud.client("ce")


def period(before: int = 2) -> dict[str, str]:
    """The last days, today included."""
    end = date.today() + timedelta(days=1)
    return {"Start": str(end - timedelta(days=before + 1)), "End": str(end)}


def test_plans_utilization(ce: Any, days: Days, cloud: Cloud, sql: Sql) -> None:
    answer = ce.get_savings_plans_utilization(TimePeriod=period(), Granularity="DAILY")
    told = answer["SavingsPlansUtilizationsByTime"]
    assert [one["TimePeriod"]["Start"] for one in told] == [
        str(date.today() - timedelta(days=n)) for n in (2, 1, 0)
    ]
    [stored] = sql(
        "select sum(u.unused_commitment) as unused, sum(u.on_demand_equivalent) as demand,"
        " sum(u.estimated_savings_vs_ondemand) as saved from commitment_utilization_daily u"
        " join commitments c on c.id = u.commitment_id"
        " where c.account_id = $1 and c.commitment_type = 'savings_plan'",
        cloud.account.id,
    )
    total = answer["Total"]
    assert Decimal(total["Utilization"]["TotalCommitment"]) == Decimal("7.2")
    assert Decimal(total["Utilization"]["UnusedCommitment"]) == stored["unused"]
    assert Decimal(total["Savings"]["OnDemandCostEquivalent"]) == stored["demand"]
    assert Decimal(total["Savings"]["NetSavings"]) == stored["saved"]
    used = Decimal(total["Utilization"]["UsedCommitment"])
    assert float(total["Utilization"]["UtilizationPercentage"]) == pytest.approx(
        float(used / Decimal("0.072"))
    )
    assert total["AmortizedCommitment"] == {
        "AmortizedRecurringCommitment": "0",
        "AmortizedUpfrontCommitment": "7.2",
        "TotalAmortizedCommitment": "7.2",
    }
    months = ce.get_savings_plans_utilization(TimePeriod=period(), Granularity="MONTHLY")
    summed = sum(
        Decimal(one["Utilization"]["UsedCommitment"])
        for one in months["SavingsPlansUtilizationsByTime"]
    )
    assert summed == used


def test_plans_one_by_one(ce: Any, days: Days, cloud: Cloud) -> None:
    [shown] = cloud.client("savingsplans").describe_savings_plans()["savingsPlans"]
    answer = ce.get_savings_plans_utilization_details(TimePeriod=period())
    [one] = answer["SavingsPlansUtilizationDetails"]
    assert one["SavingsPlanArn"] == shown["savingsPlanArn"]
    said = one["Attributes"]
    assert (said["HourlyCommitment"], said["UpfrontFee"], said["RecurringHourlyFee"]) == (
        "0.1",
        "876",
        "0",
    )
    assert (said["SavingsPlansType"], said["PurchaseTerm"], said["Status"]) == (
        "Compute",
        "1 Year",
        "Active",
    )
    assert said["StartDateTime"][:10] == shown["start"][:10]
    assert one["Utilization"] == answer["Total"]["Utilization"]
    [less] = ce.get_savings_plans_utilization_details(
        TimePeriod=period(),
        DataType=["SAVINGS"],
        Filter={"Dimensions": {"Key": "SAVINGS_PLAN_ARN", "Values": [shown["savingsPlanArn"]]}},
    )["SavingsPlansUtilizationDetails"]
    assert set(less) == {"SavingsPlanArn", "Savings"}
    with pytest.raises(ClientError, match="DataUnavailableException"):
        ce.get_savings_plans_utilization_details(
            TimePeriod=period(),
            Filter={"Dimensions": {"Key": "PAYMENT_OPTION", "Values": ["No Upfront"]}},
        )


def test_plans_coverage(ce: Any, days: Days) -> None:
    answer = ce.get_savings_plans_coverage(TimePeriod=period(0), Granularity="DAILY")
    [one] = answer["SavingsPlansCoverages"]
    coverage = {name: Decimal(value) for name, value in one["Coverage"].items()}
    # the reserved machine is no part of it; what is left is one whole machine, by a rounding
    assert coverage["TotalCost"] == pytest.approx(Decimal("2.304"), abs=Decimal("0.01"))
    assert (
        coverage["SpendCoveredBySavingsPlans"] + coverage["OnDemandCost"] == coverage["TotalCost"]
    )
    assert coverage["CoveragePercentage"] > 99
    grouped = ce.get_savings_plans_coverage(
        TimePeriod=period(0),
        GroupBy=[{"Type": "DIMENSION", "Key": key} for key in ("SERVICE", "REGION")],
        SortBy={"Key": "TotalCost"},
    )["SavingsPlansCoverages"]
    assert grouped[0]["Attributes"] == {
        "SERVICE": "Amazon Elastic Compute Cloud - Compute",
        "REGION": "us-east-1",
    }
    assert grouped[0]["Coverage"] == one["Coverage"]
    for family, found in (("m5", 1), ("c5", 0)):
        told = ce.get_savings_plans_coverage(
            TimePeriod=period(0),
            GroupBy=[{"Type": "DIMENSION", "Key": "INSTANCE_FAMILY"}],
            Filter={"Dimensions": {"Key": "INSTANCE_TYPE_FAMILY", "Values": [family]}},
        )["SavingsPlansCoverages"]
        assert [one["Attributes"] for one in told] == [{"INSTANCE_FAMILY": "m5"}][:found]


def test_reservation_utilization(ce: Any, days: Days, cloud: Cloud) -> None:
    [reserved] = cloud.client("ec2").describe_reserved_instances()["ReservedInstances"]
    answer = ce.get_reservation_utilization(TimePeriod=period(), Granularity="DAILY")
    assert [one["TimePeriod"]["Start"] for one in answer["UtilizationsByTime"]] == [
        str(date.today() - timedelta(days=n)) for n in (2, 1, 0)
    ]
    total = {name: Decimal(value) for name, value in answer["Total"].items()}
    assert [total["PurchasedHours"], total["PurchasedUnits"]] == [72, 288]
    assert total["UtilizationPercentage"] == pytest.approx(100, abs=Decimal("0.1"))
    assert total["TotalActualHours"] + total["UnusedHours"] == 72
    assert (
        total["TotalAmortizedFee"] == total["AmortizedUpfrontFee"] + total["AmortizedRecurringFee"]
    )
    effective = Decimal(str(reserved["FixedPrice"])) / 8760 + Decimal(
        str(reserved["RecurringCharges"][0]["Amount"])
    )
    assert total["TotalAmortizedFee"] == pytest.approx(72 * effective, abs=Decimal("0.01"))
    recurring = 72 * Decimal(str(reserved["RecurringCharges"][0]["Amount"]))
    assert total["AmortizedRecurringFee"] == pytest.approx(recurring, abs=Decimal("0.0001"))
    assert total["NetRISavings"] == total["OnDemandCostOfRIHoursUsed"] - total["TotalAmortizedFee"]
    assert total["OnDemandCostOfRIHoursUsed"] == pytest.approx(72 * HOUR, abs=Decimal("0.01"))
    assert total["RealizedSavings"] + total["UnrealizedSavings"] == total["TotalPotentialRISavings"]
    [one] = ce.get_reservation_utilization(
        TimePeriod=period(), GroupBy=[{"Type": "DIMENSION", "Key": "SUBSCRIPTION_ID"}]
    )["UtilizationsByTime"]
    [group] = one["Groups"]
    assert (group["Key"], group["Value"]) == ("SUBSCRIPTION_ID", reserved["ReservedInstancesId"])
    assert group["Attributes"]["instanceType"] == "m5.large"
    assert group["Attributes"]["numberOfInstances"] == "1"
    assert group["Utilization"] == answer["Total"] == one["Total"]
    none = ce.get_reservation_utilization(
        TimePeriod=period(),
        Filter={"Dimensions": {"Key": "SERVICE", "Values": ["Amazon ElastiCache"]}},
    )
    assert none["Total"]["PurchasedHours"] == "0"


def test_reservation_coverage(ce: Any, days: Days) -> None:
    answer = ce.get_reservation_coverage(TimePeriod=period(), Granularity="MONTHLY")
    hours = answer["Total"]["CoverageHours"]
    assert Decimal(hours["ReservedHours"]) == pytest.approx(72, abs=Decimal("0.1"))
    assert Decimal(hours["OnDemandHours"]) + Decimal(hours["ReservedHours"]) == Decimal(
        hours["TotalRunningHours"]
    )
    assert sum(
        Decimal(one["Total"]["CoverageHours"]["ReservedHours"]) for one in answer["CoveragesByTime"]
    ) == Decimal(hours["ReservedHours"])
    [one] = ce.get_reservation_coverage(
        TimePeriod=period(),
        Metrics=["Hour", "Unit"],
        GroupBy=[{"Type": "DIMENSION", "Key": "INSTANCE_TYPE"}],
        Filter={
            "And": [
                {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}},
                {
                    "Dimensions": {
                        "Key": "SERVICE",
                        "Values": ["Amazon Elastic Compute Cloud - Compute"],
                    }
                },
            ]
        },
    )["CoveragesByTime"]
    [group] = one["Groups"]
    assert group["Attributes"] == {"instanceType": "m5.large"}
    assert set(group["Coverage"]) == {"CoverageHours", "CoverageNormalizedUnits"}
    assert Decimal(
        group["Coverage"]["CoverageNormalizedUnits"]["ReservedNormalizedUnits"]
    ) == 4 * Decimal(hours["ReservedHours"])
    newest = {"Key": "Time", "SortOrder": "DESCENDING"}
    days_told = ce.get_reservation_coverage(
        TimePeriod=period(), Granularity="DAILY", SortBy=newest
    )["CoveragesByTime"]
    starts = [one["TimePeriod"]["Start"] for one in days_told]
    assert starts == sorted(starts, reverse=True)
    assert len(starts) > 1


def test_what_cannot_be_asked(ce: Any, days: Days) -> None:
    by_type = [{"Type": "DIMENSION", "Key": "INSTANCE_TYPE"}]
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (ce.get_reservation_coverage, {"GroupBy": by_type, "Granularity": "DAILY"}),
        (ce.get_reservation_coverage, {"Granularity": "HOURLY"}),
        (ce.get_reservation_coverage, {"GroupBy": [{"Type": "TAG", "Key": "team"}]}),
        (ce.get_reservation_coverage, {"Metrics": ["Minute"]}),
        (ce.get_reservation_utilization, {"GroupBy": by_type}),
        (
            ce.get_reservation_utilization,
            {"Filter": {"Not": {"Dimensions": {"Key": "REGION", "Values": ["us-east-1"]}}}},
        ),
        (
            ce.get_reservation_utilization,
            {"Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["Amazon S3"]}}},
        ),
        (ce.get_savings_plans_coverage, {"Filter": {"Dimensions": {"Key": "AZ", "Values": ["x"]}}}),
        (ce.get_savings_plans_utilization, {"SortBy": {"Key": "Luck"}}),
    ]
    for work, given in wrong:
        with pytest.raises(ClientError, match="ValidationException"):
            work(TimePeriod=period(), **given)
    backwards = {"Start": period()["End"], "End": period()["Start"]}
    with pytest.raises(ClientError, match="should be before end date"):
        ce.get_savings_plans_utilization(TimePeriod=backwards)


def test_which_rows_may_be_covered(days: Days, cloud: Cloud, sql: Sql) -> None:
    assert not sql(
        """select service, usage_type, usage_unit, eligible from cost_lines_daily
            where account_id = $1
              and record_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
              and eligible is distinct from driftcloud_eligible(service, usage_type, usage_unit)
            limit 3""",
        cloud.account.id,
    )


def test_nobody_else_sees_them(days: Days, other_cloud: Cloud) -> None:
    theirs = other_cloud.client("ce")
    with pytest.raises(ClientError, match="DataUnavailableException"):
        theirs.get_savings_plans_utilization(TimePeriod=period())
    assert theirs.get_reservation_utilization(TimePeriod=period())["Total"]["PurchasedHours"] == "0"
    assert (
        theirs.get_savings_plans_coverage(
            TimePeriod=period(), GroupBy=[{"Type": "DIMENSION", "Key": "REGION"}]
        )["SavingsPlansCoverages"]
        == []
    )
