"""The Price List API: services, attributes, products, terms."""

import csv
import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.request import urlopen

import pytest

from models import costs, prices
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import refusal

TERM = "TERM_MATCH"


@pytest.fixture
def pricing(cloud: Cloud) -> Any:
    """A boto3 client of the price list."""
    return cloud.client("pricing")


def fields(kind: str = TERM, **wanted: str) -> list[dict[str, str]]:
    return [{"Type": kind, "Field": name, "Value": value} for name, value in wanted.items()]


def found(pricing: Any, service: str, filters: list[dict[str, str]]) -> list[dict[str, Any]]:
    pages = pricing.get_paginator("get_products").paginate(ServiceCode=service, Filters=filters)
    return [json.loads(one) for page in pages for one in page["PriceList"]]


def on_demand(product: dict[str, Any]) -> list[Decimal]:
    [term] = product["terms"]["OnDemand"].values()
    return [Decimal(one["pricePerUnit"]["USD"]) for one in term["priceDimensions"].values()]


def test_services_tell_what_they_can_be_asked_by(pricing: Any) -> None:
    pages = pricing.get_paginator("describe_services").paginate(PaginationConfig={"PageSize": 5})
    codes = [one["ServiceCode"] for page in pages for one in page["Services"]]
    assert codes == sorted(codes)
    assert {"AmazonEC2", "AmazonRDS", "AmazonElastiCache", "AmazonES", "AmazonMSK", "AmazonKinesis",
            "AmazonS3", "AWSLambda", "AWSELB", "AmazonVPC", "AmazonCloudWatch", "AWSDataTransfer",
            "AmazonEKS", "AmazonECS", "AmazonSageMaker"} <= set(codes)  # fmt: skip
    [ec2] = pricing.describe_services(ServiceCode="AmazonEC2")["Services"]
    assert {"instanceType", "operatingSystem", "tenancy", "regionCode", "volumeApiName",
            "capacitystatus", "termType", "usagetype"} <= set(ec2["AttributeNames"])  # fmt: skip
    code, message = refusal(pricing.describe_services, ServiceCode="AmazonTea")
    assert code == "InvalidParameterException"
    assert "AmazonTea" in message


def test_attributes_have_their_values(pricing: Any) -> None:
    def values(service: str, name: str) -> list[str]:
        pages = pricing.get_paginator("get_attribute_values").paginate(
            ServiceCode=service, AttributeName=name, PaginationConfig={"PageSize": 500}
        )
        return [one["Value"] for page in pages for one in page["AttributeValues"]]

    assert values("AmazonEC2", "operatingSystem") == ["Linux", "RHEL", "SUSE", "Windows"]
    types = values("AmazonEC2", "instanceType")
    assert len(types) == len(set(types)) > 1000
    assert "m5.xlarge" in types
    assert "EU (Ireland)" in values("AmazonRDS", "location")
    assert "USW2-AmazonEKS-Hours:perCluster" in values("AmazonEKS", "usagetype")
    assert "USE1-EU-AWS-Out-Bytes" in values("AWSDataTransfer", "usagetype")
    assert values("AmazonRDS", "deploymentOption") == ["Multi-AZ", "Single-AZ"]
    assert refusal(pricing.get_attribute_values, ServiceCode="AmazonEC2",
                   AttributeName="colour")[0] == "InvalidParameterException"  # fmt: skip


