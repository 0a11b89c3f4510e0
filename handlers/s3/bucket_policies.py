"""Policies of buckets: kept as text, judged public or not, and what every call is held to.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html.
"""

from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from emulator.policies import documents
from emulator.policies.documents import MalformedError
from emulator.policies.publicity import is_public, listed
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of
from models import s3_buckets

NOUN = "s3_buckets"
LONGEST_BYTES = 20 * 1024


async def get_bucket_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The text of a bucket's policy."""
    found = await bucket_of(ctx, params, "policy")
    if found["policy"] is None:
        raise refusals.missing("NoSuchBucketPolicy", found["name"])
    return {"Policy": found["policy"]}


async def get_bucket_policy_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether the policy lets the public in."""
    found = await bucket_of(ctx, params, "policy")
    if found["policy"] is None:
        raise refusals.missing("NoSuchBucketPolicy", found["name"])
    return {"PolicyStatus": {"IsPublic": is_public(orjson.loads(found["policy"]))}}


async def put_bucket_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a policy; AccessDenied for a public one where public policies are blocked."""
    text = params["Policy"]
    policy = _parsed(text)
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params, "public_access_block")
        _check_resources(policy, found["name"])
        block = found["public_access_block"] or {}
        if block.get("BlockPublicPolicy") and is_public(policy):
            raise refusals.denied()
        await s3_buckets.configure(ctx.db, found["name"], {"policy": text})
    return {}


async def delete_bucket_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the policy away; a bucket without one is no error."""
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        await s3_buckets.configure(ctx.db, found["name"], {"policy": None})
    return {}


def _parsed(text: str) -> dict[str, Any]:
    if len(text.encode()) > LONGEST_BYTES:
        raise _malformed("Policy exceeds the maximum allowed document size.", "PolicyTooLarge")
    try:
        policy = orjson.loads(text)
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    if not policy.get("Statement"):
        raise _malformed("Missing required field Statement")
    for statement in _statements(policy):
        if not isinstance(statement, dict):
            raise _malformed("Statement must be an object")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise _malformed(f"Invalid effect: {statement.get('Effect')}")
        for field in ("Principal", "Action", "Resource"):
            if field not in statement and f"Not{field}" not in statement:
                raise _malformed(f"Missing required field {field}")
    try:
        documents.check(text, "resource")
    except MalformedError as error:
        raise _malformed(str(error)) from None
    return policy


def _check_resources(policy: dict[str, Any], bucket: str) -> None:
    arn = f"arn:aws:s3:::{bucket}"
    for statement in _statements(policy):
        for resource in listed(statement.get("Resource")):
            own = str(resource) == arn or str(resource).startswith(f"{arn}/")
            if not own and not (str(resource).endswith("*") and arn.startswith(resource[:-1])):
                raise _malformed("Policy has invalid resource")


def _statements(policy: dict[str, Any]) -> list[Any]:
    return listed(policy["Statement"])


def _malformed(message: str, code: str = "MalformedPolicy") -> AwsError:
    return AwsError(code, message, 400)
