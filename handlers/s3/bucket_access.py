"""The bucket that a request is about: whose it is, and in which region."""

import hashlib
import re
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import refusals
from models import s3_buckets

_ACCOUNT = re.compile("[0-9]{12}")


async def bucket_of(
    ctx: Context, params: dict[str, Any], *columns: str, anywhere: bool = False
) -> Any:
    """The caller's bucket that `params` name, with some of its configurations.

    NoSuchBucket; AccessDenied for another account's; PermanentRedirect when the request was signed
    for another region than the bucket's, unless it may come from `anywhere`.
    """
    return await named(
        ctx, params["Bucket"], *columns, owner=params.get("ExpectedBucketOwner"), anywhere=anywhere
    )


async def named(
    ctx: Context, name: str, *columns: str, owner: str | None = None, anywhere: bool = False
) -> Any:
    """The same for a bucket that is named elsewhere, such as the source of a copy."""
    expect_owner(ctx, owner)
    found = await s3_buckets.find_one(ctx.db, name, *columns)
    if found is None:
        if await s3_buckets.is_taken(ctx.db, name):
            raise refusals.denied()
        raise no_such_bucket(name)
    if found["region"] != ctx.region and not anywhere:
        raise redirect(name, found["region"])
    return found


def expect_owner(ctx: Context, owner: str | None) -> None:
    """Hold the account that the caller thinks is the owner against the caller's own."""
    if owner is None or owner == ctx.principal.account_number:
        return
    if not _ACCOUNT.fullmatch(owner):
        raise AwsError(
            "InvalidBucketOwnerAWSAccountID",
            "The value of the expected bucket owner parameter must be an AWS Account ID..."
            f" [{owner}]",
            400,
        )
    raise refusals.denied()


def no_such_bucket(name: str) -> AwsError:
    """A name that no bucket has."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


def redirect(name: str, region: str) -> AwsError:
    """Where a bucket of another region is to be asked.

    Clients sign anew for the region that the header names
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/Redirects.html).
    """
    return AwsError(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint."
        " Please send all future requests to this endpoint.",
        301,
        Endpoint=f"{name}.s3.{region}.amazonaws.com",
        Bucket=name,
        **{"x-amz-bucket-region": region},
    )


def owner(ctx: Context) -> dict[str, str]:
    """The account as S3 calls it: by its canonical user id, which follows from its number."""
    number = ctx.principal.account_number
    return {"DisplayName": f"aws-{number}", "ID": hashlib.sha256(number.encode()).hexdigest()}
