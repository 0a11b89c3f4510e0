"""Tags: the column and the rows say the same, whichever of them was written."""

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.database.database import Database
from emulator.database.session import Session
from tests.fixtures.database import Account
from tests.sql import rows

TABLES_WITH_TAGS = {
    "instances": "instance",
    "volumes": "volume",
    "s3_buckets": "s3_bucket",
    "log_groups": "log_group",
    "commitments": "commitment",
}
ID = {"s3_buckets": "name", "log_groups": "arn", "commitments": "id"}

_PUT = (
    "INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)"
    " SELECT $1, $2, $3, e.key, e.value FROM jsonb_each_text($4) e"
    " ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value"
)


def id_of(table: str, row: dict[str, Any]) -> str:
    """resource_id of a row."""
    return str(row[ID.get(table, TABLES_WITH_TAGS[table] + "_id")])


async def both(
    owner: asyncpg.Connection, table: str, row: dict[str, Any]
) -> tuple[dict[str, str], dict[str, str]]:
    """The tags as the column has them, and as the rows have them."""
    column = await owner.fetchval(f"SELECT tags FROM {table} WHERE id = $1", row["id"])
    tags = await owner.fetch(
        "SELECT key, value FROM resource_tags WHERE resource_type = $1 AND resource_id = $2",
        TABLES_WITH_TAGS[table],
        id_of(table, row),
    )
    return (column or {}), {r["key"]: r["value"] for r in tags}


KEYS = st.sampled_from(["Name", "env", "", "Ünïcode", "a'b", "aws:x"])
VALUES = st.sampled_from(["", "1", "two", 'q"q'])
TAGS = st.dictionaries(KEYS, VALUES, max_size=4)
WRITES = st.one_of(
    st.tuples(st.just("column set"), TAGS),
    st.tuples(st.just("column merge"), TAGS),
    st.tuples(st.just("column remove"), st.lists(KEYS, max_size=3)),
    st.tuples(st.just("column null"), st.none()),
    st.tuples(st.just("rows put"), TAGS),
    st.tuples(st.just("rows remove"), st.lists(KEYS, max_size=3)),
    st.tuples(st.just("rows change"), VALUES),
)


def expect(tags: dict[str, str], kind: str, argument: Any) -> dict[str, str]:
    """What a write makes of tags: the model."""
    match kind:
        case "column set":
            return {**argument}
        case "column merge" | "rows put":
            return {**tags, **argument}
        case "column remove" | "rows remove":
            return {k: v for k, v in tags.items() if k not in argument}
        case "rows change":
            return dict.fromkeys(tags, argument)
    return {}


async def write(
    owner: asyncpg.Connection, account: Account, table: str, row: dict[str, Any], kind: str, a: Any
) -> None:
    """Do one write to the database."""
    of = (TABLES_WITH_TAGS[table], id_of(table, row))
    mine = "WHERE resource_type = $1 AND resource_id = $2"
    update = f"UPDATE {table} SET tags ="
    match kind:
        case "column set":
            await owner.execute(f"{update} $2::jsonb WHERE id = $1", row["id"], a)
        case "column merge":
            await owner.execute(
                f"{update} coalesce(tags, '{{}}') || $2::jsonb WHERE id = $1",
                row["id"],
                a,
            )
        case "column remove":
            await owner.execute(f"{update} tags - $2::text[] WHERE id = $1", row["id"], a)
        case "column null":
            await owner.execute(f"{update} NULL WHERE id = $1", row["id"])
        case "rows put":
            await owner.execute(_PUT, account.id, *of, a)
        case "rows remove":
            await owner.execute(f"DELETE FROM resource_tags {mine} AND key = ANY($3)", *of, a)
        case "rows change":
            await owner.execute(f"UPDATE resource_tags SET value = $3 {mine}", *of, a)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    table=st.sampled_from(sorted(TABLES_WITH_TAGS)),
    first=TAGS,
    writes=st.lists(WRITES, min_size=1, max_size=6),
)
async def test_both_sides_agree_after_any_writes(
    owner: asyncpg.Connection,
    account: Account,
    table: str,
    first: dict[str, str],
    writes: list[tuple[str, Any]],
) -> None:
    row = await rows.make(owner, table, account.id, tags=first)
    model = first
    assert await both(owner, table, row) == (model, model)
    for kind, argument in writes:
        model = expect(model, kind, argument)
        await write(owner, account, table, row, kind, argument)
        assert await both(owner, table, row) == (model, model), kind
    await owner.execute(f"DELETE FROM {table} WHERE id = $1", row["id"])
    left = await owner.fetchval(
        "SELECT count(*) FROM resource_tags WHERE resource_type = $1 AND resource_id = $2",
        TABLES_WITH_TAGS[table],
        id_of(table, row),
    )
    assert left == 0


