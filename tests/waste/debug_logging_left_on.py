"""A log group that takes in every debug line."""

from tests.waste.calling import Client, datapoints
from tests.waste.missing_log_retention import group


def reveal(client: Client, resource_id: str) -> bool:
    """IncomingBytes of the week are several times what they were before."""
    name = group(client, resource_id)["logGroupName"]
    came = datapoints(client, "AWS/Logs", "IncomingBytes", "Sum", days=16, LogGroupName=name)
    before, since = came[: len(came) - 8], came[-7:]
    return sum(since) / len(since) > 2 * sum(before) / len(before)


def remedy(client: Client, resource_id: str) -> None:
    """Delete it: who needs it logs at a lower level into a new one."""
    name = group(client, resource_id)["logGroupName"]
    client("logs").delete_log_group(logGroupName=name)
