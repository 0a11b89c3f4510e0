"""Buckets: made, found, listed, versioned, deleted.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html and its neighbours.
"""

import ipaddress
import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from emulator.rows import Rows, View
from handlers.s3 import bucket_grants, refusals
from handlers.s3.bucket_access import bucket_of, owner
from handlers.s3.resource_tags import RULES
from models import s3_buckets
from models.listing import Condition

HOME = "us-east-1"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]|\.(?!\.))+[a-z0-9]")
_RESERVED = re.compile(
    r"(?:xn--|sthree-|amzn-s3-demo-).*|.*(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)"
)
_ENFORCED = "BucketOwnerEnforced"
_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


async def create_bucket(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new bucket, private and encrypted as all new ones are.

    BucketAlreadyOwnedByYou, but in us-east-1, where the caller's own bucket is answered as if it
    were new; BucketAlreadyExists for another account's.
    """
    name, region = params["Bucket"], _region(ctx, params.get("CreateBucketConfiguration") or {})
    _check_name(name)
    if params.get("BucketNamespace") not in (None, "global"):
        raise refusals.not_emulated("An account-regional bucket namespace")
    ownership = params.get("ObjectOwnership") or _ENFORCED
    acl = bucket_grants.given(ctx, params)
    if acl is not None and ownership == _ENFORCED and acl != bucket_grants.private(ctx):
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            400,
        )
    if acl is not None and bucket_grants.is_public(acl):
        # the block that every new bucket has
        raise refusals.denied()
    locked = params.get("ObjectLockEnabledForBucket")
    tags = RULES.checked((params.get("CreateBucketConfiguration") or {}).get("Tags"))
    row = {
        "name": name,
        "region": region,
        "env": tags.get("env") or "dev",
        "created_at": ctx.now,
        "public_access_block": _BLOCKED,
        "ownership_controls": {"Rules": [{"ObjectOwnership": ownership}]},
        "object_lock": {"ObjectLockEnabled": "Enabled"} if locked else None,
        "versioning": "Enabled" if locked else None,
        "acl": acl,
    }
    async with ctx.db.transaction():
        if not await s3_buckets.insert(ctx.db, row):
            await _refuse_taken(ctx, name, region)
        elif tags:
            await s3_buckets.replace_tags(ctx.db, name, tags)
    place = f"/{name}" if region == HOME else f"http://{name}.s3.amazonaws.com/"
    return {"Location": place, "BucketArn": f"arn:aws:s3:::{name}"}


async def _refuse_taken(ctx: Context, name: str, region: str) -> None:
    own = await s3_buckets.find_one(ctx.db, name)
    if own is None:
        raise AwsError(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all"
            " users of the system. Please select a different name and try again.",
            409,
            BucketName=name,
        )
    if not own["region"] == region == ctx.region == HOME:
        raise AwsError(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
            409,
            BucketName=name,
        )


def _region(ctx: Context, configuration: dict[str, Any]) -> str:
    """Where the bucket is to be: the constraint must fit the endpoint; us-east-1's takes any."""
    if "Location" in configuration or "Bucket" in configuration:
        raise refusals.not_emulated("A directory bucket")
    wanted = configuration.get("LocationConstraint")
    region = "eu-west-1" if wanted == "EU" else wanted or HOME
    if ctx.region != HOME and region != ctx.region:
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {wanted or 'unspecified'} location constraint is incompatible for the region"
            " specific endpoint this request was sent to.",
            400,
        )
    return region


def _check_name(name: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html."""
    sound = 3 <= len(name) <= 63 and _NAME.fullmatch(name) and not _RESERVED.fullmatch(name)
    if sound:
        try:
            ipaddress.IPv4Address(name)
        except ValueError:
            return
    raise AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, BucketName=name)


async def delete_bucket(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a bucket without objects; unfinished uploads go with it."""
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        if not await s3_buckets.delete(ctx.db, found["name"]):
            versions = " You must delete all versions in the bucket." if found["versioning"] else ""
            raise AwsError(
                "BucketNotEmpty",
                "The bucket you tried to delete is not empty"
                + (f".{versions}" if versions else ""),
                409,
                BucketName=found["name"],
            )
    return {}


async def head_bucket(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether there is such a bucket, and where."""
    found = await bucket_of(ctx, params)
    return {"BucketRegion": found["region"], "AccessPointAlias": False}


async def list_buckets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's buckets of all regions, by name."""
    asked = page(
        ctx, params, token="ContinuationToken", size="MaxBuckets",  # noqa: S106
        invalid=lambda: refusals.invalid(
            "The continuation token provided is incorrect", "continuation-token"),
    )  # fmt: skip
    where = []
    prefix = params.get("Prefix")
    if prefix:
        escaped = prefix.translate({ord(letter): "\\" + letter for letter in "\\%_"})
        where.append(Condition("name", patterns=(escaped + "%",)))
    rows = await s3_buckets.LISTING.page(
        ctx.db, where, region=params.get("BucketRegion"), after=asked.after, limit=asked.fetch
    )
    shown, token = asked.cut(rows, "name")
    # the region stands there once a request says any of the newer parameters
    view = PLACED_VIEW if params else BUCKET_VIEW
    return {
        "Buckets": Rows(view, shown),
        "Owner": owner(ctx),
        "Prefix": prefix,
        "ContinuationToken": token,
    }


async def list_directory_buckets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Directory buckets, of which no account has any: CreateBucket refuses to make them."""
    return {"Buckets": []}


async def get_bucket_location(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The bucket's region, which us-east-1 does not call by a name; asked from anywhere."""
    found = await bucket_of(ctx, params, anywhere=True)
    return {"LocationConstraint": None if found["region"] == HOME else found["region"]}


async def get_bucket_versioning(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether versions are kept; nothing where they never were."""
    found = await bucket_of(ctx, params)
    return {"Status": found["versioning"]}


async def put_bucket_versioning(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep versions from now on, or keep no new ones."""
    status = params["VersioningConfiguration"].get("Status")
    if params.get("MFA") or params["VersioningConfiguration"].get("MFADelete") == "Enabled":
        raise refusals.not_emulated("MFA delete")
    if status is None:
        raise AwsError(
            "IllegalVersioningConfigurationException",
            "The Versioning element must be specified",
            400,
        )
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params, "object_lock")
        if found["object_lock"] and status == "Suspended":
            raise AwsError(
                "InvalidBucketState",
                "An Object Lock configuration is present on this bucket, so the versioning state"
                " cannot be changed.",
                409,
            )
        await s3_buckets.configure(ctx.db, found["name"], {"versioning": status})
    return {}


_SHOWN = {"Name": "name", "CreationDate": "created_at"}
BUCKET_VIEW = View(_SHOWN)
PLACED_VIEW = View({**_SHOWN, "BucketRegion": "region"})
