"""A stream with shards for a load that it does not have."""

from typing import Any

from tests.waste.calling import Client, datapoints

MEGABYTES_A_SHARD = 1024**2


def _summary(client: Client, arn: str) -> Any:
    kinesis = client("kinesis")
    return kinesis.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]


def reveal(client: Client, resource_id: str) -> bool:
    """OpenShardCount against IncomingBytes: less than a third of what the shards take."""
    summary = _summary(client, resource_id)
    came = datapoints(
        client, "AWS/Kinesis", "IncomingBytes", "Sum", StreamName=summary["StreamName"]
    )
    per_second = sum(came) / len(came) / 86400
    return bool(per_second < summary["OpenShardCount"] * MEGABYTES_A_SHARD * 0.3)


def remedy(client: Client, resource_id: str) -> None:
    """Halve it twice: a call takes away half at most."""
    for _ in range(2):
        count = _summary(client, resource_id)["OpenShardCount"]
        client("kinesis").update_shard_count(
            StreamARN=resource_id, TargetShardCount=(count + 1) // 2, ScalingType="UNIFORM_SCALING"
        )
