"""Buckets: found by name, listed, made and emptied, their configurations kept as S3 words them."""

from collections.abc import Mapping
from typing import Any

from models.listing import Database, Listing

LISTING = Listing(
    "b.name, b.region, b.created_at",
    "s3_buckets as b",
    key="b.name",
    columns={"region": "b.region", "name": "b.name"},
    tagged="s3_bucket",
)
# What of a bucket most operations look at; configurations are read by their own columns.
_FIND = "select id, name, region, created_at, versioning, encryption, {column} from s3_buckets"
_OWN = " where name = $1 and account_id = (select driftcloud_account())"
_TAKEN = "select driftcloud_bucket_is_taken($1)"
_INSERT = """
insert into s3_buckets (account_id, name, region, env, created_at, public_access_block,
                        ownership_controls, object_lock, versioning, acl, metrics,
                        current_bulk_share)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8, $9, '{}', 0)
on conflict do nothing returning id
"""
# Bulk data, of which the bucket may have some and no object of it any more, is its objects' too.
_DELETE = f"""
delete from s3_buckets as b{_OWN}
   and not exists (select from s3_objects as o where o.bucket_id = b.id)
returning id
"""
CONFIGURATIONS = frozenset(
    (
        "acl", "accelerate", "analytics", "cors", "encryption", "intelligent_tiering", "inventory",
        "lifecycle_policy", "logging", "metrics", "notification", "object_lock",
        "ownership_controls", "policy", "public_access_block", "replication", "request_payer",
        "transition_minimum_size", "versioning", "website",
    )
)  # fmt: skip


def _column(name: str) -> str:
    if name not in CONFIGURATIONS:
        raise ValueError(f"s3_buckets has no configuration {name}")
    return name


async def find_one(db: Database, name: str, *columns: str) -> Any | None:
    """The caller's bucket of that name with some of its configurations, or None."""
    chosen = ", ".join(map(_column, columns)) or "id"
    rows = await db.fetch(_FIND.format(column=chosen) + _OWN, name)
    return rows[0] if rows else None


async def is_taken(db: Any, name: str) -> bool:
    """Whether anybody at all has a bucket of that name."""
    return bool(await db.fetchval(_TAKEN, name))


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Make a bucket that holds nothing; False when the name is taken, by whomever."""
    names = ("name", "region", "env", "created_at", "public_access_block", "ownership_controls",
             "object_lock", "versioning", "acl")  # fmt: skip
    return bool(await db.write(_INSERT, *(row.get(name) for name in names)))


async def delete(db: Any, name: str) -> bool:
    """Delete a bucket; False when it holds versions or delete markers, or is not there."""
    return bool(await db.write(_DELETE, name))


async def configure(db: Any, name: str, changes: Mapping[str, Any]) -> bool:
    """Put configurations in place of those that are there; False when there is no such bucket."""
    sets = ", ".join(f"{_column(key)} = ${n + 2}" for n, key in enumerate(changes))
    sql = f"update s3_buckets set {sets}{_OWN} returning id"
    return bool(await db.write(sql, name, *changes.values()))


async def put_entry(
    db: Any, name: str, column: str, key: str, entry: Mapping[str, Any], most: int
) -> bool | None:
    """Put one of a bucket's configurations that have ids; False: it would have too many.

    None: there is no such bucket.
    """
    column = _column(column)
    rows = await db.write(
        f"update s3_buckets set {column} = case when {column} ? $2"
        f" or (select count(*) from jsonb_object_keys({column})) < $4::int"
        f" then {column} || jsonb_build_object($2::text, $3::jsonb) else {column} end"
        f"{_OWN} returning {column} ? $2 as put",
        name, key, dict(entry), most,
    )  # fmt: skip
    return bool(rows[0]["put"]) if rows else None


async def remove_entry(db: Any, name: str, column: str, key: str) -> bool:
    """Take away one of a bucket's configurations that have ids; False: it is not there."""
    column = _column(column)
    return bool(
        await db.write(
            f"update s3_buckets set {column} = {column} - $2::text{_OWN} and {column} ? $2::text"
            " returning id",
            name, key,
        )
    )  # fmt: skip


async def replace_tags(db: Any, name: str, tags: Mapping[str, str]) -> bool:
    """Put these tags in place of the bucket's own; those that AWS puts there stay."""
    return bool(
        await db.write(
            "update s3_buckets set tags = $2::jsonb || coalesce((select jsonb_object_agg(e.key,"
            " e.value) from jsonb_each(tags) as e where starts_with(e.key, 'aws:')), '{}')"
            f"{_OWN} returning id",
            name, dict(tags),
        )
    )  # fmt: skip
