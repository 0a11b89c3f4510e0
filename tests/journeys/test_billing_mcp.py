"""AWS Labs' billing and cost management MCP server, unmodified: its tools say what SQL says.

The server has an environment of its own, kept in the user's cache, and is driven over MCP's stdio.
It is large, so the journey is made on wish: with DRIFTCLOUD_TEST_MCP=1 in the environment.
"""

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import boto3
import pytest

from emulator.caches import cache_folder
from models import prices
from tests.journeys.process import Process

pytestmark = pytest.mark.skipif(
    not os.environ.get("DRIFTCLOUD_TEST_MCP"), reason="made on wish: DRIFTCLOUD_TEST_MCP=1"
)

PACKAGE, RELEASE = "awslabs.billing-cost-management-mcp-server", "0.0.42"
CALLS = Path(__file__).with_name("mcp_calls.py")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
EC2 = "Amazon Elastic Compute Cloud - Compute"
DAY = timedelta(days=1)


def installed() -> Path:
    """The folder of its programs, installed when they are first needed."""
    home = cache_folder() / f"billing-mcp-{RELEASE}"
    with (cache_folder() / f"billing-mcp-{RELEASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            venv.create(home, with_pip=False, clear=True)
            pip = (sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"))
            subprocess.run(
                [*pip, "install", "-q", "--no-compile", f"{PACKAGE}=={RELEASE}"],
                check=True, capture_output=True, timeout=600,
            )  # fmt: skip
            (home / "installed").touch()
    return home / "bin"


class Books:
    """A server with a history, its rows, and the MCP server's tools beside them."""

    def __init__(self, server: Process, tools: "subprocess.Popen[str]") -> None:
        self.server = server
        self.tools = tools
        self.url = server.cli("db", "url")["url"]
        self.today = datetime.now(UTC).date()
        [row] = self.sql("select max(date) as newest from cost_daily")
        self.shift: int = (self.today - row["newest"]).days

    def sql(self, query: str, *args: Any) -> list[Any]:
        """Rows of the world's database."""

        async def ask() -> list[Any]:
            connection = await asyncpg.connect(self.url)
            try:
                return list(await connection.fetch(query, *args))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def spent(self, column: str, first: date, after: date, rest: str = "true") -> Decimal:
        """A sum of the ledger over days as the client has them."""
        query = f"""select coalesce(sum({column}), 0) as usd from cost_lines_daily
            where date >= $1::date - $3::int and date < $2::date - $3::int and {rest}"""
        value: Decimal = self.sql(query, first, after, self.shift)[0]["usd"]
        return value

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers, which must not be a failure."""
        answer = self.ask(tool, **arguments)
        assert answer.get("status") == "success", (tool, arguments, answer)
        return answer.get("data", answer)

    def ask(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers."""
        assert self.tools.stdin is not None
        assert self.tools.stdout is not None
        self.tools.stdin.write(json.dumps([tool, arguments]) + "\n")
        self.tools.stdin.flush()
        return json.loads(json.loads(self.tools.stdout.readline()))

    def client(self, service: str) -> Any:
        """A boto3 client of the same account."""
        make: Any = boto3.client  # the types of its stubs know literal names alone
        return make(
            service, "us-east-1", endpoint_url=self.server.url,
            aws_access_key_id="test", aws_secret_access_key="test",
        )  # fmt: skip


@pytest.fixture(scope="module")
def books() -> Iterator[Books]:
    """A startup's account with three weeks behind it."""
    programs = installed()
    server = Process("--estate", "startup", "--days", "24", "--drift-interval", "off")
    server.start()
    tools = subprocess.Popen(
        [programs / "python", CALLS, programs / PACKAGE],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(server.base), "FASTMCP_LOG_LEVEL": "ERROR",
             "AWS_ENDPOINT_URL": server.url, **KEYS},
    )  # fmt: skip
    try:
        yield Books(server, tools)
    finally:
        assert tools.stdin is not None
        assert tools.stdout is not None
        tools.stdin.close()
        tools.wait(60)
        tools.stdout.close()
        server.stop()


def span(books: Books, days: int) -> dict[str, str]:
    """So many days before today."""
    return {"start_date": f"{books.today - DAY * days}", "end_date": f"{books.today}"}


def amount(value: Any) -> Decimal:
    return Decimal(str(value))


def test_cost_explorer_says_what_the_ledger_says(books: Books) -> None:
    first = books.today - DAY * 20
    by_service = json.dumps([{"Type": "DIMENSION", "Key": "SERVICE"}])
    asked = {"granularity": "MONTHLY", "metrics": '["UnblendedCost"]', "group_by": by_service}
    months = books.call("cost-explorer", operation="getCostAndUsage", **asked, **span(books, 20))
    found: dict[str, Decimal] = {}
    for group in (one for month in months["ResultsByTime"] for one in month["Groups"]):
        usd = amount(group["Metrics"]["UnblendedCost"]["Amount"])
        found[group["Keys"][0]] = found.get(group["Keys"][0], Decimal(0)) + usd
    known = books.sql(
        "select distinct service from cost_daily where date >= $1::date - $2::int"
        " and date < $3::date - $2::int",
        first, books.shift, books.today,
    )  # fmt: skip
    assert found == {
        row["service"]: books.spent("unblended_cost", first, books.today,
                                    f"service = '{row['service']}'")
        for row in known
    }  # fmt: skip
    values = books.call("cost-explorer", operation="getDimensionValues", dimension="SERVICE",
                        **span(books, 20))  # fmt: skip
    assert {one["Value"] for one in values["DimensionValues"]} == set(found)
    stored = books.call(
        "cost-explorer", operation="getCostAndUsageWithResources", granularity="DAILY",
        metrics='["UnblendedCost"]', group_by='[{"Type": "DIMENSION", "Key": "RESOURCE_ID"}]',
        filter=json.dumps({"Dimensions": {"Key": "SERVICE", "Values": [EC2]}}), **span(books, 7),
    )  # fmt: skip
    told = books.ask("session-sql", query=f"SELECT sum(amount) AS usd FROM {stored['table_name']}")
    machines = books.spent("unblended_cost", books.today - DAY * 7, books.today,
                           f"service = '{EC2}'")  # fmt: skip
    assert float(told["results"][0]["usd"]) == pytest.approx(float(machines), abs=0.01)
    ahead = {"start_date": f"{books.today}", "end_date": f"{books.today + DAY * 20}"}
    forecast = books.call("cost-explorer", operation="getCostForecast", metric="UNBLENDED_COST",
                          granularity="DAILY", **ahead)  # fmt: skip
    means = [amount(one["MeanValue"]) for one in forecast["ForecastResultsByTime"]]
    assert amount(forecast["Total"]["Amount"]) == pytest.approx(sum(means), rel=Decimal("1e-6"))
    tags = books.call("cost-explorer", operation="getTagsOrValues", tag_key="team",
                      **span(books, 20))  # fmt: skip
    teams = books.sql("select distinct s.tags ->> 'team' as team from cost_daily l"
                      " join cost_tag_sets s on s.id = l.tag_set where s.tags ? 'team'"
                      " and l.date >= $1::date - $2::int", first, books.shift)  # fmt: skip
    assert set(tags["Tags"]) - {""} == {row["team"] for row in teams}


def test_months_are_compared(books: Books) -> None:
    this = books.today.replace(day=1)
    last = (this - DAY).replace(day=1)
    before = (last - DAY).replace(day=1)
    asked = {
        "baseline_start_date": f"{before}", "baseline_end_date": f"{last}",
        "comparison_start_date": f"{last}", "comparison_end_date": f"{this}",
        "metric_for_comparison": "UnblendedCost",
    }  # fmt: skip
    told = books.call("cost-comparison", operation="getCostAndUsageComparisons",
                      group_by='[{"Type": "DIMENSION", "Key": "SERVICE"}]', **asked)  # fmt: skip
    assert told["cost_and_usage_comparisons"]
    for one in told["cost_and_usage_comparisons"]:
        [service] = one["cost_and_usage_selector"]["Dimensions"]["Values"]
        figures = one["metrics"]["UnblendedCost"]
        where = f"service = '{service}'"
        assert amount(figures["baseline_time_period_amount"]) == books.spent(
            "unblended_cost", before, last, where
        )
        assert amount(figures["comparison_time_period_amount"]) == books.spent(
            "unblended_cost", last, this, where
        )
    drivers = books.call("cost-comparison", operation="getCostComparisonDrivers", **asked)
    assert drivers["cost_comparison_drivers"]


def test_recommendations_are_about_what_is_there(books: Books) -> None:
    here = "where region = 'us-east-1'"
    for kind, member, query in (
        ("ec2_instance", "instance_arn", f"select instance_id as id from instances {here}"),
        ("ebs_volume", "volume_arn", f"select volume_id as id from volumes {here}"),
        ("lambda_function", "function_arn",
         f"select arn || ':$LATEST' as id from lambda_functions {here}"),
        ("rds", "instance_arn", f"select identifier as id from rds_instances {here}"),
    ):  # fmt: skip
        told = books.call("compute-optimizer", operation=f"get_{kind}_recommendations",
                          max_results=1000)  # fmt: skip
        known = {row["id"] for row in books.sql(query)}
        arns = [one[member] for one in told["recommendations"]]
        assert arns, kind
        assert all(any(arn.endswith(one) for one in known) for arn in arns), kind
    for kind in ("auto_scaling_group", "ecs_service"):
        books.call("compute-optimizer", operation=f"get_{kind}_recommendations")
    assert books.call("compute-optimizer", operation="get_idle_recommendations")["recommendations"]
    sums = books.call("cost-optimization", operation="list_recommendation_summaries",
                      group_by="ResourceType")  # fmt: skip
    hub = books.client("cost-optimization-hub")
    listed = [
        one for page in hub.get_paginator("list_recommendations").paginate()
        for one in page["items"]
    ]  # fmt: skip
    total = sum(one["estimatedMonthlySavings"] for one in listed)
    assert float(sums["estimated_total_deduped_savings"]) == pytest.approx(total, abs=0.01)
    shown = books.call("cost-optimization", operation="list_recommendations", max_results=5)
    rows = shown.get("preview") or shown["recommendations"]
    assert {row["recommendation_id"] for row in rows} <= {one["recommendationId"] for one in listed}
    machine = next(one for one in listed if one["currentResourceType"] == "Ec2Instance")
    identity = {"recommendation_id": machine["recommendationId"]}
    books.call("cost-optimization", operation="get_recommendation", **identity)
    assert machine["resourceId"] in json.dumps(books.ask("rec-details", **identity))


def test_prices_are_the_list_s(books: Books) -> None:
    codes = books.call("aws-pricing", operation="get_service_codes")["service_codes"]
    assert {"AmazonEC2", "AmazonRDS"} <= set(codes)
    kinds = books.call("aws-pricing", operation="get_attribute_values", service_code="AmazonRDS",
                       attribute_name="instanceType")  # fmt: skip
    assert "db.m5.large" in kinds["values"]
    wanted = {
        "instanceType": "m5.xlarge", "regionCode": "us-east-1", "tenancy": "Shared",
        "operatingSystem": "Linux", "capacitystatus": "Used", "preInstalledSw": "NA",
    }  # fmt: skip
    found = books.call("aws-pricing", operation="get_pricing_from_api", service_code="AmazonEC2",
                       filters=json.dumps(wanted))  # fmt: skip
    assert found["total_products_found"] == 1
    assert f"{prices.price('ec2', 'm5.xlarge'):.10f}" in json.dumps(found)


def test_budgets_and_anomalies(books: Books) -> None:
    budgets = books.client("budgets")
    number = books.client("sts").get_caller_identity()["Account"]
    budgets.create_budget(
        AccountId=number,
        Budget={"BudgetName": "month", "BudgetType": "COST", "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": "90000", "Unit": "USD"}},
        NotificationsWithSubscribers=[{
            "Notification": {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN",
                             "Threshold": 80.0, "ThresholdType": "PERCENTAGE"},
            "Subscribers": [{"SubscriptionType": "EMAIL", "Address": "cfo@example.com"}],
        }],
    )  # fmt: skip
    [shown] = books.call("budgets")["budgets"]
    month = books.spent("unblended_cost", books.today.replace(day=1), books.today + DAY)
    spent = shown["calculated_spend"]["actual_spend"]["amount"]
    assert float(spent) == pytest.approx(float(month), abs=0.01)
    [alert] = books.call("budget-notifications", budget_name="month")["notifications"]
    assert "80" in json.dumps(alert)
    assert books.call("budget-actions", budget_name="month")["actions"] == []
    found = books.call("cost-anomaly", **span(books, 60))["anomalies"]
    known = books.sql(
        "select count(*) as count from cost_anomalies where ends_on >= $1::date - $2::int",
        books.today - DAY * 60, books.shift,
    )  # fmt: skip
    assert len(found) == known[0]["count"]