def test_one_machine_is_one_product(pricing: Any) -> None:
    """Filters as everybody writes them: `shared` in any case, ServiceCode as a field."""
    wanted = fields(
        ServiceCode="AmazonEC2",
        instanceType="m5.xlarge",
        location="EU (Ireland)",
        operatingSystem="Linux",
        tenancy="shared",
        preInstalledSw="NA",
        capacitystatus="Used",
    )
    [one] = found(pricing, "AmazonEC2", wanted)
    said = one["product"]["attributes"]
    assert one["product"]["productFamily"] == "Compute Instance"
    assert (said["vcpu"], said["memory"], said["regionCode"]) == ("4", "16 GiB", "eu-west-1")
    assert (said["usagetype"], said["operation"]) == ("EU-BoxUsage:m5.xlarge", "RunInstances")
    assert on_demand(one) == [prices.price("ec2", "m5.xlarge", "eu-west-1")]
    sku = one["product"]["sku"]
    [term] = one["terms"]["OnDemand"].values()
    assert set(term["priceDimensions"]) == {f"{sku}.JRTCKXETXF.6YS6EN2CT7"}
    [again] = found(pricing, "AmazonEC2", fields(sku=sku))
    assert again == one
    reserved = one["terms"]["Reserved"]
    assert len(reserved) == 12
    yearly = reserved[f"{sku}.HU7G6KETJZ"]
    assert yearly["termAttributes"] == {
        "LeaseContractLength": "1yr",
        "OfferingClass": "standard",
        "PurchaseOption": "Partial Upfront",
    }


def test_reservations_cost_what_is_offered(cloud: Cloud, pricing: Any) -> None:
    wanted = fields(instanceType="c5.large", regionCode="us-west-2", operatingSystem="Windows",
                    usagetype="USW2-BoxUsage:c5.large")  # fmt: skip
    [one] = found(pricing, "AmazonEC2", wanted)
    offered = cloud.client("ec2", "us-west-2").describe_reserved_instances_offerings(
        InstanceType="c5.large", ProductDescription="Windows", OfferingClass="convertible",
        OfferingType="Partial Upfront", InstanceTenancy="default",
        Filters=[{"Name": "scope", "Values": ["Region"]}],
    )["ReservedInstancesOfferings"]  # fmt: skip
    assert len(offered) == 2
    for offering in offered:
        years = offering["Duration"] // 31_536_000
        [term] = [
            term for term in one["terms"]["Reserved"].values()
            if term["termAttributes"] == {"LeaseContractLength": f"{years}yr",
                "OfferingClass": "convertible", "PurchaseOption": "Partial Upfront"}
        ]  # fmt: skip
        by_unit = {
            dimension["unit"]: float(dimension["pricePerUnit"]["USD"])
            for dimension in term["priceDimensions"].values()
        }
        assert by_unit["Quantity"] == pytest.approx(offering["FixedPrice"], abs=0.0001)
        hourly = offering["RecurringCharges"][0]["Amount"]
        assert by_unit["Hrs"] == pytest.approx(hourly, abs=0.00005)


@pytest.mark.parametrize(
    ("kind", "value", "types"),
    [
        ("EQUALS", "m5.large", {"m5.large"}),
        ("EQUALS", "M5.LARGE", set()),
        ("TERM_MATCH", "M5.LARGE", {"m5.large"}),
        ("CONTAINS", "t4g.n", {"t4g.nano"}),
        ("ANY_OF", "m5.large,c5.large", {"m5.large", "c5.large"}),
    ],
)
def test_filters_match_as_they_are_named(
    pricing: Any, kind: str, value: str, types: set[str]
) -> None:
    filters = fields(kind, instanceType=value) + fields(regionCode="us-east-1")
    products = found(pricing, "AmazonEC2", filters)
    assert {one["product"]["attributes"]["instanceType"] for one in products} == types


@pytest.mark.parametrize(
    ("text", "count"),
    [("BoxUsage:m5.larg", 34), ("USW2-BoxUsage:m5.larg", 1), ("W2-BoxUsage:m5.larg", 2)],
)
def test_usage_types_are_found_by_a_part(pricing: Any, text: str, count: int) -> None:
    filters = fields("CONTAINS", usagetype=text) + fields(operatingSystem="Linux", tenancy="Shared")
    products = found(pricing, "AmazonEC2", filters)
    assert all(text in one["product"]["attributes"]["usagetype"] for one in products)
    assert len(products) == count


def test_none_of_leaves_out(pricing: Any) -> None:
    filters = fields(regionCode="us-east-1", instanceType="m5.large", capacitystatus="Used")
    filters += fields("NONE_OF", operatingSystem="Windows,SUSE", tenancy="Dedicated")
    products = found(pricing, "AmazonEC2", filters)
    assert {one["product"]["attributes"]["operatingSystem"] for one in products} == {
        "Linux",
        "RHEL",
    }


