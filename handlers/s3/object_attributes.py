"""What an object has beside its key and bytes: read from a request, checked, and shown.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from emulator.context import Context
from emulator.errors import AwsError
from emulator.protocols.timestamps import rfc822
from emulator.tags import TagRules
from handlers.s3 import bucket_grants, refusals

LONGEST_KEY_BYTES = 1024
LONGEST_METADATA_BYTES = 2048
CLASSES = frozenset(
    (
        "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
        "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR",
    )
)  # fmt: skip
ARCHIVED = frozenset(("GLACIER", "DEEP_ARCHIVE"))
HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage",
           "ContentType", "Expires", "WebsiteRedirectLocation")  # fmt: skip
TAGS = TagRules(code="InvalidTag", too_many="BadRequest", most=10)
_REFUSED = {
    "SSECustomerAlgorithm": "Encryption with customer-provided keys",
    "SSECustomerKey": "Encryption with customer-provided keys",
    "CopySourceSSECustomerAlgorithm": "Encryption with customer-provided keys",
    "SSEKMSEncryptionContext": "An encryption context",
    "WriteOffsetBytes": "Appending to an object",
    "ObjectLockEventHold": "An event hold",
    "MFA": "MFA delete",
}
_OWNERS = "bucket-owner-full-control"


def refuse_unserved(params: dict[str, Any]) -> None:
    """Refuse options that would change what is stored or answered, and are not served."""
    for name, what in _REFUSED.items():
        if params.get(name) is not None:
            raise refusals.not_emulated(what)


def given(ctx: Context, params: dict[str, Any], bucket: Any) -> dict[str, Any]:
    """Columns of an object as a request to put, copy or upload asks for them.

    `bucket` has encryption, object_lock, ownership_controls and public_access_block.
    """
    refuse_unserved(params)
    key = params["Key"]
    if len(key.encode()) > LONGEST_KEY_BYTES:
        raise AwsError("KeyTooLongError", "Your key is too long", 400)
    kept = params.get("StorageClass") or "STANDARD"
    if kept not in CLASSES:
        raise AwsError(
            "InvalidStorageClass", "The storage class you specified is not valid", 400,
            StorageClassRequested=kept,
        )  # fmt: skip
    return {
        "storage_class": kept,
        "headers": _headers(params),
        "metadata": _metadata(params),
        "encryption": _encryption(ctx, params, bucket["encryption"]),
        "object_tags": tags_of(params.get("Tagging")),
        "acl": _grants(ctx, params, bucket),
        **lock_of(ctx, params, bucket["object_lock"]),
    }


def _headers(params: dict[str, Any]) -> dict[str, Any]:
    found = {name: params[name] for name in HEADERS if params.get(name)}
    found.setdefault("ContentType", "binary/octet-stream")
    if isinstance(found.get("Expires"), datetime):
        found["Expires"] = found["Expires"].isoformat()
    return found


def _metadata(params: dict[str, Any]) -> dict[str, str]:
    found = {name.lower(): value for name, value in (params.get("Metadata") or {}).items()}
    if sum(len(name) + len(value.encode()) for name, value in found.items()) > (
        LONGEST_METADATA_BYTES
    ):
        raise AwsError(
            "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size",
            400,
        )  # fmt: skip
    return found


def _encryption(
    ctx: Context, params: dict[str, Any], default: dict[str, Any] | None
) -> dict[str, Any]:
    """How the object is said to be encrypted: as it asks, else as its bucket says."""
    rule = ((default or {}).get("Rules") or [{}])[0]
    own = rule.get("ApplyServerSideEncryptionByDefault") or {}
    algorithm = params.get("ServerSideEncryption") or own.get("SSEAlgorithm") or "AES256"
    if algorithm not in ("AES256", "aws:kms", "aws:kms:dsse"):
        raise AwsError(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            400,
        )
    key = params.get("SSEKMSKeyId")
    if algorithm == "AES256":
        if key:
            raise refusals.invalid(
                "Server Side Encryption with AWS KMS managed key requires HTTP header"
                " x-amz-server-side-encryption : aws:kms",
                "x-amz-server-side-encryption", algorithm,
            )  # fmt: skip
        return {"ServerSideEncryption": algorithm}
    key = key or own.get("KMSMasterKeyID") or "alias/aws/s3"
    if not key.startswith("arn:"):
        key = key if "/" in key else f"key/{key}"
        key = f"arn:aws:kms:{ctx.region}:{ctx.principal.account_number}:{key}"
    bucket_key = params.get("BucketKeyEnabled", rule.get("BucketKeyEnabled"))
    found = {"ServerSideEncryption": algorithm, "SSEKMSKeyId": key}
    return {**found, "BucketKeyEnabled": True} if bucket_key else found


def tags_of(text: str | None) -> dict[str, str]:
    """The tags of an x-amz-tagging header."""
    pairs = parse_qsl(text or "", keep_blank_values=True, max_num_fields=64)
    if len(dict(pairs)) < len(pairs):
        raise refusals.invalid(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query"
            " parameters without tag name duplicates.",
            "x-amz-tagging", text,
        )  # fmt: skip
    return TAGS.checked(dict(pairs))


def _grants(ctx: Context, params: dict[str, Any], bucket: Any) -> Any:
    grants = bucket_grants.given(ctx, params)
    if grants is None:
        return None
    if bucket_grants.is_enforced(bucket["ownership_controls"]):
        if params.get("ACL") != _OWNERS:
            raise bucket_grants.not_supported()
        return None
    block = bucket["public_access_block"] or {}
    if block.get("BlockPublicAcls") and bucket_grants.is_public(grants):
        raise refusals.denied()
    return grants


def lock_of(
    ctx: Context, params: dict[str, Any], configuration: dict[str, Any] | None
) -> dict[str, Any]:
    """Retention and legal hold: as the request asks, else the bucket's default retention."""
    mode, until = params.get("ObjectLockMode"), params.get("ObjectLockRetainUntilDate")
    hold = params.get("ObjectLockLegalHoldStatus")
    if (mode or until or hold) and not configuration:
        raise refusals.bad_request("Bucket is missing Object Lock Configuration")
    if (mode is None) != (until is None):
        raise refusals.invalid(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
        )
    if until is not None and until <= ctx.now:
        raise refusals.invalid("The retain until date must be in the future!")
    default = ((configuration or {}).get("Rule") or {}).get("DefaultRetention")
    if mode is None and default:
        mode = default["Mode"]
        days = default.get("Days") or 365 * default["Years"]
        until = ctx.now + timedelta(days=days)
    return {"retention_mode": mode, "retain_until": until, "legal_hold": hold == "ON"}


