"""A bucket in which nothing ever moves or ends."""

import pytest
from botocore.exceptions import ClientError

from tests.waste.calling import Client

SAVES_LATER = True
COST_FALLS = False  # what is there is old enough to move only after thirty days


def reveal(client: Client, resource_id: str) -> bool:
    """GetBucketLifecycleConfiguration: there is none."""
    with pytest.raises(ClientError) as refused:
        client("s3").get_bucket_lifecycle_configuration(Bucket=resource_id)
    return refused.value.response["Error"]["Code"] == "NoSuchLifecycleConfiguration"


def remedy(client: Client, resource_id: str) -> None:
    """To where it is cheaper after thirty days, away after a year."""
    rule = {
        "ID": "age",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
        "Expiration": {"Days": 365},
    }
    client("s3").put_bucket_lifecycle_configuration(
        Bucket=resource_id, LifecycleConfiguration={"Rules": [rule]}
    )
