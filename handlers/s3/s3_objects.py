"""Objects: read whole or in part, looked at, and put.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html and its neighbours.
"""

from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import object_attributes, object_checksums, object_conditions, refusals
from handlers.s3.bucket_access import bucket_of, no_such_bucket
from models import draws, s3_contents, s3_objects

# What putting an object needs to know of its bucket.
PUT_COLUMNS = ("object_lock", "ownership_controls", "public_access_block")


async def get_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An object, or a range or part of it."""
    found, answer, asked = await _read(ctx, params)
    if not object_attributes.is_readable(ctx, found):
        raise AwsError(
            "InvalidObjectState",
            "The operation is not valid for the object's storage class",
            403,
            StorageClass=found["storage_class"],
        )
    answer["Body"] = await content(ctx, found, *asked) if found["size_bytes"] else b""
    return answer


async def head_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The same without the bytes."""
    return (await _read(ctx, params))[1]


async def _read(
    ctx: Context, params: dict[str, Any]
) -> tuple[Any, dict[str, Any], tuple[int, int]]:
    """The object, what is said of it, and its first and last byte that are asked for."""
    object_attributes.refuse_unserved(params)
    bucket = await bucket_of(ctx, params)
    found = await version_of(ctx, bucket, params["Key"], params.get("VersionId"))
    object_conditions.check_read(ctx, params, found)
    answer = object_attributes.shown(ctx, found, bucket, params)
    size, sizes = found["size_bytes"], found["part_sizes"]
    asked, number = None, params.get("PartNumber")
    if number is not None:
        if params.get("Range"):
            raise refusals.bad_request(
                "Cannot specify both Range header and partNumber query parameter"
            )
        asked = _part(number, sizes or [size])
        answer["PartsCount"] = len(sizes) if sizes else None
    elif params.get("Range"):
        asked = object_conditions.bytes_asked(params["Range"], size)
    if params.get("ChecksumMode") == "ENABLED" and asked is None:
        answer |= found["checksums"]
    first, last = asked or (0, size - 1)
    if asked is not None and size:
        answer["ContentRange"] = f"bytes {first}-{last}/{size}"
    answer["ContentLength"] = last - first + 1
    return found, answer, (first, last)


def _part(number: int, sizes: list[int]) -> tuple[int, int]:
    if not 1 <= number <= len(sizes):
        raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
    first = sum(sizes[: number - 1])
    return first, first + sizes[number - 1] - 1


async def version_of(ctx: Context, bucket: Any, key: str, version_id: str | None) -> Any:
    """A version of a key that has bytes; NoSuchKey, NoSuchVersion, MethodNotAllowed."""
    if version_id == "":
        raise refusals.invalid("Version id cannot be the empty string", "versionId", "")
    found = await s3_objects.find_one(ctx.db, bucket["id"], key, version_id)
    if found is None:
        if version_id is None:
            raise refusals.no_such_key(key)
        raise AwsError(
            "NoSuchVersion", "The specified version does not exist.", 404,
            Key=key, VersionId=version_id,
        )  # fmt: skip
    if found["is_delete_marker"]:
        marker = {"x-amz-delete-marker": "true", "x-amz-version-id": found["version_id"]}
        if version_id is None:
            raise refusals.no_such_key(key, **marker)
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            ResourceType="DeleteMarker",
            allow="DELETE",
            **marker,
        )
    return found


async def content(ctx: Context, found: Any, first: int, last: int) -> bytes:
    """The bytes of an object from `first` to `last`."""
    if found["is_bulk"]:
        raise refusals.not_emulated("The content of bulk data")
    pieces = await s3_contents.read(ctx.db, found["id"], first, last)
    joined = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if len(joined) != last - first + 1:
        # another request put or deleted the object while this one read
        raise refusals.no_such_key(found["key"])
    return joined


async def put_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Store an object in one piece."""
    bucket = await bucket_of(ctx, params, *PUT_COLUMNS)
    columns = object_attributes.given(ctx, params, bucket)
    md5, checksums = await object_checksums.judged(ctx, params)
    row = {
        **columns,
        "size_bytes": len(ctx.body),
        "etag": md5,
        "checksums": checksums,
        "part_sizes": None,
    }
    async with ctx.db.transaction():
        version = await store(ctx, params, bucket["id"], row)
        await s3_contents.insert(ctx.db, "object_id", row["id"], ctx.body)
    return {
        "ETag": f'"{md5}"',
        "VersionId": version,
        **columns["encryption"],
        **checksums,
    }


async def store(
    ctx: Context, params: dict[str, Any], bucket_id: Any, row: dict[str, Any]
) -> str | None:
    """Make `row` the newest version of a key, in a transaction; the version that S3 tells of.

    Sets the row's id, key and version. PreconditionFailed where the request has conditions.
    """
    key = params["Key"]
    held = await s3_objects.lock(ctx.db, bucket_id, [key])
    if held is None:
        raise no_such_bucket(params["Bucket"])
    if params.get("IfMatch") is not None or params.get("IfNoneMatch") is not None:
        current = await s3_objects.find_one(ctx.db, bucket_id, key)
        object_conditions.check_write(params, current, key)
    row |= {
        "id": draws.uuid4(),
        "bucket_id": bucket_id,
        "key": key,
        "version_id": new_version() if held["versioning"] == "Enabled" else "null",
        "last_modified": ctx.now,
    }
    await s3_objects.put(ctx.db, row)
    return str(row["version_id"]) if held["versioning"] else None


def new_version() -> str:
    """A version id: 32 characters that mean nothing."""
    return ids.request_id().replace("-", "")
