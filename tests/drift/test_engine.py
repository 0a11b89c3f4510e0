"""The engine: one day per tick, whole or not at all, the same for the same world."""

import asyncio
import json
import logging
import uuid
from datetime import timedelta
from typing import Any

import pytest

from drift import engine
from drift.day import Day, Knobs
from drift.engine import tick, tick_all
from drift.scenarios import by_name
from emulator.logs import JsonFormatter
from tests.drift.conftest import CALM, FIRST, World, make_estate

DAILY = """
SELECT 'metrics' AS what, resource_type || '/' || replace(resource_id, $2, '') AS id, date,
       metric_payload::text || estimated_daily_cost AS row FROM metrics_daily WHERE account_id = $1
UNION ALL SELECT 's3', replace(b.name, $2, ''), u.date, (to_jsonb(u) - 'id' - 'bucket_id')::text
  FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id WHERE b.account_id = $1
UNION ALL SELECT 'logs', g.name, u.date, (to_jsonb(u) - 'id' - 'log_group_id')::text
  FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id WHERE g.account_id = $1
UNION ALL SELECT 'transfer', direction, date, gb_transferred || ' ' || estimated_transfer_cost
  FROM data_transfer_daily WHERE account_id = $1
UNION ALL SELECT 'commitment', c.scope, u.date, (to_jsonb(u) - 'id' - 'commitment_id')::text
  FROM commitment_utilization_daily u JOIN commitments c ON c.id = u.commitment_id WHERE c.account_id = $1
ORDER BY 1, 2, 3"""


LIVE = """
SELECT instance_id AS id, concat_ws(' ', avg_cpu_7d, avg_network_7d, current_cpu, current_memory, last_active_at)
  FROM instances WHERE account_id = $1
UNION ALL SELECT volume_id, last_used_at::text FROM volumes WHERE account_id = $1
UNION ALL SELECT db_instance_id, concat_ws(' ', avg_cpu_7d, avg_connections_7d) FROM rds_instances WHERE account_id = $1
UNION ALL SELECT cluster_id, concat_ws(' ', avg_cpu_7d, avg_memory_7d) FROM cache_clusters WHERE account_id = $1
UNION ALL SELECT lb_arn, avg_request_count_7d::text FROM load_balancers WHERE account_id = $1
UNION ALL SELECT name, concat_ws(' ', invocations_7d, avg_duration_ms_7d, estimated_monthly_cost, max_concurrency_7d)
  FROM lambda_functions WHERE account_id = $1
UNION ALL SELECT name, stored_bytes::text FROM log_groups WHERE account_id = $1
UNION ALL SELECT name, avg_usage_mbps_7d::text FROM streaming_clusters WHERE account_id = $1
UNION ALL SELECT name, concat_ws(' ', avg_cpu_7d, avg_memory_7d) FROM managed_services WHERE account_id = $1
UNION ALL SELECT name, current_utilization::text FROM autoscaling_groups WHERE account_id = $1
UNION ALL SELECT nat_gateway_id, avg_gb_processed_7d::text FROM nat_gateways WHERE account_id = $1
UNION ALL SELECT n.instance_id, concat_ws(' ', n.avg_cpu_7d, n.avg_memory_7d)
  FROM container_nodes n JOIN container_clusters c ON c.id = n.cluster_id WHERE c.account_id = $1
UNION ALL SELECT v.name, concat_ws(' ', v.avg_cpu_7d, v.avg_memory_7d)
  FROM container_services v JOIN container_clusters c ON c.id = v.cluster_id WHERE c.account_id = $1
ORDER BY 1, 2"""


async def days_of(world: World) -> list[tuple[Any, ...]]:
    """All daily rows, without what differs from row to row by nature."""
    return [tuple(row) for row in await world.rows(DAILY, world.number)]


async def test_an_account_that_began_empty_begins_to_drift_today(world: World) -> None:
    assert await world.tick() == []
    async with world.owner.transaction():
        await world.owner.execute("SELECT set_config('driftcloud.source', 'agent', true)")
        await world.owner.execute(
            "INSERT INTO elastic_ips (account_id, allocation_id, public_ip, hourly_cost)"
            " VALUES ($1, 'eipalloc-first' || $2, 'first' || $2, 0.005)",
            world.account,
            world.number,
        )
    today = await world.value("SELECT (now() AT TIME ZONE 'UTC')::date + ($1::uuid IS NULL)::int")
    first, second = await world.tick(2, Knobs())
    assert (first.scenarios, second.scenarios) == ([], [])
    assert await world.value(
        "SELECT intensity ->> 'mess' FROM virtual_clocks WHERE account_id = $1"
    ) == "0.0"  # fmt: skip
    assert (first.virtual_date, second.virtual_date) == (today, today + timedelta(days=1))
    assert await world.value(
        "SELECT count(DISTINCT date) FROM cost_lines_daily WHERE account_id = $1"
    ) == 2  # fmt: skip


