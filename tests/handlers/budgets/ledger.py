"""A ledger of a test's own: days of cost, and the client's clock set on the newest of them."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.fixtures.server import Cloud

NEWEST = date(2026, 3, 15)
EC2 = "Amazon Elastic Compute Cloud - Compute"

_LINE = """
insert into cost_daily (account_id, date, region, service, usage_type, operation, tag_set,
    record_type, usage_amount, usage_unit, on_demand_cost, unblended_cost, amortized_cost, resources)
select $1, d::date, $4, $5, $6, 'Run', $7, $8, $9, 'Hrs', $10, $11, $12, 1
  from generate_series($2::date, $3::date, '1 day') as d"""


def shift() -> timedelta:
    """How far the client's calendar lies after the ledger's."""
    return datetime.now(UTC).date() - NEWEST


def set_clock(cloud: Cloud) -> None:
    """Take NEWEST for today."""
    cloud.running.rows(
        "insert into virtual_clocks (account_id, seed, virtual_date) values ($1, 1, $2)"
        " on conflict (account_id) do update set virtual_date = excluded.virtual_date",
        cloud.account.id,
        NEWEST,
    )
    cloud.running.server.clocks.forget(str(cloud.account.id))


def spend(
    cloud: Cloud,
    daily: str,
    *,
    days: int = 60,
    until: date = NEWEST,
    region: str = "us-east-1",
    service: str = EC2,
    usage_type: str = "BoxUsage:m5.large",
    tags: dict[str, str] | None = None,
    record_type: str = "Usage",
    usage: str = "24",
    amortized: str | None = None,
    on_demand: str | None = None,
) -> None:
    """The same cost on each of the `days` up to `until`."""
    rows = cloud.running.rows
    tag_set = None
    if tags:
        [made] = rows(
            "insert into cost_tag_sets (account_id, digest, tags) values ($1, $2, $3::text::jsonb)"
            " returning id",
            cloud.account.id,
            str(sorted(tags.items())),
            json.dumps(tags),
        )
        tag_set = made["id"]
    rows(
        _LINE, cloud.account.id, until - timedelta(days=days - 1), until, region, service,
        usage_type, tag_set, record_type, Decimal(usage), Decimal(on_demand or daily),
        Decimal(daily), Decimal(amortized or daily),
    )  # fmt: skip


def spent(cloud: Cloud, first: date, where: str = "true", what: str = "unblended_cost") -> Decimal:
    """What SQL says was spent from a day of the client's calendar on."""
    found: Any = cloud.running.value(
        f"select coalesce(sum({what}), 0) from cost_daily"
        f" where account_id = $1 and date >= $2 and {where}",
        cloud.account.id,
        first - shift(),
    )
    return Decimal(found)
