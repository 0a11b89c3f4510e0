"""Monitors of cost anomalies: what they watch, and the days that they have seen."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from models import cost_categories, single_rows
from models.cost_expressions import MINE, Categories, Compiler, categories_in
from models.listing import Binder

_OWN = "m.account_id = (select driftcloud_account())"
_LIST = f"""
select m.id, m.arn, m.name, m.monitor_type, m.dimension, m.specification, m.created_on, m.updated_on, m.evaluated_on,
       (select count(distinct d.value) from anomaly_days d where d.monitor_id = m.id) as seen
  from anomaly_monitors m
 where {_OWN} and ($1::text[] is null or m.arn = any($1)) and ($2::text is null or m.arn > $2)
 order by m.arn limit $3::int"""
_DELETE = f"delete from anomaly_monitors m where {_OWN} and m.arn = $1 returning id"
_RENAME = f"update anomaly_monitors m set name = $2, updated_on = $3 where {_OWN} and m.arn = $1 returning id"
_COUNT = f"""
select count(*) filter (where monitor_type = 'CUSTOM') as custom,
       count(*) filter (where dimension = $1) as same from anomaly_monitors m where {_OWN}"""
_EVALUATED = "update anomaly_monitors m set evaluated_on = $2, created_on = coalesce(created_on, $3) where m.id = $1"

# What is billed once a month or in advance says nothing about use:
# https://docs.aws.amazon.com/cost-management/latest/userguide/manage-ad.html.
_WATCHED = (
    "l.record_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage',"
    " 'SavingsPlanNegation', 'EdpDiscount')"
)
# A member's day may come after that of its payer, who then looks again.
_TAKE = """
insert into anomaly_days as old (account_id, monitor_id, value, date, amount)
select driftcloud_account(), {monitor}, {value}, l.date, sum(l.unblended_cost)
  from cost_daily l {joins}
 where {mine} and l.date >= {since} and l.date <= {until} and {watched}{where}
 group by 3, 4
    on conflict (monitor_id, value, date) do update set amount = excluded.amount, expected = null, score = null
 where old.amount <> excluded.amount"""
_DAYS = "select value, date, amount, expected, score from anomaly_days where monitor_id = $1 and date >= $2 order by value, date"
_FORGET = "delete from anomaly_days where monitor_id = $1 and date < $2"
_JUDGED = """
update anomaly_days d set expected = j.expected, score = j.score
  from unnest($2::text[], $3::date[], $4::numeric[], $5::float8[]) as j (value, date, expected, score)
 where d.monitor_id = $1 and d.value = j.value and d.date = j.date"""
# Ten parts that rose most over the days of an anomaly, against their mean of two weeks before.
_CAUSES = """
select * from (
    select l.service, l.region, l.usage_type, a.account_number as account, a.name as account_name,
           sum(l.unblended_cost * (l.date >= {start})::int)
           - sum(l.unblended_cost * (l.date < {start})::int) / 14 * ({end} - {start} + 1) as rise
      from cost_daily l join (select * from driftcloud_billed_accounts()) a on a.id = l.account_id {joins}
     where {mine} and l.date >= {start} - 14 and l.date <= {end} and {watched}{where}
     group by 1, 2, 3, 4, 5) as c
 where c.rise > 0 order by c.rise desc, 1, 2, 3 limit 10"""

LINKED_ACCOUNT = "LINKED_ACCOUNT"


async def create_default(connection: Any, account_id: Any) -> None:
    """The monitor and the subscription that an account has from its first day."""
    await connection.execute("select driftcloud_default_monitor($1)", account_id)


async def listed(
    db: Any,
    arns: Sequence[str] | None = None,
    *,
    after: str | None = None,
    limit: int | None = None,
) -> list[Any]:
    """Monitors by ARN, with how many values of their dimension they have `seen`."""
    given = None if arns is None else list(arns)
    rows: list[Any] = await db.fetch(_LIST, given, after, limit)
    return rows


async def counts(db: Any, dimension: str | None) -> tuple[int, int]:
    """How many custom monitors there are, and how many of a dimension."""
    row = await db.fetchrow(_COUNT, dimension)
    return row["custom"], row["same"]


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new monitor."""
    await single_rows.insert(db, "anomaly_monitors", row)


