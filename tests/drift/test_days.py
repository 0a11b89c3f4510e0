"""The days: what resources cost and do follows from the world as it is now."""

import itertools
import json
from datetime import timedelta
from decimal import Decimal

from drift.day import Knobs
from models import costs
from models.coverage import rate
from models.discounts import discount
from tests.drift.conftest import CALM, FIRST, World

COST = """SELECT estimated_daily_cost FROM metrics_daily WHERE account_id = $1 AND resource_type = $2
          AND resource_id = $3 ORDER BY date DESC LIMIT 1"""


async def one(world: World, env: str) -> str:
    """An instance of that environment."""
    identifier: str = await world.value(
        "SELECT min(instance_id) FROM instances WHERE account_id = $1 AND env = $2 AND autoscaling_group_id IS NULL",
        env,
    )
    return identifier


async def test_costs_wander_around_the_price_and_dip_at_weekends(world: World) -> None:
    await world.begin(28)
    rows = await world.rows(
        """SELECT m.date, i.env, m.estimated_daily_cost / (i.hourly_cost * 24) AS ratio,
                  (m.metric_payload -> 'w')::numeric AS w
             FROM metrics_daily m JOIN instances i ON i.instance_id = m.resource_id
            WHERE m.account_id = $1 AND m.resource_type = 'instance'"""
    )
    assert len(rows) == 6 * 28 + 2 * 27  # the group's two members came after the first day
    for row in rows:
        assert Decimal("0.8") <= row["w"] <= Decimal("1.25")
        dip = row["ratio"] / row["w"]
        if row["env"] != "prod" and row["date"].weekday() >= 5:
            assert Decimal("0.69") < dip < Decimal("0.86")
        else:
            assert abs(dip - 1) < Decimal("0.001")


async def test_exact_hours_cost_exactly_their_price(world: World) -> None:
    await world.begin(9, Knobs(mess=0, walk="exact"))
    assert await world.value(
        """SELECT array_agg(DISTINCT estimated_daily_cost) FROM metrics_daily
            WHERE account_id = $1 AND resource_type = 'instance' AND metric_payload ->> 'type' <> 'none'"""
    ) == [Decimal("2.3040")]  # fmt: skip
    assert await world.value(
        COST,
        "load_balancer",
        f"arn:aws:elasticloadbalancing:us-east-1:{world.number}:loadbalancer/app/web/1",
    ) >= Decimal("0.54")


async def test_seven_day_columns_are_the_means_of_the_newest_seven_rows(world: World) -> None:
    await world.begin(4)
    stopped = await one(world, "prod")
    await world.owner.execute(
        "UPDATE instances SET state = 'stopped' WHERE instance_id = $1", stopped
    )
    await world.tick(2)
    await world.owner.execute(
        "UPDATE instances SET state = 'running' WHERE instance_id = $1", stopped
    )
    for days in (1, 5):
        await world.tick(days)
        for table, key, column, payload, scale in (
            ("instances", "instance_id", "avg_cpu_7d", "cpu_avg", 2),
            ("rds_instances", "db_instance_id", "avg_connections_7d", "connections", 2),
            ("cache_clusters", "cluster_id", "avg_memory_7d", "memory_avg", 2),
            ("load_balancers", "lb_arn", "avg_request_count_7d", "request_count", 2),
            ("lambda_functions", "arn", "invocations_7d", "invocations", 0),
            ("lambda_functions", "arn", "avg_duration_ms_7d", "duration", 2),
            ("streaming_clusters", "arn", "avg_usage_mbps_7d", "throughput_mbps", 2),
            ("managed_services", "arn", "avg_cpu_7d", "cpu_avg", 2),
        ):
            wrong = await world.rows(
                f"""SELECT r.{key}, r.{column}, k.mean FROM {table} r CROSS JOIN LATERAL (
                      SELECT round(avg((m.metric_payload ->> $2)::numeric), $3) AS mean FROM (
                        SELECT metric_payload FROM metrics_daily WHERE account_id = $1
                           AND resource_id = r.{key} ORDER BY date DESC LIMIT 7) m) k
                    WHERE r.account_id = $1 AND k.mean IS NOT NULL AND r.{column} <> k.mean""",
                payload, scale,
            )  # fmt: skip
            assert wrong == []
    network = await world.rows(
        """SELECT i.instance_id FROM instances i CROSS JOIN LATERAL (
             SELECT round(avg((m.metric_payload ->> 'network_in')::numeric + (m.metric_payload ->> 'network_out')::numeric), 2) AS mean
               FROM (SELECT metric_payload FROM metrics_daily WHERE account_id = $1
                      AND resource_id = i.instance_id ORDER BY date DESC LIMIT 7) m) k
            WHERE i.account_id = $1 AND i.avg_network_7d <> k.mean"""
    )
    assert network == []


