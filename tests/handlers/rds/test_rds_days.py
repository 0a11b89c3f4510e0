"""What the passing of days does to databases that the API made."""

from decimal import Decimal
from typing import Any

import pytest

from models import rds_instances
from tests.fixtures.days import Tick
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create, describe


def test_the_next_day_has_a_row_for_it(cloud: Cloud, rds: Any, sql: Sql, tick: Tick) -> None:
    create(rds)
    tick()
    [row] = sql(
        "select * from metrics_daily where account_id = $1 and resource_type = 'rds_instance'",
        cloud.account.id,
    )
    payload = row["metric_payload"]
    assert (payload["engine"], payload["type"], payload["region"]) == (
        "postgres",
        "db.m5.large",
        "us-east-1",
    )
    assert 0 < payload["cpu_avg"] <= payload["cpu_max"] <= 100
    assert row["estimated_daily_cost"] > Decimal("2")
    [live] = sql("select * from rds_instances where account_id = $1", cloud.account.id)
    assert float(live["avg_cpu_7d"]) == pytest.approx(payload["cpu_avg"])
    rds.stop_db_instance(DBInstanceIdentifier="orders")
    tick()
    # 11.5 a month for the storage, and nothing else
    assert sql(
        "select estimated_daily_cost from metrics_daily where account_id = $1"
        " and resource_type = 'rds_instance' order by date desc limit 1",
        cloud.account.id,
    )[0]["estimated_daily_cost"] == Decimal("0.3833")


def test_a_manual_snapshot_is_billed_every_day(
    cloud: Cloud, rds: Any, sql: Sql, tick: Tick
) -> None:
    create(rds)
    tick()
    rds.create_db_snapshot(DBSnapshotIdentifier="kept", DBInstanceIdentifier="orders")
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    tick()
    [row] = sql(
        "select * from metrics_daily where account_id = $1 and resource_type = 'rds_snapshot'",
        cloud.account.id,
    )
    assert row["metric_payload"]["size_gib"] == 100
    # 9.5 a month, give or take the day's walk
    assert row["estimated_daily_cost"] == pytest.approx(Decimal("0.3167"), rel=Decimal("0.1"))


def test_what_was_stopped_starts_again_after_seven_days(rds: Any, tick: Tick) -> None:
    create(rds)
    tick()
    rds.stop_db_instance(DBInstanceIdentifier="orders")
    tick()
    assert describe(rds)["DBInstanceStatus"] == "stopped"
    for _ in range(8):
        tick()
    assert describe(rds)["DBInstanceStatus"] == "available"
    assert "AutomaticRestartTime" not in describe(rds)


def test_what_is_pending_is_done_in_the_window(
    cloud: Cloud, rds: Any, sql: Sql, tick: Tick
) -> None:
    create(rds, PreferredMaintenanceWindow="wed:03:00-wed:03:30")
    tick()
    rds.modify_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.medium",
        NewDBInstanceIdentifier="sales",
    )
    tick()  # Tuesday
    assert describe(rds)["DBInstanceClass"] == "db.m5.large"
    tick()
    shown = describe(rds, "sales")
    assert (shown["DBInstanceClass"], shown["PendingModifiedValues"]) == ("db.t3.medium", {})
    [row] = sql("select * from rds_instances where account_id = $1", cloud.account.id)
    assert (row["hourly_cost"], row["pending"]) == (Decimal("0.0720"), {})


def test_transitions_can_take_their_time(
    cloud: Cloud, rds: Any, sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(rds, "settled")
    monkeypatch.setattr(cloud.running.server.settings, "transition_seconds", 3600.0)

    def pass_an_hour() -> None:
        sql(
            "update rds_instances set settles_at = settles_at - interval '2 hours'"
            " where account_id = $1",
            cloud.account.id,
        )

    create(rds)
    shown = describe(rds)
    assert shown["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in shown
    assert refusal(rds.stop_db_instance, DBInstanceIdentifier="orders")[0] == (
        "InvalidDBInstanceState"
    )
    pass_an_hour()
    assert describe(rds)["DBInstanceStatus"] == "available"
    for call, during, after in (
        (rds.stop_db_instance, "stopping", "stopped"),
        (rds.start_db_instance, "starting", "available"),
        (rds.reboot_db_instance, "rebooting", "available"),
    ):
        call(DBInstanceIdentifier="orders")
        assert describe(rds)["DBInstanceStatus"] == during
        pass_an_hour()
        assert describe(rds)["DBInstanceStatus"] == after
        sql(rds_instances.SETTLE)
        assert describe(rds)["DBInstanceStatus"] == after
    rds.delete_db_instance(DBInstanceIdentifier="orders", SkipFinalSnapshot=True)
    assert describe(rds)["DBInstanceStatus"] == "deleting"
    pass_an_hour()
    assert refusal(rds.describe_db_instances, DBInstanceIdentifier="orders")[0] == (
        "DBInstanceNotFound"
    )
    sql(rds_instances.SETTLE)
    left = sql("select identifier from rds_instances where account_id = $1", cloud.account.id)
    assert left == [{"identifier": "settled"}]
