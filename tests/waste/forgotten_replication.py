"""A bucket that is copied to another region."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """A rule in force names a bucket of another region, and nothing says that it has to."""
    s3 = client("s3")
    rules = s3.get_bucket_replication(Bucket=resource_id)["ReplicationConfiguration"]["Rules"]
    here = s3.get_bucket_location(Bucket=resource_id)["LocationConstraint"]
    targets = [
        rule["Destination"]["Bucket"].removeprefix("arn:aws:s3:::")
        for rule in rules
        if rule["Status"] == "Enabled"
    ]
    there = [s3.get_bucket_location(Bucket=one)["LocationConstraint"] for one in targets]
    tags = {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=resource_id)["TagSet"]}
    return any(one != here for one in there) and "dr" not in tags


def remedy(client: Client, resource_id: str) -> None:
    """Take the rules away."""
    client("s3").delete_bucket_replication(Bucket=resource_id)
