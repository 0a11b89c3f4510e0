"""Tags of buckets."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.tags import TagRules
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of
from models import s3_buckets, tags

RULES = TagRules(code="InvalidTag", too_many="BadRequest")


async def get_bucket_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of a bucket; NoSuchTagSet where it has none."""
    found = await bucket_of(ctx, params)
    own = await tags.listed(ctx.db, "s3_bucket", found["name"])
    if not own:
        raise refusals.missing("NoSuchTagSet", found["name"])
    return {"TagSet": RULES.shown(own)}


async def put_bucket_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags in place of those that are there."""
    given = params["Tagging"].get("TagSet") or []
    wanted = RULES.checked(given)
    if len(wanted) < len(given):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", 400)
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        await s3_buckets.replace_tags(ctx.db, found["name"], wanted)
    return {}


async def delete_bucket_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take all tags away; a bucket without any is no error."""
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        await s3_buckets.replace_tags(ctx.db, found["name"], {})
    return {}