async def test_days_go_by_where_nothing_has_rows_of_its_own(world: World) -> None:
    await world.begin(2)
    await world.owner.execute("DELETE FROM metrics_daily WHERE account_id = $1", world.account)
    (report,) = await world.tick()
    assert report.virtual_date == FIRST + timedelta(days=2)


async def test_a_tick_writes_the_day_after_the_newest(world: World) -> None:
    await world.begin(2)
    (report,) = await world.tick()
    assert report.virtual_date == FIRST + timedelta(days=2)
    assert (
        await world.value("SELECT virtual_date FROM virtual_clocks WHERE account_id = $1")
        == report.virtual_date
    )
    for table in ("metrics_daily", "s3_bucket_usage_daily", "log_group_usage_daily",
                  "data_transfer_daily", "commitment_utilization_daily"):  # fmt: skip
        assert report.rows[table] > 0, table
    kinds = {row[0] for row in await world.rows(
        "SELECT DISTINCT resource_type FROM metrics_daily WHERE account_id = $1")}  # fmt: skip
    assert kinds == {
        "instance", "volume", "snapshot", "rds_instance", "cache_cluster", "load_balancer",
        "elastic_ip", "lambda_function", "streaming_cluster", "managed_service",
        "container_cluster", "container_node", "container_service", "nat_gateway",
    }  # fmt: skip


async def test_every_tick_is_logged_as_one_json_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.begin()
    with caplog.at_level(logging.INFO, "driftcloud.drift"):
        await world.tick()
    (line,) = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert (line["message"], line["logger"]) == ("tick", "driftcloud.drift")
    assert line["virtual_date"] == "2026-06-02"
    assert line["account_number"] == world.number
    assert line["rows"]["metrics_daily"] > 0
    assert line["scenarios"] == []
    assert line["duration_ms"] > 0


async def test_a_tick_is_announced(world: World, database: Any) -> None:
    await world.begin()
    heard: asyncio.Queue[str] = asyncio.Queue()
    await world.owner.add_listener(engine.CHANNEL, lambda *told: heard.put_nowait(told[3]))
    await world.tick()
    while await asyncio.wait_for(heard.get(), 10) != str(world.account):
        pass


async def test_two_engines_at_once_make_each_day_once(world: World, database: Any) -> None:
    await world.begin()

    async def some(days: int) -> list[Any]:
        connection = await database.connect_owner()
        try:
            return await tick(connection, world.account, days=days, knobs=CALM)
        finally:
            await connection.close()

    reports = [
        report for batch in await asyncio.gather(some(3), some(3), some(3)) for report in batch
    ]
    dates = sorted(report.virtual_date for report in reports)
    assert dates == [FIRST + timedelta(days=n) for n in range(1, 10)]
    assert await world.value(
        """SELECT max(n) FROM (SELECT count(*) AS n FROM metrics_daily WHERE account_id = $1
           GROUP BY resource_type, resource_id, date) x"""
    ) == 1  # fmt: skip
    assert await world.value("SELECT ticks FROM virtual_clocks WHERE account_id = $1") == 10


