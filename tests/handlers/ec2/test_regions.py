"""Regions, zones and the catalogue of instance types through boto3."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.matching import chosen
from models import instance_types, regions
from tests.handlers.ec2.answers import refusal


def test_regions(ec2: Any) -> None:
    usual = {one["RegionName"]: one for one in ec2.describe_regions()["Regions"]}
    every = {one["RegionName"] for one in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert every == set(regions.all_regions())
    assert len(usual) == 17
    assert usual["eu-west-1"] == {
        "RegionName": "eu-west-1",
        "Endpoint": "ec2.eu-west-1.amazonaws.com",
        "OptInStatus": "opt-in-not-required",
    }

    def by(name: str, *values: str) -> set[str]:
        found = ec2.describe_regions(
            AllRegions=True, Filters=[{"Name": name, "Values": list(values)}]
        )
        return {one["RegionName"] for one in found["Regions"]}

    assert by("opt-in-status", "not-opted-in") == every - set(usual)
    assert by("endpoint", "*us-east*") == {"us-east-1", "us-east-2"}
    assert by("region-name", "us-west-?") == {"us-west-1", "us-west-2"}
    [one] = ec2.describe_regions(RegionNames=["af-south-1"])["Regions"]
    assert one["OptInStatus"] == "not-opted-in"
    assert refusal(ec2.describe_regions, RegionNames=["mars-1"]) == (
        "InvalidParameterValue",
        "Invalid region provided: mars-1",
    )


def test_zones_are_the_accounts_own(ec2: Any, cloud: Any) -> None:
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == [f"us-east-1{letter}" for letter in "abcdef"]
    assert {zone["ZoneId"] for zone in zones} == {f"use1-az{n}" for n in range(1, 7)}
    own = {one.name: one.zone_id for one in regions.zones("us-east-1", cloud.account.number)}
    assert {zone["ZoneName"]: zone["ZoneId"] for zone in zones} == own
    assert {zone["State"] for zone in zones} == {"available"}
    [one] = ec2.describe_availability_zones(ZoneNames=["us-east-1b"])["AvailabilityZones"]
    assert one["ZoneId"] == own["us-east-1b"]
    found = ec2.describe_availability_zones(
        Filters=[{"Name": "zone-id", "Values": [own["us-east-1c"]]}]
    )
    assert [zone["ZoneName"] for zone in found["AvailabilityZones"]] == ["us-east-1c"]
    assert refusal(ec2.describe_availability_zones, ZoneNames=["us-east-1z"]) == (
        "InvalidParameterValue",
        "Invalid availability zone: [us-east-1z]",
    )


def test_every_type_of_a_region_by_pages(ec2: Any) -> None:
    pages = list(ec2.get_paginator("describe_instance_types").paginate())
    assert {len(page["InstanceTypes"]) for page in pages[:-1]} == {100}
    names = [one["InstanceType"] for page in pages for one in page["InstanceTypes"]]
    assert sorted(names) == sorted(instance_types.offered("us-east-1"))
    # A second walk over everything, past what the first one cached, tells the same.
    again = ec2.describe_instance_types(MaxResults=5)["InstanceTypes"]
    assert again == pages[0]["InstanceTypes"][:5]


def test_one_type_in_full(ec2: Any) -> None:
    [one] = ec2.describe_instance_types(InstanceTypes=["g5.xlarge"])["InstanceTypes"]
    assert one["VCpuInfo"]["DefaultVCpus"] == 4
    assert one["MemoryInfo"]["SizeInMiB"] == 16384
    assert one["GpuInfo"]["Gpus"][0]["Manufacturer"] == "NVIDIA"
    assert one["InstanceStorageInfo"]["TotalSizeInGB"] == 250
    assert one["Hypervisor"] == "nitro"
    assert one["ProcessorInfo"]["SupportedArchitectures"] == ["x86_64"]
    assert one["NetworkInfo"]["EnaSupport"] == "required"
    [metal] = ec2.describe_instance_types(InstanceTypes=["m5.metal"])["InstanceTypes"]
    assert "Hypervisor" not in metal
    assert metal["BareMetal"] is True


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("instance-type", ["t3.m*"], {"t3.medium", "t3.micro"}),
        ("instance-type", ["m5.large", "m5.xlarge"], {"m5.large", "m5.xlarge"}),
        ("processor-info.supported-architecture", ["arm64_mac"], None),
    ],
)
def test_type_filters(ec2: Any, name: str, values: list[str], expected: set[str] | None) -> None:
    found = ec2.describe_instance_types(Filters=[{"Name": name, "Values": values}])
    names = {one["InstanceType"] for one in found["InstanceTypes"]}
    if expected is None:
        assert names
        assert all(one.startswith("mac") for one in names)
    else:
        assert names == expected


def test_more_filters(ec2: Any) -> None:
    def by(**filters: list[str]) -> set[str]:
        asked = [{"Name": name, "Values": values} for name, values in filters.items()]
        pages = ec2.get_paginator("describe_instance_types").paginate(Filters=asked)
        return {one["InstanceType"] for page in pages for one in page["InstanceTypes"]}

    burstable = by(**{"burstable-performance-supported": ["true"]})
    assert {one.partition(".")[0] for one in burstable} == {"t2", "t3", "t3a", "t4g"}
    small = by(**{"vcpu-info.default-vcpus": ["2"], "memory-info.size-in-mib": ["4096"]})
    assert {"t3.medium", "c5.large"} <= small
    assert "m5.large" not in small
    assert by(**{"free-tier-eligible": ["true"]}) >= {"t3.micro", "t4g.micro"}
    assert by(**{"ebs-info.ebs-optimized-info.baseline-throughput-in-mbps": ["81.25"]})
    assert by(**{"hypervisor": ["nitro"], "bare-metal": ["true"]}) == set()
    assert refusal(
        ec2.describe_instance_types, Filters=[{"Name": "colour", "Values": ["red"]}]
    ) == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_types_that_are_none(ec2: Any, cloud: Any) -> None:
    assert refusal(ec2.describe_instance_types, InstanceTypes=["t3.micro", "t3.huge"]) == (
        "InvalidInstanceType",
        "The following supplied instance types do not exist: [t3.huge]",
    )
    assert refusal(ec2.describe_instance_types, InstanceTypes=["t3.micro"], MaxResults=5)[0] == (
        "InvalidParameterCombination"
    )


def test_offerings(ec2: Any, cloud: Any) -> None:
    asked = [{"Name": "instance-type", "Values": ["m5.large"]}]
    here = ec2.describe_instance_type_offerings(Filters=asked)["InstanceTypeOfferings"]
    assert here == [{"InstanceType": "m5.large", "LocationType": "region", "Location": "us-east-1"}]
    zones = ec2.describe_instance_type_offerings(
        LocationType="availability-zone-id", Filters=asked
    )["InstanceTypeOfferings"]
    assert {one["Location"] for one in zones} == {f"use1-az{n}" for n in (1, 2, 4, 5, 6)}
    pages = list(
        ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType="availability-zone"
        )
    )
    rows = [
        (one["InstanceType"], one["Location"])
        for page in pages
        for one in page["InstanceTypeOfferings"]
    ]
    assert len(rows) == len(set(rows)) > 3000


def test_spot_prices(ec2: Any) -> None:
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "InstanceTypes": ["m5.large"],
        "AvailabilityZone": "us-east-1b",
        "ProductDescriptions": ["Linux/UNIX (Amazon VPC)"],
    }
    [latest] = ec2.describe_spot_price_history(StartTime=now, **given)["SpotPriceHistory"]
    assert latest["ProductDescription"] == "Linux/UNIX"
    assert latest["Timestamp"] <= now
    usual = Decimal("0.096")
    assert usual * Decimal("0.1") < Decimal(latest["SpotPrice"]) < usual * Decimal("0.9")
    month = ec2.describe_spot_price_history(StartTime=now - timedelta(days=30), **given)[
        "SpotPriceHistory"
    ]
    times = [one["Timestamp"] for one in month]
    assert times == sorted(times, reverse=True)
    assert 30 <= len(month) <= 32
    assert month[0] == latest
    assert len({one["SpotPrice"] for one in month}) > 10
    paged = ec2.get_paginator("describe_spot_price_history").paginate(
        StartTime=now - timedelta(days=30), PaginationConfig={"PageSize": 7}, **given
    )
    walked = [one["Timestamp"] for page in paged for one in page["SpotPriceHistory"]]
    assert walked == times
    narrow = [{"Name": "spot-price", "Values": [latest["SpotPrice"]]}]
    found = ec2.describe_spot_price_history(StartTime=now, Filters=narrow, **given)
    assert len(found["SpotPriceHistory"]) == 1


def by_pattern(value: str, texts: list[str]) -> list[str]:
    return chosen(texts, {"it": lambda text: (text,)}, [{"Name": "it", "Values": [value]}])


@given(st.text("ab*?\\", max_size=8), st.lists(st.text("ab*?\\", max_size=6), max_size=6))
def test_patterns_mean_what_aws_says(value: str, texts: list[str]) -> None:
    plain = "".join(
        {"*": ".*", "?": "."}.get(part, re.escape(part[-1] if len(part) > 1 else part))
        for part in re.findall(r"\\.|.", value, re.DOTALL)
    )
    assert by_pattern(value, texts) == [
        text for text in texts if re.fullmatch(plain, text, re.DOTALL)
    ]


def test_a_pattern_of_stars_is_no_burden() -> None:
    assert by_pattern("*a" * 100 + "b", ["a" * 200]) == []
