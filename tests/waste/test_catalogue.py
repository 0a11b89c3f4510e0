"""The catalogue of waste: every kind has one scenario, and every scenario says all it is to say."""

import re
from types import ModuleType

import asyncpg
import pytest

from drift import scenarios
from emulator import operations
from models.decoys import DECOYS
from tests.waste.stage import mirror

# What is known to be wasted in AWS accounts, by the names of these kinds here.
KINDS = {
    "asg_low_util", "asg_min_high", "asg_pinned", "asg_preview_stack", "cache_ha_dev",
    "cache_idle", "cache_oversized", "cluster_abandoned", "commit_expiring", "commit_gap",
    "commit_underused", "cost_anomaly", "ebs_gp2", "ebs_on_stopped", "ebs_piops", "ebs_stale",
    "ebs_unattached", "ec2_gpu_idle", "ec2_graviton", "ec2_idle", "ec2_oversized", "ec2_prev_gen",
    "ec2_preview_forgotten", "ec2_stopped_ebs", "eip_on_stopped", "eip_unassociated",
    "gpu_node_unused", "key_unused", "lambda_dead", "lambda_mem", "lambda_pc_unused",
    "lambda_timeout", "lb_consolidate", "lb_idle", "logs_infinite", "logs_retention_long",
    "logs_verbose", "managed_duplicate", "managed_ha_dev", "managed_oversized",
    "msk_overprovisioned", "node_orphan", "nodes_underutilised", "nonprod_24x7",
    "nonprod_too_large", "rds_ha_nonprod", "rds_idle", "rds_oversized", "rds_stopped",
    "rds_storage_over", "s3_cold_standard", "s3_dead_bucket", "s3_no_lifecycle",
    "sagemaker_always_on", "snap_duplicate", "snap_expired", "snap_orphan", "stream_idle",
    "stream_overprovisioned", "stream_retention", "svc_cpu_overrequest", "svc_mem_overrequest",
    "svc_replicas", "untagged", "xfer_cross_az", "xfer_cross_region", "xfer_egress",
}  # fmt: skip

EVERY = scenarios.by_name()
SERVED = {service: set(names) for service, names in operations.served().items()}


def is_served(operation: str) -> bool:
    """Whether a service:Operation is answered here, by botocore's name of the service."""
    service, _, name = operation.partition(":")
    return name in SERVED.get(service, ())


def test_every_kind_of_waste_has_one_scenario() -> None:
    patterns = [module.PATTERN for module in EVERY.values()]
    assert len(set(patterns)) == len(patterns)
    assert len(KINDS) == 67
    assert KINDS - set(patterns) == set()


def test_every_scenario_is_played_by_a_client() -> None:
    assert [name for name in EVERY if mirror(name) is None] == []


@pytest.mark.parametrize("name", EVERY)
def test_a_scenario_says_all_it_is_to_say(name: str) -> None:
    module = EVERY[name]
    assert (module.__doc__ or "").strip().endswith((".", "!"))
    assert 0 < module.ODDS <= 0.1
    assert re.fullmatch(r"[a-z][a-z0-9_]+", module.PATTERN)
    assert module.TRAPS
    for trap in module.TRAPS:
        assert isinstance(trap, str)
        assert trap.endswith(".")
        assert len(trap) <= 160
    assert module.REVEALED_BY
    assert [one for one in module.REVEALED_BY if not is_served(one)] == []
    assert module.REMEDIES
    calls = [one for one in module.REMEDIES if not one.startswith("advice:")]
    assert [one for one in calls if not is_served(one)] == []
    assert "$1" in module.SYMPTOM
    assert "$2" in module.SYMPTOM


@pytest.mark.parametrize("name", EVERY)
def test_a_scenario_has_decoys(name: str) -> None:
    module = EVERY[name]
    assert (
        module.RESOURCE_TYPE == "account" or module.PATTERN in DECOYS or hasattr(module, "innocent")
    )
    assert hasattr(module, "innocent") == hasattr(module, "INNOCENT")


def test_decoys_are_of_known_waste() -> None:
    assert set(DECOYS) - {module.PATTERN for module in EVERY.values()} == set()
    for decoys in DECOYS.values():
        for decoy in decoys:
            assert decoy.tags
            assert re.fullmatch(r"[a-z0-9_]+", decoy.reason)


async def test_resource_types_are_the_registrys(owner: asyncpg.Connection) -> None:
    rows = await owner.fetch("SELECT resource_type FROM driftcloud_resource_types")
    known = {row["resource_type"] for row in rows} | {"account", "access_key"}
    assert {module.RESOURCE_TYPE for module in EVERY.values()} <= known


def test_parts_name_their_whole() -> None:
    patterns = {module.PATTERN for module in EVERY.values()}
    parts: list[ModuleType] = [one for one in EVERY.values() if hasattr(one, "PART_OF")]
    for module in parts:
        whole, pairs = module.PART_OF
        assert whole in patterns
        assert "$1" in pairs
