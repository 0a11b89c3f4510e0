"""Data exports: their lives, their files, and how they follow the days."""

import json
from typing import Any

import pytest

from tests.fixtures.server import Cloud, RunningServer
from tests.fixtures.server import new_cloud as new_cloud
from tests.handlers.bcm_data_exports import bills
from tests.handlers.ec2.answers import Sql, refusal

CUR = (
    "SELECT identity_line_item_id, line_item_line_item_type, line_item_usage_start_date,"
    " line_item_usage_amount, line_item_unblended_cost, pricing_public_on_demand_cost,"
    " reservation_effective_cost, savings_plan_savings_plan_effective_cost,"
    " reservation_unused_recurring_fee, savings_plan_total_commitment_to_date,"
    " savings_plan_used_commitment, discount_total_discount, product.product_name, resource_tags"
    " FROM COST_AND_USAGE_REPORT"
)
WITH_RESOURCES = CUR.replace("SELECT ", "SELECT line_item_resource_id, ")


@pytest.fixture(scope="module")
def settled(running: RunningServer) -> Cloud:
    """An account with a bill, for tests that let no day pass."""
    cloud = new_cloud(running)
    bills.live(cloud, 5)
    bills.bucket(cloud)
    return cloud


@pytest.fixture
def exports(cloud: Cloud) -> Any:
    """A boto3 client of data exports, in an account of its own with a bill and a bucket."""
    bills.live(cloud, 2)
    bills.bucket(cloud)
    return cloud.client("bcm-data-exports")


def amortized(rows: list[dict[str, Any]]) -> Any:
    """The amortised cost of a CUR, as AWS's own queries work it out."""
    usage = [row for row in rows if row["line_item_line_item_type"] == "Usage"]
    return (
        bills.total(usage, "line_item_unblended_cost")
        + bills.total(rows, "reservation_effective_cost")
        + bills.total(rows, "savings_plan_savings_plan_effective_cost")
        + bills.total(rows, "reservation_unused_recurring_fee")
        + bills.total(rows, "savings_plan_total_commitment_to_date")
        - bills.total(rows, "savings_plan_used_commitment")
        + bills.total(rows, "discount_total_discount")
    )


@pytest.mark.parametrize("form", ["TEXT_OR_CSV", "PARQUET"])
@pytest.mark.parametrize("granularity", ["DAILY", "HOURLY"])
@pytest.mark.parametrize("resources", ["TRUE", "FALSE"])
def test_every_line_is_in_the_report(
    settled: Cloud, sql: Sql, form: str, granularity: str, resources: str
) -> None:
    cloud, name = settled, bills.bucket_of(settled)
    exports = cloud.client("bcm-data-exports")
    query = WITH_RESOURCES if resources == "TRUE" else CUR
    title = f"cur-{form}-{granularity}-{resources}"
    wanted = bills.export(title, name, query, form=form, TIME_GRANULARITY=granularity,
                          INCLUDE_RESOURCES=resources)  # fmt: skip
    exports.create_export(Export=wanted)
    months = bills.months(cloud, name, title)
    assert months
    for month, rows in months.items():
        for shown, column in (
            ("line_item_unblended_cost", "unblended_cost"),
            ("pricing_public_on_demand_cost", "on_demand_cost"),
            ("line_item_usage_amount", "usage_amount"),
        ):
            assert bills.total(rows, shown) == bills.billed(sql, cloud, month, column)
        assert amortized(rows) == bills.billed(sql, cloud, month, "amortized_cost")
        assert len({row["identity_line_item_id"] for row in rows}) == len(rows)
        assert {row["product_name"] for row in rows} >= {
            "Amazon Elastic Compute Cloud - Compute", "Amazon Relational Database Service",
        }  # fmt: skip
    [counted] = sql(
        "select count(*) as lines from cost_lines_daily"
        " where account_id = $1 and record_type = 'Usage'",
        cloud.account.id,
    )
    rows = [row for month in months.values() for row in month
            if row["line_item_line_item_type"] == "Usage"]  # fmt: skip
    whole = counted["lines"] * (24 if granularity == "HOURLY" else 1)
    assert len(rows) == whole if resources == "TRUE" else len(rows) <= whole


def test_files_lie_where_aws_puts_them(settled: Cloud) -> None:
    cloud, name = settled, bills.bucket_of(settled)
    exports = cloud.client("bcm-data-exports")
    wanted = bills.export("cur", name, CUR, TIME_GRANULARITY="DAILY")
    arn = exports.create_export(Export=wanted)["ExportArn"]
    assert arn.startswith(f"arn:aws:bcm-data-exports:us-east-1:{cloud.account.number}:export/cur-")
    files = bills.keys(cloud, name, "exports/cur/")
    month = max(bills.months(cloud, name, "cur"))
    folder = f"exports/cur/data/BILLING_PERIOD={month}/cur-"
    assert f"exports/cur/metadata/BILLING_PERIOD={month}/cur-Manifest.json" in files
    data = [key for key in files if "/data/" in key]
    assert len(data) == 5
    assert any(key.startswith(folder) and key.endswith(".csv.gz") for key in data)
    manifest = json.loads(
        bills.content(cloud, name, f"exports/cur/metadata/BILLING_PERIOD={month}/cur-Manifest.json")
    )
    assert manifest["exportArn"] == arn
    assert [one["name"] for one in manifest["columns"]][:2] == [
        "identity_line_item_id",
        "line_item_line_item_type",
    ]


