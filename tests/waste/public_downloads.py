"""A bucket that everybody may read, and does."""

from datetime import UTC, datetime, timedelta

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """Its policy is public, no tag says that it should be, and the bill has the bytes."""
    s3 = client("s3")
    public = s3.get_bucket_policy_status(Bucket=resource_id)["PolicyStatus"]["IsPublic"]
    tags = {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=resource_id)["TagSet"]}
    today = datetime.now(UTC).date()
    bill = client("ce", "us-east-1").get_cost_and_usage(
        TimePeriod={"Start": str(today - timedelta(days=7)), "End": str(today)},
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    )
    left = sum(
        float(group["Metrics"]["UsageQuantity"]["Amount"])
        for day in bill["ResultsByTime"]
        for group in day["Groups"]
        if group["Keys"][0].endswith("DataTransfer-Out-Bytes")
    )
    return bool(public) and "public" not in tags and left > 7 * 50


def remedy(client: Client, resource_id: str) -> None:
    """Keep the public out."""
    client("s3").put_public_access_block(
        Bucket=resource_id,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
