"""A development machine that runs by night and on Sundays."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import is_running, tags


def reveal(client: Client, resource_id: str) -> bool:
    """There is a value for each of the last days, weekend or not, and no word of other hours."""
    days = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    found = tags(client, resource_id)
    always = len(days) >= 7 and found.get("env") != "prod" and "tz" not in found
    return always and is_running(client, resource_id) and 5 <= sum(days) / len(days) <= 60


def remedy(client: Client, resource_id: str) -> None:
    """Stop it for the night."""
    client("ec2").stop_instances(InstanceIds=[resource_id])
