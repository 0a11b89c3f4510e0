"""Multipart uploads completed into objects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html.
"""

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import object_attributes, object_checksums, refusals
from handlers.s3.bucket_access import bucket_of
from handlers.s3.object_checksums import COMPOSITE, MEMBERS
from handlers.s3.object_lists import encoded
from handlers.s3.s3_objects import store
from handlers.s3.s3_uploads import too_large, upload_of
from models import s3_contents, s3_uploads

NOUN = "s3_objects"
# Every part but the last has at least this many bytes.
LEAST_PART_BYTES = 5 << 20


async def complete_multipart_upload(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make an object of parts; those that are not named are thrown away."""
    bucket = await bucket_of(ctx, params)
    named_parts = (params.get("MultipartUpload") or {}).get("Parts") or []
    if not named_parts:
        raise refusals.malformed()
    async with ctx.db.transaction():
        upload = await upload_of(ctx, params, bucket, "update")
        parts = _chosen(named_parts, await s3_uploads.parts(ctx.db, upload["id"]), upload)
        size = sum(part["size_bytes"] for part in parts)
        if size > s3_contents.MOST_BYTES_OF_OBJECT:
            raise too_large()
        if params.get("MpuObjectSize") not in (None, size):
            raise refusals.bad_request(
                f"The provided 'x-amz-mp-object-size' header value {params['MpuObjectSize']} does"
                f" not match what was computed: {size}"
            )
        md5 = hashlib.md5(
            b"".join(bytes.fromhex(part["etag"]) for part in parts), usedforsecurity=False
        )
        checksums = _total(params, upload, parts)
        columns = dict(upload["object"])
        columns["retain_until"] = object_attributes.moment(columns["retain_until"])
        row = {
            **columns,
            "size_bytes": size,
            "etag": f"{md5.hexdigest()}-{len(parts)}",
            "checksums": checksums,
            "part_sizes": [part["size_bytes"] for part in parts],
        }
        version = await store(ctx, params, bucket["id"], row)
        await s3_contents.adopt(ctx.db, row["id"], [part["id"] for part in parts])
        await s3_uploads.delete(ctx.db, upload["id"])
    return {
        "Location": f"https://{bucket['name']}.s3.{bucket['region']}.amazonaws.com/"
        f"{encoded(params['Key'])}",
        "Bucket": bucket["name"],
        "Key": params["Key"],
        "ETag": f'"{row["etag"]}"',
        "VersionId": version,
        **columns["encryption"],
        **checksums,
    }


def _chosen(named_parts: Sequence[Any], there: Sequence[Any], upload: Any) -> list[Any]:
    """The parts that make the object, each as it was named, in ascending order."""
    numbers = [part.get("PartNumber") or 0 for part in named_parts]
    if any(first >= second for first, second in pairwise(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
            400,
            UploadId=upload["upload_id"],
        )
    by_number = {part["number"]: part for part in there}
    chosen = []
    for wanted in named_parts:
        part = by_number.get(wanted.get("PartNumber"))
        etag = (wanted.get("ETag") or "").strip('"')
        if part is None or part["etag"] != etag or _differs(wanted, part):
            raise AwsError(
                "InvalidPart",
                "One or more of the specified parts could not be found.  The part may not have"
                " been uploaded, or the specified entity tag may not match the part's entity tag.",
                400,
                UploadId=upload["upload_id"],
                PartNumber=wanted.get("PartNumber"),
                ETag=etag,
            )
        chosen.append(part)
    for part in chosen[:-1]:
        if part["size_bytes"] < LEAST_PART_BYTES:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
                ETag=part["etag"],
                MinSizeAllowed=LEAST_PART_BYTES,
                ProposedSize=part["size_bytes"],
                PartNumber=part["number"],
            )
    return chosen


def _differs(wanted: dict[str, Any], part: Any) -> bool:
    return any(
        wanted.get(member) not in (None, part["checksums"].get(member))
        for member in MEMBERS.values()
    )


def _total(params: dict[str, Any], upload: Any, parts: Sequence[Any]) -> dict[str, str]:
    """The checksum of the object, of its bytes or of its parts' checksums."""
    algorithm, kind = upload["checksum_algorithm"], upload["checksum_type"]
    given = params.get("ChecksumType")
    if given is not None and given != kind:
        raise refusals.bad_request(
            f"The upload was created using the {kind or 'null'} checksum mode. The complete"
            " request must use the same checksum mode."
        )
    if algorithm is None:
        return {}
    member = MEMBERS[algorithm]
    found = [part["checksums"].get(member) for part in parts]
    if None in found:
        number = parts[found.index(None)]["number"]
        raise refusals.bad_request(
            f"The upload was created using a {algorithm.lower()} checksum. The complete request"
            " must include the checksum for each part. It was missing for part"
            f" {number} in the request."
        )
    if kind == COMPOSITE:
        total = object_checksums.composite(algorithm, found)
    else:
        sizes = [part["size_bytes"] for part in parts]
        total = object_checksums.whole(algorithm, list(zip(found, sizes, strict=True)))
    wanted = params.get(member)
    if wanted is not None and wanted != total:
        raise AwsError(
            "BadDigest",
            f"The {algorithm} you specified did not match the calculated checksum.",
            400,
        )
    return {member: total, "ChecksumType": kind}
