"""Recommendations that keep what they promise: what is bought saves what was said, to a cent."""

# ruff: noqa: E501 - rows and tables read better whole

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fixtures.server import Cloud
from tests.handlers.savingsplans.days import Days, Sql, machine

CENT = Decimal("0.01")
COST = """
select sum(amortized_cost) as amortized, sum(unblended_cost) as unblended,
       sum(on_demand_cost) filter (where record_type = 'Usage') as demand
  from cost_lines_daily where account_id = $1 and date = $2
   and (eligible is not null or commitment_id is not null)
"""
ABSENT = "12345678-1234-4234-8234-123456789012"


@pytest.fixture
def days(cloud: Cloud) -> Days:
    """Three m5.large and a c5.large for ten days, the fourth m5.large of the last three."""
    found = Days(cloud)
    for number in range(3):
        machine(cloud, number)
    machine(cloud, 10, "c5.large", "0.085")
    found.tick(7)
    machine(cloud, 11)
    found.tick(3)
    return found


@pytest.fixture
def ce(cloud: Cloud) -> Any:
    return cloud.client("ce")


def plans(ce: Any, **asked: Any) -> dict[str, Any]:
    given = {
        "SavingsPlansType": "COMPUTE_SP",
        "TermInYears": "ONE_YEAR",
        "PaymentOption": "NO_UPFRONT",
        "LookbackPeriodInDays": "THIRTY_DAYS",
    } | asked
    answer = ce.get_savings_plans_purchase_recommendation(**given)
    return dict(answer["SavingsPlansPurchaseRecommendation"])


def amortized(days: Days, sql: Sql) -> Decimal:
    """What the newest day cost with the fees of commitments spread."""
    return Decimal(sql(COST, days.cloud.account.id, days.today)[0]["amortized"])


@pytest.mark.parametrize("payment", ["NO_UPFRONT", "PARTIAL_UPFRONT", "ALL_UPFRONT"])
def test_a_plan_saves_what_was_promised(
    ce: Any, days: Days, cloud: Cloud, sql: Sql, payment: str
) -> None:
    told = plans(ce, PaymentOption=payment)
    [one] = told["SavingsPlansPurchaseRecommendationDetails"]
    share = {"NO_UPFRONT": "0.73", "PARTIAL_UPFRONT": "0.71", "ALL_UPFRONT": "0.69"}[payment]
    # seven of ten days used 0.373 USD an hour: more than that would be unused too often
    commitment = (Decimal("0.373") * Decimal(share)).quantize(Decimal("0.001"), "ROUND_DOWN")
    assert Decimal(one["HourlyCommitmentToPurchase"]) == commitment
    assert Decimal(one["CurrentMinimumHourlyOnDemandSpend"]) == Decimal("0.373")
    assert Decimal(one["CurrentMaximumHourlyOnDemandSpend"]) == Decimal("0.469")
    assert Decimal(one["EstimatedAverageUtilization"]) == pytest.approx(100, abs=Decimal("0.01"))
    saved, cost = Decimal(one["EstimatedSavingsAmount"]), Decimal(one["EstimatedSPCost"])
    assert cost == 240 * commitment
    assert saved == pytest.approx(240 * (commitment / Decimal(share) - commitment), abs=CENT)
    assert Decimal(one["EstimatedROI"]) == pytest.approx(100 * saved / cost, abs=CENT)
    assert Decimal(one["EstimatedOnDemandCostWithCurrentCommitment"]) == saved + cost + Decimal(
        one["EstimatedOnDemandCost"]
    )
    assert Decimal(one["EstimatedMonthlySavingsAmount"]) == pytest.approx(
        saved / 240 * 730, abs=CENT
    )
    upfront = Decimal({"NO_UPFRONT": "0", "PARTIAL_UPFRONT": "0.5", "ALL_UPFRONT": "1"}[payment])
    assert Decimal(one["UpfrontCost"]) == commitment * 8760 * upfront
    before = amortized(days, sql)
    cloud.client("savingsplans").create_savings_plan(
        savingsPlanOfferingId=one["SavingsPlansDetails"]["OfferingId"],
        commitment=one["HourlyCommitmentToPurchase"],
    )
    for _ in range(2):
        days.tick()
        gained = before - amortized(days, sql)
        assert gained == pytest.approx(
            Decimal(one["EstimatedMonthlySavingsAmount"]) * 24 / 730, abs=CENT
        )
    # what was bought is not recommended again, though most of the look-back was without it
    after = plans(ce, PaymentOption=payment)["SavingsPlansPurchaseRecommendationDetails"]
    assert sum(Decimal(more["HourlyCommitmentToPurchase"]) for more in after) < Decimal("0.002")