async def test_a_stopped_instance_costs_nothing_and_its_volume_goes_on(world: World) -> None:
    await world.begin(2)
    stopped = await one(world, "dev")
    await world.owner.execute(
        "UPDATE instances SET state = 'stopped' WHERE instance_id = $1", stopped
    )
    (report,) = await world.tick()
    newest = await world.value(
        "SELECT max(date) FROM metrics_daily WHERE account_id = $1 AND resource_id = $2", stopped
    )
    assert newest == report.virtual_date - timedelta(days=1)
    volume = "vol-" + stopped[2:]
    row = (await world.rows(
        "SELECT * FROM metrics_daily WHERE account_id = $1 AND resource_id = $2 ORDER BY date DESC", volume
    ))[0]  # fmt: skip
    assert row["date"] == report.virtual_date
    assert row["estimated_daily_cost"] > 0
    assert row["metric_payload"]["iops_avg"] == 0
    assert (
        await world.value(
            "SELECT current_cpu FROM instances WHERE account_id = $1 AND instance_id = $2", stopped
        )
        == 0
    )


async def test_a_resize_changes_cost_and_load_of_the_next_day(world: World) -> None:
    await world.begin(2)
    instance = await one(world, "prod")
    cpu = "SELECT (metric_payload ->> 'cpu_avg')::float8 FROM metrics_daily WHERE account_id = $1 AND resource_id = $2 ORDER BY date DESC LIMIT 1"
    await world.owner.execute(
        "UPDATE instances SET instance_type = 'm5.large' WHERE instance_id = $1", instance
    )
    await world.tick()
    before, cost = await world.value(cpu, instance), await world.value(COST, "instance", instance)
    await world.owner.execute(
        "UPDATE instances SET instance_type = 'm5.4xlarge', hourly_cost = 0.768 WHERE instance_id = $1",
        instance,
    )
    await world.tick()
    assert (
        5.5 <= before / await world.value(cpu, instance) <= 11
    )  # eight times the vCPUs, and noise
    assert Decimal("7.5") < await world.value(COST, "instance", instance) / cost < Decimal("8.5")


async def test_what_is_deleted_has_no_next_day(world: World) -> None:
    await world.begin(2)
    instance = await one(world, "dev")
    await world.owner.execute("DELETE FROM instances WHERE instance_id = $1", instance)
    await world.tick()
    assert await world.value(
        "SELECT count(*) FROM metrics_daily WHERE account_id = $1 AND resource_id = $2", instance
    ) == 2  # fmt: skip


async def test_a_stopped_database_pays_storage_and_is_started_after_seven_days(
    world: World,
) -> None:
    await world.begin(2)
    name = f"db-{world.number}1"
    await world.owner.execute(
        "UPDATE rds_instances SET state = 'stopped', stopped_at = '2026-06-02 12:00Z' WHERE db_instance_id = $1",
        name,
    )
    await world.tick()
    assert await world.value(COST, "rds_instance", name) == Decimal("0.3833")
    await world.tick(5)
    assert (
        await world.value(
            "SELECT state FROM rds_instances WHERE account_id = $1 AND db_instance_id = $2", name
        )
        == "stopped"
    )
    await world.tick()
    assert (
        await world.value(
            "SELECT state FROM rds_instances WHERE account_id = $1 AND db_instance_id = $2", name
        )
        == "available"
    )
    assert await world.value(COST, "rds_instance", name) > Decimal("9")


async def test_retention_caps_what_a_log_group_keeps(world: World) -> None:
    await world.begin(12)
    rows = await world.rows(
        """SELECT u.date, g.name, u.ingested_gb, u.stored_gb, u.estimated_ingestion_cost AS i, u.estimated_storage_cost AS s
             FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id
            WHERE g.account_id = $1 ORDER BY g.name, u.date"""
    )
    prod = [row for row in rows if row["name"] == "/app/prod"]
    for at in range(7, 12):
        assert prod[at]["stored_gb"] == sum(row["ingested_gb"] for row in prod[at - 6 : at + 1])
    dev = [row for row in rows if row["name"] == "/app/dev"]
    for earlier, later in itertools.pairwise(dev):
        assert later["stored_gb"] == earlier["stored_gb"] + later["ingested_gb"]
    for row in rows:
        low, high = (
            (Decimal("0.5"), Decimal(3))
            if row["name"] == "/app/prod"
            else (Decimal("0.1"), Decimal("0.8"))
        )
        scale = Decimal("0.7") if row["date"].weekday() >= 5 else 1
        assert (
            low * scale - Decimal("0.001") <= row["ingested_gb"] <= high * scale + Decimal("0.001")
        )
        assert abs(row["i"] - row["ingested_gb"] / 2) < Decimal("0.0001")
        assert abs(row["s"] - row["stored_gb"] * Decimal("0.001")) < Decimal("0.0001")
    await world.owner.execute(
        "UPDATE log_groups SET retention_days = 3 WHERE account_id = $1 AND name = '/app/dev'",
        world.account,
    )
    await world.tick()
    kept = await world.rows(
        """SELECT u.ingested_gb, u.stored_gb FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id
            WHERE g.account_id = $1 AND g.name = '/app/dev' ORDER BY u.date DESC LIMIT 3"""
    )
    assert kept[0]["stored_gb"] == sum(row["ingested_gb"] for row in kept)


