"""Permissions: the statements of the resource policies of functions, versions and aliases."""

from typing import Any

from models.listing import Database

_LISTED = """
select statement_id, statement, md5(id::text) as mark from lambda_permissions
 where function_id = $1 and qualifier = $2 order by created_at, id
"""
_INSERT = """
insert into lambda_permissions (account_id, function_id, region, qualifier, statement_id, statement,
                                created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, clock_timestamp())
on conflict do nothing returning id
"""
_DELETE = """
delete from lambda_permissions where function_id = $1 and qualifier = $2 and statement_id = $3
returning id
"""


async def listed(db: Database, function_id: Any, qualifier: str) -> list[Any]:
    """The statements of one policy, oldest first."""
    return await db.fetch(_LISTED, function_id, qualifier)


async def insert(
    db: Any, function_id: Any, region: str, qualifier: str, statement: dict[str, Any]
) -> bool:
    """Add a statement; False when the policy has one of its Sid."""
    return bool(
        await db.write(_INSERT, function_id, region, qualifier, statement["Sid"], statement)
    )


async def delete(db: Any, function_id: Any, qualifier: str, statement_id: str) -> bool:
    """Take a statement away; False when the policy has none of that Sid."""
    return bool(await db.write(_DELETE, function_id, qualifier, statement_id))
