"""The rows of an export, made and formatted by the database, a virtual day at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from models import cost_categories
from models.cost_exports import categories
from models.cost_exports.column import BOOLEAN, DOUBLE, INTEGER, MAP, TIMESTAMP
from models.cost_exports.lines import LINES, TOGETHER
from models.cost_exports.query import Query
from models.cost_expressions import Categories
from models.listing import Binder

# More digits than any amount has, fewer than a quotient can get.
_DIGITS = 16
# Lines stay, but the tags that tell them apart may be filled in later.
_LINES = """
select l.date, count(*) || '/' || coalesce(sum(l.tag_set), 0) as state from cost_lines_daily as l
 where l.account_id in (select driftcloud_paid_accounts()) and l.date between $1::date and $2::date
 group by l.date order by l.date
"""
_TAG_KEYS = """
select distinct k.key from cost_tag_sets as t cross join jsonb_object_keys(t.tags) as k (key)
 where t.account_id in (select driftcloud_paid_accounts()) order by k.key
"""
_NEWEST = """
select max(l.date) as date from cost_daily as l
 where l.account_id in (select driftcloud_paid_accounts())
"""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the bill an export tells: resources or not, days or hours of days."""

    resources: bool = True
    periods: int = 1


@lru_cache(maxsize=64)
def statement(query: Query, extent: Extent, named: str, *, as_text: bool) -> str:
    """The SELECT of a query: columns c0, c1 …, all of them text, or of their own types.

    `named` is SQL for the cost categories of a line.
    """
    shown = ", ".join(
        f"{_shown(chosen.sql, chosen.type, as_text=as_text)} AS c{at}"
        for at, chosen in enumerate(query.columns)
    )
    source = query.table.source.replace("{lines}", LINES if extent.resources else TOGETHER)
    source = source.replace(categories.PLACE, named)
    where = f" AND {query.where}" if query.where else ""
    return (
        f"SELECT {shown} FROM {source} WHERE {query.table.condition}{where}"
        f" ORDER BY {query.table.order}"
    )


async def of_day(
    db: Any,
    query: Query,
    extent: Extent,
    day: date,
    shift_days: int,
    found: Categories,
    *,
    as_text: bool,
) -> list[list[Any]]:
    """The rows of a virtual day whose date is `shift_days` later outside; `found` as `named`."""
    bind = Binder()
    bind.args += [day, day, shift_days, extent.periods]
    sql = statement(query, extent, categories.select(found, bind, day), as_text=as_text)
    names = [f"c{at}" for at in range(len(query.columns))]
    rows = await db.fetch(sql, *bind.args)
    return [[row[name] for name in names] for row in rows]


async def of_today(
    db: Any, query: Query, told: Sequence[Mapping[str, Any]], *, as_text: bool
) -> list[list[Any]]:
    """The rows of a table that tells what is today: `told` has an entry for each."""
    rows = await db.fetch(statement(query, Extent(), "", as_text=as_text), list(told))
    names = [f"c{at}" for at in range(len(query.columns))]
    return [[row[name] for name in names] for row in rows]


async def named(db: Any, query: Query) -> Categories:
    """The cost categories of the account, where the query asks for any."""
    return await cost_categories.versions(db) if query.asks_for(categories.COLUMN) else {}


async def states(db: Any, first: date, last: date) -> dict[date, str]:
    """What tells whether the lines of a day are still the same, for each day that has any."""
    return {row["date"]: row["state"] for row in await db.fetch(_LINES, first, last)}


async def newest_day(db: Any) -> date | None:
    """The last day of the bill."""
    found: date | None = await db.fetchval(_NEWEST)
    return found


async def tag_keys(db: Any) -> Sequence[str]:
    """The keys of the tags that tell costs apart."""
    return [row["key"] for row in await db.fetch(_TAG_KEYS)]


def _shown(sql: str, kind: str, *, as_text: bool) -> str:
    if kind == DOUBLE:
        rounded = f"round(({sql})::numeric, {_DIGITS})"
        return f"trim_scale({rounded})::text" if as_text else f"{rounded}::float8"
    if kind == TIMESTAMP and as_text:
        return f'to_char(({sql})::timestamp, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
    if kind == TIMESTAMP:
        return f"({sql})::timestamp"
    if kind in (INTEGER, BOOLEAN) and not as_text:
        return sql
    if kind == MAP and not as_text:
        return f"({sql})::jsonb"
    return f"({sql})::text"
