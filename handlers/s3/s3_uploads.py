"""Multipart uploads: begun, fed with parts, listed, aborted.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html.
"""

import hashlib
import re
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import object_attributes, object_checksums, refusals
from handlers.s3.bucket_access import bucket_of, owner
from handlers.s3.object_checksums import COMPOSITE, FULL, MEMBERS
from handlers.s3.object_copies import read_source
from handlers.s3.object_lists import encoded
from handlers.s3.s3_objects import PUT_COLUMNS, content
from models import draws, s3_contents, s3_uploads

NOUN = "s3_objects"
PAGE = 1000
MOST_PARTS = 10_000
_CRCS = ("CRC32", "CRC32C", "CRC64NVME")
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})")


async def create_multipart_upload(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Begin an upload; what the object will have beside its bytes is said now."""
    bucket = await bucket_of(ctx, params, *PUT_COLUMNS)
    columns = object_attributes.given(ctx, params, bucket)
    algorithm, kind = _checksums(params)
    until = columns["retain_until"]
    row = {
        "bucket_id": bucket["id"],
        "key": params["Key"],
        "upload_id": (ids.request_id() + ids.request_id()).replace("-", ""),
        "storage_class": columns["storage_class"],
        "checksum_algorithm": algorithm,
        "checksum_type": kind,
        "object": {**columns, "retain_until": until.isoformat() if until else None},
        "initiated_at": ctx.now,
    }
    await s3_uploads.insert(ctx.db, row)
    return {
        "Bucket": bucket["name"],
        "Key": params["Key"],
        "UploadId": row["upload_id"],
        "ChecksumAlgorithm": algorithm,
        "ChecksumType": kind,
        **columns["encryption"],
    }


def _checksums(params: dict[str, Any]) -> tuple[str | None, str | None]:
    algorithm, kind = params.get("ChecksumAlgorithm"), params.get("ChecksumType")
    object_checksums.check_algorithm(algorithm)
    if algorithm is None:
        if kind is not None:
            raise refusals.bad_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm"
                " header."
            )
        return None, None
    kind = kind or (FULL if algorithm == "CRC64NVME" else COMPOSITE)
    if (kind == COMPOSITE and algorithm == "CRC64NVME") or (
        kind == FULL and algorithm not in _CRCS
    ):
        raise refusals.bad_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum"
            " algorithm."
        )
    return algorithm, kind


async def upload_part(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A part, which takes the place of one of the same number."""
    object_attributes.refuse_unserved(params)
    bucket = await bucket_of(ctx, params)
    md5, checksums = await object_checksums.judged(ctx, params)
    upload = await _put_part(ctx, params, bucket, ctx.body, md5, checksums)
    checksums.pop("ChecksumType", None)
    return {"ETag": f'"{md5}"', **checksums, **upload["object"]["encryption"]}


async def upload_part_copy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A part made of bytes of an object."""
    object_attributes.refuse_unserved(params)
    bucket = await bucket_of(ctx, params)
    source, version = await read_source(ctx, params)
    first, last = _copied_range(params.get("CopySourceRange"), source["size_bytes"])
    body = await content(ctx, source, first, last) if last >= first else b""
    if len(body) > s3_contents.MOST_BYTES_OF_PIECE:
        raise too_large()
    md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
    await _put_part(ctx, params, bucket, body, md5, {})
    return {
        "CopyPartResult": {"ETag": f'"{md5}"', "LastModified": ctx.now},
        "CopySourceVersionId": version,
    }


def _copied_range(text: str | None, size: int) -> tuple[int, int]:
    if text is None:
        return 0, size - 1
    found = _RANGE.fullmatch(text)
    if found is None:
        raise refusals.invalid(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first"
            " and last are the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range", text,
        )  # fmt: skip
    first, last = int(found[1]), int(found[2])
    if first > last or last >= size:
        raise refusals.invalid(
            f"Range specified is not valid for source object of size: {size}",
            "x-amz-copy-source-range", text,
        )  # fmt: skip
    return first, last


async def _put_part(
    ctx: Context,
    params: dict[str, Any],
    bucket: Any,
    body: bytes,
    md5: str,
    checksums: dict[str, str],
) -> Any:
    number = params["PartNumber"]
    if not 1 <= number <= MOST_PARTS:
        raise refusals.invalid(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    async with ctx.db.transaction():
        upload = await upload_of(ctx, params, bucket, "share")
        checksums = dict(checksums)
        checksums.pop("ChecksumType", None)
        _check_same(upload, checksums)
        row = {
            "id": draws.uuid4(),
            "upload": upload["id"],
            "number": number,
            "etag": md5,
            "size_bytes": len(body),
            "checksums": checksums,
            "last_modified": ctx.now,
        }
        await s3_uploads.put_part(ctx.db, row)
        await s3_contents.insert(ctx.db, "part_id", row["id"], body)
    return upload


def _check_same(upload: Any, checksums: dict[str, str]) -> None:
    """A part's checksum must be of the algorithm that the upload was begun with."""
    wanted = upload["checksum_algorithm"]
    for algorithm, member in MEMBERS.items():
        if member in checksums and wanted is not None and algorithm != wanted:
            raise refusals.bad_request(
                f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()},"
                f" actual checksum Type: {algorithm.lower()}"
            )


