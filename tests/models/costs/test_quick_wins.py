"""The savings that the ten quick wins promise, recomputed from the price list (730 h a month)."""

from decimal import Decimal

import pytest

from models import costs

D = Decimal
month = costs.monthly_of_hourly


def near(value: Decimal, figure: str, within: str = "0.005") -> bool:
    return abs(value - D(figure)) <= D(within) * D(figure)


def test_1_unattached_volumes() -> None:
    assert costs.volume_monthly("gp3", 125) == D(10)
    assert costs.volume_monthly("gp3", 625) == D(50)
    assert costs.volume_monthly("gp2", 100) == D(10)
    assert costs.volume_monthly("gp2", 500) == D(50)
    assert costs.volume_monthly("io1", 500) == D("62.5")
    with_iops = costs.volume_monthly("io1", 500, iops=3000)
    assert with_iops - costs.volume_monthly("io1", 500) == D(195)
    assert costs.volume_monthly("gp3", 500) == D(40)


def test_2_unassociated_addresses() -> None:
    hourly = costs.elastic_ip_hourly(False)
    assert month(hourly) == D("3.65")
    assert hourly * 720 == D("3.6")
    assert 10 * month(hourly) == D("36.5")


@pytest.mark.parametrize(
    ("instance_type", "usd"), [("m5.large", "70"), ("m5.xlarge", "140"), ("m5.4xlarge", "561")]
)
def test_3_idle_instances(instance_type: str, usd: str) -> None:
    assert near(month(costs.instance_hourly(instance_type)), usd)


def test_4_orphaned_snapshots() -> None:
    assert costs.snapshot_monthly(100) == D(5)
    assert costs.snapshot_monthly(500) == D(25)


def test_5_log_retention() -> None:
    assert costs.log_storage_monthly(3650) == D("109.5")
    assert costs.log_storage_monthly(300) * 12 == D(108)
    ingest, stored = costs.log_ingestion(30), costs.log_storage_monthly(365)
    assert (ingest, stored) == (D(15), D("10.95"))
    most = (stored - costs.log_storage_monthly(30)) / (ingest + stored)
    assert most < D("0.40")


def test_6_right_sized_databases() -> None:
    larger = costs.rds_hourly("db.r5.2xlarge", "postgres")
    assert month(larger - costs.rds_hourly("db.r5.xlarge", "postgres")) == D(365)
    saved = costs.rds_hourly("db.m5.xlarge", "postgres") - costs.rds_hourly(
        "db.m5.large", "postgres"
    )
    assert near(month(saved), "130")


@pytest.mark.parametrize(
    ("kind", "usd"),
    [("application", "16.425"), ("network", "16.425"), ("gateway", "9.125"), ("classic", "18.25")],
)
def test_7_unused_load_balancers(kind: str, usd: str) -> None:
    assert month(costs.load_balancer_hourly(kind)) == D(usd)


def test_8_provisioned_concurrency() -> None:
    small = costs.lambda_monthly(128, 0, 0, provisioned_concurrency=1)
    assert round(small, 2) == D("1.37")
    large = costs.lambda_monthly(1024, 0, 0, provisioned_concurrency=1)
    assert round(large, 2) == D("10.95")
    hundred = costs.lambda_monthly(128, 0, 0, provisioned_concurrency=100)
    assert round(hundred) == 137
    assert 5 * large > 50
    assert 18 * large < 200


@pytest.mark.parametrize(
    ("storage_class", "percent"),
    [("STANDARD_IA", "45.7"), ("GLACIER_IR", "82.6"), ("DEEP_ARCHIVE", "95.7")],
)
def test_9_lifecycles(storage_class: str, percent: str) -> None:
    before = costs.s3_storage_monthly(100_000)
    saved = before - costs.s3_storage_monthly(100_000, storage_class=storage_class)
    assert round(100 * saved / before, 1) == D(percent)


def test_10_nights_and_weekends() -> None:
    hourly = costs.instance_hourly("m5.large")
    assert round(100 * (1 - hourly * 55 / (hourly * 168)), 1) == D("67.3")


def test_figures_quoted_beside_them() -> None:
    m5 = {size: costs.instance_hourly(f"m5.{size}") for size in ("large", "xlarge", "2xlarge")}
    assert near(month(m5["2xlarge"] - m5["large"]), "210")
    assert near(10 * m5["xlarge"] * 720, "1382")
    assert near(7 * m5["xlarge"] * 720, "967")
    assert costs.s3_storage_monthly(1000) == D(23)
    assert costs.s3_storage_monthly(1000, storage_class="GLACIER_IR") == D(4)
    assert 30 * costs.transfer("cross-az", 1000) == D(300)
    assert near(costs.stream_hourly("kinesis", 1, retention_hours=168) / D("0.015"), "2.33")