def test_plans_of_a_family_are_told_one_by_one(ce: Any, days: Days) -> None:
    told = plans(ce, SavingsPlansType="EC2_INSTANCE_SP", LookbackPeriodInDays="SEVEN_DAYS")
    found = told["SavingsPlansPurchaseRecommendationDetails"]
    assert [one["SavingsPlansDetails"]["InstanceFamily"] for one in found] == ["m5", "c5"]
    assert {one["SavingsPlansDetails"]["Region"] for one in found} == {"us-east-1"}
    # four of seven days had three machines, and 0.63 of the days would have to use a fourth
    assert found[0]["HourlyCommitmentToPurchase"] == "0.181"
    summary = told["SavingsPlansPurchaseRecommendationSummary"]
    assert summary["TotalRecommendationCount"] == "2"
    for name in ("HourlyCommitmentToPurchase", "EstimatedSavingsAmount"):
        assert Decimal(summary[name]) == sum(Decimal(one[name]) for one in found)
    pages = [
        plans(ce, SavingsPlansType="EC2_INSTANCE_SP", LookbackPeriodInDays="SEVEN_DAYS", PageSize=1)
    ]
    assert pages[0]["SavingsPlansPurchaseRecommendationDetails"] == found[:1]
    none = plans(ce, SavingsPlansType="SAGEMAKER_SP")
    assert none["SavingsPlansPurchaseRecommendationDetails"] == []
    assert none["SavingsPlansPurchaseRecommendationSummary"]["CurrentOnDemandSpend"] == "0"


def test_one_recommendation_hour_by_hour(
    ce: Any, days: Days, cloud: Cloud, other_cloud: Cloud
) -> None:
    [one] = plans(ce, AccountScope="LINKED")["SavingsPlansPurchaseRecommendationDetails"]
    assert one["AccountId"] == cloud.account.number
    asked = {"RecommendationDetailId": one["RecommendationDetailId"]}
    data = ce.get_savings_plan_purchase_recommendation_details(**asked)["RecommendationDetailData"]
    for name in (
        "HourlyCommitmentToPurchase",
        "EstimatedSavingsAmount",
        "EstimatedROI",
        "AccountId",
    ):
        assert data[name] == one[name]
    assert (data["SavingsPlansType"], data["LookbackPeriodInDays"], data["AccountScope"]) == (
        "COMPUTE_SP",
        "THIRTY_DAYS",
        "LINKED",
    )
    hours = data["MetricsOverLookbackPeriod"]
    assert len(hours) == 240
    assert hours[-1]["StartTime"] == f"{date.today()}T23:00:00Z"
    assert Decimal(data["EstimatedAverageCoverage"]) > Decimal(data["CurrentAverageCoverage"]) == 0
    assert sum(Decimal(hour["EstimatedOnDemandCost"]) for hour in hours) == pytest.approx(
        Decimal(one["EstimatedOnDemandCost"]), abs=CENT
    )
    for client, given in (
        (other_cloud.client("ce"), asked),
        (ce, {"RecommendationDetailId": ABSENT}),
    ):
        with pytest.raises(ClientError, match="DataUnavailableException"):
            client.get_savings_plan_purchase_recommendation_details(**given)


