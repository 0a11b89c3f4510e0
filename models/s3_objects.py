"""Objects: the versions of keys, found, listed in key order, put and deleted.

Keys stand in the order of their UTF-8 bytes, as S3 lists them. Whoever changes versions of a key
holds the lock of that key (`lock`), because several rows tell together which one is the newest.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from typing import Any

# Bulk objects share what the newest day says that their bucket holds beside what was put there;
# the oldest of them are the ones that have moved to colder classes.
_HELD = """
held as (
    select b.created_at, u.date, u.standard + u.ia + u.glacier as gb, u.ia, u.glacier,
           case when u.bulk_share > 0 then (u.standard + u.ia + u.glacier) / u.bulk_share end as whole
      from s3_buckets as b left join lateral (
           select d.date, d.bulk_share, (d.storage_gb_standard - d.held_gb_standard)::float8 as standard,
                  (d.storage_gb_ia - d.held_gb_ia)::float8 as ia,
                  (d.storage_gb_glacier - d.held_gb_glacier)::float8 as glacier
             from s3_bucket_usage_daily as d where d.bucket_id = b.id
            order by d.date desc limit 1) as u on true
     where b.id = $1
)
"""
_SIZE = "coalesce(o.size_bytes, floor(coalesce(h.whole, 0) * 1073741824 * o.bulk_share)::bigint)"
_COLUMNS = f"""
o.id, o.key, o.version_id, o.sequence, o.is_latest, o.is_delete_marker, o.etag,
o.bulk_share is not null as is_bulk,
case when o.bulk_share is not null then {_SIZE} else o.size_bytes end as size_bytes,
case when o.bulk_share is null or coalesce(h.gb, 0) = 0 then o.storage_class
     when o.bulk_from + o.bulk_share / 2 < h.glacier / h.gb then 'GLACIER_IR'
     when o.bulk_from + o.bulk_share / 2 < (h.glacier + h.ia) / h.gb then 'STANDARD_IA'
     else o.storage_class end as storage_class,
case when o.bulk_share is null or h.date is null then o.last_modified
     else o.last_modified + greatest(h.date - o.last_modified, interval '0') * (o.bulk_from + o.bulk_share)
     end as last_modified,
o.checksums, o.restored_at, o.restored_until
"""
_DETAILS = """, o.headers, o.metadata, o.encryption, o.object_tags, o.acl, o.part_sizes,
o.retention_mode, o.retain_until, o.legal_hold"""

_FIND = f"""
with {_HELD}
select {_COLUMNS}{_DETAILS} from s3_objects as o cross join held as h
 where o.bucket_id = $1 and o.key = $2 and case when $3::text is null then o.is_latest else o.version_id = $3 end
"""
_PAGE = f"""
with {_HELD}
select {_COLUMNS}, null::text as prefix from s3_objects as o cross join held as h
 where o.bucket_id = $1 and {{which}} and o.key >= $2 and (o.key > $2 or o.sequence < $3)
   and ($4::text is null or o.key < $4)
 order by o.key, o.sequence desc limit $5
"""
# One probe of the index for each entry: from a common prefix it goes on after all that begins so.
_ROLLED = f"""
with recursive {_HELD}, entry as (
    select 0 as n, null::uuid as id, null::text collate "C" as prefix, $2::text collate "C" as from_key, $3::bigint as below
    union all
    select e.n + 1, case when c.rolled is null then x.id end, c.rolled,
           case when c.rolled is null then x.key else driftcloud_text_after(c.rolled) end collate "C",
           case when c.rolled is null then x.sequence else 9223372036854775807 end
      from entry as e cross join lateral (
           select o.id, o.key, o.sequence from s3_objects as o
            where o.bucket_id = $1 and {{which}} and o.key >= e.from_key
              and (o.key > e.from_key or o.sequence < e.below) and ($4::text is null or o.key < $4)
            order by o.key, o.sequence desc limit 1) as x
     cross join lateral (
           select case when strpos(substr(x.key, length($6) + 1), $7) > 0
                  then left(x.key, length($6) + strpos(substr(x.key, length($6) + 1), $7) + length($7) - 1)
                  end as rolled) as c
     where e.n < $5::int and e.from_key is not null
)
select {_COLUMNS}, e.prefix from entry as e cross join held as h left join s3_objects as o on o.id = e.id
 where e.n > 0 order by e.n
"""
_CURRENT = "o.is_latest and not o.is_delete_marker"
NEWEST = 9223372036854775807

_LOCK = """
select pg_advisory_xact_lock(hashtextextended($1::uuid::text || k.key, 38))
  from (select distinct key from unnest($2::text[]) as u (key) order by 1) as k
"""
_HOLD_BUCKET = "select versioning, object_lock from s3_buckets where id = $1 for key share"
_REPLACE = (
    "delete from s3_objects where bucket_id = $1 and key = any($2::text[]) and version_id = 'null'"
)
_RETIRE = "update s3_objects set is_latest = false where bucket_id = $1 and key = any($2::text[]) and is_latest"
_INSERT = """
insert into s3_objects (id, account_id, bucket_id, key, version_id, size_bytes, etag, storage_class, headers,
                        metadata, checksums, encryption, object_tags, acl, part_sizes, retention_mode,
                        retain_until, legal_hold, last_modified)
