"""A machine that nobody answers for."""

from tests.waste.calling import Client

COST_FALLS = False


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeTags: there is neither owner nor team."""
    filters = [{"Name": "resource-id", "Values": [resource_id]}]
    tags = client("ec2").describe_tags(Filters=filters)["Tags"]
    return not {"owner", "team"} & {tag["Key"] for tag in tags}


def remedy(client: Client, resource_id: str) -> None:
    """Say whose it is."""
    tags = [{"Key": "owner", "Value": "ann@example.com"}, {"Key": "team", "Value": "core"}]
    client("ec2").create_tags(Resources=[resource_id], Tags=tags)