async def test_an_engine_killed_in_the_middle_leaves_nothing(
    world: World, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin()
    before = await days_of(world)
    victim = await database.connect_owner()
    pid = await victim.fetchval("SELECT pg_backend_pid()")

    async def kill(day: Day) -> list[str]:
        await world.owner.execute("SELECT pg_terminate_backend($1)", pid)
        await day.connection.execute("SELECT 1")
        return []

    monkeypatch.setattr(engine, "_make_mess", kill)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever a dead connection raises
        await tick(victim, world.account, knobs=CALM)
    victim.terminate()
    monkeypatch.undo()
    assert await days_of(world) == before
    (report,) = await world.tick()
    assert report.virtual_date == FIRST + timedelta(days=1)


async def test_the_past_is_never_changed(world: World) -> None:
    await world.begin(3)
    before = await days_of(world)
    await world.tick(3, Knobs(odds=dict.fromkeys(by_name(), 1.0)))
    last = FIRST + timedelta(days=2)
    assert [row for row in await days_of(world) if row[2] <= last] == before


async def test_the_same_world_has_the_same_days(
    world: World, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether written as a history, day by day, with foreign keys or without."""
    await world.begin(9)
    first = await days_of(world)
    live = await world.rows(LIVE)
    await world.owner.execute("DELETE FROM cloud_accounts WHERE id = $1", world.account)
    again = uuid.uuid4()
    await world.owner.execute(
        "INSERT INTO cloud_accounts (id, name, account_number) VALUES ($1, 'again', $2)",
        again,
        world.number,
    )
    try:
        await make_estate(world.owner, again, world.number)
        copy = World(world.owner, again, world.number)
        await copy.begin(1)
        connection = await database.connect_owner()
        monkeypatch.setattr(engine, "LARGE", 0)
        await tick(connection, again, days=8, knobs=CALM)
        await connection.close()
        # a node id of an ASG follows from account id only where no row shows it
        assert await days_of(copy) == first
        assert await copy.rows(LIVE) == live
    finally:
        await world.owner.execute("DELETE FROM cloud_accounts WHERE id = $1", again)


async def test_one_failing_account_does_not_stop_the_others(
    world: World, empty: World, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin()
    broken = await world.owner.fetchval(
        "INSERT INTO cloud_accounts (name) VALUES ('broken') RETURNING id"
    )
    await world.owner.execute(
        """INSERT INTO virtual_clocks (account_id, seed, intensity) VALUES ($1, 1, '{"walk": "no"}')""",
        broken,
    )
    await world.owner.execute(
        "INSERT INTO metrics_daily (account_id, resource_type, resource_id, date) VALUES ($1, 'instance', 'i-b', '2026-01-01')",
        broken,
    )
    try:
        reports, failures = await tick_all(database, accounts=[broken, world.account], knobs=CALM)
        assert [report.account for report in reports] == [world.account]
        assert [failure.account for failure in failures] == [broken]
        assert "walk" in failures[0].error
        assert "walk" in await world.owner.fetchval(
            "SELECT last_error FROM virtual_clocks WHERE account_id = $1", broken
        )
    finally:
        await world.owner.execute("DELETE FROM cloud_accounts WHERE id = $1", broken)


async def test_what_somebody_wrote_of_a_day_before_is_left_alone(world: World) -> None:
    await world.begin(2)
    volume = f"vol-{await world.value('SELECT substr(min(instance_id), 3) FROM instances WHERE account_id = $1')}"
    other = await world.owner.fetchval(
        "INSERT INTO cloud_accounts (name) VALUES ('elsewhere') RETURNING id"
    )
    try:
        # ids are of one account each; a row that is there all the same stays whose it is
        await world.owner.execute(
            "INSERT INTO metrics_daily (account_id, resource_type, resource_id, date) VALUES ($1, 'volume', $2, $3)",
            other, volume, FIRST + timedelta(days=2),
        )  # fmt: skip
        (report,) = await world.tick()
        found = "SELECT array_agg(resource_id) FROM metrics_daily WHERE account_id = $1 AND resource_type = 'volume' AND date = $2"
        before = set(await world.value(found, FIRST + timedelta(days=1)))
        assert volume in before
        assert set(await world.value(found, report.virtual_date)) == before - {volume}
    finally:
        await world.owner.execute("DELETE FROM cloud_accounts WHERE id = $1", other)


async def test_live_metrics_are_no_events(world: World) -> None:
    await world.owner.execute(
        "UPDATE autoscaling_groups SET desired_capacity = 0 WHERE account_id = $1", world.account
    )
    before = await world.value("SELECT count(*) FROM resource_change_events WHERE account_id = $1")
    await world.begin(3)
    assert (
        await world.value("SELECT count(*) FROM resource_change_events WHERE account_id = $1")
        == before
    )


def test_knobs_refuse_nonsense() -> None:
    for wrong in ({"walk": "drunk"}, {"variance": -1}, {"odds": {"x": 2}}, {"nonsense": 1}):
        with pytest.raises(ValueError, match=r"walk|variance|odds|knob"):
            Knobs().changed(wrong)
    assert Knobs(odds={"a": 0.1}).changed({"odds": {"b": 0.2}}).odds == {"a": 0.1, "b": 0.2}
