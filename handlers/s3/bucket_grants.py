"""Access control lists of buckets and objects: canned ones, grants in headers, grants in XML.

Lists are kept as S3 words them and shown; only the owner's account ever gets through, because
other accounts are refused before any list is read.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html.
"""

import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of, owner
from models import s3_buckets

NOUN = "s3_buckets"
_ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
_AUTHENTICATED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
_LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
_CANNED = {
    "private": (),
    "public-read": ((_ALL, "READ"),),
    "public-read-write": ((_ALL, "READ"), (_ALL, "WRITE")),
    "authenticated-read": ((_AUTHENTICATED, "READ"),),
    "log-delivery-write": ((_LOG_DELIVERY, "WRITE"), (_LOG_DELIVERY, "READ_ACP")),
    "aws-exec-read": (),
    "bucket-owner-read": (),
    "bucket-owner-full-control": (),
}  # fmt: skip
_HEADERS = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantReadACP": "READ_ACP",
    "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}
_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*"?([^",]+)"?\s*', re.IGNORECASE)
Grants = list[dict[str, Any]]


async def get_bucket_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The grants of a bucket; by default the owner's full control."""
    found = await bucket_of(ctx, params, "acl")
    return {"Owner": owner(ctx), "Grants": found["acl"] or private(ctx)}


async def put_bucket_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put grants in place of those that are there."""
    policy = params.get("AccessControlPolicy")
    grants = given(ctx, params)
    if policy is not None and grants is not None:
        raise AwsError("UnexpectedContent", "This request does not support content", 400)
    if policy is not None:
        grants = spelled_out(ctx, policy)
    if grants is None:
        raise AwsError("MissingSecurityHeader", "Your request was missing a required header", 400)
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params, "public_access_block", "ownership_controls")
        if is_enforced(found["ownership_controls"]) and grants != private(ctx):
            raise not_supported()
        block = found["public_access_block"] or {}
        if block.get("BlockPublicAcls") and is_public(grants):
            raise refusals.denied()
        await s3_buckets.configure(ctx.db, found["name"], {"acl": grants})
    return {}


def not_supported() -> AwsError:
    """A list where the bucket's owner owns everything."""
    return AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


def is_enforced(ownership_controls: dict[str, Any] | None) -> bool:
    """Whether lists are turned off in a bucket."""
    rules = (ownership_controls or {}).get("Rules") or [{}]
    return bool(rules[0].get("ObjectOwnership") == "BucketOwnerEnforced")


def private(ctx: Context) -> Grants:
    """The owner's full control alone."""
    return [{"Grantee": {**owner(ctx), "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]


def is_public(grants: Grants) -> bool:
    """Whether strangers are granted anything."""
    return any(one["Grantee"].get("URI") in (_ALL, _AUTHENTICATED) for one in grants)


def given(ctx: Context, params: dict[str, Any]) -> Grants | None:
    """The grants that a request's canned list or grant headers ask for; None: it has neither."""
    canned = params.get("ACL")
    headers = [name for name in _HEADERS if params.get(name)]
    if canned and headers:
        raise refusals.bad_request("Specifying both Canned ACLs and Header Grants is not allowed")
    if canned:
        return private(ctx) + [
            {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}
            for uri, permission in _CANNED[canned]
        ]
    if not headers:
        return None
    return [
        {"Grantee": grantee, "Permission": _HEADERS[name]}
        for name in headers
        for grantee in _grantees(ctx, params[name])
    ]


def _grantees(ctx: Context, header: str) -> list[dict[str, str]]:
    found = []
    for part in header.split(","):
        match = _GRANTEE.fullmatch(part)
        if match is None:
            raise refusals.invalid("Argument format not recognized", "grantee", part)
        kind, value = match[1].lower(), match[2]
        if kind == "uri":
            found.append({"Type": "Group", "URI": value})
        elif kind == "id":
            found.append({"Type": "CanonicalUser", "ID": value})
        else:
            raise refusals.not_emulated("A grant by e-mail address")
        _check(ctx, found[-1])
    return found


def spelled_out(ctx: Context, policy: dict[str, Any]) -> Grants:
    """The grants of an AccessControlPolicy, each grantee known."""
    grants: Grants = policy.get("Grants") or []
    own = policy.get("Owner") or {}
    if own.get("ID") not in (None, owner(ctx)["ID"]):
        raise refusals.invalid("Invalid id", "CanonicalUser/ID", own["ID"])
    for one in grants:
        if not one.get("Grantee") or not one.get("Permission"):
            raise AwsError("MalformedACLError", refusals.malformed().message, 400)
        _check(ctx, one["Grantee"])
        if one["Grantee"].get("Type") == "CanonicalUser":
            one["Grantee"] = {**owner(ctx), "Type": "CanonicalUser"}
    return grants


def _check(ctx: Context, grantee: dict[str, str]) -> None:
    uri, known = grantee.get("URI"), grantee.get("ID")
    if uri is not None and uri not in (_ALL, _AUTHENTICATED, _LOG_DELIVERY):
        raise refusals.invalid("Invalid group uri", "uri", uri)
    if known is not None and known != owner(ctx)["ID"]:
        raise refusals.invalid("Invalid id", "CanonicalUser/ID", known)
    if uri is None and known is None:
        raise refusals.not_emulated("A grant by e-mail address")
