"""Storage Lens dashboards: what of an account's storage is to be measured."""

from collections.abc import Mapping
from typing import Any

_SELECT = """
select name, region, configuration from s3_storage_lenses
 where account_id = (select driftcloud_account())
"""
_PUT = """
insert into s3_storage_lenses (account_id, name, region, configuration, created_at)
select driftcloud_account(), $1, $2, $3, $4
 where exists (select from s3_storage_lenses as l where l.account_id = driftcloud_account() and l.name = $1)
    or (select count(*) from s3_storage_lenses as l where l.account_id = driftcloud_account()) < $5
on conflict (account_id, name) do update set configuration = excluded.configuration
returning id
"""  # noqa: E501 - the lines of SQL read better whole
_DELETE = """
delete from s3_storage_lenses where account_id = driftcloud_account() and name = $1 returning id
"""


async def listed(db: Any) -> list[Any]:
    """The account's dashboards of all regions, by name."""
    rows: list[Any] = await db.fetch(f"{_SELECT} order by name")
    return rows


async def find_one(db: Any, name: str) -> Any | None:
    """The dashboard of that name, or None."""
    return await db.fetchrow(f"{_SELECT} and name = $1", name)


async def put(
    db: Any, name: str, region: str, configuration: Mapping[str, Any], now: Any, most: int
) -> bool:
    """Store a dashboard, or change it where it is; False: there would be too many."""
    return bool(await db.write(_PUT, name, region, dict(configuration), now, most))


async def delete(db: Any, name: str) -> bool:
    """Delete a dashboard; False when it is not there."""
    return bool(await db.write(_DELETE, name))