async def upload_of(ctx: Context, params: dict[str, Any], bucket: Any, hold: str = "") -> Any:
    """The upload that a request names; NoSuchUpload."""
    upload = await s3_uploads.find_one(
        ctx.db, bucket["id"], params["Key"], params["UploadId"], hold=hold
    )
    if upload is None:
        raise AwsError(
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may"
            " have been aborted or completed.",
            404,
            UploadId=params["UploadId"],
        )
    return upload


def too_large() -> AwsError:
    """What is larger than this server keeps."""
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        400,
        MaxSizeAllowed=s3_contents.MOST_BYTES_OF_OBJECT,
    )


async def abort_multipart_upload(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Throw an upload and its parts away."""
    if params.get("IfMatchInitiatedTime") is not None:
        raise refusals.not_emulated("A condition of directory buckets")
    async with ctx.db.transaction():
        bucket = await bucket_of(ctx, params)
        upload = await upload_of(ctx, params, bucket, "update")
        await s3_uploads.delete(ctx.db, upload["id"])
    return {}


async def list_parts(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The parts of an upload, by number."""
    bucket = await bucket_of(ctx, params)
    upload = await upload_of(ctx, params, bucket)
    limit = min(PAGE if params.get("MaxParts") is None else params["MaxParts"], PAGE)
    after = params.get("PartNumberMarker") or 0
    rows = await s3_uploads.parts(ctx.db, upload["id"], after=int(after), limit=limit + 1)
    shown = rows[:limit]
    return {
        "Bucket": bucket["name"],
        "Key": params["Key"],
        "UploadId": params["UploadId"],
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1]["number"] if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(rows) > limit,
        "Parts": [
            {
                "PartNumber": row["number"],
                "LastModified": row["last_modified"],
                "ETag": f'"{row["etag"]}"',
                "Size": row["size_bytes"],
                **row["checksums"],
            }
            for row in shown
        ],
        "Initiator": {"ID": ctx.principal.arn, "DisplayName": ctx.principal.name},
        "Owner": owner(ctx),
        "StorageClass": upload["storage_class"],
        "ChecksumAlgorithm": upload["checksum_algorithm"],
        "ChecksumType": upload["checksum_type"],
    }


async def list_multipart_uploads(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Uploads under way, by key and upload id."""
    bucket = await bucket_of(ctx, params)
    limit = min(PAGE if params.get("MaxUploads") is None else params["MaxUploads"], PAGE)
    prefix, delimiter = params.get("Prefix") or "", params.get("Delimiter") or ""
    marker, upload_marker = params.get("KeyMarker") or "", params.get("UploadIdMarker") or ""
    # behind a key alone, all uploads of that key are done
    after = (marker, upload_marker if upload_marker or not marker else "\U0010ffff")
    rolled = await s3_uploads.page(
        ctx.db, bucket["id"], prefix=prefix, delimiter=delimiter, after=after, limit=limit + 1
    )
    shown, more = rolled[:limit], len(rolled) > limit
    spell = encoded if params.get("EncodingType") == "url" else str
    last = shown[-1] if shown and more else None
    return {
        "Bucket": bucket["name"],
        "KeyMarker": spell(marker),
        "UploadIdMarker": upload_marker,
        "NextKeyMarker": spell(last["prefix"] or last["key"]) if last else "",
        "NextUploadIdMarker": (last["upload_id"] or "") if last else "",
        "Prefix": spell(prefix) or None,
        "Delimiter": spell(delimiter) or None,
        "EncodingType": params.get("EncodingType"),
        "MaxUploads": limit,
        "IsTruncated": more,
        "Uploads": [
            {
                "UploadId": row["upload_id"],
                "Key": spell(row["key"]),
                "Initiated": row["initiated_at"],
                "StorageClass": row["storage_class"],
                "Owner": owner(ctx),
                "Initiator": {"ID": ctx.principal.arn, "DisplayName": ctx.principal.name},
                "ChecksumAlgorithm": row["checksum_algorithm"],
                "ChecksumType": row["checksum_type"],
            }
            for row in shown
            if row["prefix"] is None
        ],
        "CommonPrefixes": [
            {"Prefix": spell(row["prefix"])} for row in shown if row["prefix"] is not None
        ],
    }