def test_reservations_save_what_was_promised(ce: Any, days: Days, cloud: Cloud, sql: Sql) -> None:
    asked = {
        "Service": "Amazon Elastic Compute Cloud - Compute",
        "LookbackPeriodInDays": "THIRTY_DAYS",
        "TermInYears": "THREE_YEARS",
        "PaymentOption": "PARTIAL_UPFRONT",
        "ServiceSpecification": {"EC2Specification": {"OfferingClass": "CONVERTIBLE"}},
    }
    [told] = ce.get_reservation_purchase_recommendation(**asked)["Recommendations"]
    first, second = told["RecommendationDetails"]
    details = first["InstanceDetails"]["EC2InstanceDetails"]
    assert (details["InstanceType"], details["Family"], details["Region"]) == (
        "m5.large",
        "m5",
        "us-east-1",
    )
    assert (details["Platform"], details["SizeFlexEligible"]) == ("Linux/UNIX", True)
    assert (
        first["RecommendedNumberOfInstancesToPurchase"],
        first["RecommendedNormalizedUnitsToPurchase"],
    ) == ("3", "12")
    assert second["InstanceDetails"]["EC2InstanceDetails"]["InstanceType"] == "c5.large"
    assert Decimal(first["EstimatedBreakEvenInMonths"]) > 1
    total = Decimal(told["RecommendationSummary"]["TotalEstimatedMonthlySavingsAmount"])
    assert total == sum(Decimal(one["EstimatedMonthlySavingsAmount"]) for one in (first, second))
    before, ec2, upfront = amortized(days, sql), cloud.client("ec2"), Decimal(0)
    for one in (first, second):
        [offered] = ec2.describe_reserved_instances_offerings(
            InstanceType=one["InstanceDetails"]["EC2InstanceDetails"]["InstanceType"],
            OfferingClass="convertible",
            OfferingType="Partial Upfront",
            MinDuration=94_608_000,
            ProductDescription="Linux/UNIX",
            InstanceTenancy="default",
            Filters=[{"Name": "scope", "Values": ["Region"]}],
        )["ReservedInstancesOfferings"]
        count = int(one["RecommendedNumberOfInstancesToPurchase"])
        ec2.purchase_reserved_instances_offering(
            ReservedInstancesOfferingId=offered["ReservedInstancesOfferingId"], InstanceCount=count
        )
        upfront += Decimal(one["UpfrontCost"])
        assert Decimal(one["UpfrontCost"]) == pytest.approx(
            Decimal(str(offered["FixedPrice"])) * count, abs=CENT
        )
    days.tick()
    assert before - amortized(days, sql) == pytest.approx(total * 24 / 730, abs=CENT)
    [paid] = sql(
        "select sum(unblended_cost) as paid from cost_lines_daily where account_id = $1"
        " and record_type = 'Fee'",
        cloud.account.id,
    )
    assert paid["paid"] == pytest.approx(upfront, abs=CENT)
    again = ce.get_reservation_purchase_recommendation(**asked)["Recommendations"]
    assert (
        sum(
            int(one["RecommendedNumberOfInstancesToPurchase"])
            for more in again
            for one in more["RecommendationDetails"]
        )
        == 0
    )


