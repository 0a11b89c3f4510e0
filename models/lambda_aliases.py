"""Aliases: names for the versions of a function."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

LISTING = Listing(
    "a.name, a.arn, a.version, a.description, nullif(a.routing, '{}') as routing, a.region,"
    " a.function_id, a.id, md5(a.id::text || '/' || a.current_revision)::uuid::text as revision",
    "lambda_aliases as a",
    key="a.name",
    columns={
        "region": "a.region",
        "function_id": "a.function_id::text",
        "version": "a.version",
    },
)
_BY_ARN = Listing(
    "a.name, a.arn, a.version, a.description, nullif(a.routing, '{}') as routing, a.region,"
    " a.function_id, a.id, md5(a.id::text || '/' || a.current_revision)::uuid::text as revision",
    "lambda_aliases as a",
    key="a.arn",
    columns={},
)
_UPDATE = """
update lambda_aliases set version = coalesce($2, version), description = coalesce($3, description),
       routing = coalesce($4, routing), current_revision = current_revision + 1
 where id = $1 returning id
"""
_POINTING = """
select name from lambda_aliases
 where function_id = $1 and (version = $2 or jsonb_exists(routing, $2)) order by name
"""


async def find_one(db: Database, arn: str) -> Any | None:
    """The alias of that ARN, or None."""
    rows = await _BY_ARN.page(db, ids=[arn])
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new alias; False when the function has one of that name."""
    return await single_rows.insert(db, "lambda_aliases", row)


async def update(
    db: Any, key: Any, version: str | None, description: str | None, routing: Any | None
) -> None:
    """Change what of an alias is not None."""
    await db.write(_UPDATE, key, version, description, routing)


async def delete(db: Any, function_id: Any, name: str) -> None:
    """Delete an alias, with the warm environments and the web address that it has."""
    for table in ("lambda_provisioned_concurrency", "lambda_function_urls",
                  "lambda_event_invoke_configs", "lambda_permissions"):  # fmt: skip
        await db.write(
            f"delete from {table} where function_id = $1 and qualifier = $2", function_id, name
        )
    await db.write(
        "delete from lambda_aliases where function_id = $1 and name = $2", function_id, name
    )


async def pointing(db: Database, function_id: Any, version: str) -> list[str]:
    """The names of the aliases that point to a version."""
    return [row["name"] for row in await db.fetch(_POINTING, function_id, version)]
