"""FOCUS 1.2: the books add up, and columns are null only where the specification lets them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from models.cost_exports import focus
from tests.fixtures.server import Cloud
from tests.fixtures.server import new_cloud as new_cloud
from tests.handlers.bcm_data_exports import bills
from tests.handlers.ec2.answers import Sql

EVERYTHING = ", ".join(one.name for one in focus.TABLE.columns)


@pytest.fixture(scope="module")
def focused(running: Any) -> tuple[Cloud, str, dict[str, list[dict[str, Any]]]]:
    """An account with a bill, its bucket, and all of FOCUS by month."""
    cloud = new_cloud(running)
    bills.live(cloud)
    name = bills.bucket(cloud)
    wanted = bills.export("focus", name, f"SELECT {EVERYTHING} FROM FOCUS_1_2_AWS", form="PARQUET")
    cloud.client("bcm-data-exports").create_export(Export=wanted)
    return cloud, name, bills.months(cloud, name, "focus")


Focused = tuple[Cloud, str, dict[str, list[dict[str, Any]]]]


def test_the_sums_are_the_ledgers(focused: Focused, sql: Sql) -> None:
    cloud, _, months = focused
    assert len(months) == 2
    for month, rows in months.items():
        assert bills.total(rows, "BilledCost") == bills.billed(sql, cloud, month, "unblended_cost")
        assert bills.total(rows, "EffectiveCost") == bills.billed(
            sql, cloud, month, "amortized_cost"
        )
        usage = [row for row in rows if row["ChargeCategory"] == "Usage"]
        assert bills.total(usage, "ListCost") == bills.billed(sql, cloud, month, "on_demand_cost")


def test_commitments_show_as_purchase_used_and_unused(focused: Focused) -> None:
    rows = [row for month in focused[2].values() for row in month]
    purchases = [row for row in rows if row["ChargeCategory"] == "Purchase"]
    used = [row for row in rows if row["CommitmentDiscountStatus"] == "Used"]
    unused = [row for row in rows if row["CommitmentDiscountStatus"] == "Unused"]
    assert purchases
    assert used
    assert unused
    assert all(row["EffectiveCost"] == 0 < row["BilledCost"] for row in purchases)
    assert {row["ChargeFrequency"] for row in purchases} == {"One-Time", "Recurring"}
    credits = [row for row in rows if row["ChargeCategory"] == "Credit"]
    assert credits
    assert all(row["BilledCost"] == row["ListCost"] <= 0 for row in credits)
    assert all(row["BilledCost"] == 0 < row["EffectiveCost"] for row in used + unused)
    assert {row["PricingCategory"] for row in used + unused} == {"Committed"}
    for identifier in {row["CommitmentDiscountId"] for row in used}:
        kinds = {row["CommitmentDiscountType"] for row in rows
                 if row["CommitmentDiscountId"] == identifier}  # fmt: skip
        assert len(kinds) == 1


MANDATORY = (
    "BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodStart", "BillingPeriodEnd",
    "ChargeCategory", "ChargePeriodStart", "ChargePeriodEnd", "ContractedCost", "EffectiveCost",
    "InvoiceIssuerName", "ListCost", "ProviderName", "PublisherName", "ServiceCategory",
    "ServiceName",
)  # fmt: skip


def test_nulls_stand_where_they_may(focused: Focused) -> None:
    rows = [row for month in focused[2].values() for row in month]
    for row in rows:
        assert all(row[name] is not None for name in MANDATORY)
        assert row["ServiceCategory"] in {
            "AI and Machine Learning", "Analytics", "Compute", "Databases", "Integration",
            "Management and Governance", "Networking", "Storage",
        }  # fmt: skip
        charged = row["ChargeCategory"] in ("Usage", "Purchase")
        unused = row["CommitmentDiscountStatus"] == "Unused"
        for name in ("PricingQuantity", "PricingUnit", "PricingCategory", "ListUnitPrice",
                     "SkuId", "SkuMeter", "SkuPriceId"):  # fmt: skip
            assert (row[name] is not None) == charged, (name, row)
        consumed = row["ChargeCategory"] == "Usage" and not unused
        assert (row["ConsumedQuantity"] is not None) == consumed
        assert (row["ConsumedUnit"] is not None) == consumed
        committed = row["CommitmentDiscountId"] is not None
        for name in ("Category", "Name", "Type", "Unit", "Quantity"):
            assert (row[f"CommitmentDiscount{name}"] is not None) == committed, (name, row)
        assert row["CommitmentDiscountQuantity"] is None or row["CommitmentDiscountQuantity"] > 0
        status = committed and row["ChargeCategory"] == "Usage"
        assert (row["CommitmentDiscountStatus"] is not None) == status
        assert (row["ResourceId"] is None) == (row["ResourceType"] is None)
        assert row["Tags"] is not None
        assert row["ChargePeriodStart"] < row["ChargePeriodEnd"]
        assert row["BillingPeriodStart"] <= row["ChargePeriodStart"] < row["BillingPeriodEnd"]
        if charged:
            product = Decimal(str(row["ListUnitPrice"])) * Decimal(str(row["PricingQuantity"]))
            assert float(product) == pytest.approx(row["ListCost"], abs=1e-6, rel=1e-6)


def test_skus_lead_to_the_price_list(focused: Focused) -> None:
    cloud, _, months = focused
    rows = [row for month in months.values() for row in month]
    told = {
        (row["x_ServiceCode"], row["SkuId"], row["x_UsageType"])
        for row in rows
        if row["SkuId"] and row["SkuPriceId"] != row["SkuId"]
    }
    pricing = cloud.client("pricing")
    assert len(told) > 15
    for service, sku, usage_type in told:
        filters = [{"Type": "EQUALS", "Field": "sku", "Value": sku}]
        found = pricing.get_products(ServiceCode=service, Filters=filters)["PriceList"]
        assert [json.loads(one)["product"]["attributes"]["usagetype"] for one in found] == [
            usage_type
        ], (service, usage_type)
