"""Tags of any resource, by its type and the id that resource_tags knows it by.

Triggers hold the tags columns of tables equal to these rows (sql/027_tags.sql), lock the resource
while a tag is written, and write the audit trail. EC2's nouns, which are tagged many at once, go
through models/resource_tags.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_TAGS = 50

_OWN = "account_id = (select driftcloud_account()) and resource_type = $1"
_LIST = f"select key, value from resource_tags where {_OWN} and resource_id = $2 order by key"
_LIST_FOR = f"""
select resource_id, jsonb_object_agg(key, value) as tags from resource_tags
 where {_OWN} and resource_id = any($2::text[]) group by resource_id
"""
# Tags that AWS itself puts on a resource do not count.
_MERGE = f"""
with verdict as (
    select count(*) <= $4::int as allowed
      from (select key from resource_tags where {_OWN} and resource_id = $2
             union select jsonb_object_keys($3::jsonb)) as t
     where not starts_with(key, 'aws:')
), put as (
    insert into resource_tags (account_id, resource_type, resource_id, key, value)
    select driftcloud_account(), $1, $2, t.key, t.value
      from jsonb_each_text($3::jsonb) as t, verdict where verdict.allowed
    on conflict (resource_type, resource_id, key) do update set value = excluded.value
     where resource_tags.value <> excluded.value
)
select allowed from verdict
"""
_REMOVE = f"delete from resource_tags where {_OWN} and resource_id = $2 and key = any($3::text[])"


async def listed(db: Any, resource_type: str, resource_id: str) -> dict[str, str]:
    """The tags of a resource, by key."""
    rows = await db.fetch(_LIST, resource_type, resource_id)
    return {row["key"]: row["value"] for row in rows}


async def listed_for(
    db: Any, resource_type: str, resource_ids: Sequence[str]
) -> dict[str, dict[str, str]]:
    """The tags of several resources of one type, by id; those without any are not in it."""
    rows = await db.fetch(_LIST_FOR, resource_type, list(resource_ids))
    return {row["resource_id"]: dict(sorted(row["tags"].items())) for row in rows}


async def merge(
    db: Any,
    resource_type: str,
    resource_id: str,
    tags: Mapping[str, str],
    most: int = MOST_TAGS,
) -> bool:
    """Put tags on a resource over what it has of the same keys; False: it would have too many.

    A resource that is not there raises asyncpg's ForeignKeyViolationError: look for it before.
    """
    rows = await db.write(_MERGE, resource_type, resource_id, dict(tags), most)
    return bool(rows[0]["allowed"])


async def remove(db: Any, resource_type: str, resource_id: str, keys: Sequence[str]) -> None:
    """Take tags off a resource; what it does not have is not missed."""
    await db.write(_REMOVE, resource_type, resource_id, list(keys))
