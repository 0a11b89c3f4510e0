"""A log group that keeps everything for ever."""

from typing import Any

from tests.waste.calling import Client

COST_FALLS = False  # what is stored is old enough to expire only after the retention


def group(client: Client, arn: str) -> Any:
    """The log group of an ARN."""
    name = arn.split(":", 6)[6].removesuffix(":*")
    found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next(one for one in found if one["logGroupName"] == name)


def reveal(client: Client, resource_id: str) -> bool:
    """DescribeLogGroups: there is no retentionInDays."""
    return "retentionInDays" not in group(client, resource_id)


def remedy(client: Client, resource_id: str) -> None:
    """Thirty days are enough."""
    name = group(client, resource_id)["logGroupName"]
    client("logs").put_retention_policy(logGroupName=name, retentionInDays=30)
