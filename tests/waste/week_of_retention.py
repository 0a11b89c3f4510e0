"""A stream outside production that keeps more than a day."""

from tests.waste.calling import Client


def reveal(client: Client, resource_id: str) -> bool:
    """More than 24 hours of retention."""
    kinesis = client("kinesis")
    summary = kinesis.describe_stream_summary(StreamARN=resource_id)["StreamDescriptionSummary"]
    return bool(summary["RetentionPeriodHours"] > 24)


def remedy(client: Client, resource_id: str) -> None:
    """Back to a day."""
    client("kinesis").decrease_stream_retention_period(
        StreamARN=resource_id, RetentionPeriodHours=24
    )
