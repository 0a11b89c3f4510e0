"""Resources with days of their own, written by SQL, so that tests know every figure."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]
MONDAY = date(2026, 6, 22)
NEWEST = date(2026, 6, 30)


def instance(cloud: Cloud, instance_id: str, **columns: Any) -> str:
    """A running instance."""
    row = {
        "account_id": cloud.account.id,
        "instance_id": instance_id,
        "instance_type": "m5.large",
        "region": "us-east-1",
        "env": "prod",
    } | columns
    insert(cloud, "instances", row)
    return instance_id


def insert(cloud: Cloud, table: str, row: dict[str, Any]) -> None:
    """One row by SQL."""
    places = ", ".join(f"${at}" for at in range(1, len(row) + 1))
    cloud.running.rows(f"insert into {table} ({', '.join(row)}) values ({places})", *row.values())


def day(cloud: Cloud, kind: str, resource: str, when: date, **payload: Any) -> None:
    """A row of metrics_daily."""
    insert(
        cloud,
        "metrics_daily",
        {
            "account_id": cloud.account.id,
            "resource_type": kind,
            "resource_id": resource,
            "date": when,
            "metric_payload": {"env": "prod", "region": "us-east-1"} | payload,
        },
    )


def turn_clock(cloud: Cloud, to: date = NEWEST) -> timedelta:
    """Make a day the account's newest one; what to add to its times so that clients read them."""
    cloud.running.rows(
        "insert into virtual_clocks (account_id, seed, virtual_date) values ($1, 1, $2)"
        " on conflict (account_id) do update set virtual_date = excluded.virtual_date",
        cloud.account.id,
        to,
    )
    cloud.running.server.clocks.forget()
    return datetime.now(UTC).date() - to


def midnight(when: date, shift: timedelta = timedelta(0)) -> datetime:
    """A day's first instant as a client names it."""
    return datetime(when.year, when.month, when.day, tzinfo=UTC) + shift


def dimensions(**named: str) -> list[dict[str, str]]:
    """As AWS lists them."""
    return [{"Name": name, "Value": value} for name, value in named.items()]
