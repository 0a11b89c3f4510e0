"""A bucket that nobody has asked for anything."""

from tests.waste.calling import Client, datapoints

EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """Something is in it, and there is no request in a week."""
    names = [one["Name"] for one in client("s3").list_buckets()["Buckets"]]
    stored = datapoints(
        client, "AWS/S3", "BucketSizeBytes", BucketName=resource_id, StorageType="StandardStorage"
    )
    asked = datapoints(
        client, "AWS/S3", "AllRequests", "Sum", BucketName=resource_id, FilterId="EntireBucket"
    )
    return resource_id in names and stored[-1] > 0 and not any(asked)


def remedy(client: Client, resource_id: str) -> None:
    """Empty it and delete it."""
    s3 = client("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=resource_id):
        keys = [{"Key": one["Key"]} for one in page.get("Contents", [])]
        s3.delete_objects(Bucket=resource_id, Delete={"Objects": keys})
    s3.delete_bucket(Bucket=resource_id)
