"""Objects copied from others of the same account, in any of its buckets.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
"""

import asyncio
from typing import Any
from urllib.parse import unquote

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import object_attributes, object_conditions, refusals
from handlers.s3.bucket_access import bucket_of, named
from handlers.s3.object_checksums import digests
from handlers.s3.s3_objects import PUT_COLUMNS, content, store, version_of
from models import s3_contents

NOUN = "s3_objects"
_KEPT = ("headers", "metadata")
_CHANGES = ("StorageClass", "ServerSideEncryption", "SSEKMSKeyId", "WebsiteRedirectLocation")


async def copy_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Copy an object; its metadata and tags come along unless they are replaced."""
    if params.get("AnnotationDirective") is not None:
        raise refusals.not_emulated("An annotation")
    if params.get("ChecksumAlgorithm") is not None:
        raise refusals.not_emulated("Another checksum algorithm for a copy")
    bucket = await bucket_of(ctx, params, *PUT_COLUMNS)
    columns = object_attributes.given(ctx, params, bucket)
    source, version = await read_source(ctx, params)
    if not object_attributes.is_readable(ctx, source):
        raise AwsError(
            "InvalidObjectState",
            "Operation is not valid for the source object's storage class",
            403,
            StorageClass=source["storage_class"],
        )
    replaced = params.get("MetadataDirective") == "REPLACE"
    _check_itself(params, bucket, source, replaced)
    if not replaced:
        columns |= {name: source[name] for name in _KEPT}
        if params.get("WebsiteRedirectLocation"):
            redirect = {"WebsiteRedirectLocation": params["WebsiteRedirectLocation"]}
            columns["headers"] = {**source["headers"], **redirect}
    if params.get("TaggingDirective") != "REPLACE":
        columns["object_tags"] = source["object_tags"]
    size = source["size_bytes"]
    body = await content(ctx, source, 0, size - 1) if size else b""
    row = {**columns, "size_bytes": size, "part_sizes": None, **await _digests(source, body)}
    async with ctx.db.transaction():
        made = await store(ctx, params, bucket["id"], row)
        await s3_contents.insert(ctx.db, "object_id", row["id"], body)
    return {
        "CopyObjectResult": {
            "ETag": f'"{row["etag"]}"',
            "LastModified": row["last_modified"],
            **row["checksums"],
        },
        "CopySourceVersionId": version,
        "VersionId": made,
        **columns["encryption"],
    }


async def _digests(source: Any, body: bytes) -> dict[str, Any]:
    """Entity tag and checksum of a copy, which is of one piece whatever its source was."""
    if source["part_sizes"] is None:
        return {"etag": source["etag"], "checksums": source["checksums"]}
    names = [name for name in source["checksums"] if name != "ChecksumType"]
    return await asyncio.to_thread(digests, body, names)


def _check_itself(params: dict[str, Any], bucket: Any, source: Any, replaced: bool) -> None:
    same = source["bucket"] == bucket["name"] and source["key"] == params["Key"]
    changed = replaced or any(params.get(name) for name in _CHANGES)
    if same and source["is_latest"] and not changed:
        raise refusals.bad_request(
            "This copy request is illegal because it is trying to copy an object to itself without"
            " changing the object's metadata, storage class, website redirect location or"
            " encryption attributes."
        )


async def read_source(ctx: Context, asked: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The version that CopySource names, which meets the conditions, and the version's id.

    A source may lie in another region than the request.
    """
    path, _, version = asked["CopySource"].partition("?versionId=")
    name, slash, key = unquote(path).removeprefix("/").partition("/")
    if not slash or not key:
        raise refusals.invalid(
            "Invalid copy source object key", "x-amz-copy-source", asked["CopySource"]
        )
    bucket = await named(ctx, name, owner=asked.get("ExpectedSourceBucketOwner"), anywhere=True)
    try:
        found = await version_of(ctx, bucket, key, version or None)
    except AwsError as error:
        if error.code == "MethodNotAllowed":
            raise refusals.bad_request(
                "The source of a copy request may not specifically refer to a delete marker by"
                " version id."
            ) from None
        raise
    object_conditions.check_read(ctx, asked, found, "CopySource")
    return {**found, "bucket": name}, found["version_id"] if bucket["versioning"] else None