async def test_lifecycle_moves_old_data_and_loses_none(world: World) -> None:
    await world.begin(5, Knobs(mess=0, growth=0))
    usage = """SELECT storage_gb_standard AS s, storage_gb_ia AS ia, storage_gb_glacier AS g, estimated_storage_cost AS cost, estimated_request_cost AS fee
                 FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id
                WHERE b.account_id = $1 AND b.name = $2 ORDER BY date DESC LIMIT 1"""
    name = f"assets-{world.number}1"
    (before,) = await world.rows(usage, name)
    assert before["ia"] == before["g"] == 0
    assert 50 <= before["s"] <= 500
    policy = {"Rules": [{"ID": "tier", "Status": "Enabled", "Filter": {}, "Transitions": [
        {"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}]}]}  # fmt: skip
    await world.owner.execute(
        "UPDATE s3_buckets SET lifecycle_policy = $2::text::jsonb WHERE name = $1",
        name,
        json.dumps(policy),
    )
    await world.tick(1, Knobs(mess=0, growth=0))
    (after,) = await world.rows(usage, name)
    assert after["ia"] > 0
    assert after["g"] > 0
    assert after["s"] + after["ia"] + after["g"] == before["s"]
    assert after["cost"] < before["cost"]
    assert after["fee"] > 0
    await world.owner.execute("UPDATE s3_buckets SET lifecycle_policy = '{}' WHERE name = $1", name)
    await world.tick(1, Knobs(mess=0, growth=0))
    (later,) = await world.rows(usage, name)
    assert (later["ia"], later["g"]) == (after["ia"], after["g"])  # nothing comes back


async def test_commitments_are_used_by_the_days_own_usage(world: World) -> None:
    await world.begin(1)
    rows = {row["scope"]: row for row in await world.rows(
        """SELECT c.scope, u.* FROM commitment_utilization_daily u
             JOIN commitments c ON c.id = u.commitment_id WHERE c.account_id = $1""")}  # fmt: skip
    assert rows["compute"]["utilization_percent"] == 100
    assert rows["compute"]["actual_hourly_usage_equivalent"] == Decimal("0.0500")
    assert rows["compute"]["estimated_savings_vs_ondemand"] == Decimal("0.4438")
    assert rows["m5.4xlarge/us-west-2"]["utilization_percent"] < 100
    await world.owner.execute("DELETE FROM instances WHERE account_id = $1", world.account)
    await world.owner.execute(
        "UPDATE autoscaling_groups SET desired_capacity = 0 WHERE account_id = $1", world.account
    )
    await world.owner.execute("DELETE FROM container_clusters WHERE account_id = $1", world.account)
    await world.owner.execute("DELETE FROM lambda_functions WHERE account_id = $1", world.account)
    await world.tick()
    assert await world.value(
        """SELECT utilization_percent FROM commitment_utilization_daily u JOIN commitments c ON c.id = u.commitment_id
            WHERE c.account_id = $1 AND c.commitment_type = 'savings_plan' ORDER BY u.date DESC LIMIT 1"""
    ) == 0  # fmt: skip


async def test_a_group_gets_and_loses_members(world: World) -> None:
    members = """SELECT array_agg(instance_id ORDER BY instance_id) FROM instances i
        JOIN autoscaling_groups g ON g.id = i.autoscaling_group_id WHERE g.account_id = $1 AND i.state = 'running'"""
    await world.begin(1)
    first = await world.value(members)
    assert len(first) == 2
    await world.owner.execute(
        "UPDATE instances SET state = 'terminated', terminated_at = '2026-06-01 12:00Z' WHERE instance_id = $1",
        first[0],
    )
    await world.tick()
    second = await world.value(members)
    assert len(second) == 2
    assert first[0] not in second
    await world.owner.execute(
        "UPDATE autoscaling_groups SET desired_capacity = 1, suspended_processes = '{Launch}' WHERE account_id = $1",
        world.account,
    )
    await world.tick()
    assert len(await world.value(members)) == 1
    await world.owner.execute(
        "UPDATE autoscaling_groups SET desired_capacity = 3 WHERE account_id = $1", world.account
    )
    await world.tick()
    assert len(await world.value(members)) == 1
    assert (
        await world.value(
            "SELECT count(*) FROM instances WHERE account_id = $1 AND instance_id = $2", first[0]
        )
        == 0
    )


async def test_extreme_rows_overflow_nothing(world: World) -> None:
    await world.owner.execute(
        "UPDATE instances SET hourly_cost = 999999 WHERE account_id = $1", world.account
    )
    await world.owner.execute(
        "UPDATE volumes SET monthly_cost = 999999, size_gib = 65536 WHERE account_id = $1",
        world.account,
    )
    await world.owner.execute(
        """INSERT INTO resource_profiles (account_id, resource_type, resource_id, profile, ingest_gb, stored_gib, requests)
           SELECT account_id, 'log_group', arn, 'verbose', 99999, 9e7, null FROM log_groups WHERE account_id = $1
           UNION ALL SELECT account_id, 's3_bucket', name, 'steady', null, 9e7, 1e9 FROM s3_buckets WHERE account_id = $1
           UNION ALL SELECT account_id, 'lambda_function', arn, 'steady', null, null, 1e9 FROM lambda_functions WHERE account_id = $1""",
        world.account,
    )
    reports = await world.begin(9, CALM)
    assert len(reports) == 9
    assert reports[-1].virtual_date == FIRST + timedelta(days=8)


async def test_what_is_billed_by_use_costs_what_its_region_charges(world: World) -> None:
    place = "eu-central-1"
    for table in ("s3_buckets", "log_groups", "lambda_functions"):
        await world.owner.execute(f"UPDATE {table} SET region = $2 WHERE account_id = $1",
                                  world.account, place)  # fmt: skip
    await world.begin(1)
    for row in await world.rows(
        """SELECT u.* FROM s3_bucket_usage_daily u JOIN s3_buckets b ON b.id = u.bucket_id
            WHERE b.account_id = $1"""
    ):
        month = costs.s3_storage_monthly(row["storage_gb_standard"], place)
        assert abs(row["estimated_storage_cost"] * 30 - month) < Decimal("0.01")
        assert month > costs.s3_storage_monthly(row["storage_gb_standard"])
    for row in await world.rows(
        """SELECT u.* FROM log_group_usage_daily u JOIN log_groups g ON g.id = u.log_group_id
            WHERE g.account_id = $1"""
    ):
        taken = costs.log_ingestion(row["ingested_gb"], place)
        assert abs(row["estimated_ingestion_cost"] - taken) < Decimal("0.001")
    for row in await world.rows(
        """SELECT f.memory_mb, f.provisioned_concurrency, m.estimated_daily_cost AS cost,
                  (m.metric_payload -> 'invocations')::bigint AS calls,
                  (m.metric_payload -> 'duration')::numeric AS ms
             FROM metrics_daily m JOIN lambda_functions f ON f.arn = m.resource_id WHERE m.account_id = $1"""
    ):
        day = costs.lambda_daily(row["memory_mb"], row["calls"], row["ms"], place,
                                 provisioned_concurrency=row["provisioned_concurrency"] or 0)  # fmt: skip
        assert abs(row["cost"] - day) < Decimal("0.001")


async def test_a_snapshot_is_billed_from_the_day_that_made_it(world: World) -> None:
    await world.owner.execute(
        """UPDATE snapshots SET created_at = '2026-06-03 04:00Z' WHERE snapshot_id =
           (SELECT min(snapshot_id) FROM snapshots WHERE account_id = $1)""",
        world.account,
    )
    await world.begin(4)
    days = await world.rows(
        """SELECT count(*), min(date) FROM metrics_daily
            WHERE account_id = $1 AND resource_type = 'snapshot' GROUP BY resource_id ORDER BY 1"""
    )
    assert [tuple(row) for row in days] == [(2, FIRST + timedelta(days=2)), (4, FIRST)]


def test_commitments_leave_of_the_price_what_the_price_list_says() -> None:
    plan = {"commitment_type": "savings_plan", "plan_type": "EC2Instance", "scope": None,
            "service": "savingsplans", "offering_class": None, "payment_option": "All Upfront",
            "term_months": 36}  # fmt: skip
    assert rate(plan) == 1 - discount("savings-ec2", 36, "all-upfront")
    database = {**plan, "commitment_type": "reserved_instance", "service": "rds"}
    assert rate({**database, "payment_option": None, "term_months": 12}) == 1 - (
        discount("rds-standard")
    )
    assert rate({**database, "service": "nothing", "term_months": 7}) == 1 - (
        discount("ec2-standard")
    )
