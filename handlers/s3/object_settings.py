"""What can be changed of an object that is there: tags, grants, locks, and its way back.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html, and its kin.
"""

from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import bucket_grants, object_attributes, refusals
from handlers.s3.bucket_access import bucket_of, owner
from handlers.s3.object_attributes import TAGS
from handlers.s3.object_deletions import is_locked
from handlers.s3.s3_objects import version_of
from models import s3_objects

NOUN = "s3_objects"
# How long archived objects take to come back, in hours, by class and tier
# (https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html).
_HOURS = {
    ("GLACIER", "Expedited"): 0,
    ("GLACIER", "Standard"): 5,
    ("GLACIER", "Bulk"): 12,
    ("DEEP_ARCHIVE", "Standard"): 12,
    ("DEEP_ARCHIVE", "Bulk"): 48,
}


async def get_object_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The tags of an object."""
    bucket, found = await _find(ctx, params)
    return {"TagSet": TAGS.shown(found["object_tags"]), "VersionId": _version(bucket, found)}


async def put_object_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags in place of those that are there."""
    given = params["Tagging"].get("TagSet") or []
    wanted = TAGS.checked(given)
    if len(wanted) < len(given):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", 400)
    return await _change(ctx, params, {"object_tags": wanted})


async def delete_object_tagging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take all tags away."""
    return await _change(ctx, params, {"object_tags": {}})


async def get_object_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The grants of an object; by default the owner's full control."""
    _, found = await _find(ctx, params)
    return {"Owner": owner(ctx), "Grants": found["acl"] or bucket_grants.private(ctx)}


async def put_object_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put grants in place of those that are there."""
    policy, grants = params.get("AccessControlPolicy"), bucket_grants.given(ctx, params)
    if policy is not None:
        if grants is not None:
            raise AwsError("UnexpectedContent", "This request does not support content", 400)
        grants = bucket_grants.spelled_out(ctx, policy)
    if grants is None:
        raise AwsError("MissingSecurityHeader", "Your request was missing a required header", 400)
    bucket, found = await _find(ctx, params, "ownership_controls", "public_access_block")
    if bucket_grants.is_enforced(bucket["ownership_controls"]):
        if params.get("ACL") != "bucket-owner-full-control":
            raise bucket_grants.not_supported()
        return {}
    if (bucket["public_access_block"] or {}).get("BlockPublicAcls") and bucket_grants.is_public(
        grants
    ):
        raise refusals.denied()
    await s3_objects.change(ctx.db, found["id"], {"acl": grants})
    return {}


async def get_object_retention(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How long a version is kept from being deleted."""
    _, found = await _find_lockable(ctx, params)
    if found["retention_mode"] is None:
        raise _no_lock()
    return {"Retention": {"Mode": found["retention_mode"],
                          "RetainUntilDate": found["retain_until"]}}  # fmt: skip


