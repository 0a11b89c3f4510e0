"""Lists of objects and of their versions, in the order of their keys' bytes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html and its neighbours.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from emulator.context import Context
from emulator.pages import page as sealed_page
from emulator.rows import Computed, Constant, Rows, View
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of, owner
from models import s3_objects

NOUN = "s3_objects"
PAGE = 1000
_AFTER_ALL = 0


async def list_objects_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Objects behind a key or token, those that share a prefix up to the delimiter as one."""
    bucket = await bucket_of(ctx, params)
    limit, prefix, delimiter = _asked(params, "MaxKeys")
    # a client may ask for pages of another size as it goes on
    asked = ("Bucket", "Prefix", "Delimiter", "ContinuationToken")
    tokens = sealed_page(
        ctx, {name: params[name] for name in asked if params.get(name)},
        token="ContinuationToken",  # noqa: S106
        invalid=lambda: refusals.invalid(
            "The continuation token provided is incorrect", "continuation-token",
            params["ContinuationToken"]),
    )  # fmt: skip
    after = tokens.after or params.get("StartAfter") or ""
    rows, last = await _entries(ctx, bucket, params, after, limit)
    objects, prefixes = _split(rows)
    spell = _spelling(params)
    whose = owner(ctx) if params.get("FetchOwner") else None
    return {
        "Name": bucket["name"],
        "Prefix": spell(prefix),
        "Delimiter": spell(delimiter) or None,
        "MaxKeys": limit,
        "EncodingType": params.get("EncodingType"),
        "KeyCount": len(rows),
        "IsTruncated": last is not None,
        "Contents": Rows(_view(params, whose), objects),
        "CommonPrefixes": [{"Prefix": spell(one)} for one in prefixes],
        "ContinuationToken": params.get("ContinuationToken"),
        "NextContinuationToken": tokens.token(last) if last is not None else None,
        "StartAfter": spell(params["StartAfter"]) if params.get("StartAfter") else None,
    }


