"""Spans of costs: which days they stand for, and that every table of the ledger says the same."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from emulator import control
from models import cost_reports, cost_spans
from models.cost_reports import Group, Report
from models.listing import Binder
from tests.fixtures.server import Cloud

Sql = Callable[..., list[dict[str, Any]]]
START, END = date(2026, 1, 7), date(2026, 4, 2)
TABLES = ("cost_daily", "cost_daily_untagged", "cost_daily_by_tags")
SPANS = ("cost_spans", "cost_spans_untagged", "cost_spans_by_tags")
# What a report is grouped by, by the table that it then reads.
GROUPED = {
    "cost_daily": (Group("TAG", "Team"), Group("DIMENSION", "REGION")),
    "cost_daily_untagged": (Group("DIMENSION", "SERVICE"), Group("DIMENSION", "REGION")),
    "cost_daily_by_tags": (Group("TAG", "Team"), Group("DIMENSION", "SERVICE")),
}


@pytest.mark.parametrize("shift_days", [None, 0, 3, -40])
@pytest.mark.parametrize("over", [date(2025, 1, 1), date(2026, 2, 13), date(2027, 1, 1)])
def test_pieces_are_every_day_once(shift_days: int | None, over: date) -> None:
    found = cost_spans.pieces(START, END, over, shift_days)
    days = [
        (piece, piece.first + timedelta(days=n))
        for piece in found
        for n in range((piece.last - piece.first).days)
    ]
    assert [day for _, day in days] == [
        START + timedelta(days=n) for n in range((END - START).days)
    ]
    for piece, day in days:
        if shift_days is not None:
            assert piece.period == (day + timedelta(days=shift_days)).replace(day=1)
    whole = [piece for piece in found if piece.whole]
    assert bool(whole) == (over > START)
    for piece in whole:
        assert cost_spans.beginning(piece.first) == piece.first
        assert cost_spans.beginning(piece.last) == piece.last <= over


@pytest.mark.parametrize("large", [0, 10**9])
def test_every_table_adds_up_to_the_same(
    cloud: Cloud, sql: Sql, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(engine, "LARGE", large)
    running, account = cloud.running, cloud.account
    world = running.server.world
    running.run(control.estate_create(world, "3", days=13, account=account.number))
    agree(sql, cloud)

    async def tick() -> None:
        async with running.server.database.owner() as connection:
            await engine.tick(connection, account.id, days=6, knobs=Knobs(mess=0))

    running.run(tick())
    spans = agree(sql, cloud)
    # a day is taken away: its span is no longer what it was
    [row] = sql("select max(date) - 6 as day from cost_daily where account_id = $1", account.id)
    sql("delete from cost_daily where account_id = $1 and date = $2", account.id, row["day"])
    assert agree(sql, cloud) == spans
    # nor is one over whose last day is gone, with all days after it
    sql("delete from cost_daily where account_id = $1 and date >= $2", account.id, row["day"])
    assert agree(sql, cloud) < spans


def agree(sql: Sql, cloud: Cloud) -> int:
    """All tables, and reports with spans and without, tell the same cost; the number of spans."""
    total = "select sum(unblended_cost) as cost, count(distinct date) as n from {} where"
    told = [sql(f"{total.format(name)} account_id = $1", cloud.account.id)[0] for name in TABLES]
    assert told[0]["cost"] > 0
    assert told == [told[0]] * len(TABLES)
    [days] = sql("select min(date) as first, max(date) as last from cost_daily"
                 " where account_id = $1", cloud.account.id)  # fmt: skip
    for granularity in ("MONTHLY", ""):
        for table, keys in GROUPED.items():
            report = Report(
                days["first"], days["last"] + timedelta(days=1), 4, granularity,
                ("UnblendedCost", "UsageQuantity"), keys,
            )  # fmt: skip
            plain, spanned = cloud.running.run(both(cloud, report, table))
            assert plain == spanned
            assert sum(row[3] for row in plain) == told[0]["cost"]
    total = "select sum(unblended_cost) as cost, count(distinct date) as n from {} where"
    spans = [sql(f"{total.format(name)} account_id = $1", cloud.account.id) for name in SPANS]
    assert spans == [spans[0]] * len(SPANS)
    [found] = sql("select count(distinct date) as n, max(date) as last from cost_spans"
                  " where account_id = $1", cloud.account.id)  # fmt: skip
    assert found["last"] + timedelta(days=cost_spans.DAYS - 1) <= days["last"]
    return int(found["n"])


async def both(cloud: Cloud, report: Report, table: str) -> tuple[list[Any], list[Any]]:
    """The rows of a report, read day by day and by spans."""
    db = cloud.running.server.database.session(cloud.account.id, "")
    over = await cost_spans.over(db)
    assert over is not None
    found = []
    for limit in (None, over):
        bind = Binder()
        sql = cost_reports._statement(report, {}, bind, limit) + " ORDER BY 1, 2, 3"
        assert f" {table} l" in sql
        assert (f" {cost_reports.SPANS[table]} l" in sql) is (limit is not None)
        found.append([tuple(row) for row in await db.fetch(sql, *bind.args, plan="custom")])
    return found[0], found[1]
