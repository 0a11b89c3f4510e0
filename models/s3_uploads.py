"""Multipart uploads and their parts, until they become an object or nothing."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from typing import Any

from models.s3_objects import text_after

_INSERT = """
insert into s3_uploads (account_id, bucket_id, key, upload_id, storage_class, checksum_algorithm,
                        checksum_type, object, initiated_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8)
"""
_FIND = """
select u.id, u.key, u.upload_id, u.storage_class, u.checksum_algorithm, u.checksum_type, u.object, u.initiated_at
  from s3_uploads as u where u.bucket_id = $1 and u.key = $2 and u.upload_id = $3
"""
_PART = """
insert into s3_upload_parts (id, account_id, upload, number, etag, size_bytes, checksums, last_modified)
values ($1, driftcloud_account(), $2, $3, $4, $5, $6, $7)
"""
_PARTS = """
select id, number, etag, size_bytes, checksums, last_modified from s3_upload_parts
 where upload = $1 and number > $2 order by number limit $3
"""
# Uploads whose keys share what stands up to the delimiter behind the prefix are one row.
_PAGE = """
with entry as (
    select u.id, u.key, u.upload_id, u.storage_class, u.checksum_algorithm, u.checksum_type, u.initiated_at,
           case when $6 <> '' and strpos(substr(u.key, length($3) + 1), $6) > 0
                then left(u.key, length($3) + strpos(substr(u.key, length($3) + 1), $6) + length($6) - 1)
                end as prefix
      from s3_uploads as u
     where u.bucket_id = $1 and u.key >= $3 and ($4::text is null or u.key < $4)
)
select * from (
    select distinct on (coalesce(e.prefix, e.key), case when e.prefix is null then e.upload_id end) e.*
      from entry as e
     where case when e.prefix is null then (e.key, e.upload_id) > ($2, $7) else e.prefix > $2 end
     order by coalesce(e.prefix, e.key), case when e.prefix is null then e.upload_id end) as p
 order by coalesce(p.prefix, p.key) collate "C", case when p.prefix is null then p.upload_id end limit $5
"""


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Begin an upload."""
    names = ("bucket_id", "key", "upload_id", "storage_class", "checksum_algorithm",
             "checksum_type", "object", "initiated_at")  # fmt: skip
    await db.write(_INSERT, *(row[name] for name in names))


async def find_one(
    db: Any, bucket_id: Any, key: str, upload_id: str, *, hold: str = ""
) -> Any | None:
    """An upload, or None; `hold` is "share" to keep it there, "update" to end it."""
    locks = {"": "", "share": " for key share of u", "update": " for update of u"}
    return await db.fetchrow(_FIND + locks[hold], bucket_id, key, upload_id)


async def put_part(db: Any, row: Mapping[str, Any]) -> None:
    """Store a part, in place of one of the same number."""
    await db.write(
        "delete from s3_upload_parts where upload = $1 and number = $2",
        row["upload"],
        row["number"],
    )
    names = ("id", "upload", "number", "etag", "size_bytes", "checksums", "last_modified")
    await db.write(_PART, *(row[name] for name in names))


async def parts(db: Any, upload: Any, *, after: int = 0, limit: int = 10_000) -> list[Any]:
    """The parts of an upload behind a number."""
    rows: list[Any] = await db.fetch(_PARTS, upload, after, limit)
    return rows


async def delete(db: Any, upload: Any) -> None:
    """End an upload; parts that became no object go with it."""
    await db.write("delete from s3_uploads where id = $1", upload)


async def page(
    db: Any, bucket_id: Any, *, prefix: str, delimiter: str, after: tuple[str, str], limit: int
) -> Sequence[Any]:
    """Uploads by key and upload id, behind a place; a row with `prefix` stands for several."""
    end = text_after(prefix) if prefix else None
    rows: Sequence[Any] = await db.fetch(
        _PAGE, bucket_id, after[0], prefix, end, limit, delimiter, after[1]
    )
    return rows
