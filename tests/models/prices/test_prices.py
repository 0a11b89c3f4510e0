"""The price list: listed figures, regions, and what is made up for names that no list has."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import prices
from models.prices import interpolation

NODES = ["ec2", "rds", "elasticache", "opensearch", "msk", "sagemaker"]


@pytest.mark.parametrize(
    ("service", "sku", "usd"),
    [
        ("ec2", "t1.micro", "0.02"),
        ("ec2", "t2.nano", "0.0058"),
        ("ec2", "t3.micro", "0.0104"),
        ("ec2", "t3.medium", "0.0416"),
        ("ec2", "t4g.small", "0.0168"),
        ("ec2", "m4.large", "0.10"),
        ("ec2", "m5.large", "0.096"),
        ("ec2", "m5.xlarge", "0.192"),
        ("ec2", "m5.2xlarge", "0.384"),
        ("ec2", "m5.4xlarge", "0.768"),
        ("ec2", "m5.metal", "4.608"),
        ("ec2", "m6g.metal", "2.6112"),
        ("ec2", "m7i-flex.large", "0.09576"),
        ("ec2", "m8g.metal-24xl", "4.73933"),
        ("ec2", "c4.8xlarge", "1.591"),
        ("ec2", "c5n.18xlarge", "3.888"),
        ("ec2", "c6gd.large", "0.0768"),
        ("ec2", "r5.xlarge", "0.252"),
        ("ec2", "r7a.large", "0.15215"),
        ("ec2", "g4dn.xlarge", "0.526"),
        ("ec2", "g5.xlarge", "1.006"),
        ("ec2", "g6e.48xlarge", "30.13118"),
        ("ec2", "p3.2xlarge", "3.06"),
        ("ec2", "p4d.24xlarge", "21.957642"),
        ("ec2", "p5.48xlarge", "55.04"),
        ("ec2", "x1e.32xlarge", "26.688"),
        ("ec2", "i4i.large", "0.172"),
        ("rds", "db.t3.micro/mysql", "0.017"),
        ("rds", "db.t3.micro/postgres", "0.018"),
        ("rds", "db.m5.large/postgres", "0.178"),
        ("rds", "db.m5.large/mariadb", "0.171"),
        ("rds", "db.r5.2xlarge/postgres", "1"),
        ("rds", "db.r5.2xlarge/mysql", "0.96"),
        ("rds", "db.r6g.large/aurora-postgresql", "0.26"),
        ("elasticache", "cache.t3.micro", "0.017"),
        ("elasticache", "cache.r6g.xlarge", "0.411"),
        ("opensearch", "r5.large.search", "0.186"),
        ("opensearch", "r5.large.elasticsearch", "0.186"),
        ("opensearch", "ultrawarm1.large.search", "2.68"),
        ("msk", "kafka.m5.large", "0.21"),
        ("sagemaker", "ml.m5.xlarge", "0.23"),
        ("ebs", "gp3", "0.08"),
        ("ebs", "io2-iops-64000", "0.03185"),
        ("ebs", "snapshot-archive", "0.0125"),
        ("s3", "STANDARD", "0.023"),
        ("s3", "STANDARD_IA", "0.0125"),
        ("s3", "GLACIER_IR", "0.004"),
        ("s3", "GLACIER", "0.0036"),
        ("s3", "DEEP_ARCHIVE", "0.00099"),
        ("lambda", "duration-x86_64", "0.0000166667"),
        ("elb", "classic", "0.025"),
        ("vpc", "nat-hour", "0.045"),
        ("vpc", "nat-gb", "0.045"),
        ("logs", "ingestion", "0.5"),
        ("logs", "storage", "0.03"),
        ("transfer", "egress", "0.09"),
        ("transfer", "cross-region", "0.02"),
        ("transfer", "cross-az", "0.01"),
        ("transfer", "intra-az", "0"),
        ("kinesis", "shard", "0.015"),
        ("eks", "cluster", "0.1"),
        ("ecs", "vcpu-x86_64", "0.04048"),
    ],
)
def test_listed_price(service: str, sku: str, usd: str) -> None:
    assert prices.price(service, sku) == Decimal(usd)
    assert prices.is_known(service, sku)


@pytest.mark.parametrize(
    ("service", "sku", "region", "usd"),
    [
        ("ec2", "m5.large", "us-west-2", "0.096"),
        ("ec2", "m5.large", "eu-west-1", "0.107"),
        ("ec2", "m5.large", "eu-central-1", "0.115"),
        ("ec2", "m5.large", "sa-east-1", "0.153"),
        ("ebs", "gp3", "eu-central-1", "0.0952"),
        ("ebs", "gp3", "sa-east-1", "0.152"),
        ("transfer", "egress", "eu-west-1", "0.09"),
        ("transfer", "egress", "ap-northeast-1", "0.114"),
        ("vpc", "address-idle", "sa-east-1", "0.005"),
        ("eks", "cluster", "ap-southeast-2", "0.1"),
    ],
)
def test_a_region_moves_each_group_of_prices_by_its_factor(
    service: str, sku: str, region: str, usd: str
) -> None:
    assert round(prices.price(service, sku, region), 4) == Decimal(usd)


def test_an_unknown_region_costs_what_the_home_region_does() -> None:
    assert prices.price("ec2", "m5.large", "moon-1") == Decimal("0.096")


def test_an_item_without_a_price_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        prices.price("s3", "SHOEBOX")
    assert not prices.is_known("s3", "SHOEBOX")
    assert prices.unit("ebs", "gp3") == "GiB-month"
    assert prices.unit("ec2", "m5.large") == "node-hour"


@pytest.mark.parametrize(
    ("service", "sku", "usd"),
    [
        ("ec2", "m5.3xlarge", "0.576"),  # between 2xlarge and 4xlarge
        ("ec2", "m5.medium", "0.048"),  # half a large
        ("ec2", "m5.48xlarge", "9.216"),  # twice the 24xlarge
        ("ec2", "m10g.large", "0.08976"),  # m8g is nearest
        ("elasticache", "cache.r6g.medium", "0.103"),  # half of r6g.large
        ("sagemaker", "ml.p4d.24xlarge", "26.34917"),  # EC2's price and SageMaker's markup
        ("ec2", "weird", "0.096"),  # an m, fifth generation, large
    ],
)
def test_an_unknown_name_is_interpolated(service: str, sku: str, usd: str) -> None:
    assert not prices.is_known(service, sku)
    assert prices.price(service, sku) == Decimal(usd)


@pytest.mark.parametrize("service", NODES)
@given(name=st.text(max_size=30))
@example(name="")
@example(name=".")
@example(name="m5.99999999999999999xlarge")
@example(name="m5.0xlarge")
@example(name="٣.٣xlarge")
@settings(max_examples=60, deadline=None)
def test_no_name_is_free_or_negative(service: str, name: str) -> None:
    assert prices.price(service, name) >= Decimal("0.0001")
    assert prices.price(service, name) == prices.price(service, name)


FAMILIES = sorted({name.partition(".")[0] for name in prices.table("ec2")})
PROPORTIONAL = [f for f in FAMILIES if f[0] in "mcrt" and not f.startswith("mac")]


@given(
    family=st.sampled_from([*PROPORTIONAL, "m77q", "zz9", "r6q"]),
    sizes=st.tuples(st.integers(1, 128), st.integers(1, 128)),
)
@settings(max_examples=80, deadline=None)
def test_a_larger_size_costs_no_less(family: str, sizes: tuple[int, int]) -> None:
    small, large = sorted(sizes)
    assert prices.price("ec2", f"{family}.{small}xlarge") <= prices.price(
        "ec2", f"{family}.{large}xlarge"
    )


@pytest.mark.parametrize(
    ("size", "weight"),
    [
        ("nano", "0.25"),
        ("micro", "0.5"),
        ("small", "1"),
        ("medium", "2"),
        ("large", "4"),
        ("xlarge", "8"),
        ("2xlarge", "16"),
        ("metal-24xl", "192"),
        ("metal", "192"),
        ("", "4"),
    ],
)
def test_sizes_weigh_what_aws_normalisation_says(size: str, weight: str) -> None:
    assert interpolation.weight(size) == Decimal(weight)


def test_the_nearest_relative_shares_attributes_before_generation() -> None:
    known = prices.known("ec2")
    assert interpolation.relative("m9g", known) == "m8g"
    assert interpolation.relative("c9i", known) == "c8i"
    assert interpolation.relative("q5", known).startswith("m")


@pytest.mark.parametrize("name", [*NODES, "ec2_families", "regions"])
def test_a_table_has_no_line_twice_and_no_line_short(name: str) -> None:
    path = Path(prices.__file__).with_name(f"{name}.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    width = len(lines[0].split(","))
    assert [line for line in lines if len(line.split(",")) != width] == []
    assert len(prices.table(name)) == len(lines) - 1


def test_rates_are_unique_and_move_with_a_known_group() -> None:
    path = Path(prices.__file__).with_name("rates.csv")
    assert len(prices.rates()) == len(path.read_text(encoding="utf-8").splitlines()) - 1
    groups = {group for _, _, group in prices.rates().values()}
    assert groups == {"compute", "storage", "transfer", "flat"}
    assert all(usd >= 0 for usd, _, _ in prices.rates().values())


@pytest.mark.parametrize("service", NODES)
def test_every_listed_node_costs_something(service: str) -> None:
    columns = ["mysql", "postgres", "aurora"] if service == "rds" else [""]
    for column in columns:
        listed = prices.known(service, column)
        assert len(listed) >= 10
        assert min(listed.values()) > 0


def test_unheard_of_names_do_not_pile_up() -> None:
    assert prices.price.cache_info().maxsize == 8192
