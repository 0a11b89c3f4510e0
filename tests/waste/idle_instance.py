"""An instance that runs for nobody."""

from tests.waste.calling import Client, datapoints
from tests.waste.machines import is_running


def reveal(client: Client, resource_id: str) -> bool:
    """It runs alone, and neither its mean nor its maximum of a week tells of work."""
    means = datapoints(client, "AWS/EC2", "CPUUtilization", InstanceId=resource_id)
    peaks = datapoints(client, "AWS/EC2", "CPUUtilization", "Maximum", InstanceId=resource_id)
    return is_running(client, resource_id) and max(means) < 5 and max(peaks) < 20


def remedy(client: Client, resource_id: str) -> None:
    """Stop it; it can be started again."""
    client("ec2").stop_instances(InstanceIds=[resource_id])


DAYS = 10  # a mean of seven days forgets the days before
