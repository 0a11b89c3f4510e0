"""Alarm actions: an alarm stops the machine that it watches, and says when it could do nothing."""

from typing import Any

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import Sql, turn_clock
from tests.handlers.ec2.answers import refusal

STOP = "arn:aws:automate:us-east-1:ec2:stop"
TOPIC = "arn:aws:sns:us-east-1:123456789012:ops"


def machine(cloud: Cloud) -> str:
    """A running instance."""
    made = cloud.client("ec2").run_instances(
        ImageId=cloud.client("ec2").describe_images(Owners=["amazon"], MaxResults=5)["Images"][0][
            "ImageId"
        ],
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
    )
    return str(made["Instances"][0]["InstanceId"])


def alarm(cloud: Cloud, watched: str, *actions: str) -> Any:
    """An alarm on that instance that is about to ring; the client."""
    client = cloud.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="idle", Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average",
        Period=300, EvaluationPeriods=1, Threshold=5.0, ComparisonOperator="LessThanThreshold",
        Dimensions=[{"Name": "InstanceId", "Value": watched}], AlarmActions=list(actions),
    )  # fmt: skip
    client.set_alarm_state(AlarmName="idle", StateValue="ALARM", StateReason="nobody works")
    return client


def test_an_alarm_stops_its_machine(cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    watched = machine(cloud)
    client = alarm(cloud, watched, STOP, TOPIC)
    [row] = sql("select state from instances where instance_id = $1", watched)
    assert row["state"] == "stopped"
    [event] = sql(
        "select new_value from resource_change_events where resource_id = $1"
        " and field_name = 'state'",
        watched,
    )
    assert event["new_value"] == "stopped"
    items = client.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert {item["HistorySummary"] for item in items} == {
        f"Successfully executed action {STOP}",
        f"Failed to execute action {TOPIC}",
    }


def test_an_alarm_reaches_no_machine_of_others(cloud: Cloud, other_cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    watched = machine(other_cloud)
    alarm(cloud, watched, STOP)
    [row] = sql("select state from instances where instance_id = $1", watched)
    assert row["state"] == "running"


def test_an_alarm_without_actions_leaves_it_alone(cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    watched = machine(cloud)
    client = alarm(cloud, watched, STOP)
    sql("update instances set state = 'running' where instance_id = $1", watched)
    client.set_alarm_state(AlarmName="idle", StateValue="OK", StateReason="busy")
    client.disable_alarm_actions(AlarmNames=["idle"])
    client.set_alarm_state(AlarmName="idle", StateValue="ALARM", StateReason="nobody works")
    [row] = sql("select state from instances where instance_id = $1", watched)
    assert row["state"] == "running"


def test_actions_must_be_possible(cloud: Cloud) -> None:
    put = {
        "AlarmName": "queue", "Namespace": "AWS/SQS", "MetricName": "Depth", "Statistic": "Sum",
        "Period": 300, "EvaluationPeriods": 1, "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }  # fmt: skip
    client = cloud.client("cloudwatch")
    assert refusal(client.put_metric_alarm, **put, AlarmActions=["scale-out"]) == (
        "ValidationError", "Invalid arn syntax: scale-out",
    )  # fmt: skip
    assert refusal(client.put_metric_alarm, **put, OKActions=[STOP]) == (
        "ValidationError",
        "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring an"
        " EC2 instance.",
    )
    client.put_metric_alarm(**put, AlarmActions=[TOPIC])
    assert client.describe_alarms()["MetricAlarms"][0]["AlarmActions"] == [TOPIC]
