"""The bytes of objects and parts, in the pieces in which they were uploaded."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Sequence
from typing import Any

# A piece, and thus a part or an object put at once, can have this many bytes.
MOST_BYTES_OF_PIECE = 64 << 20
# An object can have this many, in however many parts.
MOST_BYTES_OF_OBJECT = 512 << 20

_INSERT = """
insert into s3_contents (account_id, {owner}, size_bytes, content)
select driftcloud_account(), $1, length($2::bytea), $2 where length($2::bytea) > 0
"""
_READ = """
select case when c.first_byte >= $2 and c.first_byte + c.size_bytes <= $3 + 1 then c.content
       else substring(c.content from (greatest($2 - c.first_byte, 0) + 1)::int
            for (least($3 + 1 - c.first_byte, c.size_bytes) - greatest($2 - c.first_byte, 0))::int) end as content
  from s3_contents as c
 where c.object_id = $1 and c.first_byte <= $3 and c.first_byte + c.size_bytes > $2
 order by c.first_byte
"""
_ADOPT = """
update s3_contents as c set object_id = $1, part_id = null, first_byte = p.first_byte
  from (select p.id, sum(p.size_bytes) over (order by p.number) - p.size_bytes as first_byte
          from s3_upload_parts as p where p.id = any($2::uuid[])) as p
 where c.part_id = p.id
"""


async def insert(db: Any, owner: str, owner_id: Any, content: bytes) -> None:
    """Store the whole content of an object (`owner` "object_id") or part ("part_id")."""
    if owner not in ("object_id", "part_id"):
        raise ValueError(f"bytes belong to an object or a part, not to {owner}")
    await db.write(_INSERT.format(owner=owner), owner_id, content)


async def read(db: Any, object_id: Any, first: int, last: int) -> list[bytes]:
    """The bytes from `first` to `last`, both included, in pieces."""
    rows: Sequence[Any] = await db.fetch(_READ, object_id, first, last)
    return [row["content"] for row in rows]


async def adopt(db: Any, object_id: Any, part_ids: Sequence[Any]) -> None:
    """Make the content of these parts, in the order of their numbers, that of an object."""
    await db.write(_ADOPT, object_id, list(part_ids))
