"""Objects deleted: for good, or behind a delete marker where versions are kept.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import object_conditions, refusals
from handlers.s3.bucket_access import bucket_of, no_such_bucket
from handlers.s3.object_attributes import refuse_unserved
from handlers.s3.s3_objects import new_version
from models import s3_objects

NOUN = "s3_objects"
MOST = 1000


async def delete_object(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an object or a version of it; what is not there is deleted already."""
    entry = {name: params.get(name) for name in ("Key", "VersionId")}
    entry |= {
        "ETag": params.get("IfMatch"),
        "LastModifiedTime": params.get("IfMatchLastModifiedTime"),
        "Size": params.get("IfMatchSize"),
    }
    deleted, errors = await _delete(ctx, params, [entry])
    if errors:
        raise errors[0][1]
    marker = deleted[0].get("DeleteMarker")
    version = deleted[0].get("DeleteMarkerVersionId") or deleted[0].get("VersionId")
    return {"DeleteMarker": marker, "VersionId": version}


async def delete_objects(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete up to a thousand at once; each succeeds or fails for itself."""
    wanted = params["Delete"]["Objects"]
    if not 1 <= len(wanted) <= MOST:
        raise refusals.malformed()
    deleted, errors = await _delete(ctx, params, wanted)
    return {
        "Deleted": [] if params["Delete"].get("Quiet") else deleted,
        "Errors": [
            {
                "Key": entry["Key"],
                "VersionId": entry.get("VersionId"),
                "Code": error.code,
                "Message": error.message,
            }
            for entry, error in errors
        ],
    }


async def _delete(
    ctx: Context, params: dict[str, Any], wanted: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[tuple[dict[str, Any], AwsError]]]:
    refuse_unserved(params)
    async with ctx.db.transaction():
        bucket = await bucket_of(ctx, params, "object_lock")
        if params.get("BypassGovernanceRetention") and not bucket["object_lock"]:
            raise refusals.invalid(
                "x-amz-bypass-governance-retention is only applicable to Object Lock enabled"
                " buckets.",
                "x-amz-bypass-governance-retention", "true",
            )  # fmt: skip
        keys = sorted({entry["Key"] for entry in wanted})
        held = await s3_objects.lock(ctx.db, bucket["id"], keys)
        if held is None:
            raise no_such_bucket(params["Bucket"])
        kept = held["versioning"]
        names = [(one["Key"], one.get("VersionId") or _default(kept)) for one in wanted]
        there = {
            (row["key"], name[1]): row
            for row in await s3_objects.look(ctx.db, bucket["id"], list(dict.fromkeys(names)))
            for name in ((row["key"], row["version_id"]), (row["key"], None))
            if name[1] is not None or row["is_latest"]
        }
        errors, allowed = [], []
        for entry, name in zip(wanted, names, strict=True):
            error = _refusal(ctx, params, entry, there.get(name))
            if error is not None:
                errors.append((entry, error))
            else:
                allowed.append((entry, name))
        return await _carry_out(ctx, bucket["id"], kept, allowed), errors


def _default(versioning: str | None) -> str | None:
    """Which version goes when none is named: the only one, or none where versions are kept."""
    return None if versioning else "null"


async def _carry_out(
    ctx: Context, bucket_id: Any, kept: str | None, allowed: list[tuple[dict[str, Any], Any]]
) -> list[dict[str, Any]]:
    gone = [name for _, name in allowed if name[1] is not None]
    marked = list(dict.fromkeys(name[0] for _, name in allowed if name[1] is None))
    removed = {}
    if gone:
        rows = await s3_objects.delete(ctx.db, bucket_id, list(dict.fromkeys(gone)))
        removed = {(row["key"], row["version_id"]): row["is_delete_marker"] for row in rows}
    markers = {key: new_version() if kept == "Enabled" else "null" for key in marked}
    if markers:
        await s3_objects.mark(ctx.db, bucket_id, marked, list(markers.values()), ctx.now)
    deleted = []
    for entry, name in allowed:
        one = {"Key": entry["Key"], "VersionId": entry.get("VersionId")}
        if name[1] is None:
            one |= {"DeleteMarker": True, "DeleteMarkerVersionId": markers[name[0]]}
        elif removed.get(name):
            one |= {"DeleteMarker": True, "DeleteMarkerVersionId": name[1]}
        deleted.append(one)
    return deleted


def _refusal(
    ctx: Context, params: dict[str, Any], entry: dict[str, Any], found: Any | None
) -> AwsError | None:
    """Why a version may not go: a lock, or a condition that does not hold."""
    condition = entry.get("ETag")
    if condition is not None:
        if found is None or found["is_delete_marker"]:
            return refusals.no_such_key(entry["Key"])
        if not object_conditions.matches(condition, found["etag"]):
            return refusals.precondition_failed("If-Match")
    if entry.get("LastModifiedTime") is not None or entry.get("Size") is not None:
        return refusals.not_emulated("A condition of directory buckets")
    # without a version, a marker is put and nothing goes
    if found is None or (entry.get("VersionId") is None and found["version_id"] != "null"):
        return None
    bypass = bool(params.get("BypassGovernanceRetention"))
    if entry.get("VersionId") is not None and is_locked(ctx, found, bypass):
        return refusals.denied("Access Denied because object protected by object lock.")
    return None


def is_locked(ctx: Context, found: Any, bypass: bool) -> bool:
    """Whether a version is retained or held; governance lets go of what `bypass` asks for."""
    if found["legal_hold"]:
        return True
    until = found["retain_until"]
    retained = until is not None and until > ctx.now
    return retained and (found["retention_mode"] == "COMPLIANCE" or not bypass)