def test_reservations_of_other_services(ce: Any, cloud: Cloud, sql: Sql) -> None:
    made = Days(cloud)
    account = cloud.account.id
    number = cloud.account.number
    sql(
        "insert into rds_instances (account_id, identifier, engine, instance_class, env, hourly_cost, storage_monthly_cost,"
        " allocated_storage_gib, created_at) values ($1, $2, 'postgres', 'db.m5.large', 'prod', 0.178, 11.5, 100, '2026-01-01')",
        account,
        "db" + number,
    )
    sql(
        "insert into cache_clusters (account_id, identifier, engine, node_type, env, hourly_cost, created_at)"
        " values ($1, $2, 'redis', 'cache.r6g.large', 'dev', 0.206, '2026-01-01')",
        account,
        "c" + number,
    )
    sql(
        "insert into managed_services (account_id, service_type, name, env, instance_type, node_count, hourly_cost)"
        " values ($1, 'opensearch', $2, 'dev', 'r5.large.search', 2, 0.372)",
        account,
        "s" + number,
    )
    made.tick(3)
    found = {}
    for service in (
        "Amazon Relational Database Service",
        "Amazon ElastiCache",
        "Amazon OpenSearch Service",
    ):
        [told] = ce.get_reservation_purchase_recommendation(Service=service)["Recommendations"]
        [one] = told["RecommendationDetails"]
        found[service] = (one["RecommendedNumberOfInstancesToPurchase"], one["InstanceDetails"])
        assert Decimal(one["EstimatedMonthlySavingsAmount"]) > 0
    databases = found["Amazon Relational Database Service"]
    assert databases[0] == "1"
    assert databases[1]["RDSInstanceDetails"] == {
        "Family": "db.m5",
        "InstanceType": "db.m5.large",
        "Region": "us-east-1",
        "DatabaseEngine": "PostgreSQL",
        "DeploymentOption": "Single-AZ",
        "LicenseModel": "No license required",
        "CurrentGeneration": True,
        "SizeFlexEligible": True,
    }
    assert (
        found["Amazon ElastiCache"][1]["ElastiCacheInstanceDetails"]["NodeType"]
        == "cache.r6g.large"
    )
    assert (
        found["Amazon ElastiCache"][1]["ElastiCacheInstanceDetails"]["ProductDescription"]
        == "redis"
    )
    assert found["Amazon OpenSearch Service"][0] == "2"
    assert found["Amazon OpenSearch Service"][1]["ESInstanceDetails"]["InstanceClass"] == "r5"
    assert (
        ce.get_reservation_purchase_recommendation(Service="Amazon Redshift")["Recommendations"]
        == []
    )


def test_generations(ce: Any, days: Days) -> None:
    started = ce.start_savings_plans_purchase_recommendation_generation()
    listed = ce.list_savings_plans_purchase_recommendation_generation
    [one] = listed()["GenerationSummaryList"]
    assert (one["RecommendationId"], one["GenerationStatus"]) == (
        started["RecommendationId"],
        "PROCESSING",
    )
    assert one["GenerationStartedTime"][:10] == str(date.today())
    with pytest.raises(ClientError, match="GenerationExistsException"):
        ce.start_savings_plans_purchase_recommendation_generation()
    days.tick()
    [one] = listed(GenerationStatus="SUCCEEDED")["GenerationSummaryList"]
    assert one["GenerationCompletionTime"] == one["EstimatedCompletionTime"]
    assert listed(GenerationStatus="PROCESSING")["GenerationSummaryList"] == []
    assert listed(RecommendationIds=[ABSENT])["GenerationSummaryList"] == []


def analysis(ce: Any, days: Days, kind: str = "MAX_SAVINGS", **more: Any) -> dict[str, Any]:
    """An analysis of ten days, done."""
    plan = {
        "PaymentOption": "NO_UPFRONT",
        "SavingsPlansType": "COMPUTE_SP",
        "TermInYears": "ONE_YEAR",
    }
    plan |= more.pop("plan", {})
    end = date.today() + timedelta(days=1)
    configuration = {
        "AnalysisType": kind,
        "SavingsPlansToAdd": [plan],
        "LookBackTimePeriod": {"Start": str(end - timedelta(days=10)), "End": str(end)},
        **more,
    }
    key = ce.start_commitment_purchase_analysis(
        CommitmentPurchaseAnalysisConfiguration={
            "SavingsPlansPurchaseAnalysisConfiguration": configuration
        }
    )["AnalysisId"]
    days.cloud.running.rows(
        "update commitment_purchase_analyses set completes_at = started_at where id::text = $1", key
    )
    return dict(ce.get_commitment_purchase_analysis(AnalysisId=key))


