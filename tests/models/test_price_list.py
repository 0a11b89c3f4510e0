"""The price list holds every price of models.prices, in every region."""

from decimal import Decimal

from models import price_list, prices, regions
from models.costs.compute import licence_hourly
from models.price_list.terms import usd_text

ENGINELESS = {"ec2", "elasticache", "opensearch", "msk", "redshift", "sagemaker"}


def test_every_price_is_the_tables_own_in_every_region() -> None:
    for code in price_list.services():
        for product in price_list.products(code):
            if code == "AmazonEC2" and product.usage.startswith(("UnusedBox", "Dedicated")):
                continue  # the same figures by other names
            for region in regions.all_regions():
                if product.to and {region, product.to} == {"us-east-1", "us-east-2"}:
                    continue
                for tier, usd in product.prices(region):
                    rate = tier.rate
                    base = prices.price(rate.service, rate.item, region) * rate.times
                    assert usd == base + tier.more
                    assert Decimal(usd_text(usd)) == usd


def test_every_item_and_node_can_be_bought() -> None:
    listed = {
        (tier.rate.service, tier.rate.item)
        for code in price_list.services()
        for product in price_list.products(code)
        for tier in product.tiers
    }
    assert {item for item in prices.rates() if item[0] != "platform"} - listed == {
        ("transfer", "cross-region-us-east")  # a price of cross-region, between two regions
    }
    for service in ENGINELESS:
        prefix, suffix = prices.NODE_AFFIXES[service]
        nodes = {(service, f"{prefix}{node}{suffix}") for node in prices.table(service)}
        assert nodes <= listed
    engines = {item.partition("/")[2] for service, item in listed if service == "rds"} - {""}
    assert engines == {
        engine for engine in prices.ENGINES if not engine.endswith("-cdb") and engine != "aurora"
    }


def test_licences_are_part_of_the_price() -> None:
    for product in price_list.products("AmazonEC2"):
        if product.usage == "BoxUsage:m5.xlarge":
            [tier] = product.tiers
            assert tier.more == licence_hourly("m5.xlarge", product.own["operatingSystem"])


def test_skus_are_unique_and_never_change() -> None:
    skus = [product.key for code in price_list.services() for product in price_list.products(code)]
    assert len(skus) == len(set(skus))
    ends = {price_list.product.region_key(region) for region in regions.all_regions()}
    assert len(ends) == len(regions.all_regions())
    [one] = price_list.find(
        "AmazonEC2",
        (
            price_list.Filter("EQUALS", "usagetype", "BoxUsage:m5.large"),
            price_list.Filter("EQUALS", "operatingSystem", "Linux"),
        ),
    )
    assert one.product.sku(one.region) == "3C98EE54E001C800"
