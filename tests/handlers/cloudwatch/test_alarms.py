"""Alarms through boto3: their life, their state, their history, their tags; dashboards beside."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drift import engine
from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import (
    NEWEST,
    Sql,
    day,
    dimensions,
    instance,
    midnight,
    turn_clock,
)
from tests.handlers.ec2.answers import refusal

TOPIC = "arn:aws:sns:us-east-1:123456789012:ops"


def put(cloud: Cloud, **more: Any) -> Any:
    """An alarm on a metric of the client's own; the client."""
    client = cloud.client("cloudwatch")
    client.put_metric_alarm(**{
        "AlarmName": "queue", "Namespace": "Shop", "MetricName": "Queue", "Statistic": "Maximum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 10.0,
        "ComparisonOperator": "GreaterThanThreshold", "AlarmActions": [TOPIC],
    } | more)  # fmt: skip
    return client


def feed(client: Any, value: float, minutes_ago: int = 1) -> None:
    """A datapoint of that metric."""
    client.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Queue", "Value": value,
         "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes_ago)}])  # fmt: skip


def look_again(sql: Sql, cloud: Cloud, minutes: int = 3) -> None:
    """As if nobody had looked for minutes."""
    sql("update alarms set evaluated_at = evaluated_at - make_interval(mins => $2),"
        " configured_at = configured_at - make_interval(mins => $2) where account_id = $1",
        cloud.account.id, minutes)  # fmt: skip