def test_pages_go_on_where_they_ended(pricing: Any) -> None:
    filters = fields(regionCode="us-east-1", databaseEngine="PostgreSQL")
    whole = found(pricing, "AmazonRDS", filters)
    skus = {one["product"]["sku"] for one in whole}
    assert len(skus) == len(whole) > 200
    first = pricing.get_products(ServiceCode="AmazonRDS", Filters=filters, MaxResults=7)
    second = pricing.get_products(
        ServiceCode="AmazonRDS", Filters=filters, MaxResults=7, NextToken=first["NextToken"]
    )
    both = [json.loads(one)["product"]["sku"] for one in first["PriceList"] + second["PriceList"]]
    assert both == [one["product"]["sku"] for one in whole[:14]]
    assert refusal(pricing.get_products, ServiceCode="AmazonRDS", NextToken="x" * 20)[0] == (
        "InvalidNextTokenException"
    )


@pytest.mark.parametrize(
    ("service", "wanted", "usd"),
    [
        ("AmazonRDS", {"instanceType": "db.r5.large", "databaseEngine": "PostgreSQL",
                       "deploymentOption": "Multi-AZ"},
         costs.rds_hourly("db.r5.large", "postgres", multi_az=True)),
        ("AmazonElastiCache", {"instanceType": "cache.r6g.large", "cacheEngine": "Valkey"},
         prices.price("elasticache", "cache.r6g.large") * Decimal("0.8")),
        ("AmazonES", {"instanceType": "r5.large.search"},
         prices.price("opensearch", "r5.large.search")),
        ("AmazonMSK", {"computeFamily": "m5.large"}, Decimal("0.21")),
        ("AmazonKinesis", {"usagetype": "USE1-Storage-ShardHour"}, Decimal("0.015")),
        ("AmazonEC2", {"volumeApiName": "gp3", "productFamily": "Storage"}, Decimal("0.08")),
        ("AmazonEC2", {"usagetype": "NatGateway-Hours"}, Decimal("0.045")),
        ("AWSLambda", {"group": "AWS-Lambda-Duration"}, Decimal("0.0000166667")),
        ("AWSELB", {"usagetype": "LCUUsage", "operation": "LoadBalancing:Application"},
         Decimal("0.008")),
        ("AmazonCloudWatch", {"usagetype": "USE1-TimedStorage-ByteHrs"}, Decimal("0.03")),
        ("AmazonVPC", {"usagetype": "PublicIPv4:IdleAddress"}, Decimal("0.005")),
        ("AmazonEKS", {"usagetype": "USE1-AmazonEKS-Hours:perCluster"}, Decimal("0.10")),
        ("AmazonECS", {"usagetype": "USE1-Fargate-GB-Hours"}, Decimal("0.004445")),
        ("AmazonSageMaker", {"usagetype": "USE1-Notebk:ml.t3.medium"}, Decimal("0.05")),
        ("AWSDataTransfer", {"fromRegionCode": "us-east-1", "toRegionCode": "us-east-2"},
         Decimal("0.01")),
        ("AWSDataTransfer", {"fromRegionCode": "us-east-1", "toRegionCode": "eu-west-1"},
         Decimal("0.02")),
    ],
)  # fmt: skip
def test_every_service_has_its_prices(
    pricing: Any, service: str, wanted: dict[str, str], usd: Decimal
) -> None:
    here = {} if service == "AWSDataTransfer" else {"regionCode": "us-east-1"}
    [one] = found(pricing, service, fields(**here, **wanted))
    assert on_demand(one) == [usd]


def test_tiers_follow_each_other(pricing: Any) -> None:
    [one] = found(pricing, "AmazonS3", fields(regionCode="us-east-1", volumeType="Standard"))
    [term] = one["terms"]["OnDemand"].values()
    tiers = [
        (tier["beginRange"], tier["endRange"], Decimal(tier["pricePerUnit"]["USD"]))
        for tier in term["priceDimensions"].values()
    ]
    assert tiers == [
        ("0", "51200", Decimal("0.023")),
        ("51200", "512000", Decimal("0.022")),
        ("512000", "Inf", Decimal("0.021")),
    ]


