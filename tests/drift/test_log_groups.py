"""Log groups day by day: what clients put is billed, by class, and goes with its retention."""

from datetime import timedelta
from decimal import Decimal

from tests.drift.conftest import World

_DAY = """
SELECT u.ingested_gb, u.stored_gb, u.estimated_ingestion_cost AS cost, g.stored_bytes,
       g.current_put_bytes AS left
  FROM log_groups g JOIN log_group_usage_daily u ON u.log_group_id = g.id
 WHERE g.account_id = $1 AND g.name = '/mine' ORDER BY u.date DESC LIMIT 1"""
_GIB = 1 << 30


async def test_what_clients_put_is_billed_and_stored(world: World) -> None:
    await world.owner.execute(
        "INSERT INTO log_groups (account_id, name, env, retention_days, created_at, class,"
        " current_put_bytes, stored_bytes)"
        " VALUES ($1, '/mine', 'dev', NULL, '2026-06-01', 'INFREQUENT_ACCESS', $2, $2)",
        world.account,
        2 * _GIB + 1000,
    )
    await world.owner.execute(
        "INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, ingest_gb,"
        " stored_gib) SELECT account_id, 'log_group', arn, 'idle', 0, 0 FROM log_groups"
        " WHERE account_id = $1 AND name = '/mine'",
        world.account,
    )
    await world.begin(1)
    [day] = await world.rows(_DAY)
    # counted in ten thousandths of a GiB; the rest waits
    assert day["ingested_gb"] == day["stored_gb"] == Decimal("2.0000")
    assert day["cost"] == Decimal("0.5000"), "half of what the Standard class costs"
    assert 0 < day["left"] < 107_374
    assert day["stored_bytes"] == 2 * _GIB + day["left"]
    await world.tick()
    [day] = await world.rows(_DAY)
    assert (day["ingested_gb"], day["cost"]) == (0, 0)
    assert day["stored_gb"] == Decimal("2.0000")


async def test_events_go_with_their_retention(world: World) -> None:
    await world.begin(1)
    today = await world.value("SELECT virtual_date FROM virtual_clocks WHERE account_id = $1")
    await world.owner.execute(
        "WITH s AS (INSERT INTO log_streams (account_id, log_group_id, name)"
        " SELECT account_id, id, 's' FROM log_groups WHERE account_id = $1 RETURNING *)"
        " INSERT INTO log_events (account_id, log_group_id, log_stream_id, at, ingested_at, message)"
        " SELECT s.account_id, s.log_group_id, s.id, a.at, a.at, a.at::text"
        " FROM s, unnest($2::timestamptz[]) AS a (at)",
        world.account,
        [today - timedelta(days=20), today - timedelta(days=1)],
    )
    await world.tick()
    kept = await world.rows(
        "SELECT g.name, count(*) AS n FROM log_events e JOIN log_groups g ON g.id = e.log_group_id"
        " WHERE g.account_id = $1 GROUP BY g.name ORDER BY g.name"
    )
    # /app/prod keeps a week, /app/dev everything
    assert [(row["name"], row["n"]) for row in kept] == [("/app/dev", 2), ("/app/prod", 1)]
