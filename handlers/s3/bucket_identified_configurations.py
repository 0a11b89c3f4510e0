"""Configurations of which a bucket can have many, each by its id.

Intelligent-Tiering, inventory, analytics (storage class analysis) and request metrics.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html and
its neighbours.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.pages import page
from handlers.s3 import refusals
from handlers.s3.bucket_access import bucket_of, no_such_bucket
from models import s3_buckets

NOUN = "s3_buckets"
PAGE = 100
MOST = 1000
_DESTINATION = "arn:aws:s3:::"


async def get_bucket_intelligent_tiering_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One configuration of when objects move to the archive tiers."""
    return {"IntelligentTieringConfiguration": await _one(ctx, params, "intelligent_tiering")}


async def list_bucket_intelligent_tiering_configurations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """All of them, by id."""
    return await _all(ctx, params, "intelligent_tiering", "IntelligentTieringConfigurationList")


async def put_bucket_intelligent_tiering_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put one: from 90 days on to the archive, from 180 to the deep archive."""
    entry = params["IntelligentTieringConfiguration"]
    tiers = [tier["AccessTier"] for tier in entry["Tierings"]]
    if not tiers or len(set(tiers)) < len(tiers):
        raise refusals.malformed()
    for tier in entry["Tierings"]:
        least = 90 if tier["AccessTier"] == "ARCHIVE_ACCESS" else 180
        if not least <= tier["Days"] <= 730:
            raise refusals.invalid(
                f"'Days' in Intelligent-Tiering action must be between {least} and 730 for"
                f" access tier '{tier['AccessTier']}'",
                "Days", tier["Days"],
            )  # fmt: skip
    return await _put(ctx, params, "intelligent_tiering", entry)


async def delete_bucket_intelligent_tiering_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take one away."""
    return await _remove(ctx, params, "intelligent_tiering")


async def get_bucket_inventory_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One inventory: where its lists go, and how often."""
    return {"InventoryConfiguration": await _one(ctx, params, "inventory")}


async def list_bucket_inventory_configurations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """All inventories, by id."""
    return await _all(ctx, params, "inventory", "InventoryConfigurationList")


async def put_bucket_inventory_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put one. Lists are not written: the destination stays as it is."""
    entry = params["InventoryConfiguration"]
    if not entry["Destination"]["S3BucketDestination"]["Bucket"].startswith(_DESTINATION):
        raise AwsError("InvalidS3DestinationBucket", "Invalid bucket ARN.", 400)
    return await _put(ctx, params, "inventory", entry)


async def delete_bucket_inventory_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take one away."""
    return await _remove(ctx, params, "inventory")


async def get_bucket_analytics_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One analysis of storage classes."""
    return {"AnalyticsConfiguration": await _one(ctx, params, "analytics")}


async def list_bucket_analytics_configurations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """All analyses, by id."""
    return await _all(ctx, params, "analytics", "AnalyticsConfigurationList")


async def put_bucket_analytics_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Put one."""
    return await _put(ctx, params, "analytics", params["AnalyticsConfiguration"])


async def delete_bucket_analytics_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take one away."""
    return await _remove(ctx, params, "analytics")


async def get_bucket_metrics_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One configuration of request metrics."""
    return {"MetricsConfiguration": await _one(ctx, params, "metrics")}


async def list_bucket_metrics_configurations(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """All of them, by id."""
    return await _all(ctx, params, "metrics", "MetricsConfigurationList")


async def put_bucket_metrics_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put one; its id is the FilterId of the bucket's metrics in CloudWatch."""
    return await _put(ctx, params, "metrics", params["MetricsConfiguration"])


async def delete_bucket_metrics_configuration(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take one away."""
    return await _remove(ctx, params, "metrics")


async def _one(ctx: Context, params: dict[str, Any], column: str) -> dict[str, Any]:
    found = await bucket_of(ctx, params, column)
    entry: dict[str, Any] | None = found[column].get(params["Id"])
    if entry is None:
        raise refusals.missing("NoSuchConfiguration", found["name"])
    return entry


async def _all(ctx: Context, params: dict[str, Any], column: str, member: str) -> dict[str, Any]:
    asked = page(
        ctx, params, token="ContinuationToken", default=PAGE,  # noqa: S106
        invalid=lambda: refusals.invalid(
            "The continuation token provided is incorrect", "continuation-token"),
    )  # fmt: skip
    found = await bucket_of(ctx, params, column)
    entries = [found[column][key] for key in sorted(found[column])]
    shown, token = asked.cut_items(entries, lambda entry: str(entry["Id"]))
    return {
        member: list(shown),
        "IsTruncated": token is not None,
        "ContinuationToken": params.get("ContinuationToken"),
        "NextContinuationToken": token,
    }


async def _put(
    ctx: Context, params: dict[str, Any], column: str, entry: dict[str, Any]
) -> dict[str, Any]:
    if entry["Id"] != params["Id"]:
        raise AwsError(
            "IdMismatch", "Document ID does not match the specified configuration ID.", 400
        )
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        put = await s3_buckets.put_entry(ctx.db, found["name"], column, params["Id"], entry, MOST)
        if put is None:
            raise no_such_bucket(params["Bucket"])
        if not put:
            raise AwsError(
                "TooManyConfigurations",
                "You are attempting to create a new configuration but have already reached the"
                f" {MOST:,}-configuration limit.",
                400,
            )
    return {}


async def _remove(ctx: Context, params: dict[str, Any], column: str) -> dict[str, Any]:
    async with ctx.db.transaction():
        found = await bucket_of(ctx, params)
        if not await s3_buckets.remove_entry(ctx.db, found["name"], column, params["Id"]):
            raise refusals.missing("NoSuchConfiguration", found["name"])
    return {}