def state(client: Any, name: str = "queue") -> str:
    [alarm] = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def test_an_alarm_lives(cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    client = put(cloud, AlarmDescription="too long", Tags=[{"Key": "team", "Value": "shop"}])
    [alarm] = client.describe_alarms()["MetricAlarms"]
    arn = f"arn:aws:cloudwatch:us-east-1:{cloud.account.number}:alarm:queue"
    assert (alarm["AlarmArn"], alarm["StateValue"]) == (arn, "INSUFFICIENT_DATA")
    assert alarm["StateReason"] == "Unchecked: Initial alarm creation"
    assert (alarm["ActionsEnabled"], alarm["AlarmActions"]) == (True, [TOPIC])
    assert abs(alarm["AlarmConfigurationUpdatedTimestamp"] - datetime.now(UTC)) < timedelta(
        minutes=1
    )
    for minutes_ago in (1, 2):
        feed(client, 50, minutes_ago)
    look_again(sql, cloud)
    [alarm] = client.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert alarm["StateReason"].startswith(
        "Threshold Crossed: 1 out of the last 1 datapoint [50.0]"
    )
    year = datetime.now(UTC).strftime('"queryDate":"%Y-')
    assert year in alarm["StateReasonData"]
    history = client.describe_alarm_history(AlarmName="queue", ScanBy="TimestampAscending")
    items = [item["HistoryItemType"] for item in history["AlarmHistoryItems"]]
    assert sorted(items[:3]) == ["Action", "ConfigurationUpdate", "StateUpdate"]
    put(cloud, Threshold=100.0)
    assert client.describe_alarms()["MetricAlarms"][0]["Threshold"] == 100
    client.delete_alarms(AlarmNames=["queue"])
    assert client.describe_alarms()["MetricAlarms"] == []
    [last] = client.describe_alarm_history(MaxRecords=1)["AlarmHistoryItems"]
    assert last["HistorySummary"] == 'Alarm "queue" deleted'
    assert sql("select 1 from resource_tags where resource_id = $1", arn) == []
    assert refusal(client.delete_alarms, AlarmNames=["queue"])[0] == "ResourceNotFound"


@pytest.mark.parametrize(
    ("treat", "expected"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA"),
     ("ignore", "INSUFFICIENT_DATA")],
)  # fmt: skip
def test_missing_data_is_treated_as_told(cloud: Cloud, sql: Sql, treat: str, expected: str) -> None:
    client = put(cloud, TreatMissingData=treat, EvaluationPeriods=2)
    look_again(sql, cloud)
    assert state(client) == expected


def test_m_out_of_n_datapoints(cloud: Cloud, sql: Sql) -> None:
    client = put(cloud, EvaluationPeriods=3, DatapointsToAlarm=2, TreatMissingData="notBreaching")
    for minutes_ago, value in ((4, 50), (2, 50)):
        feed(client, value, minutes_ago)
    look_again(sql, cloud, 6)
    client.describe_alarms()
    history = client.describe_alarm_history(
        HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    summaries = [item["HistorySummary"] for item in history["AlarmHistoryItems"]]
    assert summaries[:2] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
    ]


def test_alarms_on_aws_metrics_and_expressions(cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    name = instance(cloud, f"i-{cloud.account.number:0>17}")
    for back in (0, 1, 2):
        day(cloud, "instance", name, NEWEST - timedelta(days=back), cpu_avg=60, cpu_max=90)
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
              "Dimensions": dimensions(InstanceId=name)}  # fmt: skip
    client = put(cloud, **metric, Statistic="Average", Period=86_400, Threshold=50.0)
    look_again(sql, cloud, 24 * 60)
    assert state(client) == "ALARM"
    [found] = client.describe_alarms_for_metric(**metric)["MetricAlarms"]
    assert found["AlarmName"] == "queue"
    assert client.describe_alarms_for_metric(**metric, Period=60)["MetricAlarms"] == []
    client.put_metric_alarm(
        AlarmName="half", EvaluationPeriods=1, Threshold=29.0,
        ComparisonOperator="LessThanOrEqualToThreshold",
        Metrics=[
            {"Id": "m1", "ReturnData": False,
             "MetricStat": {"Metric": metric, "Period": 86_400, "Stat": "Average"}},
            {"Id": "e1", "Expression": "m1 / 2", "Label": "half"},
        ],
    )  # fmt: skip
    look_again(sql, cloud, 24 * 60)
    [half] = client.describe_alarms(AlarmNamePrefix="ha")["MetricAlarms"]
    assert (half["StateValue"], half["Metrics"][1]["Expression"]) == ("OK", "m1 / 2")
    assert "MetricName" not in half


def test_states_are_set_and_actions_switched(cloud: Cloud) -> None:
    client = put(cloud, OKActions=[TOPIC])
    client.disable_alarm_actions(AlarmNames=["queue", "none"])
    client.set_alarm_state(AlarmName="queue", StateValue="OK", StateReason="drill",
                           StateReasonData='{"by": "me"}')  # fmt: skip
    [alarm] = client.describe_alarms(StateValue="OK")["MetricAlarms"]
    assert (alarm["StateReason"], alarm["StateReasonData"]) == ("drill", '{"by": "me"}')
    assert alarm["ActionsEnabled"] is False
    assert client.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"] == []
    client.enable_alarm_actions(AlarmNames=["queue"])
    client.set_alarm_state(AlarmName="queue", StateValue="ALARM", StateReason="drill")
    [action] = client.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert action["HistorySummary"] == f"Failed to execute action {TOPIC}"
    assert refusal(client.set_alarm_state, AlarmName="none", StateValue="OK",
                   StateReason="x")[0] == "ResourceNotFound"  # fmt: skip
    assert refusal(client.set_alarm_state, AlarmName="queue", StateValue="INVALID",
                   StateReason="x") == (
        "ValidationError",
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy"
        " constraint: Member must satisfy enum value set: [OK, ALARM, INSUFFICIENT_DATA]",
    )  # fmt: skip


def test_alarms_are_found_by_page_prefix_and_action(cloud: Cloud, other_cloud: Cloud) -> None:
    for at in range(5):
        client = put(cloud, AlarmName=f"a_{at}")
    client = put(cloud, AlarmName="axe", AlarmActions=[])
    pages = client.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})
    found = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
    assert found == ["a_0", "a_1", "a_2", "a_3", "a_4", "axe"]
    assert len(client.describe_alarms(AlarmNamePrefix="a_")["MetricAlarms"]) == 5
    assert len(client.describe_alarms(ActionPrefix="arn:aws:sns")["MetricAlarms"]) == 5
    assert refusal(client.describe_alarms, NextToken="x")[0] == "InvalidNextToken"
    for elsewhere in (cloud.client("cloudwatch", "eu-west-1"), other_cloud.client("cloudwatch")):
        assert elsewhere.describe_alarms()["MetricAlarms"] == []
        assert elsewhere.describe_alarm_history()["AlarmHistoryItems"] == []


