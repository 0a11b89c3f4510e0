"""A bucket whose data is hardly ever asked for, all of it in the dearest class."""

import pytest
from botocore.exceptions import ClientError

from tests.waste.calling import Client, datapoints

DAYS_AFTER = 2  # the first day pays for the move
EXACT = True


def reveal(client: Client, resource_id: str) -> bool:
    """No rule moves anything, and there are fewer requests a day than GB."""
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        client("s3").get_bucket_lifecycle_configuration(Bucket=resource_id)
    stored = datapoints(
        client, "AWS/S3", "BucketSizeBytes", BucketName=resource_id, StorageType="StandardStorage"
    )
    asked = datapoints(
        client, "AWS/S3", "AllRequests", "Sum", BucketName=resource_id, FilterId="EntireBucket"
    )
    return stored[-1] > 100 * 2**30 and max(asked) < stored[-1] / 2**30


def remedy(client: Client, resource_id: str) -> None:
    """Move everything to where it is paid for when it is read."""
    client("s3").put_bucket_lifecycle_configuration(
        Bucket=resource_id,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "archive",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "Transitions": [{"Days": 0, "StorageClass": "GLACIER_IR"}],
                }
            ]
        },
    )
