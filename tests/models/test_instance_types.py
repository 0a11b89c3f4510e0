"""The catalogue of instance types: completeness, spot checks against AWS, regions and zones."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import botocore

from models import instance_types, regions

ALL = [instance_types.find(name) for name in instance_types.names()]
TYPES = [found for found in ALL if found is not None]


def botocore_names() -> set[str]:
    data = Path(botocore.__file__).parent / "data" / "ec2"
    newest = sorted(data.glob("*/service-2.json.gz"))[-1]
    model = json.loads(gzip.decompress(newest.read_bytes()))
    return set(model["shapes"]["InstanceType"]["enum"])


def known(name: str) -> instance_types.InstanceType:
    found = instance_types.find(name)
    assert found is not None
    return found


def test_there_are_a_thousand_types_and_aws_knows_each() -> None:
    assert len(TYPES) > 1000
    assert {one.name for one in TYPES} <= botocore_names()


def test_every_type_is_whole() -> None:
    for one in TYPES:
        assert one.vcpus >= 1, one
        assert one.memory_mib >= 512, one
        assert one.usd_per_hour > 0, one
        assert one.architectures, one
        assert one.cores * one.threads_per_core == one.vcpus, one
        assert one.maximum_network_interfaces >= 2, one
        assert one.ipv4_addresses_per_interface >= 2, one
        assert one.network_performance, one
        assert one.peak_gbps >= one.baseline_gbps > 0, one
        assert one.boot_modes, one
        assert one.usage_classes, one
        assert one.maximum_volumes > 0, one
        assert not one.valid_cores or one.valid_cores[-1] == one.cores, one
        if one.is_nitro:
            assert one.ebs is not None, one
            assert one.ebs.baseline_iops <= one.ebs.maximum_iops, one
            assert one.ebs.baseline_mbps <= one.ebs.maximum_mbps, one
        if one.disks is not None:
            assert one.disks.total_gb > 0, one


def test_every_family_is_used_and_gpus_are_where_they_belong() -> None:
    assert {one.family.name for one in TYPES} == set(instance_types.families())
    for one in TYPES:
        assert (one.gpus > 0) == bool(one.family.gpu_model), one
        assert (one.gpu_memory_mib > 0) == (one.gpus > 0), one
        letters = one.family.name.rstrip("0123456789adegnrs-b")
        if letters in ("g", "p", "gr"):
            assert one.gpus > 0, one


def test_families_with_a_d_have_disks() -> None:
    for one in TYPES:
        if one.family.name in ("m5d", "c6id", "r7gd", "m6idn", "i3", "i4i", "x2gd", "z1d", "d3"):
            assert one.disks is not None, one
        if one.family.name in ("m5", "c6i", "r7g", "t3", "m7i-flex"):
            assert one.disks is None, one


def test_m5_large() -> None:
    one = known("m5.large")
    assert (one.vcpus, one.memory_mib, one.cores, one.threads_per_core) == (2, 8192, 1, 2)
    assert one.architectures == ("x86_64",)
    assert one.family.cpu_maker == "Intel"
    assert one.hypervisor == "nitro"
    assert one.network_performance == "Up to 10 Gigabit"
    assert (one.maximum_network_interfaces, one.ipv4_addresses_per_interface) == (3, 10)
    assert one.ebs is not None
    assert (one.ebs.baseline_mbps, one.ebs.maximum_mbps) == (650, 4750)
    assert (one.ebs.baseline_iops, one.ebs.maximum_iops) == (3600, 18750)
    assert one.ebs.baseline_mib_per_second == 81.25
    assert one.ebs_optimized == "default"
    assert one.disks is None
    assert one.placement_strategies == ("cluster", "partition", "spread")
    assert one.supports_hibernation
    assert one.supports_auto_recovery
    assert not one.is_burstable
    assert not one.is_free_tier
    assert one.family.current_generation


def test_others_by_their_marks() -> None:
    assert known("t3.micro").is_burstable
    assert known("t3.micro").is_free_tier
    assert known("t2.micro").hypervisor == "xen"
    assert known("t2.micro").architectures == ("i386", "x86_64")
    assert known("t2.large").architectures == ("x86_64",)
    assert known("t4g.micro").architectures == ("arm64",)
    assert known("m5.metal").is_bare_metal
    assert known("m5.metal").hypervisor is None
    assert known("c6gd.medium").cores == 1
    assert known("m3.large").network_performance == "Moderate"
    assert not known("m4.large").family.current_generation
    p4d = known("p4d.24xlarge")
    assert (p4d.gpus, p4d.family.gpu_model, p4d.gpu_memory_mib) == (8, "A100", 40960)
    assert p4d.network_performance == "400 Gigabit"
    assert p4d.network_cards == 4
    disks = known("m5d.4xlarge").disks
    assert disks is not None
    assert (disks.number, disks.size_gb, disks.kind, disks.nvme) == (2, 300, "ssd", "required")
    inf1 = known("inf1.6xlarge").accelerator
    assert inf1 is not None
    assert (inf1.kind, inf1.model, inf1.number) == ("neuron", "Inferentia", 4)
    assert known("x1e.xlarge").memory_gib == Decimal(122)


def test_what_aws_has_not_is_not_found() -> None:
    assert instance_types.find("m5.tiny") is None
    assert not instance_types.exists("m5.tiny")
    assert not instance_types.is_offered("m5.tiny", "us-east-1")
    assert instance_types.zones_offering("m5.tiny", "us-east-1") == ()


def test_old_families_miss_from_new_regions_and_rare_ones_from_small_regions() -> None:
    assert instance_types.is_offered("m3.large", "us-east-1")
    assert not instance_types.is_offered("m3.large", "eu-west-3")
    assert instance_types.is_offered("t2.micro", "eu-west-2")
    assert not instance_types.is_offered("t2.micro", "eu-north-1")
    assert not instance_types.is_offered("p5.48xlarge", "il-central-1")
    assert not instance_types.is_offered("m5.large", "moon-1")
    assert set(instance_types.offered("us-east-1")) == set(instance_types.names())
    for region in regions.all_regions():
        assert instance_types.is_offered("m5.large", region)
        assert instance_types.is_offered("t3.micro", region)
        assert instance_types.is_offered("m7g.large", region)


def test_zones_that_have_a_type() -> None:
    def ids(name: str) -> set[str]:
        return {zone.zone_id for zone in instance_types.zones_offering(name, "us-east-1")}

    assert ids("m5.large") == {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"}
    assert "use1-az3" in ids("m4.large")
    assert len(ids("p5.48xlarge")) == 2
    assert len(ids("hpc6a.48xlarge")) == 1