def test_tags(cloud: Cloud, sql: Sql) -> None:
    client = put(cloud, Tags=[{"Key": "env", "Value": "dev"}])
    arn = client.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "shop"}])
    rows = sql("select key, value from resource_tags where resource_type = 'alarm'"
               " and resource_id = $1 order by key", arn)  # fmt: skip
    assert rows == [{"key": "env", "value": "dev"}, {"key": "team", "value": "shop"}]
    client.untag_resource(ResourceARN=arn, TagKeys=["env"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "team", "Value": "shop"}
    ]
    other = cloud.client("cloudwatch", "eu-west-1")
    for call in (client.list_tags_for_resource, other.list_tags_for_resource):
        wanted = arn + ("x" if call == client.list_tags_for_resource else "")
        assert refusal(call, ResourceARN=wanted)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "given",
    [{"Period": 45}, {"ExtendedStatistic": "p90"}, {"Threshold": None}, {"DatapointsToAlarm": 2},
     {"TreatMissingData": "often"}, {"EvaluationPeriods": 2000},
     {"ComparisonOperator": "GreaterThanUpperThreshold"}],
)  # fmt: skip
def test_what_cannot_be_watched_is_refused(cloud: Cloud, given: dict[str, Any]) -> None:
    given = {"AlarmName": "queue", "Namespace": "Shop", "MetricName": "Queue", "Period": 60,
             "Statistic": "Maximum", "EvaluationPeriods": 1, "Threshold": 10.0,
             "ComparisonOperator": "GreaterThanThreshold"} | given  # fmt: skip
    asked = {name: value for name, value in given.items() if value is not None}
    code, _ = refusal(cloud.client("cloudwatch").put_metric_alarm, **asked)
    assert code in ("ValidationError", "InvalidParameterValue", "InvalidParameterCombination")


def test_ticks_judge_what_has_passed(cloud: Cloud, sql: Sql) -> None:
    turn_clock(cloud)
    name = instance(cloud, f"i-{cloud.account.number:0>17}")
    day(cloud, "instance", name, NEWEST, cpu_avg=60, cpu_max=90)
    put(cloud, Namespace="AWS/EC2", MetricName="CPUUtilization", Statistic="Average", Period=3600,
        Dimensions=dimensions(InstanceId=name), Threshold=1.0)  # fmt: skip
    running = cloud.running

    async def tick() -> None:
        async with running.server.database.owner() as connection:
            await engine.tick(connection, cloud.account.id)

    running.run(tick())
    [alarm] = sql("select state_value, evaluated_at from alarms where account_id = $1",
                  cloud.account.id)  # fmt: skip
    assert alarm == {
        "state_value": "ALARM", "evaluated_at": midnight(NEWEST) + timedelta(days=1),
    }  # fmt: skip


def test_dashboards(cloud: Cloud) -> None:
    client = cloud.client("cloudwatch")
    for name in ("costs", "cpu"):
        client.put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
    listed = client.list_dashboards(DashboardNamePrefix="c")["DashboardEntries"]
    assert [(one["DashboardName"], one["Size"]) for one in listed] == [("costs", 15), ("cpu", 15)]
    assert client.get_dashboard(DashboardName="cpu")["DashboardBody"] == '{"widgets": []}'
    assert refusal(client.put_dashboard, DashboardName="a b", DashboardBody="{}") == (
        "InvalidParameterValue",
        "The value a b for field DashboardName contains invalid characters. It can only contain"
        " alphanumerics, dash (-) and underscore (_).\n",
    )
    refused = refusal(client.put_dashboard, DashboardName="a", DashboardBody="[")
    assert refused[0] == "InvalidParameterInput"
    assert refusal(client.delete_dashboards, DashboardNames=["cpu", "x"])[0] == "ResourceNotFound"
    client.delete_dashboards(DashboardNames=["cpu", "costs"])
    assert client.list_dashboards()["DashboardEntries"] == []
    assert refusal(client.get_dashboard, DashboardName="cpu")[0] == "ResourceNotFound"


def test_what_there_is_none_of(cloud: Cloud) -> None:
    client = cloud.client("cloudwatch")
    assert client.describe_insight_rules()["InsightRules"] == []
    assert client.delete_insight_rules(RuleNames=["r"])["Failures"][0]["FailureResource"] == "r"
    assert client.disable_insight_rules(RuleNames=["r"])["Failures"][0]["FailureCode"] == "404"
    assert client.list_metric_streams()["Entries"] == []
    assert client.describe_anomaly_detectors()["AnomalyDetectors"] == []
