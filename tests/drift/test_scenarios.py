"""Every scenario keeps its contract: it happens, its symptom finds it, it costs, it is recorded."""

from datetime import timedelta

import pytest

from drift.day import Knobs
from drift.scenarios import by_name
from models.costs import instance_hourly
from tests.drift.conftest import FIRST, World

FREE = {"untagged_launch"}  # its waste is that nobody answers for it


@pytest.mark.parametrize("name", by_name())
async def test_contract(world: World, name: str) -> None:
    scenario = by_name()[name]
    assert scenario.__doc__
    assert 0 < scenario.ODDS <= 0.1
    await world.begin(2)
    others = dict.fromkeys(by_name(), 0.0)
    (report,) = await world.tick(knobs=Knobs(odds={**others, name: 1.0}))
    assert report.scenarios == [name]
    happened = await world.rows(
        "SELECT resource_type, resource_id FROM drift_happenings WHERE account_id = $1 AND scenario = $2",
        name,
    )
    events = {(row[0], row[1]) for row in await world.rows(
        """SELECT resource_type, resource_id FROM resource_change_events
            WHERE account_id = $1 AND change_source = 'drift_engine'""")}  # fmt: skip
    assert {(row[0], row[1]) for row in happened if row[0] != "commitment"} <= events
    await world.tick(9)
    now = FIRST + timedelta(days=12)
    found = {row[0] for row in await world.rows(scenario.SYMPTOM, now)}
    assert found & {row[1] for row in happened}
    if name in ("missing_log_retention", "debug_logging_left_on", "log_storm"):
        cost = await world.value(
            """SELECT sum(estimated_ingestion_cost) FROM log_group_usage_daily u
                 JOIN log_groups g ON g.id = u.log_group_id WHERE g.account_id = $1 AND g.arn = ANY ($2)""",
            [row[1] for row in happened],
        )
    elif name == "missing_lifecycle":
        days = await world.rows(
            """SELECT u.storage_gb_standard, u.estimated_storage_cost FROM s3_bucket_usage_daily u
                 JOIN s3_buckets b ON b.id = u.bucket_id
                WHERE b.account_id = $1 AND b.name = ANY ($2) ORDER BY u.date""",
            [row[1] for row in happened],
        )
        assert [row[0] for row in days] == sorted({row[0] for row in days})  # it grows every day
        cost = sum(row[1] for row in days)
    else:
        cost = await world.value(
            """SELECT sum(estimated_daily_cost) FROM metrics_daily WHERE account_id = $1
                 AND resource_id = ANY ($2) AND date > $3""",
            [row[1] for row in happened] + [
                row[0] for row in await world.rows(
                    """SELECT instance_id FROM instances i JOIN autoscaling_groups g
                         ON g.id = i.autoscaling_group_id WHERE g.account_id = $1""")],
            report.virtual_date,
        )  # fmt: skip
    assert cost > 0


@pytest.mark.parametrize("name", by_name())
async def test_it_leaves_alone_what_an_agent_changed(world: World, name: str) -> None:
    await world.begin(2)
    before = await world.rows(
        """SELECT instance_id AS id FROM instances WHERE account_id = $1
           UNION SELECT arn FROM autoscaling_groups WHERE account_id = $1
           UNION SELECT arn FROM log_groups WHERE account_id = $1
           UNION SELECT arn FROM lambda_functions WHERE account_id = $1
           UNION SELECT arn FROM streaming_clusters WHERE account_id = $1"""
    )
    ids = [row["id"] for row in before]
    await world.owner.execute(
        """INSERT INTO resource_change_events (account_id, resource_type, resource_id, change_source, field_name, changed_at)
           SELECT $1, t, r, 'agent', 'state', '2026-06-02' FROM unnest($2::text[]) r,
                  unnest(ARRAY['instance', 'autoscaling_group', 'log_group', 'lambda_function', 'streaming_cluster']) t""",
        world.account, ids,
    )  # fmt: skip
    others = dict.fromkeys(by_name(), 0.0)
    await world.tick(knobs=Knobs(odds={**others, name: 1.0}))
    touched = await world.value(
        "SELECT count(*) FROM drift_happenings WHERE account_id = $1 AND resource_id = ANY ($2)",
        ids,
    )
    assert touched == 0


async def test_two_worlds_have_the_same_mess(world: World) -> None:
    await world.begin(2)
    every = Knobs(odds=dict.fromkeys(by_name(), 0.5))
    (report,) = await world.tick(knobs=every)
    assert 3 <= len(report.scenarios) <= len(by_name()) - 2
    assert await world.value("SELECT count(*) FROM drift_happenings WHERE account_id = $1") >= len(
        report.scenarios
    )


async def test_a_reservation_falls_idle_when_its_family_is_left(world: World) -> None:
    await world.begin(2)
    others = dict.fromkeys(by_name(), 0.0)
    await world.tick(knobs=Knobs(odds={**others, "underused_commitment": 1.0}))
    await world.tick()
    used = """SELECT u.utilization_percent FROM commitment_utilization_daily u
        JOIN commitments c ON c.id = u.commitment_id
        WHERE c.account_id = $1 AND c.instance_family = 'c5' ORDER BY u.date"""
    assert [row[0] for row in await world.rows(used)] == [100, 100, 100, 0]
    moves = await world.rows(
        """SELECT old_value, new_value, i.hourly_cost FROM resource_change_events e
             JOIN instances i ON i.instance_id = e.resource_id
            WHERE e.account_id = $1 AND field_name = 'instance_type'"""
    )
    assert [tuple(row) for row in moves] == [
        ("c5.large", "c6i.large", instance_hourly("c6i.large"))
    ] * 2
