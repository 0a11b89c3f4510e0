"""What remedies of waste in functions, buckets and databases do to the days after them."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from drift.day import Day, Knobs
from drift.scenarios import by_name
from tests.drift.conftest import World

EXACT = {"walk": "exact", "mess": 0.0, "growth": 0.0, "variance": 0.0}


async def tick(world: World, days: int = 1) -> None:
    """Days on which nothing but what is asked for changes."""
    await world.tick(days, Knobs(**EXACT))  # type: ignore[arg-type]


async def profile(world: World, kind: str, identifier: str, name: str, **params: Any) -> None:
    """Put a resource to a use."""
    await world.owner.execute(
        """INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, params)
           VALUES ($1, $2, $3, $4, $5::text::jsonb)
           ON CONFLICT (account_id, resource_type, resource_id)
           DO UPDATE SET profile = excluded.profile, params = excluded.params""",
        world.account, kind, identifier, name, json.dumps(params),
    )  # fmt: skip


async def test_what_only_computes_takes_longer_with_less_memory(world: World) -> None:
    await world.begin(1)
    arn = await world.value(
        "SELECT arn FROM lambda_functions WHERE account_id = $1 AND name = 'api'"
    )
    await profile(world, "lambda_function", arn, "cpu_bound", memory_mb=512)
    metric = """SELECT (metric_payload ->> 'duration')::float8 FROM metrics_daily
                 WHERE account_id = $1 AND resource_id = $2 ORDER BY date DESC LIMIT 1"""
    await tick(world)
    before = await world.value(metric, arn)
    await world.owner.execute("UPDATE lambda_functions SET memory_mb = 128 WHERE arn = $1", arn)
    await tick(world)
    assert 3.4 < await world.value(metric, arn) / before < 4.6


async def test_a_function_that_only_computes_saves_nothing_by_less_memory(world: World) -> None:
    await world.begin(2)
    scenario = by_name()["lambda_mem"]
    day = Day(world.owner, world.account, world.number, date(2026, 6, 3), 7, Knobs(**EXACT))  # type: ignore[arg-type]
    happening = await scenario.innocent(day)
    ((_, arn),) = happening.resources
    assert await world.value(
        """SELECT value FROM resource_tags WHERE account_id = $1 AND resource_id = $2
              AND key = 'workload'""",
        arn,
    ) == "cpu-bound"  # fmt: skip
    cost = """SELECT estimated_daily_cost FROM metrics_daily WHERE account_id = $1 AND resource_id = $2
               ORDER BY date DESC LIMIT 1"""
    await tick(world, 2)
    assert arn in {row[0] for row in await world.rows(scenario.SYMPTOM, date(2026, 6, 5))}
    before = await world.value(cost, arn)
    await world.owner.execute("UPDATE lambda_functions SET memory_mb = 512 WHERE arn = $1", arn)
    await tick(world)
    assert await world.value(cost, arn) > before * Decimal("0.6")


async def usage(world: World, name: str) -> tuple[Decimal, ...]:
    """GB of a bucket by class, on its newest day."""
    (row,) = await world.rows(
        """SELECT storage_gb_standard, storage_gb_ia, storage_gb_glacier
             FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id
            WHERE b.account_id = $1 AND b.name = $2 ORDER BY date DESC LIMIT 1""",
        name,
    )
    return tuple(Decimal(value) for value in row)


async def put_rule(world: World, name: str, prefix: str) -> None:
    """Let everything under a prefix go to GLACIER_IR at once."""
    rule = {"Status": "Enabled", "Filter": {"Prefix": prefix},
            "Transitions": [{"Days": 0, "StorageClass": "GLACIER_IR"}]}  # fmt: skip
    await world.owner.execute(
        "UPDATE s3_buckets SET lifecycle_policy = $2::text::jsonb WHERE name = $1",
        name,
        json.dumps({"Rules": [rule]}),
    )


async def test_a_rule_of_no_days_moves_everything_overnight(world: World) -> None:
    await world.begin(2)
    name = f"assets-{world.number}1"
    before = await usage(world, name)
    await put_rule(world, name, "")
    await tick(world)
    assert await usage(world, name) == (Decimal(0), Decimal(0), sum(before))


async def test_a_rule_moves_what_its_prefix_names(world: World) -> None:
    await world.begin(2)
    name = f"assets-{world.number}1"
    before = await usage(world, name)
    await put_rule(world, name, "tmp/")
    await tick(world)
    assert (await usage(world, name))[0] >= before[0]
    await put_rule(world, name, "media/")
    await tick(world)
    assert (await usage(world, name))[0] == 0


async def test_small_objects_stay_where_they_are(world: World) -> None:
    await world.begin(2)
    name = f"assets-{world.number}1"
    before = await usage(world, name)
    await profile(world, "s3_bucket", name, "steady", decoy="small_objects")
    await put_rule(world, name, "")
    await tick(world)
    assert (await usage(world, name))[0] >= before[0]


STATE = "SELECT state FROM rds_instances WHERE account_id = $1 AND db_instance_id = $2"


async def stopped(world: World) -> str:
    """A database that its team's job keeps stopped, from the evening of the second day on."""
    await world.begin(2)
    identifier: str = await world.value(
        "SELECT db_instance_id FROM rds_instances WHERE account_id = $1 AND env = 'dev'"
    )
    await profile(world, "rds_instance", identifier, "kept_stopped")
    await world.owner.execute(
        """UPDATE rds_instances SET state = 'stopped', stopped_at = '2026-06-02 20:00Z'
            WHERE db_instance_id = $1""",
        identifier,
    )
    return identifier


async def test_a_database_that_is_kept_stopped_comes_back_for_a_day(world: World) -> None:
    identifier = await stopped(world)
    states = []
    for _ in range(9):
        await tick(world)
        states.append(await world.value(STATE, identifier))
    assert states == ["stopped"] * 6 + ["available"] + ["stopped"] * 2
    saving = {row[0]: row["saving"] for row in await world.rows(
        by_name()["rds_stopped"].SYMPTOM, date(2026, 6, 12))}  # fmt: skip
    # 100 GiB at 0.115, less a snapshot at 0.095, and a seventh of the hours at 0.5
    assert abs(saving[identifier] - Decimal("54.143")) < Decimal("0.01")


async def test_an_agent_that_starts_a_database_has_its_way(world: World) -> None:
    identifier = await stopped(world)
    await tick(world)
    await world.owner.execute(
        "UPDATE rds_instances SET state = 'available', stopped_at = NULL WHERE db_instance_id = $1",
        identifier,
    )
    await world.owner.execute(
        """INSERT INTO resource_change_events (account_id, resource_type, resource_id, change_source,
               field_name, changed_at)
           VALUES ($1, 'rds_instance', $2, 'agent', 'state', '2026-06-04 09:00Z')""",
        world.account, identifier,
    )  # fmt: skip
    await tick(world, 3)
    assert await world.value(STATE, identifier) == "available"
