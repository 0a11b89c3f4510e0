"""The trail's entries: riding on statements, and forgotten in time."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from models import trail_events
from tests.fixtures.database import Account


@pytest.mark.parametrize(
    ("sql", "begins", "ends"),
    [
        ("update t set a = $1", "with trail_entry as (insert", " update t set a = $1"),
        ("\n insert into t select $1", "with trail_entry as (insert", " insert into t select $1"),
        ("with x as (select 1) delete from t", "with trail_entry as (", ",  x as (select 1) delete"
         " from t"),
        ("WITH RECURSIVE x AS (select 1) select 1", "with recursive trail_entry as (",
         ", x AS (select 1) select 1"),
        ("select f($1)", "with trail_entry as (", " select f($1)"),
    ],
)  # fmt: skip
def test_a_statement_takes_the_entry_along(sql: str, begins: str, ends: str) -> None:
    joined = trail_events.joined(sql, 1)
    assert joined is not None
    assert joined.startswith(begins)
    assert joined.endswith(ends)
    assert "$2" in joined
    assert "$10" in joined


def test_what_is_no_statement_of_rows_takes_none() -> None:
    assert trail_events.joined("truncate t", 0) is None
    assert trail_events.joined("call f()", 0) is None


async def test_entries_are_kept_for_90_days(owner: asyncpg.Connection, account: Account) -> None:
    now = datetime.now(UTC)
    for days in (1, 89, 91):
        await owner.execute(
            """insert into trail_events (account_id, region, event_time, event_id, event_source,
                      event_name, read_only, event)
               values ($1, 'us-east-1', $2, gen_random_uuid(), 's', $3, false, '{}')""",
            account.id, now - timedelta(days=days), str(days),
        )  # fmt: skip
    await trail_events.forget(owner)
    rows = await owner.fetch(
        "select event_name from trail_events where account_id = $1 order by 1", account.id
    )
    assert [row["event_name"] for row in rows] == ["1", "89"]
