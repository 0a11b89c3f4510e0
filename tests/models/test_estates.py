"""Estates as plain rows: sizes, shares, money and names, for several seeds."""

import json
import re
import uuid
from collections import Counter, defaultdict
from datetime import date, timedelta
from hashlib import blake2b

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import anomaly_detection, costs, estates, instance_types
from models.cost_allocation_tags import HANDLING, HEADS
from models.estates.chance import Chance, apportion
from models.estates.estate import Estate
from models.estates.plans import DEVELOPMENT, PRODUCTION, STAGING

ACCOUNT = uuid.UUID(int=7)
SEEDS = (42, 1, 7, 2026)
# Tags that divide an estate's bill.
PAYING = {
    "branch", "cost-center", "ecs:cluster", "eks:cluster-name", "env", "owner", "product",
    "service", "team",
}  # fmt: skip


def made(size: str | int = "startup", seed: int = 42) -> Estate:
    plan = estates.named(size)
    return estates.generate(plan.accounts[0], ACCOUNT, seed=seed)


def fingerprint(estate: Estate) -> str:
    return blake2b(json.dumps(estate.rows, default=str, sort_keys=True).encode()).hexdigest()


def spend(estate: Estate) -> float:
    """USD of a month of 730 hours, at list price."""
    rows = estate.rows
    running = (row for row in rows["instances"] if row["state"] == "running")
    hourly = sum(float(row["hourly_cost"]) for row in running)
    hourly += sum(float(r["hourly_cost"]) for r in rows["rds_instances"] if r["state"] != "stopped")
    for table in ("cache_clusters", "load_balancers", "elastic_ips", "streaming_clusters",
                  "managed_services", "nat_gateways", "vpc_endpoints"):  # fmt: skip
        hourly += sum(float(row["hourly_cost"]) for row in rows[table])
    monthly = sum(float(row["monthly_cost"]) for row in rows["volumes"] + rows["snapshots"])
    monthly += sum(float(row["storage_monthly_cost"]) for row in rows["rds_instances"])
    monthly += sum(float(row["estimated_monthly_cost"]) for row in rows["lambda_functions"])
    monthly += sum(73.0 for row in rows["container_clusters"] if row["orchestrator"] == "eks")
    for row in rows["resource_profiles"]:
        if row["resource_type"] == "s3_bucket":
            monthly += row["stored_gib"] * 0.023 * 1.25  # grows over the month
        if row["resource_type"] == "log_group":
            monthly += row["ingest_gb"] * (30 * 0.50 + 150 * 0.03)
    return hourly * 730 + monthly


def flagged(estate: Estate) -> list[dict[str, object]]:
    return [row["params"] for row in estate.rows["resource_profiles"] if "pattern" in row["params"]]


def test_the_same_seed_gives_the_same_estate_and_another_seed_another() -> None:
    assert fingerprint(made(seed=5)) == fingerprint(made(seed=5))
    assert fingerprint(made(seed=5)) != fingerprint(made(seed=6))


def test_the_three_accounts_of_the_enterprise_have_nothing_in_common() -> None:
    plan = estates.named("enterprise")
    assert [account.number for account in plan.accounts] == [PRODUCTION, STAGING, DEVELOPMENT]
    ids = [
        {row["volume_id"] for row in estates.generate(account, ACCOUNT).rows["volumes"]}
        for account in plan.accounts
    ]
    assert [len(one) for one in ids] == [2050, 770, 1080]
    assert len(set.union(*ids)) == 3900


COUNTS = {
    "small": {"instances": 10, "autoscaling_groups": 2, "node_groups": 1, "container_clusters": 1,
              "container_nodes": 2, "container_services": 2, "lambda_functions": 3, "volumes": 13,
              "snapshots": 9, "s3_buckets": 3, "rds_instances": 3, "cache_clusters": 1,
              "load_balancers": 2, "elastic_ips": 4, "log_groups": 4, "streaming_clusters": 1,
              "managed_services": 1, "commitments": 2},
    "startup": {"instances": 90, "autoscaling_groups": 10, "node_groups": 2,
                "container_clusters": 3,
                "container_nodes": 24, "container_services": 40, "lambda_functions": 25,
                "volumes": 140, "snapshots": 400, "s3_buckets": 30, "rds_instances": 14,
                "cache_clusters": 8, "load_balancers": 14, "elastic_ips": 30, "log_groups": 40,
                "streaming_clusters": 6, "managed_services": 5, "commitments": 4},
}  # fmt: skip


