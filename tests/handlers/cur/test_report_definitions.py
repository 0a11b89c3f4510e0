"""Cost and usage reports: their lives and their files."""

import gzip
import io
import json
import zipfile
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.bcm_data_exports import bills
from tests.handlers.ec2.answers import Sql, refusal


@pytest.fixture
def cur(cloud: Cloud) -> Any:
    """A boto3 client of reports, in an account with a bill and a bucket."""
    bills.live(cloud, 3)
    bills.bucket(cloud)
    return cloud.client("cur")


def definition(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    return {
        "ReportName": "bill",
        "TimeUnit": "HOURLY",
        "Format": "textORcsv",
        "Compression": "GZIP",
        "AdditionalSchemaElements": ["RESOURCES"],
        "S3Bucket": bills.bucket_of(cloud),
        "S3Prefix": "reports",
        "S3Region": "us-east-1",
        "ReportVersioning": "OVERWRITE_REPORT",
    } | changes


def manifests(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The manifests of the report by month."""
    name = bills.bucket_of(cloud)
    found = [
        json.loads(bills.content(cloud, name, key))
        for key in bills.keys(cloud, name, "reports/bill/")
        if key.endswith("bill-Manifest.json") and key.count("/") == 3
    ]
    return {f"{one['billingPeriod']['start'][:4]}-{one['billingPeriod']['start'][4:6]}": one
            for one in found}  # fmt: skip


def test_a_report_says_what_the_ledger_says(cloud: Cloud, cur: Any, sql: Sql) -> None:
    sql("update cost_allocation_tags set status = 'Active' where account_id = $1", cloud.account.id)
    cur.put_report_definition(ReportDefinition=definition(cloud))
    months = manifests(cloud)
    assert months
    for month, manifest in months.items():
        assert manifest["account"] == cloud.account.number
        rows = [row for key in manifest["reportKeys"]
                for row in bills.rows(cloud, bills.bucket_of(cloud), key)]  # fmt: skip
        assert {"identity/LineItemId", "bill/PayerAccountId", "lineItem/UsageStartDate",
                "lineItem/ResourceId", "lineItem/UnblendedCost", "product/ProductName",
                "pricing/publicOnDemandCost", "reservation/ReservationARN",
                "savingsPlan/SavingsPlanEffectiveCost"} <= set(rows[0])  # fmt: skip
        assert {"category": "lineItem", "name": "UnblendedCost", "type": "BigDecimal"} in (
            manifest["columns"]
        )
        assert bills.total(rows, "lineItem/UnblendedCost") == bills.billed(
            sql, cloud, month, "unblended_cost"
        )
    [shown] = cur.describe_report_definitions()["ReportDefinitions"]
    assert shown["ReportStatus"]["lastStatus"] == "SUCCESS"


def test_parquet_lies_where_athena_looks(cloud: Cloud, cur: Any, sql: Sql) -> None:
    wanted = definition(cloud, Format="Parquet", Compression="Parquet", TimeUnit="DAILY",
                        AdditionalArtifacts=["ATHENA"])  # fmt: skip
    cur.put_report_definition(ReportDefinition=wanted)
    for month, manifest in manifests(cloud).items():
        year, number = month.split("-")
        folder = f"reports/bill/bill/year={year}/month={int(number)}/bill-"
        assert all(key.startswith(folder) for key in manifest["reportKeys"])
        rows = [row for key in manifest["reportKeys"]
                for row in bills.rows(cloud, bills.bucket_of(cloud), key)]  # fmt: skip
        assert bills.total(rows, "line_item_unblended_cost") == bills.billed(
            sql, cloud, month, "unblended_cost"
        )


def test_new_reports_lie_beside_the_old(cloud: Cloud, cur: Any) -> None:
    wanted = definition(cloud, Compression="ZIP", ReportVersioning="CREATE_NEW_REPORT",
                        TimeUnit="DAILY")  # fmt: skip
    cur.put_report_definition(ReportDefinition=wanted)
    before = {key for one in manifests(cloud).values() for key in one["reportKeys"]}
    bills.tick(cloud)
    after = {key for one in manifests(cloud).values() for key in one["reportKeys"]}
    assert not before & after
    name = bills.bucket_of(cloud)
    assert before <= set(bills.keys(cloud, name, "reports/"))
    data = bills.content(cloud, name, min(before))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [inner] = archive.namelist()
        assert inner.endswith(".csv")
        assert archive.read(inner).startswith(b"bill/BillType,")


def test_a_report_lives_from_putting_to_deletion(cloud: Cloud, cur: Any) -> None:
    cur.put_report_definition(
        ReportDefinition=definition(cloud, TimeUnit="DAILY", RefreshClosedReports=True),
        Tags=[{"Key": "a", "Value": "1"}],
    )
    code, _ = refusal(cur.put_report_definition, ReportDefinition=definition(cloud))
    assert code == "DuplicateReportNameException"
    cur.modify_report_definition(
        ReportName="bill",
        ReportDefinition=definition(cloud, TimeUnit="DAILY", AdditionalSchemaElements=[]),
    )
    [shown] = cur.describe_report_definitions()["ReportDefinitions"]
    assert shown["AdditionalSchemaElements"] == []
    key = next(iter(manifests(cloud).values()))["reportKeys"][0]
    header = gzip.decompress(bills.content(cloud, bills.bucket_of(cloud), key)).splitlines()[0]
    assert b"lineItem/ResourceId" not in header
    cur.tag_resource(ReportName="bill", Tags=[{"Key": "b", "Value": "2"}])
    cur.untag_resource(ReportName="bill", TagKeys=["a"])
    assert cur.list_tags_for_resource(ReportName="bill")["Tags"] == [{"Key": "b", "Value": "2"}]
    assert cur.delete_report_definition(ReportName="bill")["ResponseMessage"]
    assert cur.describe_report_definitions()["ReportDefinitions"] == []
    assert refusal(cur.delete_report_definition, ReportName="bill")[0] == "ValidationException"


@pytest.mark.parametrize(
    "changes",
    [
        {"TimeUnit": "MONTHLY"},
        {"Compression": "Parquet"},
        {"AdditionalSchemaElements": ["SPLIT_COST_ALLOCATION_DATA"]},
        {"AdditionalArtifacts": ["ATHENA"]},
        {"S3Bucket": "nobodys-bucket"},
        {"S3Region": "eu-west-1"},
    ],
)
def test_what_cannot_be_delivered_is_refused(cloud: Cloud, changes: dict[str, Any]) -> None:
    bills.bucket(cloud)
    code, message = refusal(
        cloud.client("cur").put_report_definition,
        ReportDefinition=definition(cloud) | changes,
    )
    assert code == "ValidationException"
    assert message


def test_five_reports_a_page(cloud: Cloud) -> None:
    bills.bucket(cloud)
    cur = cloud.client("cur")
    names = [f"report-{number}" for number in range(7)]
    for name in names:
        cur.put_report_definition(ReportDefinition=definition(cloud, ReportName=name))
    pages = cur.get_paginator("describe_report_definitions").paginate()
    found = [[one["ReportName"] for one in page["ReportDefinitions"]] for page in pages]
    assert found == [names[:5], names[5:]]
