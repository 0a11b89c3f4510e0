"""Conditions of requests: If-Match and its kin, and the ranges of bytes that are asked for.

Source: RFC 9110, sections 13 and 14, and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
"""

import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.protocols.timestamps import rfc822
from handlers.s3 import refusals

_RANGE = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?")


def check_read(ctx: Context, params: dict[str, Any], found: Any, prefix: str = "") -> None:
    """Hold an object against the conditions of a read; `prefix` is CopySource's for a copy.

    PreconditionFailed, or 304 for what the reader has already. If-Match makes If-Unmodified-Since
    count for nothing, and If-None-Match does so with If-Modified-Since.
    """
    changed = found["last_modified"].replace(microsecond=0)
    match, none_match = params.get(f"{prefix}IfMatch"), params.get(f"{prefix}IfNoneMatch")
    if match is not None:
        if not matches(match, found["etag"]):
            raise refusals.precondition_failed("If-Match")
    else:
        since = params.get(f"{prefix}IfUnmodifiedSince")
        if since is not None and changed > since:
            raise refusals.precondition_failed("If-Unmodified-Since")
    since = params.get(f"{prefix}IfModifiedSince")
    if none_match is not None:
        fresh = matches(none_match, found["etag"])
    else:
        fresh = since is not None and changed <= since
    if fresh and prefix:
        raise refusals.precondition_failed("If-None-Match" if none_match else "If-Modified-Since")
    if fresh:
        headers = {"etag": f'"{found["etag"]}"', "last-modified": rfc822(changed, ctx.shift)}
        raise AwsError("NotModified", "Not Modified", 304, **headers)


def check_write(params: dict[str, Any], current: Any | None, key: str) -> None:
    """Hold the newest version of a key against the conditions of a write.

    If-None-Match takes `*` alone; a delete marker counts as no object.
    """
    if current is not None and current["is_delete_marker"]:
        current = None
    none_match, match = params.get("IfNoneMatch"), params.get("IfMatch")
    if none_match is not None:
        if none_match != "*":
            raise refusals.not_emulated("If-None-Match with an entity tag, for a write,")
        if current is not None:
            raise refusals.precondition_failed("If-None-Match")
    if match is not None:
        if current is None:
            raise refusals.no_such_key(key)
        if not matches(match, current["etag"]):
            raise refusals.precondition_failed("If-Match")


def matches(condition: str, etag: str | None) -> bool:
    """Whether a list of entity tags, or `*`, has this one."""
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in condition.split(",")]
    return "*" in tags or etag in tags


def bytes_asked(text: str | None, size: int) -> tuple[int, int] | None:
    """The first and last byte of a Range header; None: the whole object.

    InvalidRange for one that begins behind the end. What is no single range of bytes is passed
    over, as RFC 9110 wants it.
    """
    found = _RANGE.fullmatch((text or "").replace(" ", ""))
    if found is None or (found[1] is None and found[2] is None):
        return None
    if found[1] is None:
        length = int(found[2])
        first, last = max(size - length, 0), size - 1
        satisfiable = length > 0 and size > 0
    else:
        first = int(found[1])
        last = min(int(found[2]), size - 1) if found[2] is not None else size - 1
        if found[2] is not None and int(found[2]) < first:
            return None
        satisfiable = first < size
    if not satisfiable:
        raise AwsError(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            RangeRequested=text,
            ActualObjectSize=size,
            **{"content-range": f"bytes */{size}"},
        )
    return first, last
