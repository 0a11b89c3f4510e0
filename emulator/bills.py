"""Bills in files: a month of an account's ledger as FOCUS or CUR 2.0, for who runs the world."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from emulator.control import Answer, ControlError, World
from models import accounts, cost_exports
from models.cost_exports import delivery, files, rows
from models.cost_exports.layout import Layout
from models.cost_exports.query import Chosen, Query
from models.cost_expressions import Categories

TABLES = {"focus": "FOCUS_1_2_AWS", "cur": "COST_AND_USAGE_REPORT"}
COMPRESSIONS = {"csv": "GZIP", "parquet": "PARQUET"}
EXTENT = rows.Extent()


async def export(
    world: World, *, table: str, month: str, out: str, file_type: str, account: str
) -> Answer:
    """Write a month, a file a day, and its manifest; what was written."""
    query = _query(table)
    compression = _compression(file_type)
    layout = Layout(table, "")
    async with world.database.owner() as connection, connection.transaction():
        found = await accounts.find(connection, account)
        if found is None:
            raise ControlError(f"there is no account {account}", 404)
        await connection.execute("select set_config('driftcloud.account', $1, true)", str(found.id))
        newest = await rows.newest_day(connection)
        if newest is None:
            raise ControlError(f"account {account} has no bill yet; let a day pass first")
        first = _month(month) if month else newest.replace(day=1)
        last = delivery.next_month(first) - timedelta(days=1)
        states = await rows.states(connection, first, last)
        if not states:
            raise ControlError(f"account {account} has no bill of {first:%Y-%m}")
        named = await rows.named(connection, query)
        written, counted = [], 0
        for at, day in enumerate(states, 1):
            key = layout.data(first, "", day.day, files.EXTENSIONS[compression])
            counted += await _write(connection, query, named, day, compression, Path(out) / key)
            written.append(key)
            world.progress(at, len(states), f"days of {first:%Y-%m}")
    await _write_manifest(layout, query, first, written, compression, Path(out))
    return {
        "account": account,
        "table": query.table.name,
        "month": f"{first:%Y-%m}",
        "rows": counted,
        "files": len(written),
        "folder": str((Path(out) / written[0]).parent),
    }


async def _write(
    connection: Any, query: Query, named: Categories, day: date, compression: str, path: Path
) -> int:
    as_text = compression != "PARQUET"
    found = await rows.of_day(connection, query, EXTENT, day, 0, named, as_text=as_text)
    content = await asyncio.to_thread(files.encode, query.columns, found, compression, path.name)
    await asyncio.to_thread(_keep, path, content)
    return len(found)


async def _write_manifest(
    layout: Layout, query: Query, month: date, keys: list[str], compression: str, out: Path
) -> None:
    said = {
        "exportName": layout.name,
        "tableName": query.table.name,
        "billingPeriod": {"start": f"{month}", "end": f"{delivery.next_month(month)}"},
        "compression": compression,
        "columns": [{"name": one.name, "type": one.type} for one in query.columns],
        "dataFiles": keys,
    }
    content = orjson.dumps(said, option=orjson.OPT_INDENT_2)
    await asyncio.to_thread(_keep, out / layout.manifests(month, "")[0], content)


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _query(table: str) -> Query:
    found = cost_exports.table(TABLES.get(table, ""))
    if found is None:
        raise ControlError(f"--format is {' or '.join(TABLES)}, not {table}")
    return Query(found, tuple(Chosen(one, "", one.name) for one in found.columns), "")


def _compression(file_type: str) -> str:
    if not file_type:
        return "PARQUET" if files.can_write_parquet() else "GZIP"
    if file_type not in COMPRESSIONS:
        raise ControlError(f"--type is {' or '.join(COMPRESSIONS)}, not {file_type}")
    if file_type == "parquet" and not files.can_write_parquet():
        raise ControlError("Parquet needs pyarrow: pip install driftcloud[export]")
    return COMPRESSIONS[file_type]


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ControlError(f"--month takes YYYY-MM, not {text!r}") from None
