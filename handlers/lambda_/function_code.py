"""The code of a function: weighed and hashed, never run.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html.
"""

import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.lambda_.refusals import invalid
from models import lambda_functions, s3_contents, s3_objects


async def code_of(ctx: Context, package_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a function's code; the members are those of FunctionCode."""
    sources = [name for name in ("ZipFile", "S3Bucket", "ImageUri") if given.get(name) is not None]
    if len(sources) != 1:
        raise invalid(
            "Please do not provide other FunctionCode parameters when providing a ZipFile."
            if "ZipFile" in sources and len(sources) > 1
            else "Please provide a source for function code."
        )
    if (sources[0] == "ImageUri") != (package_type == "Image"):
        raise invalid(
            "Please don't provide ImageUri when updating a function with packageType Zip."
            if package_type == "Zip"
            else "Please provide ImageUri when updating a function with packageType Image."
        )
    if sources[0] == "ImageUri":
        return _image(given["ImageUri"])
    if sources[0] == "S3Bucket":
        return await _stored(ctx, given)
    return zipped(given["ZipFile"])


def zipped(content: bytes, most: int = lambda_functions.ZIPPED_BYTES) -> dict[str, Any]:
    """The columns of a deployment package of `most` bytes."""
    if len(content) > most:
        raise invalid(f"Unzipped size must be smaller than {lambda_functions.UNZIPPED_BYTES} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unzipped = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from None
    if unzipped > lambda_functions.UNZIPPED_BYTES:
        raise invalid(f"Unzipped size must be smaller than {lambda_functions.UNZIPPED_BYTES} bytes")
    return {
        "code_size": len(content),
        "code_sha256": b64encode(hashlib.sha256(content).digest()).decode(),
        "image_uri": None,
    }


def _image(uri: str) -> dict[str, Any]:
    """An image's size is not counted by Lambda; its hash is that of what the URI names."""
    if ".dkr.ecr." not in uri:
        raise invalid(f"Source image {uri} is not valid. Provide a valid source image.")
    digest = uri.rpartition("@sha256:")[2] if "@sha256:" in uri else ""
    return {
        "code_size": 0,
        "code_sha256": digest or hashlib.sha256(uri.encode()).hexdigest(),
        "image_uri": uri,
    }


async def _stored(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Code from an object in a bucket of the caller's, in the function's region."""
    key, version = given.get("S3Key"), given.get("S3ObjectVersion")
    if not key:
        raise invalid("S3Key is required when S3Bucket is given.")
    failed = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}"
    bucket = await lambda_functions.bucket(ctx.db, given["S3Bucket"])
    if bucket is None:
        raise invalid(failed.format("NoSuchBucket", "The specified bucket does not exist"))
    if bucket["region"] != ctx.region:
        raise invalid(
            failed.format(
                "PermanentRedirect",
                f"The bucket is in this region: {bucket['region']}. Please use this region to"
                " retry the request",
            )
        )
    found = await s3_objects.find_one(ctx.db, bucket["id"], key, version)
    if found is None or found["is_delete_marker"]:
        raise invalid(failed.format("NoSuchKey", "The specified key does not exist."))
    size = found["size_bytes"] or 0
    if size > lambda_functions.UNZIPPED_BYTES:
        raise invalid(f"Unzipped size must be smaller than {lambda_functions.UNZIPPED_BYTES} bytes")
    parts = await s3_contents.read(ctx.db, found["id"], 0, max(size - 1, 0))
    return zipped(b"".join(parts), most=lambda_functions.UNZIPPED_BYTES)