def test_a_tick_brings_the_next_day(cloud: Cloud, exports: Any, sql: Sql) -> None:
    name = bills.bucket_of(cloud)
    wanted = bills.export("cur", name, CUR, TIME_GRANULARITY="DAILY")
    arn = exports.create_export(Export=wanted)["ExportArn"]
    before = exports.list_executions(ExportArn=arn)["Executions"]
    bills.tick(cloud)
    months = bills.months(cloud, name, "cur")
    for month, rows in months.items():
        assert bills.total(rows, "line_item_unblended_cost") == bills.billed(
            sql, cloud, month, "unblended_cost"
        )
    assert sum(len({row["line_item_usage_start_date"] for row in rows})
               for rows in months.values()) == 3  # fmt: skip
    after = exports.list_executions(ExportArn=arn)["Executions"]
    ids = [one["ExecutionId"] for one in after]
    assert ids[: len(before)] == [one["ExecutionId"] for one in before]
    assert len(after) > len(before)
    assert {one["ExecutionStatus"]["StatusCode"] for one in after} == {"DELIVERY_SUCCESS"}
    last = exports.get_execution(ExportArn=arn, ExecutionId=after[-1]["ExecutionId"])
    assert last["Export"]["Name"] == "cur"
    status = exports.get_export(ExportArn=arn)["ExportStatus"]
    assert status["StatusCode"] == "HEALTHY"
    assert "LastRefreshedAt" in status


def test_a_new_report_leaves_the_old_one(cloud: Cloud, exports: Any) -> None:
    name = bills.bucket_of(cloud)
    wanted = bills.export("cur", name, CUR, overwrite=False, TIME_GRANULARITY="DAILY")
    exports.create_export(Export=wanted)
    first = set(bills.keys(cloud, name, "exports/cur/data"))
    bills.tick(cloud)
    second = set(bills.keys(cloud, name, "exports/cur/data"))
    assert first < second


def test_a_condition_leaves_rows_out(settled: Cloud, sql: Sql) -> None:
    cloud, name = settled, bills.bucket_of(settled)
    exports = cloud.client("bcm-data-exports")
    query = (
        "SELECT line_item_unblended_cost AS cost, line_item_product_code AS code"
        " FROM COST_AND_USAGE_REPORT WHERE line_item_product_code IN ('AmazonEC2', 'AmazonRDS')"
        " AND NOT line_item_usage_type LIKE '%EBS%' AND (line_item_unblended_cost > 0.01"
        " OR product['product_name'] = 'x''y')"
    )
    exports.create_export(Export=bills.export("some", name, query, TIME_GRANULARITY="DAILY",
                                              INCLUDE_RESOURCES="TRUE"))  # fmt: skip
    rows = [row for month in bills.months(cloud, name, "some").values() for row in month]
    assert {row["code"] for row in rows} == {"AmazonEC2", "AmazonRDS"}
    [wanted] = sql(
        "select sum(unblended_cost), count(*) from cost_lines_daily where account_id = $1"
        " and product_code in ('AmazonEC2', 'AmazonRDS') and usage_type not like '%EBS%'"
        " and unblended_cost > 0.01",
        cloud.account.id,
    )
    assert (bills.total(rows, "cost"), len(rows)) == (wanted["sum"], wanted["count"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * FROM COST_AND_USAGE_REPORT", "SELECT * is not supported"),
        ("SELECT bill_bill_type FROM BILLS", "BILLS does not exist"),
        ("SELECT colour FROM FOCUS_1_2_AWS", "colour does not exist"),
        ("SELECT sum(BilledCost) FROM FOCUS_1_2_AWS", "sum"),
        ("SELECT BilledCost FROM FOCUS_1_2_AWS GROUP BY 1", "GROUP"),
        ("SELECT BilledCost FROM FOCUS_1_2_AWS WHERE BilledCost = 'x'", "type double"),
        ("SELECT BilledCost FROM FOCUS_1_2_AWS WHERE ChargePeriodStart > '2026-13-01'",
         "not a time"),
        ("SELECT BilledCost FROM FOCUS_1_2_AWS WHERE BilledCost = 1; DROP TABLE x", "DROP"),
        ("SELECT line_item_resource_id FROM COST_AND_USAGE_REPORT", "INCLUDE_RESOURCES"),
    ],
)  # fmt: skip
def test_queries_that_cannot_run_are_refused(settled: Cloud, query: str, words: str) -> None:
    exports = settled.client("bcm-data-exports")
    code, message = refusal(
        exports.create_export, Export=bills.export("x", bills.bucket_of(settled), query)
    )
    assert code == "ValidationException"
    assert words in message


