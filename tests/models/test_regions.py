"""Regions and zones: the whole commercial partition, stable letters, names as AWS spells them."""

import json
from pathlib import Path

import botocore
import pytest

from models import regions


def test_every_region_is_one_botocore_knows_by_the_same_name() -> None:
    data = Path(botocore.__file__).parent / "data" / "partitions.json"
    aws = json.loads(data.read_text())["partitions"][0]["regions"]
    for region in regions.all_regions().values():
        assert aws[region.name]["description"] == region.place
    assert len(regions.all_regions()) >= 30


@pytest.mark.parametrize(
    ("region", "place", "location", "prefix", "status"),
    [
        ("us-east-1", "US East (N. Virginia)", "US East (N. Virginia)", "", "opt-in-not-required"),
        ("us-west-2", "US West (Oregon)", "US West (Oregon)", "USW2-", "opt-in-not-required"),
        ("eu-west-1", "Europe (Ireland)", "EU (Ireland)", "EU-", "opt-in-not-required"),
        ("eu-central-1", "Europe (Frankfurt)", "EU (Frankfurt)", "EUC1-", "opt-in-not-required"),
        ("ap-south-1", "Asia Pacific (Mumbai)", "Asia Pacific (Mumbai)", "APS3-",
         "opt-in-not-required"),
        ("me-south-1", "Middle East (Bahrain)", "Middle East (Bahrain)", "MES1-", "not-opted-in"),
    ],
)  # fmt: skip
def test_names_of_a_region(
    region: str, place: str, location: str, prefix: str, status: str
) -> None:
    found = regions.find(region)
    assert found is not None
    assert found.place == place
    assert found.price_list_location == location
    assert found.usage_type_prefix == prefix
    assert found.opt_in_status == status


def test_an_account_keeps_its_letters_and_another_has_its_own() -> None:
    mine = regions.zones("us-east-1", "123456789012")
    assert mine == regions.zones("us-east-1", "123456789012")
    assert [zone.name[-1] for zone in mine] == list("abcdef")
    assert {zone.zone_id for zone in mine} == {f"use1-az{n}" for n in range(1, 7)}
    accounts = ["123456789012", "987654321098", "456789012345", "000000000000"]
    orders = {tuple(z.zone_id for z in regions.zones("us-east-1", a)) for a in accounts}
    assert len(orders) > 1


def test_zones_without_an_account_follow_the_table() -> None:
    assert [(z.name, z.zone_id) for z in regions.zones("us-west-1")] == [
        ("us-west-1a", "usw1-az1"),
        ("us-west-1b", "usw1-az3"),
    ]
    assert regions.zones("moon-1") == ()


def test_the_region_of_a_zone() -> None:
    assert regions.of_zone("us-east-1f") == "us-east-1"
    assert regions.of_zone("us-east-1z") == ""
    assert regions.of_zone("us-east-1") == ""
    assert regions.of_zone("") == ""
    assert regions.exists("eu-north-1")
    assert not regions.exists("us-east-9")


def test_prefixes_and_zone_ids_are_nobody_elses() -> None:
    everywhere = list(regions.all_regions().values())
    assert len({region.usage_prefix for region in everywhere}) == len(everywhere)
    zone_ids = [zone_id for region in everywhere for zone_id in region.zone_ids]
    assert len(set(zone_ids)) == len(zone_ids)