@pytest.mark.parametrize("size", COUNTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_sizes_are_exact(size: str, seed: int) -> None:
    rows = made(size, seed).rows
    assert {table: len(rows[table]) for table in COUNTS[size]} == COUNTS[size]


def test_the_enterprise_has_the_numbers_that_its_agent_counts() -> None:
    totals: Counter[str] = Counter()
    for account in estates.named("enterprise").accounts:
        for table, rows in estates.generate(account, ACCOUNT).rows.items():
            totals[table] += len(rows)
    wanted = {"instances": 2500, "rds_instances": 150, "s3_buckets": 430, "lambda_functions": 85,
              "load_balancers": 22}  # fmt: skip
    assert {table: totals[table] for table in wanted} == wanted


def test_every_tag_tells_who_pays_or_how_a_resource_is_handled() -> None:
    keys = {
        key
        for account in estates.named("enterprise").accounts
        for rows in estates.generate(account, ACCOUNT).rows.values()
        for row in rows
        for key in row.get("tags") or ()
    }
    paying = {key for key in keys - set(HANDLING) if not key.startswith(HEADS)}
    assert paying == PAYING


@given(st.integers(1, 400))
@settings(max_examples=12, deadline=None)
def test_any_number_of_instances_is_kept_exactly(count: int) -> None:
    rows = made(count, 3).rows
    assert len(rows["instances"]) == count
    assert len(rows.get("container_nodes", [])) == sum(
        "eks:cluster-name" in row["tags"] or "ecs:cluster" in row["tags"]
        for row in rows["instances"]
    )


def test_sizes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="'huge' is no estate: take small, startup, enterprise"):
        estates.named("huge")
    with pytest.raises(ValueError, match="at least one instance"):
        estates.named(0)
    with pytest.raises(ValueError, match="made of 3 accounts"):
        estates.on_account(estates.named("enterprise"), "1" * 12, "other")


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_of_waste_hold_for_every_seed(seed: int) -> None:
    estate = made(seed=seed)
    rows = estate.rows
    old = estate.end - timedelta(days=90)
    volumes = {row["volume_id"] for row in rows["volumes"]}
    patterns = Counter(params["pattern"] for params in flagged(estate))
    assert sum(row["state"] == "available" for row in rows["volumes"]) == 14
    assert sum(row["created_at"] < old for row in rows["snapshots"]) == 140
    assert sum(row["source_volume_id"] not in volumes for row in rows["snapshots"]) == 60
    assert sum(not row["lifecycle_policy"] for row in rows["s3_buckets"]) == 18
    assert sum(row["retention_days"] is None for row in rows["log_groups"]) == 20
    assert sum(row["state"] == "unassociated" for row in rows["elastic_ips"]) == 8
    assert (patterns["rds_idle"], patterns["rds_oversized"], patterns["lb_idle"]) == (2, 5, 3)
    assert patterns["commit_underused"] == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_money_wasted_and_decoys_are_within_their_bounds(seed: int) -> None:
    estate = made(seed=seed)
    total = spend(estate)
    found = flagged(estate)
    wasted = sum(float(str(params.get("saving_usd_month", 0))) for params in found)
    assert 45_000 < total < 60_000
    assert 0.25 < wasted / total < 0.34
    assert sum("decoy" in params for params in found) / len(found) == pytest.approx(0.12, abs=0.01)
    assert not any("decoy" in params and "saving_usd_month" in params for params in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fifth_to_a_third_of_what_can_have_an_owner_has_none(seed: int) -> None:
    rows = made(seed=seed).rows
    owned = Counter(
        (row["resource_type"], row["resource_id"])
        for row in rows["resource_tags"]
        if row["key"] == "owner"
    )
    kinds = {"rds_instance": ("rds_instances", "db_instance_id"),
             "log_group": ("log_groups", "arn"),
             "s3_bucket": ("s3_buckets", "name"), "load_balancer": ("load_balancers", "lb_arn"),
             "lambda_function": ("lambda_functions", "arn")}  # fmt: skip
    things = [(kind, row[key]) for kind, (table, key) in kinds.items() for row in rows[table]]
    missing = sum(thing not in owned for thing in things)
    assert 0.20 <= missing / len(things) <= 0.30


@pytest.mark.parametrize("size", ["small", "startup", 300])
def test_every_cost_is_that_of_the_price_list(size: str | int) -> None:
    rows = made(size, 11).rows
    for row in rows["instances"]:
        assert row["hourly_cost"] == costs.instance_hourly(
            row["instance_type"], row["region"], platform=row["platform"] or ""
        )
        assert row["gpu_hourly_cost"] == costs.gpu_hourly(row["instance_type"], row["region"])
    for row in rows["volumes"]:
        assert row["monthly_cost"] == costs.volume_monthly(
            row["volume_type"], row["size_gib"], row["region"], iops=row["iops"],
            throughput_mibps=row["throughput"],
        )  # fmt: skip
    for row in rows["snapshots"]:
        assert row["monthly_cost"] == costs.snapshot_monthly(row["size_gib"], row["region"])
    for row in rows["rds_instances"]:
        assert row["hourly_cost"] == costs.rds_hourly(
            row["instance_class"], row["engine"], row["region"], multi_az=row["multi_az"]
        )
        assert row["storage_monthly_cost"] == costs.rds_storage_monthly(
            row["allocated_storage_gib"], row["region"], storage_type=row["storage_type"],
            iops=row["iops"], multi_az=row["multi_az"], engine=row["engine"],
        )  # fmt: skip
    for row in rows["cache_clusters"]:
        assert row["hourly_cost"] == costs.cache_hourly(
            row["node_type"], row["num_nodes"], row["region"], engine=row["engine"]
        )
    for row in rows["load_balancers"]:
        assert row["hourly_cost"] == costs.load_balancer_hourly(row["type"], row["region"])
    states = {row["instance_id"]: row["state"] for row in rows["instances"]}
    for row in rows["elastic_ips"]:
        used = row["state"] == "associated"
        if row["associated_instance_id"]:
            used = states[row["associated_instance_id"]] == "running"
        assert row["hourly_cost"] == costs.elastic_ip_hourly(used)


@pytest.mark.parametrize("size", ["startup", 300])
def test_every_instance_is_of_a_type_that_exists_and_fits_its_image(size: str | int) -> None:
    for row in made(size).rows["instances"]:
        kind = instance_types.find(row["instance_type"])
        assert kind is not None
        assert row["architecture"] in kind.architectures
        assert instance_types.is_offered(row["instance_type"], row["region"]), row["instance_type"]


IDS = {
    "instances": ("instance_id", "i"), "volumes": ("volume_id", "vol"),
    "snapshots": ("snapshot_id", "snap"), "images": ("image_id", "ami"), "vpcs": ("vpc_id", "vpc"),
    "subnets": ("subnet_id", "subnet"), "security_groups": ("group_id", "sg"),
    "nat_gateways": ("nat_gateway_id", "nat"), "elastic_ips": ("allocation_id", "eipalloc"),
    "launch_templates": ("launch_template_id", "lt"), "key_pairs": ("key_pair_id", "key"),
    "vpc_endpoints": ("vpc_endpoint_id", "vpce"),
}  # fmt: skip


@pytest.mark.parametrize("table", IDS)
def test_ids_have_the_form_of_aws_and_are_unique(table: str) -> None:
    column, prefix = IDS[table]
    ids = [row[column] for row in made().rows[table]]
    assert all(re.fullmatch(prefix + r"-[0-9a-f]{17}", one) for one in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_younger_than_the_end_nor_older_than_its_parts(seed: int) -> None:
    estate = made(seed=seed)
    assert estate.end.date() == date(2026, 6, 30)
    launched = {row["instance_id"]: row["launch_time"] for row in estate.rows["instances"]}
    assert all(at < estate.start for at in launched.values())
    assert min(launched.values()) < estate.start - timedelta(days=200)
    for row in estate.rows["snapshots"]:
        assert row["created_at"] < estate.end
    for row in estate.rows["volumes"]:
        if row["attached_instance_id"]:
            assert row["created_at"] == launched[row["attached_instance_id"]]


def test_addresses_within_a_network_are_given_once() -> None:
    instances = made(400).rows["instances"]
    pairs = [(row["subnet_id"], row["private_ip_address"]) for row in instances]
    assert len(set(pairs)) == len(pairs)


def test_names_that_another_account_holds_are_qualified() -> None:
    plan = estates.named("small").accounts[0]
    taken = frozenset({"rds/orders", "bucket/x"})
    estate = Estate(plan, ACCOUNT, seed=1, end=date(2026, 6, 30), days=30, taken=taken)
    assert estate.unique("rds", "orders", "eu-west-1") == f"orders.{PRODUCTION}.eu-west-1"
    assert estate.unique("cache", "orders", "eu-west-1") == "orders"


@given(st.integers(0, 5000), st.lists(st.floats(0.01, 10), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None)
def test_apportioning_adds_up_and_is_never_off_by_one(total: int, shares: list[float]) -> None:
    named = dict(enumerate(shares))
    counts = apportion(total, named)
    assert sum(counts.values()) == total
    for name, share in named.items():
        assert abs(counts[name] - total * share / sum(shares)) < 1


def test_chance_is_the_same_for_ever() -> None:
    chance = Chance(42, "volume", 7)
    assert chance.resource_id("vol") == Chance(42, "volume", 7).resource_id("vol")
    assert Chance("a", "b").bits() != Chance("ab").bits()
    assert uuid.UUID(str(Chance(1).key())).version == 4
    assert Chance(3).deck(10, {"x": 0.7, "y": 0.3}).count("x") == 7


def test_a_large_estate_has_the_proportions_of_the_enterprise() -> None:
    (small,) = estates.named(180).accounts
    assert (small.volumes, small.snapshots, small.databases, small.buckets) == (280, 800, 28, 60)
    (large,) = estates.named(5000).accounts
    assert (large.volumes, large.snapshots, large.databases, large.buckets) == (
        7800, 10_000, 300, 860,
    )  # fmt: skip
    assert large.instances == {"prod": 2600, "staging": 1000, "dev": 1080, "preview": 320}


@pytest.mark.parametrize("seed", [2, 3, 11, 12])
def test_no_day_of_jobs_makes_a_bill_jump(seed: int) -> None:
    estate = made(seed=seed)
    days: dict[date, float] = defaultdict(float)
    for job in estate.rows["sagemaker_resources"]:
        if job["kind"].endswith("-job"):
            hours = (job["ended_at"] - job["started_at"]) / timedelta(hours=1)
            days[job["started_at"].date()] += float(job["hourly_cost"]) * hours
    assert len(days) > 10
    assert max(days.values()) < anomaly_detection.FEW_USD
