"""Prices and the bill through the AWS CLI: a price looked up, the bill exported and fetched."""

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path

from tests.fixtures.server import Cloud
from tests.handlers.bcm_data_exports import bills
from tests.journeys.aws_cli import aws

_QUERY = (
    "SELECT BilledCost, SkuId, x_ServiceCode, x_UsageType, ListUnitPrice FROM FOCUS_1_2_AWS"
    " WHERE x_UsageType LIKE '%BoxUsage:m5.large' AND ChargeCategory = 'Usage'"
)


def test_the_bill_is_exported_and_its_prices_are_found(cloud: Cloud, tmp_path: Path) -> None:
    bills.live(cloud, 2)
    bucket = bills.bucket(cloud)
    wanted = bills.export("machines", bucket, _QUERY)
    arn = aws(cloud, "bcm-data-exports", "create-export", "--export", json.dumps(wanted))[
        "ExportArn"
    ]
    done = aws(cloud, "bcm-data-exports", "list-executions", "--export-arn", arn)["Executions"]
    assert {one["ExecutionStatus"]["StatusCode"] for one in done} == {"DELIVERY_SUCCESS"}
    keys = [key for key in bills.keys(cloud, bucket) if key.endswith(".csv.gz")]
    file = tmp_path / "machines.csv.gz"
    aws(cloud, "s3api", "get-object", "--bucket", bucket, "--key", keys[0], str(file))
    rows = list(csv.DictReader(gzip.decompress(file.read_bytes()).decode().splitlines()))
    assert rows
    row = next(one for one in rows if one["ListUnitPrice"])
    answer = aws(
        cloud, "pricing", "get-products", "--service-code", row["x_ServiceCode"],
        "--filters", f"Type=TERM_MATCH,Field=sku,Value={row['SkuId']}",
    )  # fmt: skip
    [document] = answer["PriceList"]
    product = json.loads(document) if isinstance(document, str) else document
    assert product["product"]["attributes"]["usagetype"] == row["x_UsageType"]
    [term] = product["terms"]["OnDemand"].values()
    [price] = term["priceDimensions"].values()
    # a world that wanders does so around its prices
    listed, charged = Decimal(price["pricePerUnit"]["USD"]), Decimal(row["ListUnitPrice"])
    assert listed * Decimal("0.7") < charged < listed * Decimal("1.3")
    aws(cloud, "bcm-data-exports", "delete-export", "--export-arn", arn)
    assert aws(cloud, "bcm-data-exports", "list-exports")["Exports"] == []