values ($1, driftcloud_account(), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
"""
_MARK = """
insert into s3_objects (account_id, bucket_id, key, version_id, is_delete_marker, last_modified)
select driftcloud_account(), $1, m.key, m.version_id, true, $4
  from unnest($2::text[], $3::text[]) as m (key, version_id)
"""
_LOOK = """
select o.key, o.version_id, o.is_delete_marker, o.is_latest, o.etag, o.retention_mode, o.retain_until, o.legal_hold
  from s3_objects as o join unnest($2::text[], $3::text[]) as w (key, version_id)
    on o.key = w.key and case when w.version_id is null then o.is_latest else o.version_id = w.version_id end
 where o.bucket_id = $1
"""
_DELETE = """
delete from s3_objects as o using unnest($2::text[], $3::text[]) as w (key, version_id)
 where o.bucket_id = $1 and o.key = w.key and o.version_id = w.version_id
returning o.key, o.version_id, o.is_delete_marker
"""
_PROMOTE = """
update s3_objects as o set is_latest = true
 where o.bucket_id = $1 and o.key = any($2::text[]) and not o.is_latest
   and o.sequence = (select max(n.sequence) from s3_objects as n where n.bucket_id = $1 and n.key = o.key)
"""
CHANGEABLE = frozenset(("object_tags", "acl", "restored_at", "restored_until", "retention_mode",
                        "retain_until", "legal_hold", "storage_class"))  # fmt: skip
_INSERTED = ("id", "bucket_id", "key", "version_id", "size_bytes", "etag", "storage_class", "headers",
             "metadata", "checksums", "encryption", "object_tags", "acl", "part_sizes",
             "retention_mode", "retain_until", "legal_hold", "last_modified")  # fmt: skip


async def find_one(db: Any, bucket_id: Any, key: str, version_id: str | None = None) -> Any | None:
    """A version of a key, the newest one unless another is named; it may be a delete marker."""
    return await db.fetchrow(_FIND, bucket_id, key, version_id)


async def page(
    db: Any,
    bucket_id: Any,
    *,
    prefix: str,
    delimiter: str,
    after: tuple[str, int],
    limit: int,
    versions: bool,
) -> list[Any]:
    """Objects in key order after a place, or all versions of them, each key's newest first.

    `after` is a key and the sequence below which its versions are still to come: NEWEST for all of
    them, 0 for none. With a delimiter, keys that share what stands up to its first place behind
    the prefix are one row, which has `prefix` instead of a key.
    """
    which = "true" if versions else _CURRENT
    start, below = after
    if start < prefix:
        start, below = prefix, NEWEST
    end = text_after(prefix) if prefix else None
    given = (bucket_id, start, below, end, limit)
    if not delimiter:
        found: list[Any] = await db.fetch(_PAGE.format(which=which), *given)
        return found
    rolled: list[Any] = await db.fetch(_ROLLED.format(which=which), *given, prefix, delimiter)
    return rolled


def text_after(text: str) -> str | None:
    """The least text greater than every one that begins with `text`; None: there is none."""
    kept = text.rstrip("\U0010ffff")
    if not kept:
        return None
    last = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if last == 0xD800 else last)


async def lock(db: Any, bucket_id: Any, keys: Sequence[str]) -> Any | None:
    """Hold keys, and their bucket, until the transaction ends; the bucket, None if it is gone."""
    await db.fetch(_LOCK, bucket_id, list(keys))
    return await db.fetchrow(_HOLD_BUCKET, bucket_id)


async def put(db: Any, row: Mapping[str, Any]) -> None:
    """Store the newest version of a key; version "null" takes the place of that version."""
    where = (row["bucket_id"], [row["key"]])
    if row["version_id"] == "null":
        await db.write(_REPLACE, *where)
    await db.write(_RETIRE, *where)
    await db.write(_INSERT, *(row[name] for name in _INSERTED))


async def mark(
    db: Any, bucket_id: Any, keys: Sequence[str], version_ids: Sequence[str], now: Any
) -> None:
    """Put a delete marker on each of the keys, whose versions stay."""
    if "null" in version_ids:
        await db.write(_REPLACE, bucket_id, list(keys))
    await db.write(_RETIRE, bucket_id, list(keys))
    await db.write(_MARK, bucket_id, list(keys), list(version_ids), now)


async def look(db: Any, bucket_id: Any, wanted: Sequence[tuple[str, str | None]]) -> list[Any]:
    """Those versions that are there; a version None is the newest."""
    rows: list[Any] = await db.fetch(_LOOK, bucket_id, *map(list, zip(*wanted, strict=True)))
    return rows


async def delete(db: Any, bucket_id: Any, wanted: Sequence[tuple[str, str]]) -> list[Any]:
    """Delete versions for good; what is left of a key has a newest version again."""
    keys, version_ids = map(list, zip(*wanted, strict=True))
    gone: list[Any] = await db.write(_DELETE, bucket_id, keys, version_ids)
    await db.write(_PROMOTE, bucket_id, keys)
    return gone


async def change(db: Any, object_id: Any, changes: Mapping[str, Any]) -> bool:
    """Change what may be changed of a version; False when it is gone."""
    if not CHANGEABLE.issuperset(changes):
        raise ValueError(f"not all of {', '.join(changes)} can be changed")
    sets = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(changes))
    return bool(
        await db.write(
            f"update s3_objects set {sets} where id = $1 returning id", object_id, *changes.values()
        )
    )
