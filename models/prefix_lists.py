"""Prefix lists: those that AWS manages, and those of the account's own."""

import hashlib
from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Listing

# By which blocks the services with gateway endpoints are reached: the same in every region here.
_BLOCKS = {
    "dynamodb": ("3.218.180.0/22", "52.94.0.0/22", "52.119.224.0/20"),
    "s3": ("3.5.0.0/19", "18.34.0.0/19", "52.216.0.0/15", "54.231.0.0/16"),
}

LISTING = Listing(
    f"p.prefix_list_id as id, p.name, p.address_family, p.max_entries, p.version, p.tags, p.region,"
    f" {NUMBER} as owner, ('arn:aws:ec2:' || p.region || ':' || {NUMBER} || ':prefix-list/'"
    " || p.prefix_list_id) as arn",
    "managed_prefix_lists as p",
    key="p.prefix_list_id",
    columns={
        "region": "p.region",
        "id": "p.prefix_list_id",
        "name": "p.name",
        "owner": Column(NUMBER),
    },
    tagged="managed_prefix_list",
)
_ENTRIES = """
select p.version, p.max_entries, p.versions -> coalesce($3::text, p.version::text) as entries
  from managed_prefix_lists as p where p.region = $1 and p.prefix_list_id = $2
"""
_IN_USE = """
exists (select from security_group_rules as r where r.prefix_list_id = p.prefix_list_id)
 or exists (select from route_tables as t
             where t.account_id = p.account_id and t.routes ? p.prefix_list_id)
"""
# What is removed goes before what is added comes; the version must be the newest.
_MODIFY = """
with held as (
    select p.id, p.version, p.max_entries, p.versions,
           (p.versions -> p.version::text) as entries,
           (p.versions -> p.version::text) - $5::text[] || $4::jsonb as changed
      from managed_prefix_lists as p where p.region = $1 and p.prefix_list_id = $2
       for no key update
), judged as (
    select h.*, ($3::int is null or $3 = h.version) as newest,
           (select min(k) from unnest($5::text[]) as k where not h.entries ? k) as missing,
           (select count(*) from jsonb_object_keys(h.changed)) as total,
           h.entries is distinct from h.changed as differs,
           coalesce($7::int, h.max_entries) as room
      from held as h
), done as (
    update managed_prefix_lists as p
       set name = coalesce($6, p.name), max_entries = j.room,
           version = p.version + j.differs::int,
           versions = case when j.differs
               then p.versions || jsonb_build_object((p.version + 1)::text, j.changed)
               else p.versions end
      from judged as j
     where p.id = j.id and j.newest and j.missing is null and j.total <= j.room
    returning p.id
)
select j.version, j.newest, j.missing, j.total, j.room, exists (select from done) as done
  from judged as j
"""
_RESTORE = """
update managed_prefix_lists
   set version = version + 1,
       versions = versions || jsonb_build_object((version + 1)::text, versions -> $4::text)
 where region = $1 and prefix_list_id = $2 and version = $3::int and versions ? $4::text
returning id
"""


def of_aws(region: str) -> dict[str, dict[str, Any]]:
    """The lists that AWS manages in a region, by id: name, address family and CIDR blocks."""
    found = {}
    for service, blocks in _BLOCKS.items():
        digest = hashlib.md5(f"{region}/{service}".encode(), usedforsecurity=False).hexdigest()
        found[f"pl-{digest[:8]}"] = {
            "name": f"com.amazonaws.{region}.{service}", "address_family": "IPv4",
            "entries": blocks,
        }  # fmt: skip
    return found


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new list."""
    await single_rows.insert(db, "managed_prefix_lists", row)


async def entries(db: Any, region: str, list_id: str, version: int | None) -> Any | None:
    """Newest version and the entries of one (None: there is no such version); or None."""
    rows = await db.fetch(_ENTRIES, region, list_id, None if version is None else str(version))
    return rows[0] if rows else None


async def modify(
    db: Any, region: str, list_id: str, version: int | None, *,
    add: Mapping[str, str], remove: list[str], name: str | None, room: int | None,
) -> Any | None:  # fmt: skip
    """Change name, size or entries, which makes a new version; the verdict, None: no such list."""
    args = (region, list_id, version, dict(add), remove, name, room)
    rows = await db.write(_MODIFY, *args)
    return rows[0] if rows else None


async def restore(db: Any, region: str, list_id: str, current: int, previous: int) -> bool:
    """Make a new version of an old one's entries; False: a version is not what was thought."""
    return bool(await db.write(_RESTORE, region, list_id, current, str(previous)))


async def delete(db: Any, region: str, list_id: str) -> bool:
    """Delete a list that nothing names; False when it is not there or in use."""
    sql = (
        "delete from managed_prefix_lists as p where p.region = $1 and p.prefix_list_id = $2"
        f" and not ({_IN_USE}) returning p.id"
    )
    return bool(await db.write(sql, region, list_id))