async def put_object_retention(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Retain a version; what retains it already can be made longer, or let go by governance."""
    given = params.get("Retention") or {}
    mode, until = given.get("Mode"), given.get("RetainUntilDate")
    if (mode is None) != (until is None):
        raise refusals.malformed()
    if until is not None and until <= ctx.now:
        raise refusals.invalid("The retain until date must be in the future!")
    async with ctx.db.transaction():
        _, found = await _find_lockable(ctx, params)
        weaker = until is None or mode != found["retention_mode"] or until < found["retain_until"]
        bypass = bool(params.get("BypassGovernanceRetention"))
        if weaker and is_locked(ctx, {**found, "legal_hold": False}, bypass):
            raise refusals.denied("Access Denied because object protected by object lock.")
        changes = {"retention_mode": mode, "retain_until": until}
        await s3_objects.change(ctx.db, found["id"], changes)
    return {}


async def get_object_legal_hold(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether a version is held."""
    _, found = await _find_lockable(ctx, params)
    return {"LegalHold": {"Status": "ON" if found["legal_hold"] else "OFF"}}


async def put_object_legal_hold(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Hold a version, or let it go."""
    status = (params.get("LegalHold") or {}).get("Status")
    if status is None:
        raise refusals.malformed()
    async with ctx.db.transaction():
        _, found = await _find_lockable(ctx, params)
        await s3_objects.change(ctx.db, found["id"], {"legal_hold": status == "ON"})
    return {}


async def restore_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Ask for a readable copy of an archived object for some days; 202, or 200 for one longer."""
    request = params.get("RestoreRequest") or {}
    if request.get("Type") or request.get("SelectParameters") or request.get("OutputLocation"):
        raise refusals.not_emulated("A select restore")
    days = request.get("Days")
    if days is None or days < 1:
        raise refusals.malformed()
    tier = (request.get("GlacierJobParameters") or {}).get("Tier") or request.get("Tier")
    async with ctx.db.transaction():
        _, found = await _find(ctx, params)
        hours = _HOURS.get((found["storage_class"], tier or "Standard"))
        if found["storage_class"] not in object_attributes.ARCHIVED:
            raise AwsError(
                "InvalidObjectState",
                "Restore is not allowed for the object's current storage class",
                403,
                StorageClass=found["storage_class"],
            )
        if hours is None:
            raise refusals.invalid("The retrieval tier is not valid for this class", "Tier", tier)
        ready = found["restored_at"]
        if ready is not None and ready > ctx.now:
            raise AwsError("RestoreAlreadyInProgress", "Object restore is already in progress", 409)
        if ready is None or found["restored_until"] <= ctx.now:
            ready = ctx.now + timedelta(hours=hours)
        until = max(ready, ctx.now) + timedelta(days=days)
        changes = {"restored_at": ready, "restored_until": until}
        await s3_objects.change(ctx.db, found["id"], changes)
    return {}


async def get_object_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The attributes that are asked for, without the bytes."""
    object_attributes.refuse_unserved(params)
    bucket, found = await _find(ctx, params)
    wanted = set(params["ObjectAttributes"])
    answer: dict[str, Any] = {
        "LastModified": found["last_modified"],
        "VersionId": _version(bucket, found),
    }
    if "ETag" in wanted:
        answer["ETag"] = found["etag"]
    if "Checksum" in wanted and found["checksums"]:
        answer["Checksum"] = found["checksums"]
    if "ObjectSize" in wanted:
        answer["ObjectSize"] = found["size_bytes"]
    if "StorageClass" in wanted:
        answer["StorageClass"] = found["storage_class"]
    if "ObjectParts" in wanted and found["part_sizes"]:
        answer["ObjectParts"] = _parts(params, found["part_sizes"])
    return answer


def _parts(params: dict[str, Any], sizes: list[int]) -> dict[str, Any]:
    most = min(1000 if params.get("MaxParts") is None else params["MaxParts"], 1000)
    after = int(params.get("PartNumberMarker") or 0)
    shown = list(enumerate(sizes, 1))[after : after + most]
    last = shown[-1][0] if shown else after
    return {
        "TotalPartsCount": len(sizes),
        "PartNumberMarker": after,
        "NextPartNumberMarker": last,
        "MaxParts": most,
        "IsTruncated": last < len(sizes),
        "Parts": [{"PartNumber": number, "Size": size} for number, size in shown],
    }


async def _find(ctx: Context, params: dict[str, Any], *columns: str) -> tuple[Any, Any]:
    bucket = await bucket_of(ctx, params, *columns)
    return bucket, await version_of(ctx, bucket, params["Key"], params.get("VersionId"))


async def _find_lockable(ctx: Context, params: dict[str, Any]) -> tuple[Any, Any]:
    bucket, found = await _find(ctx, params, "object_lock")
    if not bucket["object_lock"]:
        raise refusals.bad_request("Bucket is missing Object Lock Configuration")
    return bucket, found


async def _change(ctx: Context, params: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    async with ctx.db.transaction():
        bucket, found = await _find(ctx, params)
        await s3_objects.change(ctx.db, found["id"], changes)
    return {"VersionId": _version(bucket, found)}


def _version(bucket: Any, found: Any) -> str | None:
    return found["version_id"] if bucket["versioning"] else None


def _no_lock() -> AwsError:
    return AwsError(
        "NoSuchObjectLockConfiguration",
        "The specified object does not have a ObjectLock configuration",
        404,
    )
