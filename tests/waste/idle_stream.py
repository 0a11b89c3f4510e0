"""A stream that nobody writes to."""

from tests.waste.calling import Client, datapoints


def reveal(client: Client, resource_id: str) -> bool:
    """IncomingBytes and IncomingRecords are nothing."""
    kinesis = client("kinesis")
    summary = kinesis.describe_stream_summary(StreamARN=resource_id)["StreamDescriptionSummary"]
    name = summary["StreamName"]
    came = datapoints(client, "AWS/Kinesis", "IncomingBytes", "Sum", StreamName=name)
    return bool(summary["OpenShardCount"] > 0 and sum(came) == 0)


def remedy(client: Client, resource_id: str) -> None:
    """Delete it."""
    client("kinesis").delete_stream(StreamARN=resource_id)
