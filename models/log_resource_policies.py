"""Resource policies of CloudWatch Logs: which services may write into a region's groups."""

from typing import Any

from models.listing import Listing

LISTING = Listing(
    "p.name, p.document, p.modified_at",
    "log_resource_policies as p",
    key="p.name",
    columns={"region": "p.region"},
    always="p.account_id = (select driftcloud_account())",
)
# A region has room for so many; the one that is put over an old one needs none.
_PUT = """
insert into log_resource_policies as p (account_id, region, name, document, modified_at)
select driftcloud_account(), $1, $2, $3, $4
 where (select count(*) from log_resource_policies as o
         where o.account_id = (select driftcloud_account()) and o.region = $1
           and o.name <> $2) < $5::int
on conflict (account_id, region, name) do update
   set document = excluded.document, modified_at = excluded.modified_at
returning p.id
"""
_DELETE = """
delete from log_resource_policies
 where account_id = driftcloud_account() and region = $1 and name = $2 returning id
"""


async def put(db: Any, region: str, name: str, document: str, now: Any, most: int) -> bool:
    """Store a policy; False when `most` others are there."""
    return bool(await db.write(_PUT, region, name, document, now, most))


async def delete(db: Any, region: str, name: str) -> bool:
    """Delete a policy; False when it is not there."""
    return bool(await db.write(_DELETE, region, name))