def test_an_export_lives_from_creation_to_deletion(cloud: Cloud, exports: Any, sql: Sql) -> None:
    name = bills.bucket_of(cloud)
    wanted = bills.export("life", name, CUR, TIME_GRANULARITY="DAILY") | {"Description": "ours"}
    arn = exports.create_export(
        Export=wanted, ResourceTags=[{"Key": "team", "Value": "finops"}]
    )["ExportArn"]  # fmt: skip
    assert refusal(exports.create_export, Export=wanted)[0] == "ValidationException"
    shown = exports.get_export(ExportArn=arn)["Export"]
    assert {key: value for key, value in shown.items() if key != "ExportArn"} == wanted
    [one] = exports.list_exports()["Exports"]
    assert (one["ExportArn"], one["ExportName"]) == (arn, "life")
    exports.tag_resource(ResourceArn=arn, ResourceTags=[{"Key": "env", "Value": "prod"}])
    exports.untag_resource(ResourceArn=arn, ResourceTagKeys=["team"])
    assert exports.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [
        {"Key": "env", "Value": "prod"}
    ]
    fewer = "SELECT line_item_unblended_cost FROM COST_AND_USAGE_REPORT"
    changed = bills.export("life", name, fewer, TIME_GRANULARITY="DAILY")
    assert exports.update_export(ExportArn=arn, Export=changed)["ExportArn"] == arn
    [rows] = [rows for _, rows in sorted(bills.months(cloud, name, "life").items())][-1:]
    assert set(rows[0]) == {"line_item_unblended_cost"}
    files = bills.keys(cloud, name)
    exports.delete_export(ExportArn=arn)
    assert bills.keys(cloud, name) == files
    assert refusal(exports.get_export, ExportArn=arn)[0] == "ResourceNotFoundException"
    assert refusal(exports.delete_export, ExportArn=arn)[0] == "ResourceNotFoundException"
    left = "select 1 from data_export_executions where account_id = $1"
    assert sql(left, cloud.account.id) == []


def test_a_bucket_must_be_there_and_ones_own(
    cloud: Cloud, other_cloud: Cloud, exports: Any
) -> None:
    theirs = bills.bucket(other_cloud)
    for name in ("no-such-bucket-of-bills", theirs):
        code, message = refusal(exports.create_export, Export=bills.export("x", name, CUR))
        assert (code, name in message) == ("ValidationException", True)
    mine = bills.bucket_of(cloud)
    arn = exports.create_export(
        Export=bills.export("x", mine, CUR, TIME_GRANULARITY="DAILY")
    )["ExportArn"]  # fmt: skip
    s3 = cloud.client("s3")
    for key in bills.keys(cloud, mine):
        s3.delete_object(Bucket=mine, Key=key)
    s3.delete_bucket(Bucket=mine)
    bills.tick(cloud)
    status = exports.get_export(ExportArn=arn)["ExportStatus"]
    assert (status["StatusCode"], status["StatusReason"]) == (
        "UNHEALTHY",
        "INSUFFICIENT_PERMISSION",
    )
    last = exports.list_executions(ExportArn=arn)["Executions"][-1]["ExecutionStatus"]
    assert last["StatusCode"] == "DELIVERY_FAILURE"


def test_tables_tell_their_columns(settled: Cloud) -> None:
    exports = settled.client("bcm-data-exports")
    told = exports.list_tables()["Tables"]
    assert [one["TableName"] for one in told] == [
        "COST_AND_USAGE_REPORT", "COST_OPTIMIZATION_RECOMMENDATIONS", "FOCUS_1_2_AWS",
    ]  # fmt: skip
    plain = exports.get_table(TableName="COST_AND_USAGE_REPORT")
    names = {one["Name"]: one["Type"] for one in plain["Schema"]}
    assert names["line_item_unblended_cost"] == "double"
    assert names["resource_tags"] == "map"
    assert "line_item_resource_id" not in names
    more = exports.get_table(
        TableName="COST_AND_USAGE_REPORT", TableProperties={"INCLUDE_RESOURCES": "TRUE"}
    )
    assert len(more["Schema"]) == len(plain["Schema"]) + 1
    assert refusal(exports.get_table, TableName="x")[0] == "ValidationException"
    monthly = {"TIME_GRANULARITY": "MONTHLY"}
    code, _ = refusal(exports.get_table, TableName="COST_AND_USAGE_REPORT", TableProperties=monthly)
    assert code == "ValidationException"
