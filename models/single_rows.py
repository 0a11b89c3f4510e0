"""Single rows: one inserted or changed, with its columns by name."""

from collections.abc import Mapping
from typing import Any


async def insert(db: Any, table: str, row: Mapping[str, Any]) -> bool:
    """Store a new row of the caller's account; False when a unique column is taken.

    The keys of `row` are columns of the table: they come from code, never from a request.
    """
    columns = ", ".join(f'"{name}"' for name in row)
    values = ", ".join(f"${n + 1}" for n in range(len(row)))
    return bool(
        await db.write(
            f"insert into {table} (account_id, {columns}) values (driftcloud_account(), {values})"
            " on conflict do nothing returning id",
            *row.values(),
        )
    )


async def update(
    db: Any, table: str, region: str, column: str, name: str, changes: Mapping[str, Any]
) -> bool:
    """Change columns of the one row whose `column` is `name`; False when it is not there."""
    if not changes:
        return True
    sets = ", ".join(f'"{key}" = ${n + 3}' for n, key in enumerate(changes))
    return bool(
        await db.write(
            f'update {table} set {sets} where region = $1 and "{column}" = $2'
            " and account_id = driftcloud_account() returning id",
            region,
            name,
            *changes.values(),
        )
    )