async def rename(db: Any, arn: str, name: str, on: date) -> bool:
    """Give a monitor another name; False when it is not there."""
    return bool(await db.write(_RENAME, arn, name, on))


async def delete(db: Any, arn: str) -> bool:
    """Delete a monitor with its anomalies; False when it is not there."""
    return bool(await db.write(_DELETE, arn))


async def take(db: Any, monitor: Any, since: date, until: date) -> None:
    """Add up what a monitor watches, over days of the ledger."""
    bind = Binder()
    compiler = await _compiler(db, monitor, since, until, bind)
    where = _condition(monitor, compiler)
    value = {None: "''", "SERVICE": "l.service"}.get(monitor["dimension"])
    if value is None:
        kind = "DIMENSION" if monitor["dimension"] == LINKED_ACCOUNT else "TAG"
        key = LINKED_ACCOUNT if kind == "DIMENSION" else tag_key(monitor)
        value = compiler.value(kind, key)
    sql = _TAKE.format(
        monitor=bind(monitor["id"], "::uuid"),
        value=value,
        since=bind(since, "::date"),
        until=bind(until, "::date"),
        where=where,
        watched=_WATCHED,
        mine=MINE,
        joins=compiler.joins(),
    )
    await db.write(sql, *bind.args)


async def causes(db: Any, monitor: Any, value: str, start: date, end: date) -> list[Any]:
    """What rose over the days of an anomaly, most first."""
    bind = Binder()
    compiler = await _compiler(db, monitor, start, end, bind)
    where = _condition(monitor, compiler)
    dimension = monitor["dimension"]
    if dimension == "SERVICE":
        where += f" and l.service = {bind(value, '::text')}"
    elif dimension == LINKED_ACCOUNT:
        where += f" and a.account_number = {bind(value, '::text')}"
    elif dimension:
        where += f" and {compiler.value('TAG', tag_key(monitor))} = {bind(value, '::text')}"
    compiler.accounts = False  # they are joined in any case
    sql = _CAUSES.format(
        start=bind(start, "::date"),
        end=bind(end, "::date"),
        where=where,
        watched=_WATCHED,
        mine=MINE,
        joins=compiler.joins(),
    )
    rows: list[Any] = await db.fetch(sql, *bind.args, plan="custom")
    return rows


async def days(db: Any, monitor: Any, since: date) -> list[Any]:
    """The days that a monitor has seen, by value and date."""
    rows: list[Any] = await db.fetch(_DAYS, monitor["id"], since)
    return rows


async def judged(
    db: Any, monitor: Any, verdicts: Sequence[tuple[str, date, Decimal, float | None]]
) -> None:
    """Keep what was expected of days, and how unusual they were."""
    if verdicts:
        values, dates, expected, scores = (list(column) for column in zip(*verdicts, strict=True))
        await db.write(_JUDGED, monitor["id"], values, dates, expected, scores)


async def evaluated(db: Any, monitor: Any, on: date, first: date, keep: timedelta) -> None:
    """Note up to which day a monitor has judged, and forget days long past."""
    await db.write(_EVALUATED, monitor["id"], on, first)
    await db.write(_FORGET, monitor["id"], on - keep)


def tag_key(monitor: Any) -> str:
    """The tag whose values a monitor of the dimension TAG watches."""
    return str(monitor["specification"]["Tags"]["Key"])


async def _compiler(db: Any, monitor: Any, start: date, end: date, bind: Binder) -> Compiler:
    categories: Categories = {}
    if categories_in(monitor["specification"]):
        categories = await cost_categories.versions(db)
    return Compiler(bind, categories, start, end + timedelta(days=1))


def _condition(monitor: Any, compiler: Compiler) -> str:
    specification = monitor["specification"]
    if not specification or monitor["dimension"] == "TAG":
        return ""
    return f" and {compiler.condition(specification)}"