def test_commitments_reconcile(books: Books) -> None:
    first = books.today - DAY * 20
    covered = books.call("sp-performance", operation="get_savings_plans_coverage",
                         **span(books, 20))  # fmt: skip
    paid = sum(
        (amount(one["Coverage"]["SpendCoveredBySavingsPlans"])
         for one in covered["savings_plans_coverages"]), Decimal(0),
    )  # fmt: skip
    assert paid == books.spent("on_demand_cost", first, books.today,
                               "record_type = 'SavingsPlanCoveredUsage'")  # fmt: skip
    used = books.call("sp-performance", operation="get_savings_plans_utilization",
                      **span(books, 20))  # fmt: skip
    [plan] = books.sql("select * from commitments where commitment_type = 'savings_plan'")
    committed = plan["hourly_commitment_amount"] * 24 * 20
    assert sum(
        (amount(one["Utilization"]["TotalCommitment"])
         for one in used["savings_plans_utilizations"]), Decimal(0),
    ) == committed  # fmt: skip
    books.call("sp-performance", operation="get_savings_plans_utilization_details",
               **span(books, 20))  # fmt: skip
    for operation in ("get_reservation_coverage", "get_reservation_utilization"):
        books.call("ri-performance", operation=operation, **span(books, 20))
    [shown] = books.call("sp-explorer", operation="describe_savings_plans")["savingsPlans"]
    assert amount(shown["commitment"]) == plan["hourly_commitment_amount"]
    rates = books.call("sp-explorer", operation="describe_savings_plan_rates",
                       savings_plan_id=shown["savingsPlanId"], max_pages=1)  # fmt: skip
    assert "rate" in json.dumps(rates)
    asked = {"savings_plans_type": "COMPUTE_SP", "term_in_years": "ONE_YEAR",
             "payment_option": "NO_UPFRONT", "lookback_period_in_days": "THIRTY_DAYS"}  # fmt: skip
    advised = books.call(
        "sp-recommendation", operation="get_savings_plans_purchase_recommendation", **asked
    )
    [one] = advised["SavingsPlansPurchaseRecommendation"][
        "SavingsPlansPurchaseRecommendationDetails"
    ]
    detail = books.call("sp-recommendation",
                        operation="get_savings_plan_purchase_recommendation_details",
                        recommendation_detail_id=one["RecommendationDetailId"])  # fmt: skip
    assert one["HourlyCommitmentToPurchase"] in json.dumps(detail)
    books.call("sp-recommendation",
               operation="start_savings_plans_purchase_recommendation_generation")  # fmt: skip
    listing = "list_savings_plans_purchase_recommendation_generation"
    made = books.call("sp-recommendation", operation=listing)
    assert len(made["GenerationSummaryList"]) == 1
    books.call("sp-purchase-analyzer", operation="list_commitment_purchase_analyses")


