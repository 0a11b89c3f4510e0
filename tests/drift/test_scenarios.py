"""Scenarios: what they touch, that chance can be replayed, and what becomes of one reservation."""

from drift.day import Knobs
from drift.scenarios import by_name
from models.costs import instance_hourly
from tests.drift.conftest import World


async def test_they_leave_alone_what_an_agent_changed(world: World) -> None:
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
    (report,) = await world.tick(knobs=Knobs(odds=dict.fromkeys(by_name(), 1.0)))
    assert len(report.scenarios) > 30
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
