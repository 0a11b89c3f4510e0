"""A log group outside production that keeps a year."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """More than a week, in dev."""
    logs = client("logs")
    name = resource_id.split(":log-group:")[1]
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    tags = logs.list_tags_for_resource(resourceArn=resource_id)["tags"]
    return (
        group["retentionInDays"] > 7
        and group["storedBytes"] > 0
        and tags["env"] == "dev"
        and "compliance" not in tags
    )


def remedy(client: Client, resource_id: str) -> None:
    """Keep a week."""
    name = resource_id.split(":log-group:")[1]
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=7)