def test_an_answer_does_not_wait_for_the_whole_list(pricing: Any) -> None:
    wanted = fields(instanceType="r5.large", operatingSystem="Linux")
    found(pricing, "AmazonEC2", wanted)
    began = time.process_time()
    for _ in range(10):
        pricing.get_products(ServiceCode="AmazonEC2", Filters=wanted)
    assert time.process_time() - began < 1.5


def test_price_lists_are_named_by_region(pricing: Any) -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)
    asked = {"ServiceCode": "AmazonEC2", "CurrencyCode": "USD"}
    [one] = pricing.list_price_lists(**asked, EffectiveDate=day, RegionCode="us-west-2")[
        "PriceLists"
    ]
    assert one["PriceListArn"].startswith("arn:aws:pricing:::price-list/aws/AmazonEC2/USD/")
    assert one["PriceListArn"].endswith("/us-west-2")
    everywhere = pricing.list_price_lists(**asked, EffectiveDate=day)["PriceLists"]
    assert len(everywhere) == 34
    early = datetime(2020, 1, 1, tzinfo=UTC)
    assert pricing.list_price_lists(**asked, EffectiveDate=early)["PriceLists"] == []
    assert refusal(pricing.list_price_lists, ServiceCode="AmazonEC2", CurrencyCode="EUR",
                   EffectiveDate=day)[0] == "InvalidParameterException"  # fmt: skip


@pytest.mark.parametrize("service", ["AmazonElastiCache", "AWSDataTransfer"])
def test_files_hold_what_the_api_answers(pricing: Any, service: str) -> None:
    """JSON and CSV of a region: the products and prices of GetProducts, no more and no less."""
    [listed] = pricing.list_price_lists(
        ServiceCode=service, CurrencyCode="USD", RegionCode="eu-west-1",
        EffectiveDate=datetime(2026, 6, 1, tzinfo=UTC),
    )["PriceLists"]  # fmt: skip
    assert listed["FileFormats"] == ["json", "csv"]
    asked = {"PriceListArn": listed["PriceListArn"]}
    texts = []
    for kind in listed["FileFormats"]:
        address = pricing.get_price_list_file_url(**asked, FileFormat=kind.upper())["Url"]
        with urlopen(address, timeout=20) as answer:
            texts.append(answer.read().decode())
    region = "fromRegionCode" if service == "AWSDataTransfer" else "regionCode"
    products = found(pricing, service, fields(**{region: "eu-west-1"}))
    whole = json.loads(texts[0])
    assert (whole["offerCode"], whole["version"]) == (service, products[0]["version"])
    assert whole["products"] == {one["product"]["sku"]: one["product"] for one in products}
    for kind in ("OnDemand", "Reserved"):
        assert whole["terms"].get(kind, {}) == {
            one["product"]["sku"]: one["terms"][kind] for one in products if kind in one["terms"]
        }
    lines = texts[1].splitlines()
    assert lines[0] == '"FormatVersion","v1.0"'
    rows = list(csv.DictReader(lines[5:]))
    assert {(row["RateCode"], row["PricePerUnit"], row["usageType"]) for row in rows} == {
        (code, price["pricePerUnit"]["USD"], one["product"]["attributes"]["usagetype"])
        for one in products for kind in one["terms"].values() for term in kind.values()
        for code, price in term["priceDimensions"].items()
    }  # fmt: skip
    assert refusal(pricing.get_price_list_file_url, **asked, FileFormat="xml")[0] == (
        "InvalidParameterException"
    )
    asked["PriceListArn"] = asked["PriceListArn"].replace("eu-west-1", "eu-tea-1")
    assert refusal(pricing.get_price_list_file_url, **asked, FileFormat="csv")[0] == (
        "NotFoundException"
    )
