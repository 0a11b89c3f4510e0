"""A log group that a failing release floods."""

from tests.waste.calling import Client, datapoints
from tests.waste.missing_log_retention import group

DAYS = 1  # a storm lasts one to three days


def reveal(client: Client, resource_id: str) -> bool:
    """IncomingBytes of the last hour's minutes are many times those of the days before."""
    name = {"LogGroupName": group(client, resource_id)["logGroupName"]}
    came = datapoints(client, "AWS/Logs", "IncomingBytes", "Sum", days=4, period=300, **name)
    return max(came[-12:]) > 5 * sorted(came)[len(came) // 2]


def remedy(client: Client, resource_id: str) -> None:
    """Delete it: the release is beyond a client's reach, the flood is not."""
    name = group(client, resource_id)["logGroupName"]
    client("logs").delete_log_group(logGroupName=name)
