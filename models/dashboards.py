"""Dashboards: named documents of an account, in no region."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from models.listing import Listing

_ACCOUNT = "(select driftcloud_account())"

LISTING = Listing(
    "d.name, d.body, d.modified_at, octet_length(d.body) as size_bytes",
    "dashboards as d",
    key="d.name",
    always=f"d.account_id = {_ACCOUNT}",
    columns={"name": "d.name"},
)
PUT = """
insert into dashboards (account_id, name, body, modified_at)
values (driftcloud_account(), $1, $2, $3)
    on conflict (account_id, name) do update
   set body = excluded.body, modified_at = excluded.modified_at
"""
# All of them, or none: a name that there is not keeps the others.
DELETE = f"""
with asked as (
    select name from dashboards where account_id = {_ACCOUNT} and name = any($1::text[])
)
delete from dashboards as d
 using asked as a
 where d.account_id = {_ACCOUNT} and d.name = a.name
   and (select count(*) from asked) = cardinality($1::text[])
returning d.name
"""


async def put(db: Any, name: str, body: str, now: datetime) -> None:
    """Create or overwrite a dashboard."""
    await db.write(PUT, name, body, now)


async def delete(db: Any, names: Sequence[str]) -> bool:
    """Delete these dashboards; False, and nothing done, where one of them is not there."""
    wanted = sorted(set(names))
    return len(await db.write(DELETE, wanted)) == len(wanted)
