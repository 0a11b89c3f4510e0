"""Tags of RDS's resources, found by ARN."""

from collections.abc import Mapping, Sequence
from typing import Any

MOST_TAGS = 50

# Where a kind of resource is: its table, the type and the id that resource_tags knows it by.
_KINDS = {
    "db": ("rds_instances", "rds_instance", "db_instance_id", "identifier", "true"),
    "cluster": ("rds_clusters", "rds_cluster", "arn", "identifier", "true"),
    "snapshot": ("rds_snapshots", "rds_snapshot", "arn", "identifier", "source_type = 'instance'"),
    "cluster-snapshot": (
        "rds_snapshots", "rds_snapshot", "arn", "identifier", "source_type = 'cluster'"),
    "subgrp": ("rds_subnet_groups", "rds_subnet_group", "arn", "name", "true"),
    "pg": ("rds_parameter_groups", "rds_parameter_group", "arn", "name", "level = 'instance'"),
    "cluster-pg": (
        "rds_parameter_groups", "rds_parameter_group", "arn", "name", "level = 'cluster'"),
    "ri": ("commitments", "commitment", "id::text", "coalesce(reservation_id, id::text)",
           "commitment_type = 'reserved_instance' and service = 'rds'"),
}  # fmt: skip

_LIST = """
select key, value from resource_tags
 where account_id = driftcloud_account() and resource_type = $1 and resource_id = $2
 order by key
"""
_ADD = """
insert into resource_tags (account_id, resource_type, resource_id, key, value)
select driftcloud_account(), $1, $2, t.key, t.value from jsonb_each_text($3::jsonb) as t
on conflict (resource_type, resource_id, key) do update set value = excluded.value
 where resource_tags.value <> excluded.value
"""
_REMOVE = """
delete from resource_tags
 where account_id = driftcloud_account() and resource_type = $1 and resource_id = $2
   and key = any($3::text[])
"""


def knows(segment: str) -> bool:
    """Whether resources with this word in their ARN have tags here."""
    return segment in _KINDS


async def locate(
    db: Any, segment: str, region: str, name: str, *, lock: bool = False
) -> tuple[str, str] | None:
    """The type and id that resource_tags knows a resource by, or None when it is not there.

    `lock` holds it until the transaction ends.
    """
    table, resource_type, id_column, name_column, condition = _KINDS[segment]
    rows = await db.fetch(
        f"select {id_column} as resource_id from {table}"
        f" where account_id = driftcloud_account() and region = $1 and {name_column} = $2"
        f" and {condition}" + (" for no key update" if lock else ""),
        region,
        name,
    )
    return (resource_type, rows[0]["resource_id"]) if rows else None


async def listed(db: Any, resource_type: str, resource_id: str) -> list[Any]:
    """The tags of a resource, by key."""
    rows: list[Any] = await db.fetch(_LIST, resource_type, resource_id)
    return rows


async def add(db: Any, resource_type: str, resource_id: str, tags: Mapping[str, str]) -> None:
    """Put tags on a resource, over what it has of the same keys."""
    await db.write(_ADD, resource_type, resource_id, dict(tags))


async def remove(db: Any, resource_type: str, resource_id: str, keys: Sequence[str]) -> None:
    """Take tags off a resource."""
    await db.write(_REMOVE, resource_type, resource_id, list(keys))
