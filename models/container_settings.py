"""Account settings of ECS that somebody put."""

from typing import Any

from models.listing import Database

_LIST = """
select name, principal_arn, value from container_settings
 where account_id = driftcloud_account() and region = $1 and principal_arn = any($2::text[])
"""
_PUT = """
insert into container_settings (account_id, region, name, principal_arn, value)
values (driftcloud_account(), $1, $2, $3, $4)
on conflict (account_id, region, name, principal_arn) do update set value = excluded.value
"""


async def listed(db: Database, region: str, principals: list[str]) -> list[Any]:
    """What was put for these principals."""
    return await db.fetch(_LIST, region, principals)


async def put(db: Any, region: str, name: str, principal_arn: str, value: str) -> None:
    """Keep a setting of a principal."""
    await db.write(_PUT, region, name, principal_arn, value)
