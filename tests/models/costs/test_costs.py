"""The cost rule of every kind of resource, against figures worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import costs

D = Decimal


@pytest.mark.parametrize(
    ("instance_type", "region", "extra", "usd"),
    [
        ("m5.large", "us-east-1", {}, "0.0960"),
        ("m5.large", "eu-central-1", {}, "0.1150"),
        ("m5.large", "us-east-1", {"platform": "windows"}, "0.1880"),
        ("m5.large", "us-east-1", {"platform": "Windows with SQL Server"}, "0.1880"),
        ("t3.medium", "us-east-1", {"platform": "windows"}, "0.0600"),
        ("t3.xlarge", "us-east-1", {"platform": "windows"}, "0.3504"),
        ("m5.large", "us-east-1", {"platform": "Red Hat Enterprise Linux"}, "0.1248"),
        ("m5.24xlarge", "us-east-1", {"platform": "suse"}, "4.7330"),
        ("m5.large", "us-east-1", {"tenancy": "dedicated"}, "0.1018"),
        ("m5.large", "us-east-1", {"tenancy": "host"}, "0.0000"),
        ("p4d.24xlarge", "us-east-1", {}, "21.9576"),
        ("t4g.nano", "us-east-1", {}, "0.0042"),
    ],
)
def test_instance(instance_type: str, region: str, extra: dict[str, str], usd: str) -> None:
    assert costs.instance_hourly(instance_type, region, **extra) == D(usd)


@pytest.mark.parametrize(
    ("instance_type", "usd"),
    [
        ("m5.large", "0"),
        ("g4dn.xlarge", "0.3287"),
        ("p4d.24xlarge", "14.5972"),
        ("none.large", "0"),
    ],
)
def test_the_gpu_is_a_portion_of_the_price(instance_type: str, usd: str) -> None:
    gpu = costs.gpu_hourly(instance_type)
    assert gpu == D(usd)
    assert gpu <= costs.instance_hourly(instance_type)
    assert (gpu > 0) == (costs.gpu_count(instance_type) > 0)


@pytest.mark.parametrize(
    ("kind", "gib", "extra", "usd"),
    [
        ("gp3", 100, {}, "8.0000"),
        ("gp3", 100, {"iops": 3000, "throughput_mibps": 125}, "8.0000"),
        ("gp3", 100, {"iops": 4000, "throughput_mibps": 225}, "17.0000"),
        ("gp2", 500, {}, "50.0000"),
        ("gp2", 500, {"iops": 1500}, "50.0000"),
        ("io1", 500, {}, "62.5000"),
        ("io1", 500, {"iops": 3000}, "257.5000"),
        ("io2", 100, {"iops": 32000}, "2092.5000"),
        ("io2", 100, {"iops": 64000}, "3548.5000"),
        ("io2", 100, {"iops": 70000}, "3739.6000"),
        ("st1", 1000, {}, "45.0000"),
        ("sc1", 1000, {}, "15.0000"),
        ("standard", 10, {}, "0.5000"),
        ("unheard-of", 100, {}, "8.0000"),
    ],
)
def test_volume(kind: str, gib: int, extra: dict[str, Any], usd: str) -> None:
    assert costs.volume_monthly(kind, gib, **extra) == D(usd)


def test_snapshot_address_and_balancers() -> None:
    assert costs.snapshot_monthly(500) == D(25)
    assert costs.snapshot_monthly(500, tier="archive") == D("6.25")
    assert costs.elastic_ip_hourly(False) == D("0.005")
    assert costs.elastic_ip_hourly(True) == 0
    assert costs.elastic_ip_hourly(True, "sa-east-1", bill_in_use=True) == D("0.005")
    assert costs.load_balancer_hourly("application") == D("0.0225")
    assert costs.load_balancer_hourly("network", lcus=10) == D("0.0825")
    assert costs.load_balancer_hourly("gateway") == D("0.0125")
    assert costs.load_balancer_hourly("classic", lcus=10) == D("0.025")
    assert costs.load_balancer_hourly("application", "sa-east-1") == D("0.0359")


def test_network() -> None:
    assert costs.nat_gateway_hourly() == D("0.045")
    assert costs.nat_gateway_processed(100) == D("4.5")
    assert costs.vpc_endpoint_hourly("Interface", 3) == D("0.03")
    assert costs.vpc_endpoint_hourly("Gateway", 3) == 0
    assert costs.transfer("intra-az", 1000) == 0
    assert costs.transfer("ingress", 1000) == 0
    assert costs.transfer("cross-az", 1000) == D(10)
    assert costs.transfer("cross-region", 50, "us-east-1", "us-west-2") == D(1)
    assert costs.transfer("cross-region", 50, "us-east-1", "us-east-2") == D("0.5")
    assert costs.transfer("egress", 200) == D(18)
    assert costs.transfer("egress", 200, already_gb=0) == D(18)
    assert costs.transfer("egress", 200, already_gb=10140) == D("17.5")
    with pytest.raises(KeyError):
        costs.transfer("sideways", 1)


def test_databases() -> None:
    assert costs.rds_hourly("db.r5.2xlarge", "postgres") == D(1)
    assert costs.rds_hourly("db.r5.2xlarge", "postgres", multi_az=True) == D(2)
    assert costs.rds_hourly("db.r5.2xlarge", "mysql") == D("0.96")
    assert costs.rds_hourly("db.m5.large", "what-is-this") == D("0.171")
    assert costs.rds_hourly("db.r5.large", "aurora-postgresql") == D("0.29")
    assert costs.rds_hourly("db.m5.large", "oracle-se2") == D("0.3933")
    assert costs.rds_storage_monthly(100) == D("11.5")
    assert costs.rds_storage_monthly(100, multi_az=True) == D(23)
    assert costs.rds_storage_monthly(100, storage_type="io1", iops=1000) == D("112.5")
    assert costs.rds_storage_monthly(100, storage_type="gp3", iops=4000) == D("31.5")
    assert costs.rds_storage_monthly(400, storage_type="gp3", iops=12000) == D(46)
    assert costs.rds_storage_monthly(100, engine="aurora-mysql", multi_az=True) == D(10)


def test_caches_streams_and_managed_services() -> None:
    assert costs.cache_hourly("cache.r6g.xlarge", 2) == D("0.822")
    assert costs.cache_hourly("cache.r6g.xlarge", 1, engine="valkey") == D("0.3288")
    assert costs.stream_hourly("kinesis", 4) == D("0.06")
    assert costs.stream_hourly("kinesis", 4, retention_hours=48) == D("0.14")
    assert costs.stream_hourly("kinesis", 4, retention_hours=168) == D("0.14")
    assert costs.stream_hourly("kinesis", 1, retention_hours=8760, storage_gb=730) == D("0.058")
    assert costs.stream_hourly("msk", 3) == D("0.63")
    assert costs.stream_hourly("kafka", 3, storage_gb=7300) == D("1.63")
    assert costs.managed_service_hourly("opensearch", "r5.large.search", 3) == D("0.558")
    assert costs.managed_service_hourly("sagemaker_endpoint", "ml.m5.xlarge", 1) == D("0.23")
    assert costs.managed_service_hourly("opensearch", "m5.large", 1, storage_gib=730) == D("0.264")
    assert costs.managed_service_hourly("documentdb", "db.r5.large", 1) == D("0.189")


def test_containers() -> None:
    assert costs.container_node_hourly("m5.large") == D("0.096")
    assert costs.container_cluster_hourly("m5.large", 3) == D("0.388")
    assert costs.container_cluster_hourly("m5.large", 3, control_plane="ecs") == D("0.288")
    assert costs.container_cluster_hourly("m5.large", 0, extended_support=True) == D("0.6")
    assert costs.fargate_hourly(1, 2) == D("0.0494")
    assert costs.fargate_hourly(1, 2, architecture="arm64") == D("0.0395")


def test_functions() -> None:
    assert costs.lambda_monthly(1024, 1_000_000, 1000) == D("16.8667")
    assert costs.lambda_monthly(1024, 1_000_000, 1000, architecture="arm64") == D("13.5334")
    assert costs.lambda_monthly(128, 0, 0) == 0
    warm = costs.lambda_monthly(1024, 0, 0, provisioned_concurrency=1)
    assert warm == D("10.9501")
    assert costs.lambda_daily(1024, 0, 0, provisioned_concurrency=1) == D("0.3600")
    assert costs.lambda_monthly(1024, 1000, 1000, provisioned_concurrency=1) == D("10.9600")


def test_objects_and_logs() -> None:
    assert costs.s3_storage_monthly(1000) == D(23)
    assert costs.s3_storage_monthly(1000, storage_class="GLACIER_IR") == D(4)
    assert costs.s3_storage_monthly(1000, storage_class="GLACIER") == D("3.6")
    assert costs.s3_storage_monthly(1000, storage_class="SHOEBOX") == D(23)
    assert costs.s3_storage_monthly(51200 + 1000, tiered=True) == D("1199.6")
    assert costs.s3_storage_monthly(512000 + 1000, tiered=True) == D("11336.2")
    assert costs.s3_requests(1_000_000, 100_000) == D("0.9")
    assert costs.log_ingestion(10) == D(5)
    assert costs.log_ingestion(10, log_class="INFREQUENT_ACCESS") == D("2.5")
    assert costs.log_storage_monthly(300) == D(9)


def test_months_and_days() -> None:
    assert costs.monthly_of_hourly(D("0.005")) == D("3.65")
    assert costs.daily_of_hourly(D("0.192")) == D("4.608")
    assert costs.daily_of_monthly(D(8)) == D("0.2667")


@pytest.mark.parametrize(
    ("usd", "held"), [("0.00005", "0.0001"), ("0.00004999", "0"), ("1.23455", "1.2346")]
)
def test_money_is_rounded_half_up_to_what_the_column_holds(usd: str, held: str) -> None:
    assert costs.quantise(D(usd)) == D(held)
    assert costs.quantise(D(usd)).as_tuple().exponent == -4


@given(
    kind=st.sampled_from(["gp2", "gp3", "io1", "io2", "st1", "sc1", "standard"]),
    sizes=st.tuples(st.integers(1, 16384), st.integers(1, 16384)),
    iops=st.tuples(st.integers(100, 256000), st.integers(100, 256000)),
)
@settings(max_examples=60, deadline=None)
def test_more_disk_never_costs_less(
    kind: str, sizes: tuple[int, int], iops: tuple[int, int]
) -> None:
    small, large = sorted(sizes)
    slow, fast = sorted(iops)
    least = costs.volume_monthly(kind, small, iops=slow)
    assert least > 0
    assert least <= costs.volume_monthly(kind, large, iops=slow)
    assert least <= costs.volume_monthly(kind, small, iops=fast)


@given(first=st.integers(0, 400_000), second=st.integers(0, 400_000))
@settings(max_examples=40, deadline=None)
def test_traffic_in_two_parts_costs_what_it_does_in_one(first: int, second: int) -> None:
    whole = costs.transfer("egress", first + second, already_gb=0)
    parts = costs.transfer("egress", first, already_gb=0) + costs.transfer(
        "egress", second, already_gb=first
    )
    assert abs(whole - parts) <= D("0.0001")


@given(name=st.text(max_size=20), nodes=st.integers(1, 50))
@settings(max_examples=40, deadline=None)
def test_what_runs_is_never_free(name: str, nodes: int) -> None:
    assert costs.instance_hourly(name) > 0
    assert costs.rds_hourly(name, name) > 0
    assert costs.cache_hourly(name, nodes) > 0
    assert costs.managed_service_hourly(name, name, nodes) > 0
    assert costs.stream_hourly("msk", nodes, broker_type=name) > 0
