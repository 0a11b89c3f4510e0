"""Configurations of which a bucket has one each: kept as they are put, and shown.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of
from models import s3_buckets

NOUN = "s3_buckets"
_AES = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]
}
_METHODS = {"GET", "PUT", "POST", "DELETE", "HEAD"}
_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


async def get_bucket_encryption(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How new objects are encrypted: every bucket has a default, AES256 unless it was changed."""
    found = await bucket_of(ctx, params, "encryption")
    return {"ServerSideEncryptionConfiguration": found["encryption"] or _AES}


async def put_bucket_encryption(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change the default for objects to come."""
    given = params["ServerSideEncryptionConfiguration"]
    if len(given["Rules"]) != 1:
        raise refusals.malformed()
    default = given["Rules"][0].get("ApplyServerSideEncryptionByDefault")
    if default is not None:
        if default.get("KMSMasterKeyID") and not default["SSEAlgorithm"].startswith("aws:kms"):
            raise refusals.invalid(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms"
                " or aws:kms:dsse"
            )
        given["Rules"][0].setdefault("BucketKeyEnabled", False)
    return await _put(ctx, params, "encryption", given)


async def delete_bucket_encryption(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Go back to AES256."""
    return await _put(ctx, params, "encryption", None)


async def get_public_access_block(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What keeps the public out."""
    block = await _get(ctx, params, "public_access_block", "NoSuchPublicAccessBlockConfiguration")
    return {"PublicAccessBlockConfiguration": block}


async def put_public_access_block(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put a block; what it does not name is off."""
    given = params["PublicAccessBlockConfiguration"]
    block = {name: bool(given.get(name)) for name in _BLOCKS}
    return await _put(ctx, params, "public_access_block", block)


async def delete_public_access_block(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the block away."""
    return await _put(ctx, params, "public_access_block", None)


async def get_bucket_ownership_controls(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who owns what others write."""
    found = await _get(ctx, params, "ownership_controls", "OwnershipControlsNotFoundError")
    return {"OwnershipControls": found}


async def put_bucket_ownership_controls(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put the one rule of ownership."""
    given = params["OwnershipControls"]
    if len(given["Rules"]) != 1:
        raise refusals.malformed()
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params, "acl")
        enforced = given["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced"
        if enforced and len(found["acl"] or ()) > 1:
            raise AwsError(
                "InvalidBucketAclWithObjectOwnership",
                "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
                400,
            )
        await s3_buckets.configure(ctx.db, found["name"], {"ownership_controls": given})
    return {}


async def delete_bucket_ownership_controls(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the rule away."""
    return await _put(ctx, params, "ownership_controls", None)


async def get_bucket_cors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Which web pages may call."""
    return dict(await _get(ctx, params, "cors", "NoSuchCORSConfiguration"))


async def put_bucket_cors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put rules. They are kept; pages of other origins are never served."""
    given = params["CORSConfiguration"]
    if not 1 <= len(given["CORSRules"]) <= 100:
        raise refusals.malformed()
    for rule in given["CORSRules"]:
        for method in rule["AllowedMethods"]:
            if method not in _METHODS:
                raise refusals.bad_request(
                    f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
                )
    return await _put(ctx, params, "cors", given)


async def delete_bucket_cors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the rules away."""
    return await _put(ctx, params, "cors", None)


async def get_bucket_website(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The pages of a website."""
    return dict(await _get(ctx, params, "website", "NoSuchWebsiteConfiguration"))


async def put_bucket_website(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make the bucket a website, which no website endpoint serves."""
    given = params["WebsiteConfiguration"]
    index = given.get("IndexDocument")
    if given.get("RedirectAllRequestsTo"):
        if index or given.get("ErrorDocument") or given.get("RoutingRules"):
            raise refusals.invalid(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            )
    elif index is None:
        raise refusals.invalid(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument", "null",
        )  # fmt: skip
    elif not index["Suffix"] or "/" in index["Suffix"]:
        raise refusals.invalid(
            "The IndexDocument Suffix is not well formed", "IndexDocument", index["Suffix"]
        )
    return await _put(ctx, params, "website", given)


async def delete_bucket_website(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make the bucket no website any more."""
    return await _put(ctx, params, "website", None)


async def get_bucket_logging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Where access logs go; nothing where there are none."""
    found = await bucket_of(ctx, params, "logging")
    return {"LoggingEnabled": found["logging"]}


async def put_bucket_logging(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Send access logs to a bucket of the same account and region, or to none."""
    given = params["BucketLoggingStatus"].get("LoggingEnabled")
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        if given is not None:
            target = await s3_buckets.find_one(ctx.db, given["TargetBucket"])
            if target is None:
                raise AwsError(
                    "InvalidTargetBucketForLogging",
                    "The target bucket for logging does not exist",
                    400,
                    TargetBucket=given["TargetBucket"],
                )
            if target["region"] != found["region"]:
                raise AwsError(
                    "CrossLocationLoggingProhibitted",
                    "Cross S3 location logging not allowed. ",
                    403,
                    TargetBucketLocation=target["region"],
                )
        await s3_buckets.configure(ctx.db, found["name"], {"logging": given})
    return {}


async def get_bucket_notification_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Who is told of events; nothing where nobody is."""
    found = await bucket_of(ctx, params, "notification")
    return dict(found["notification"] or {})


async def put_bucket_notification_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put whom to tell. Events are not sent."""
    given = params["NotificationConfiguration"]
    for member in ("TopicConfigurations", "QueueConfigurations", "LambdaFunctionConfigurations"):
        for at, one in enumerate(given.get(member) or ()):
            one.setdefault("Id", f"{member[:-14].lower()}-{at + 1}")
            key = ((one.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ()
            for rule in key:
                if rule.get("Name", "").lower() not in ("prefix", "suffix"):
                    raise refusals.invalid("filter rule name must be either prefix or suffix")
    return await _put(ctx, params, "notification", given or None)


async def get_bucket_replication(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Where objects are replicated to."""
    found = await _get(ctx, params, "replication", "ReplicationConfigurationNotFoundError")
    return {"ReplicationConfiguration": found}


async def put_bucket_replication(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put rules, between buckets that keep versions. Objects are not replicated."""
    given = params["ReplicationConfiguration"]
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        if found["versioning"] != "Enabled":
            raise refusals.bad_request(
                "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
            )
        for at, rule in enumerate(given["Rules"]):
            rule.setdefault("ID", f"rule-{at + 1}")
            name = rule["Destination"]["Bucket"].removeprefix("arn:aws:s3:::")
            target = await s3_buckets.find_one(ctx.db, name)
            if target is None:
                raise refusals.bad_request("Destination bucket must exist.")
            if target["versioning"] != "Enabled":
                raise refusals.bad_request("Destination bucket must have versioning enabled.")
        await s3_buckets.configure(ctx.db, found["name"], {"replication": given})
    return {}


async def delete_bucket_replication(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the rules away."""
    return await _put(ctx, params, "replication", None)


async def get_bucket_accelerate_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Whether transfers are accelerated; nothing where they never were."""
    found = await bucket_of(ctx, params, "accelerate")
    return {"Status": found["accelerate"]}


async def put_bucket_accelerate_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Turn acceleration on or off."""
    status = params["AccelerateConfiguration"].get("Status")
    if status is None:
        raise refusals.malformed()
    if "." in params["Bucket"]:
        raise refusals.bad_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    return await _put(ctx, params, "accelerate", status)


async def get_bucket_request_payment(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who pays for requests."""
    found = await bucket_of(ctx, params, "request_payer")
    return {"Payer": found["request_payer"]}


async def put_bucket_request_payment(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say who pays for requests."""
    payer = params["RequestPaymentConfiguration"]["Payer"]
    return await _put(ctx, params, "request_payer", payer)


async def get_object_lock_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How long new objects are locked."""
    found = await _get(ctx, params, "object_lock", "ObjectLockConfigurationNotFoundError")
    return {"ObjectLockConfiguration": found}


async def put_object_lock_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Turn Object Lock on, where versions are kept, or change the default retention."""
    given = params.get("ObjectLockConfiguration")
    if not given or given.get("ObjectLockEnabled") != "Enabled":
        raise refusals.malformed()
    default = (given.get("Rule") or {}).get("DefaultRetention")
    if given.get("Rule") is not None:
        terms = [term for term in ("Days", "Years") if (default or {}).get(term) is not None]
        if not default or not default.get("Mode") or len(terms) != 1:
            raise refusals.malformed()
        if default[terms[0]] <= 0:
            raise refusals.invalid("Default retention period must be a positive integer value.")
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        if found["versioning"] != "Enabled":
            raise AwsError(
                "InvalidBucketState",
                "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
                409,
            )
        await s3_buckets.configure(ctx.db, found["name"], {"object_lock": given})
    return {}


async def _get(ctx: Context, params: dict[str, Any], column: str, absent: str) -> dict[str, Any]:
    found = await bucket_of(ctx, params, column)
    value: dict[str, Any] | None = found[column]
    if not value:
        raise refusals.missing(absent, found["name"])
    return value


async def _put(ctx: Context, params: dict[str, Any], column: str, value: Any) -> dict[str, Any]:
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        await s3_buckets.configure(ctx.db, found["name"], {column: value})
    return {}