def details(found: dict[str, Any]) -> dict[str, Any]:
    return dict(found["AnalysisDetails"]["SavingsPlansPurchaseAnalysisDetails"])


def test_analyses(ce: Any, days: Days, cloud: Cloud) -> None:
    most = details(analysis(ce, days))
    [advised] = plans(ce)["SavingsPlansPurchaseRecommendationDetails"]
    for name in ("HourlyCommitmentToPurchase", "EstimatedSavingsAmount", "EstimatedROI"):
        assert most[name] == advised[name]
    assert (most["LookbackPeriodInHours"], len(most["MetricsOverLookbackPeriod"])) == ("240", 240)
    own = details(analysis(ce, days, "CUSTOM_COMMITMENT", plan={"SavingsPlansCommitment": 1.0}))
    assert Decimal(own["EstimatedSavingsAmount"]) < 0
    assert Decimal(own["EstimatedCommitmentCost"]) == 240
    assert own["EstimatedOnDemandCost"] == "0"
    half = details(analysis(ce, days, "TARGET_AVERAGE_COVERAGE", SavingsPlansTargetCoverage=50))
    assert Decimal(half["EstimatedAverageCoverage"]) == pytest.approx(50, abs=Decimal("0.5"))
    bought = cloud.client("savingsplans").create_savings_plan(
        savingsPlanOfferingId=advised["SavingsPlansDetails"]["OfferingId"], commitment="0.2"
    )["savingsPlanId"]
    after = details(analysis(ce, days))
    assert after["ExistingHourlyCommitment"] == "0.2"
    assert Decimal(after["HourlyCommitmentToPurchase"]) == pytest.approx(
        Decimal(most["HourlyCommitmentToPurchase"]) - Decimal("0.2"), abs=Decimal("0.001")
    )
    without = details(analysis(ce, days, SavingsPlansToExclude=[bought]))
    assert without["HourlyCommitmentToPurchase"] == most["HourlyCommitmentToPurchase"]


def test_analyses_that_fail(ce: Any, days: Days, other_cloud: Cloud) -> None:
    def failed(**given: Any) -> tuple[str, str]:
        found = analysis(ce, days, **given)
        assert "AnalysisDetails" not in found
        return found["AnalysisStatus"], found["ErrorCode"]

    assert failed(plan={"SavingsPlansType": "SAGEMAKER_SP"}) == ("FAILED", "NO_USAGE_FOUND")
    assert failed(plan={"SavingsPlansType": "EC2_INSTANCE_SP"}) == (
        "FAILED",
        "INVALID_SAVINGS_PLANS_TO_ADD",
    )
    assert failed(AccountId=other_cloud.account.number) == ("FAILED", "INVALID_ACCOUNT_ID")
    assert failed(SavingsPlansToExclude=[ABSENT]) == ("FAILED", "INVALID_SAVINGS_PLANS_TO_EXCLUDE")
    listed = ce.list_commitment_purchase_analyses(AnalysisStatus="FAILED")["AnalysisSummaryList"]
    assert len(listed) == 4
    assert (
        ce.list_commitment_purchase_analyses(AnalysisStatus="SUCCEEDED")["AnalysisSummaryList"]
        == []
    )
    with pytest.raises(ClientError, match="AnalysisNotFoundException"):
        other_cloud.client("ce").get_commitment_purchase_analysis(
            AnalysisId=listed[0]["AnalysisId"]
        )
    for wrong in (
        {"kind": "CUSTOM_COMMITMENT"},
        {"kind": "TARGET_AVERAGE_COVERAGE"},
        {"SavingsPlansTargetCoverage": 50},
    ):
        with pytest.raises(ClientError, match="ValidationException"):
            analysis(ce, days, **wrong)
