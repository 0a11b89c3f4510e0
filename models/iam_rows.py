"""Rows of IAM's lesser things: devices, credentials, providers, certificates.

Tables and columns come from code, never from a request.
"""

from collections.abc import Mapping
from typing import Any

_OWN = "r.account_id = (select driftcloud_account())"
# Rows of users show whose they are.
_USER = """
select r.*, u.name as user_name, to_jsonb(u) as holder from {table} r
  {join} users u on u.id = r.user_id
"""
_SELECTS = {
    "mfa_devices": _USER.format(table="mfa_devices", join="left join"),
    "user_credentials": _USER.format(table="user_credentials", join="join"),
    "identity_providers": "select r.* from identity_providers r",
    "server_certificates": "select r.* from server_certificates r",
}


async def find(db: Any, table: str, **where: Any) -> Any | None:
    """The row with these values, names in whatever case of letters; None: there is none."""
    tests = [
        f"lower(r.name) = lower(${n})" if column == "name" else f"r.{column} = ${n}"
        for n, column in enumerate(where, 1)
    ]
    sql = f"{_SELECTS[table]} where {_OWN} and {' and '.join(tests)}"
    return await db.fetchrow(sql, *where.values())


async def listed(
    db: Any,
    table: str,
    key: str,
    after: str | None = None,
    limit: int | None = None,
    *,
    path: str | None = None,
    assigned: bool | None = None,
    **where: Any,
) -> list[Any]:
    """Rows with these values, by the column `key`; under a path, or in somebody's hands or not."""
    tests = [f"r.{column} = ${n}" for n, column in enumerate(where, 4)]
    if assigned is not None:
        tests.append(f"r.user_id is {'not ' if assigned else ''}null")
    tests.append("($3::text is null or starts_with(r.path, $3))" if path else "$3::text is null")
    rows: list[Any] = await db.fetch(
        f"{_SELECTS[table]} where {_OWN} and ($1::text is null or r.{key} > $1)"
        f" and {' and '.join(tests)} order by r.{key} limit $2::int",
        after, limit, path, *where.values(),
    )  # fmt: skip
    return rows


async def update(db: Any, table: str, row_id: Any, changes: Mapping[str, Any]) -> None:
    """Change columns of a row."""
    sets = ", ".join(f'"{column}" = ${n}' for n, column in enumerate(changes, 2))
    await db.write(
        f"update {table} r set {sets} where {_OWN} and r.id = $1", row_id, *changes.values()
    )


async def delete(db: Any, table: str, row_id: Any) -> None:
    """Delete a row."""
    await db.write(f"delete from {table} r where {_OWN} and r.id = $1", row_id)


async def take_code(db: Any, row_id: Any, step: Any) -> bool:
    """Note the half minute of a code; False where that code or a later one was taken before."""
    return bool(
        await db.write(
            f"update mfa_devices r set code_taken_at = $2 where {_OWN} and r.id = $1"
            " and (r.code_taken_at is null or r.code_taken_at < $2) returning id",
            row_id, step,
        )
    )  # fmt: skip