def test_tags_categories_and_free_tier(books: Books) -> None:
    arn = books.client("ce").create_cost_category_definition(
        Name="Layer", RuleVersion="CostCategoryExpression.v1", DefaultValue="Rest",
        Rules=[{"Value": "Data", "Rule": {
            "Dimensions": {"Key": "SERVICE_CODE", "Values": ["AmazonRDS"]}}}],
    )["CostCategoryArn"]  # fmt: skip
    told = books.call("list-cost-category-definitions")
    assert [one["Name"] for one in told["CostCategoryReferences"]] == ["Layer"]
    books.call("describe-cost-category-definition", cost_category_arn=arn)
    keys = books.call("list-cost-allocation-tags", max_results=100)["CostAllocationTags"]
    known = books.sql("select key from cost_allocation_tags")
    assert {one["TagKey"] for one in keys} == {row["key"] for row in known}
    books.call("list-cost-allocation-tag-backfill-history")
    [view] = books.call("list-billing-views")["billing_views"]
    assert view["billing_view_type"] == "PRIMARY"
    free = books.call("free-tier-usage", operation="get_free_tier_usage")["freeTierUsages"]
    calls = next(one for one in free if one["usageType"] == "Global-Request")
    month = books.spent("usage_amount", books.today.replace(day=1), books.today + DAY,
                        "product_code = 'AWSLambda' and usage_type like '%Request%'")  # fmt: skip
    assert amount(calls["actualUsageAmount"]) == month


@pytest.mark.parametrize(
    ("tool", "asked"),
    [
        ("list-billing-groups", {}),
        ("get-billing-preferences", {"features": ["RI_SHARING"]}),
        ("bcm-pricing-calc", {"operation": "get_preferences"}),
        ("compute-optimizer-automation", {"operation": "get_enrollment_configuration"}),
    ],
)
def test_what_is_not_served_says_so(books: Books, tool: str, asked: dict[str, Any]) -> None:
    assert "this emulator does not serve it" in json.dumps(books.ask(tool, **asked))