async def test_concurrent_merges_lose_nothing(
    owner: asyncpg.Connection, database: Database, account: Account
) -> None:
    row = await rows.make(owner, "instances", account.id)

    async def column(i: int) -> None:
        await database.session(account.id).write(
            "UPDATE instances SET tags = tags || $2::jsonb WHERE instance_id = $1",
            row["instance_id"],
            {f"c{i}": "x", "shared": f"c{i}"},
        )

    async def put(i: int) -> None:
        await database.session(account.id).write(
            _PUT,
            account.id,
            "instance",
            row["instance_id"],
            {f"r{i}": "y", "shared": f"r{i}"},
        )

    await asyncio.gather(*(f(i) for i in range(12) for f in (column, put)))
    left, right = await both(owner, "instances", row)
    assert left == right
    assert set(left) == {"shared", *(f"{side}{i}" for side in "cr" for i in range(12))}


async def test_types_without_a_column_have_rows_alone(
    owner: asyncpg.Connection, session: Session, account: Account
) -> None:
    row = await rows.make(owner, "rds_instances", account.id)
    put = (account.id, "rds_instance", row["db_instance_id"], {"team": "a"})
    await session.write(_PUT, *put)
    found = await owner.fetch(
        "SELECT field_name, old_value, new_value, change_source FROM resource_change_events"
        " WHERE account_id = $1 AND field_name LIKE 'tags%'",
        account.id,
    )
    assert [tuple(r) for r in found] == [("tags.team", None, "a", "agent")]
    await owner.execute("DELETE FROM rds_instances WHERE id = $1", row["id"])
    assert await tag_count(owner, account) == 0


async def test_tags_follow_a_rename(owner: asyncpg.Connection, account: Account) -> None:
    row = await rows.make(owner, "volumes", account.id, tags={"a": "b"})
    await owner.execute("UPDATE volumes SET volume_id = volume_id || 'x' WHERE id = $1", row["id"])
    row["volume_id"] += "x"
    assert await both(owner, "volumes", row) == ({"a": "b"}, {"a": "b"})


async def test_tags_may_come_before_their_resource(
    owner: asyncpg.Connection, account: Account
) -> None:
    await owner.execute(_PUT, account.id, "volume", "vol-early", {"a": "rows", "b": "rows"})
    row = await rows.make(owner, "volumes", account.id, volume_id="vol-early", tags={"a": "column"})
    expected = {"a": "column", "b": "rows"}
    assert await both(owner, "volumes", row) == (expected, expected)


@pytest.mark.parametrize("tags", [[], "x", {"a": 1}, {"a": None}, {"a": {}}])
async def test_tags_are_an_object_of_strings(
    owner: asyncpg.Connection, account: Account, tags: Any
) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="object whose values are strings"):
        await rows.make(owner, "volumes", account.id, tags=tags)
    row = await rows.make(owner, "volumes", account.id)
    with pytest.raises(asyncpg.CheckViolationError, match="object whose values are strings"):
        await owner.execute("UPDATE volumes SET tags = $2 WHERE id = $1", row["id"], tags)


async def tag_count(owner: asyncpg.Connection, account: Account) -> int:
    """Tag rows of an account."""
    count = await owner.fetchval(
        "SELECT count(*) FROM resource_tags WHERE account_id = $1", account.id
    )
    return int(count)