async def list_objects(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The older list, which goes on from a marker."""
    bucket = await bucket_of(ctx, params)
    limit, prefix, delimiter = _asked(params, "MaxKeys")
    marker = params.get("Marker") or ""
    rows, last = await _entries(ctx, bucket, params, marker, limit)
    objects, prefixes = _split(rows)
    spell = _spelling(params)
    return {
        "Name": bucket["name"],
        "Prefix": spell(prefix),
        "Marker": spell(marker),
        "Delimiter": spell(delimiter) or None,
        "MaxKeys": limit,
        "EncodingType": params.get("EncodingType"),
        "IsTruncated": last is not None,
        # without a delimiter, the last key is what the next list goes on from
        "NextMarker": spell(last) if last is not None and delimiter else None,
        "Contents": Rows(_view(params, owner(ctx)), objects),
        "CommonPrefixes": [{"Prefix": spell(one)} for one in prefixes],
    }


async def list_object_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """All versions and delete markers, each key's newest first."""
    bucket = await bucket_of(ctx, params)
    limit, prefix, delimiter = _asked(params, "MaxKeys")
    marker, version = params.get("KeyMarker") or "", params.get("VersionIdMarker")
    if version is not None and not marker:
        raise refusals.invalid(
            "A version-id marker cannot be specified without a key marker.", "version-id-marker",
            version,
        )  # fmt: skip
    after = await _version_place(ctx, bucket, marker, version, prefix, delimiter)
    rows = await s3_objects.page(
        ctx.db, bucket["id"], prefix=prefix, delimiter=delimiter, after=after,
        limit=limit + 1, versions=True,
    ) if limit else []  # fmt: skip
    more, rows = len(rows) > limit, rows[:limit]
    versions, prefixes = _split(rows)
    spell, last = _spelling(params), rows[-1] if rows else None
    whose, at = owner(ctx), params.get("EncodingType") == "url"
    next_key = (last["prefix"] or last["key"]) if more and last is not None else None
    return {
        "Name": bucket["name"],
        "Prefix": spell(prefix),
        "KeyMarker": spell(marker),
        "VersionIdMarker": version or "",
        "Delimiter": spell(delimiter) or None,
        "MaxKeys": limit,
        "EncodingType": params.get("EncodingType"),
        "IsTruncated": more,
        "NextKeyMarker": spell(next_key) if next_key is not None else None,
        "NextVersionIdMarker": last["version_id"] if next_key is not None and last else None,
        "Versions": Rows(
            _owned("version", at, whose), [row for row in versions if not row["is_delete_marker"]]
        ),
        "DeleteMarkers": Rows(
            _owned("marker", at, whose), [row for row in versions if row["is_delete_marker"]]
        ),
        "CommonPrefixes": [{"Prefix": spell(one)} for one in prefixes],
    }


async def _version_place(
    ctx: Context, bucket: Any, marker: str, version: str | None, prefix: str, delimiter: str
) -> tuple[str, int]:
    if not marker:
        return "", s3_objects.NEWEST
    if version is not None:
        found = await s3_objects.find_one(ctx.db, bucket["id"], marker, version)
        if found is None:
            raise refusals.invalid("Invalid version id specified", "version-id-marker", version)
        return marker, found["sequence"]
    return _behind(marker, prefix, delimiter)


def _behind(key: str, prefix: str, delimiter: str) -> tuple[str, int]:
    """The place behind a key; behind all that it stands for if it is a common prefix."""
    if delimiter and key.startswith(prefix) and delimiter in key[len(prefix) :]:
        at = key.index(delimiter, len(prefix)) + len(delimiter)
        return s3_objects.text_after(key[:at]) or key, s3_objects.NEWEST
    return key, _AFTER_ALL


async def _entries(
    ctx: Context, bucket: Any, params: dict[str, Any], after: str, limit: int
) -> tuple[Sequence[Any], str | None]:
    """The entries of a page and, if more follow, the key or prefix of its last one."""
    if not limit:
        return [], None
    prefix, delimiter = params.get("Prefix") or "", params.get("Delimiter") or ""
    rows = await s3_objects.page(
        ctx.db, bucket["id"], prefix=prefix, delimiter=delimiter,
        after=_behind(after, prefix, delimiter) if after else ("", s3_objects.NEWEST),
        limit=limit + 1, versions=False,
    )  # fmt: skip
    if len(rows) <= limit:
        return rows, None
    rows = rows[:limit]
    return rows, rows[-1]["prefix"] or rows[-1]["key"]


def _asked(params: dict[str, Any], size: str) -> tuple[int, str, str]:
    limit = params.get(size)
    if limit is not None and limit < 0:
        raise refusals.invalid(
            "Argument maxKeys must be an integer between 0 and 2147483647", "max-keys", limit
        )
    if params.get("OptionalObjectAttributes") not in (None, [], ["RestoreStatus"]):
        raise refusals.invalid("Invalid attribute name specified.")
    return (
        min(PAGE if limit is None else limit, PAGE),
        params.get("Prefix") or "",
        params.get("Delimiter") or "",
    )


def _split(rows: Sequence[Any]) -> tuple[list[Any], list[str]]:
    return (
        [row for row in rows if row["prefix"] is None],
        [row["prefix"] for row in rows if row["prefix"] is not None],
    )


def encoded(text: str) -> str:
    """A key as encoding-type=url writes it."""
    return quote(text, safe="/*-._")


def _spelling(params: dict[str, Any]) -> Callable[[str], str]:
    return encoded if params.get("EncodingType") == "url" else str


def _algorithms(checksums: dict[str, str]) -> list[str] | None:
    found = [name.removeprefix("Checksum") for name in checksums if name != "ChecksumType"]
    return found or None


_OBJECT: dict[str, Any] = {
    "ETag": Computed(lambda etag: f'"{etag}"', "etag"),
    "ChecksumAlgorithm": Computed(_algorithms, "checksums"),
    "ChecksumType": Computed(lambda found: found.get("ChecksumType"), "checksums"),
    "LastModified": "last_modified",
    "Size": "size_bytes",
    "StorageClass": "storage_class",
}
_VERSION: dict[str, Any] = {**_OBJECT, "VersionId": "version_id", "IsLatest": "is_latest"}
_MARKER: dict[str, Any] = {
    "LastModified": "last_modified",
    "VersionId": "version_id",
    "IsLatest": "is_latest",
}
_KEYS: tuple[Any, Any] = ("key", Computed(encoded, "key"))
_PLAIN = tuple(View({"Key": key, **_OBJECT}) for key in _KEYS)


def _view(params: dict[str, Any], shown_owner: dict[str, str] | None) -> View:
    at = params.get("EncodingType") == "url"
    if shown_owner is None:
        return _PLAIN[at]
    return _owned("object", at, shown_owner)


_views: dict[tuple[str, bool, str], View] = {}
_MEMBERS = {"object": _OBJECT, "version": _VERSION, "marker": _MARKER}


def _owned(kind: str, at: bool, shown_owner: dict[str, str]) -> View:
    """The view that names an owner: one for each account, compiled once."""
    key = (kind, at, shown_owner["ID"])
    if key not in _views:
        if len(_views) > 256:
            _views.clear()
        members = {"Key": _KEYS[at], **_MEMBERS[kind], "Owner": Constant(shown_owner)}
        _views[key] = View(members)
    return _views[key]
