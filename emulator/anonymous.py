"""Anybody: readers who sign nothing, let in by what a bucket's own policy says of everybody.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html, its
permission to an anonymous user, and access-control-block-public-access.html. Who signs nothing
may look at what is public, and writes nothing here.
"""

import uuid
from dataclasses import replace
from typing import Final

from emulator.context import Context, Principal
from emulator.errors import AwsError
from emulator.permissions import request_context
from emulator.policies import request_keys, resources, trust
from emulator.policies.actions import action as action_of
from emulator.policies.evaluation import Rules, judge
from emulator.resource_policies import Sharing
from models import resource_facts, resource_policies

NAME: Final = "anonymous"
ANYBODY: Final = Principal("", uuid.UUID(int=0), uuid.UUID(int=0), NAME, NAME, NAME, NAME, ())
# What buckets and objects can be asked without a signature.
READS: Final = frozenset(
    ("GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "HeadBucket",
     "ListObjects", "ListObjectsV2", "ListObjectVersions")
)  # fmt: skip


def is_anybodys(ctx: Context, service: str | None, operation: str | None) -> bool:
    """Whether a request that carries no signature may be one of a reader who signs nothing."""
    return (
        service == "s3"
        and operation in READS
        and ctx.method in ("GET", "HEAD")
        and "authorization" not in ctx.headers
    )


async def let_in(ctx: Context) -> None:
    """Let a reader go on in the account of a bucket that is public, or refuse it as S3 does."""
    bucket = str(ctx.params["Bucket"])
    operation = ctx.operation.name if ctx.operation else ""
    server = ctx.server
    async with server.database.owner() as connection:
        place = await resource_policies.place(connection, bucket)
    if place is None:
        raise AwsError(
            "NoSuchBucket", "The specified bucket does not exist", 404, BucketName=bucket
        )
    ctx.region = place["region"]
    sharing = await server.resource_policies.of_bucket(NAME, bucket, operation)
    account = sharing.owner.account_id if sharing is not None else None
    if sharing is None or account is None or not await _allowed(ctx, operation, sharing, account):
        raise AwsError("AccessDenied", "Access Denied", 403)
    ctx._principal = replace(
        ANYBODY, account_id=account, account_number=sharing.owner.number, home=NAME
    )
    ctx.shift = await server.clocks.shift(account, ctx.wall)


async def _allowed(ctx: Context, operation: str, sharing: Sharing, account: uuid.UUID) -> bool:
    owner = sharing.owner
    context = request_context(ctx) | request_keys.of_parameters("s3", operation, ctx.params)
    context |= {"aws:principaltype": ["Anonymous"], "aws:userid": [NAME]}
    context.pop("s3:authtype", None)
    anybody = trust.Caller(NAME, ())
    policies = tuple(trust.naming(one, anybody) for one in sharing.policies(NAME))
    named = resources.arns("s3", operation, ctx.params, region=ctx.region, account=owner.number)
    facts = {}
    if sharing.held.asks:
        db = ctx.server.database.session(account, "agent")
        facts = await resource_facts.of(db, owner.number, ctx.region, named)
    name = action_of("s3", "s3", operation)
    for one in named:
        tags, keys = facts.get(one, ({}, {}))
        whole = context | request_keys.of_row("s3", one, tags, keys, context, owner.number)
        if not judge(Rules(), name, one, whole, resource_policies=policies).allowed:
            return False
    return True
