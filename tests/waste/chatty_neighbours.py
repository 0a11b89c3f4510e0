"""A machine that exchanges hundreds of GB a day with another zone."""

from datetime import UTC, datetime, timedelta

from tests.waste.calling import Client, datapoints

GB = 1024**3


def reveal(client: Client, resource_id: str) -> bool:
    """Its traffic is large, and so is what crosses zones on the bill."""
    moved = sum(
        sum(datapoints(client, "AWS/EC2", metric, "Sum", InstanceId=resource_id)) / 7
        for metric in ("NetworkIn", "NetworkOut")
    )
    today = datetime.now(UTC).date()
    bill = client("ce", "us-east-1").get_cost_and_usage(
        TimePeriod={"Start": str(today - timedelta(days=7)), "End": str(today)},
        Granularity="DAILY",
        Metrics=["UsageQuantity"],
        GroupBy=[{"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
    )
    crossed = sum(
        float(group["Metrics"]["UsageQuantity"]["Amount"])
        for day in bill["ResultsByTime"]
        for group in day["Groups"]
        if group["Keys"][0].endswith("DataTransfer-Regional-Bytes")
    )
    return moved > 50 * GB and crossed > 7 * 50


def remedy(client: Client, resource_id: str) -> None:
    """Stop it, so that it can be launched beside its peer."""
    client("ec2").stop_instances(InstanceIds=[resource_id])