def shown(ctx: Context, found: Any, bucket: Any, params: dict[str, Any]) -> dict[str, Any]:
    """What GetObject and HeadObject say of an object beside its bytes."""
    headers = dict(found["headers"])
    if "Expires" in headers:
        headers["Expires"] = moment(headers["Expires"])
    for name in HEADERS:
        override = params.get(f"Response{name}")
        if override is not None:
            headers[name] = override
    return {
        **headers,
        **found["encryption"],
        "AcceptRanges": "bytes",
        "ETag": f'"{found["etag"]}"',
        "LastModified": found["last_modified"],
        "Metadata": found["metadata"],
        "StorageClass": None if found["storage_class"] == "STANDARD" else found["storage_class"],
        "VersionId": found["version_id"] if bucket["versioning"] else None,
        "TagCount": len(found["object_tags"]) or None,
        "Restore": restore(ctx, found),
        "ObjectLockMode": found["retention_mode"],
        "ObjectLockRetainUntilDate": found["retain_until"],
        "ObjectLockLegalHoldStatus": "ON" if found["legal_hold"] else None,
    }


def moment(text: str | None) -> datetime | None:
    """A moment that was kept in ISO 8601; None for what is none."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def restore(ctx: Context, found: Any) -> str | None:
    """The x-amz-restore header of an archived object that was asked back."""
    ready, until = found["restored_at"], found["restored_until"]
    if ready is None or until <= ctx.now:
        return None
    if ready > ctx.now:
        return 'ongoing-request="true"'
    return f'ongoing-request="false", expiry-date="{rfc822(until, ctx.shift)}"'


def is_readable(ctx: Context, found: Any) -> bool:
    """Whether the bytes are at hand: archived ones must have been restored."""
    if found["storage_class"] not in ARCHIVED:
        return True
    ready, until = found["restored_at"], found["restored_until"]
    return ready is not None and ready <= ctx.now < until
