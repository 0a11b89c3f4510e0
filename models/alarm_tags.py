"""Tags of alarms: a column of theirs, which resource_tags follows."""

from collections.abc import Mapping, Sequence
from typing import Any

_OWN = "account_id = (select driftcloud_account()) and arn = $1"
FIND = f"select coalesce(tags, '{{}}') as tags from alarms where {_OWN}"
MERGE = f"update alarms set tags = coalesce(tags, '{{}}') || $2::jsonb where {_OWN} returning arn"
REMOVE = f"update alarms set tags = coalesce(tags, '{{}}') - $2::text[] where {_OWN} returning arn"


async def find(db: Any, arn: str) -> dict[str, str] | None:
    """The tags of an alarm; None: there is no such alarm."""
    row = await db.fetchrow(FIND, arn)
    return None if row is None else dict(row["tags"])


async def merge(db: Any, arn: str, tags: Mapping[str, str]) -> bool:
    """Put tags on an alarm; whether there is such an alarm."""
    return bool(await db.write(MERGE, arn, dict(tags)))


async def remove(db: Any, arn: str, keys: Sequence[str]) -> bool:
    """Take tags off an alarm; whether there is such an alarm."""
    return bool(await db.write(REMOVE, arn, list(keys)))
