"""Queries of exports: what is read runs, what cannot run is refused, and text stays text."""

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.database.database import Database
from models import cost_exports
from models.cost_exports import Table, rows
from models.cost_exports.query import quoted
from models.cost_exports.rows import Extent

WORDS = (
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "IS", "NULL", "AS", "*", ",", "(",
    ")", "=", "<>", ">=", ".", "[", "]", ";", "'x'", "'it''s'", "1.5", "-3", '"name"', "--", "/*",
    "FOCUS_1_2_AWS", "COST_AND_USAGE_REPORT", "BilledCost", "ServiceName", "Tags", "$1", "\\", "'",
)  # fmt: skip
LITERALS = {"string": "'it''s \\ $1 {lines} %'", "double": "-1.5",
            "timestamp_milliseconds": "TIMESTAMP '2026-06-01 00:00:00'", "integer": "14",
            "boolean": "TRUE"}  # fmt: skip


@settings(max_examples=500)
@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_nothing_but_a_refusal_comes_of_nonsense(text: str) -> None:
    with contextlib.suppress(cost_exports.QueryError):
        query = cost_exports.read(f"SELECT BilledCost {text}", cost_exports.TABLES)
        assert query.columns[0].column.name == "BilledCost"


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_what_is_quoted_ends_where_it_should(text: str) -> None:
    inner = quoted(text)[2:-1]
    assert "'" not in inner.replace("''", "")
    assert inner.replace("\\\\", "").count("\\") == 0


@pytest.mark.parametrize("table", cost_exports.TABLES, ids=lambda table: table.name)
async def test_every_column_can_be_asked_for_and_by(database: Database, table: Table) -> None:
    names = ", ".join(one.name for one in table.columns)
    conditions = " AND ".join(
        f"({one.name}['a key'] = 'x' OR {one.name}['a key'] IS NULL)"
        if one.type == "map"
        else f"({one.name} <> {LITERALS[one.type]} OR {one.name} IS NULL"
        f" OR NOT {one.name} IN ({LITERALS[one.type]}))"
        for one in table.columns
    )
    query = cost_exports.read(
        f"SELECT {names} FROM {table.name} WHERE {conditions}", cost_exports.TABLES
    )
    async with database.owner() as connection:
        for as_text in (True, False):
            if table.is_today:
                assert await rows.of_today(connection, query, [], as_text=as_text) == []
                continue
            for extent in (Extent(), Extent(False, 24)):
                day = date(2026, 6, 1)
                found = await rows.of_day(connection, query, extent, day, 5, {}, as_text=as_text)
                assert found == []


def test_a_key_can_be_a_column_of_its_own() -> None:
    query = cost_exports.read(
        "SELECT Tags['user:team'] AS team, x_Discounts.edp_discount FROM FOCUS_1_2_AWS"
        " WHERE Tags['user:team'] IN ('a', 'b');",
        cost_exports.TABLES,
    )
    assert [(one.name, one.key, one.type) for one in query.columns] == [
        ("team", "user:team", "string"),
        ("edp_discount", "edp_discount", "string"),
    ]
