"""Anomalies: monitors that find them in the ledger, their causes, and who is told."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from drift import engine
from tests.fixtures.ledger import EC2, NEWEST, set_clock, shift, spend
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import refusal

TOMORROW = NEWEST + timedelta(days=1)
LOGS = "AmazonCloudWatch"
MAIL = {"Type": "EMAIL", "Address": "cfo@example.com"}
TOPIC = {"Type": "SNS", "Address": "arn:aws:sns:us-east-1:123456789012:costs"}


@pytest.fixture
def spending(cloud: Cloud) -> Cloud:
    """Steady days of two services in two regions, with a fee each first of a month."""
    for region, daily in (("us-east-1", "30"), ("eu-west-1", "10")):
        spend(cloud, daily, region=region)
    spend(cloud, "12", service=LOGS, usage_type="USE1-DataProcessing-Bytes", tags={"team": "web"})
    spend(cloud, "2", service=LOGS, usage_type="USE1-TimedStorage-ByteHrs")
    set_clock(cloud)
    return cloud


def tick(cloud: Cloud, days: int = 1) -> None:
    async def advance() -> None:
        async with cloud.running.server.database.owner() as connection:
            await engine.tick(connection, cloud.account.id, days=days)

    cloud.running.run(advance())
    cloud.running.server.clocks.forget(str(cloud.account.id))


def spike(cloud: Cloud, amount: str = "70", on: date = TOMORROW, **more: Any) -> None:
    """The usual day, and with it something that was not there before."""
    for region, daily in (("us-east-1", "30"), ("eu-west-1", "10")):
        spend(cloud, daily, region=region, days=1, until=on)
    spend(cloud, "2", service=LOGS, usage_type="USE1-TimedStorage-ByteHrs", days=1, until=on)
    given = {"service": LOGS, "usage_type": "USE1-DataProcessing-Bytes"} | more
    spend(cloud, amount, days=1, until=on, **given)


def anomalies(cloud: Cloud, **more: Any) -> list[dict[str, Any]]:
    today = NEWEST + shift()
    span = {"StartDate": (today - timedelta(days=60)).isoformat()}
    found = cloud.client("ce").get_anomalies(DateInterval=span, **more)["Anomalies"]
    return [dict(one) for one in found]


def test_a_spike_is_found_with_its_causes(spending: Cloud) -> None:
    spike(spending)
    tick(spending)
    [found] = anomalies(spending)
    today = (NEWEST + shift()).isoformat()
    assert found["AnomalyStartDate"] == found["AnomalyEndDate"] == f"{today}T00:00:00Z"
    assert found["DimensionValue"] == LOGS
    impact = found["Impact"]
    # the days before cost 14, and this one 72
    assert (impact["TotalExpectedSpend"], impact["TotalActualSpend"]) == (14, 72)
    assert impact["TotalImpact"] == impact["MaxImpact"] == 58
    assert impact["TotalImpactPercentage"] == round(100 * 58 / 14, 2)
    assert found["AnomalyScore"]["MaxScore"] == found["AnomalyScore"]["CurrentScore"] > 0.9
    [cause] = found["RootCauses"]
    assert cause["Service"] == LOGS
    assert (cause["Region"], cause["UsageType"]) == ("us-east-1", "USE1-DataProcessing-Bytes")
    assert cause["LinkedAccount"] == spending.account.number
    assert cause["Impact"]["Contribution"] == 58
    [row] = spending.running.rows(
        "select starts_on, total_impact from cost_anomalies where account_id = $1",
        spending.account.id,
    )
    assert (row["starts_on"], row["total_impact"]) == (TOMORROW, Decimal(58))
    # 58 USD are less than the 100 of the default subscription
    assert not spending.running.rows(
        "select message from cost_alerts where account_id = $1 and source = 'anomaly'",
        spending.account.id,
    )


def test_days_on_end_are_one_anomaly_until_they_are_usual(spending: Cloud) -> None:
    for n, amount in enumerate(("70", "90", "12")):
        spike(spending, amount, TOMORROW + timedelta(days=n))
    tick(spending, 3)
    [found] = anomalies(spending)
    assert found["Impact"]["TotalImpact"] == 58 + 78
    assert found["Impact"]["MaxImpact"] == 78
    start = date.fromisoformat(found["AnomalyStartDate"][:10])
    assert found["AnomalyEndDate"][:10] == (start + timedelta(days=1)).isoformat()
    [alert] = spending.running.rows(
        "select message, address from cost_alerts where account_id = $1", spending.account.id
    )
    assert alert["message"]["impact"]["totalImpact"] == 136


def test_what_recurs_or_is_a_fee_is_none(spending: Cloud) -> None:
    spend(spending, "900", record_type="RIFee", days=1, until=TOMORROW)
    spend(spending, "300", record_type="Tax", service="Tax", days=1, until=TOMORROW)
    # the same happened a month ago, on the same day of the month
    spend(spending, "58", service=LOGS, usage_type="USE1-DataProcessing-Bytes", days=1,
          until=TOMORROW.replace(month=2))  # fmt: skip
    spike(spending)
    tick(spending)
    # the first time it was one
    [found] = anomalies(spending)
    then = TOMORROW.replace(month=2) + shift() - timedelta(days=1)
    assert found["AnomalyStartDate"][:10] == then.isoformat()


def test_anomalies_are_filtered_and_judged_by_people(spending: Cloud, other_cloud: Cloud) -> None:
    spike(spending)
    spend(spending, "25", days=1, until=TOMORROW, usage_type="BoxUsage:g5.xlarge")
    tick(spending)
    ce = spending.client("ce")
    both = anomalies(spending)
    assert {one["DimensionValue"] for one in both} == {LOGS, EC2}
    least = {"NumericOperator": "GREATER_THAN_OR_EQUAL", "StartValue": 50}
    assert [one["DimensionValue"] for one in anomalies(spending, TotalImpact=least)] == [LOGS]
    between = {"NumericOperator": "BETWEEN", "StartValue": 20, "EndValue": 30}
    assert [one["DimensionValue"] for one in anomalies(spending, TotalImpact=between)] == [EC2]
    one = both[0]["AnomalyId"]
    ce.provide_anomaly_feedback(AnomalyId=one, Feedback="PLANNED_ACTIVITY")
    [planned] = anomalies(spending, Feedback="PLANNED_ACTIVITY")
    assert (planned["AnomalyId"], planned["Feedback"]) == (one, "PLANNED_ACTIVITY")
    page = ce.get_anomalies(
        DateInterval={"StartDate": (NEWEST + shift() - timedelta(days=1)).isoformat()}, MaxResults=1
    )
    assert len(page["Anomalies"]) == 1
    rest = ce.get_anomalies(
        DateInterval={"StartDate": (NEWEST + shift() - timedelta(days=1)).isoformat()},
        MaxResults=1,
        NextPageToken=page["NextPageToken"],
    )
    ids = {page["Anomalies"][0]["AnomalyId"], rest["Anomalies"][0]["AnomalyId"]}
    assert ids == {found["AnomalyId"] for found in both}
    assert anomalies(other_cloud) == []
    foreign = other_cloud.client("ce")
    code, _ = refusal(foreign.provide_anomaly_feedback, AnomalyId=one, Feedback="YES")
    assert code == "ValidationException"
    yesterday = (NEWEST + shift() - timedelta(days=1)).isoformat()
    span = {"StartDate": yesterday, "EndDate": yesterday}
    assert ce.get_anomalies(DateInterval=span)["Anomalies"] == []


def test_every_account_has_a_monitor_of_its_services(spending: Cloud) -> None:
    ce = spending.client("ce")
    [monitor] = ce.get_anomaly_monitors()["AnomalyMonitors"]
    assert monitor["MonitorName"] == "Default-Services-Monitor"
    assert (monitor["MonitorType"], monitor["MonitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    again = {"MonitorName": "m", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    assert refusal(ce.create_anomaly_monitor, AnomalyMonitor=again) == (
        "ValidationException",
        "Limit exceeded on dimensional spend monitor creation",
    )
    tick(spending)
    [monitor] = ce.get_anomaly_monitors()["AnomalyMonitors"]
    services = spending.running.value(
        "select count(distinct service) from cost_daily where account_id = $1", spending.account.id
    )
    assert monitor["DimensionalValueCount"] == services >= 2
    assert monitor["LastEvaluatedDate"] == (NEWEST + shift()).isoformat()
    ce.delete_anomaly_monitor(MonitorArn=monitor["MonitorArn"])
    assert ce.get_anomaly_monitors()["AnomalyMonitors"] == []
    [subscription] = ce.get_anomaly_subscriptions()["AnomalySubscriptions"]
    assert subscription["MonitorArnList"] == []


@pytest.mark.parametrize(
    ("specification", "amount", "impact"),
    [
        ({"Tags": {"Key": "team", "Values": ["web"]}}, "70", 58),
        ({"Tags": {"Key": "team", "Values": ["ops"]}}, "70", None),
    ],
)
def test_custom_monitors_watch_what_they_specify(
    spending: Cloud, specification: dict[str, Any], amount: str, impact: int | None
) -> None:
    ce = spending.client("ce")
    monitor = {"MonitorName": "team", "MonitorType": "CUSTOM",
               "MonitorSpecification": specification}  # fmt: skip
    arn = ce.create_anomaly_monitor(
        AnomalyMonitor=monitor, ResourceTags=[{"Key": "a", "Value": "b"}]
    )["MonitorArn"]
    assert ce.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [
        {"Key": "a", "Value": "b"}
    ]
    [shown] = ce.get_anomaly_monitors(MonitorArnList=[arn])["AnomalyMonitors"]
    assert shown["MonitorSpecification"] == specification
    assert shown["CreationDate"] == (NEWEST + shift()).isoformat()
    spike(spending, amount, tags={"team": "web"})
    tick(spending)
    found = [one["Impact"]["TotalImpact"] for one in anomalies(spending, MonitorArn=arn)]
    assert found == ([] if impact is None else [impact])
    ce.update_anomaly_monitor(MonitorArn=arn, MonitorName="squad")
    [shown] = ce.get_anomaly_monitors(MonitorArnList=[arn])["AnomalyMonitors"]
    assert shown["MonitorName"] == "squad"


def test_a_subscription_lives_and_is_told(spending: Cloud) -> None:
    ce = spending.client("ce")
    [monitor] = ce.get_anomaly_monitors()["AnomalyMonitors"]
    given = {
        "SubscriptionName": "web",
        "MonitorArnList": [monitor["MonitorArn"]],
        "Subscribers": [MAIL],
        "Frequency": "DAILY",
        "Threshold": 10.0,
    }
    arn = ce.create_anomaly_subscription(AnomalySubscription=given)["SubscriptionArn"]
    [shown] = ce.get_anomaly_subscriptions(SubscriptionArnList=[arn])["AnomalySubscriptions"]
    assert (shown["Threshold"], shown["AccountId"]) == (10, spending.account.number)
    assert shown["Subscribers"] == [{**MAIL, "Status": "CONFIRMED"}]
    assert len(ce.get_anomaly_subscriptions(MonitorArn=monitor["MonitorArn"])
               ["AnomalySubscriptions"]) == 2  # fmt: skip
    spike(spending)
    tick(spending, 2)
    alerts = spending.running.rows(
        "select about, address from cost_alerts where account_id = $1", spending.account.id
    )
    [found] = anomalies(spending)
    assert alerts == [{"about": found["AnomalyId"], "address": MAIL["Address"]}]
    ce.update_anomaly_subscription(
        SubscriptionArn=arn, Frequency="IMMEDIATE", Subscribers=[TOPIC],
        ThresholdExpression={"Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_PERCENTAGE", "Values": ["40"],
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"]}},
    )  # fmt: skip
    [shown] = ce.get_anomaly_subscriptions(SubscriptionArnList=[arn])["AnomalySubscriptions"]
    assert "Threshold" not in shown
    assert shown["Frequency"] == "IMMEDIATE"
    ce.delete_anomaly_subscription(SubscriptionArn=arn)
    code, _ = refusal(ce.get_anomaly_subscriptions, SubscriptionArnList=[arn])
    assert code == "UnknownSubscriptionException"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Threshold": None}, "ValidationException"),
        ({"Frequency": "IMMEDIATE"}, "ValidationException"),
        ({"Subscribers": [TOPIC]}, "ValidationException"),
        ({"Subscribers": []}, "ValidationException"),
        ({"MonitorArnList": ["arn:aws:ce::123456789012:anomalymonitor/none"]},
         "UnknownMonitorException"),
        ({"ThresholdExpression": {"Dimensions": {"Key": "SERVICE", "Values": ["a"]}},
          "Threshold": None}, "ValidationException"),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed_to_is_refused(
    cloud: Cloud, more: dict[str, Any], code: str
) -> None:
    ce = cloud.client("ce")
    given = {"SubscriptionName": "s", "MonitorArnList": [], "Subscribers": [MAIL],
             "Frequency": "DAILY", "Threshold": 1.0} | more  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    assert refusal(ce.create_anomaly_subscription, AnomalySubscription=given)[0] == code


def test_monitors_that_cannot_be_are_refused(cloud: Cloud) -> None:
    ce = cloud.client("ce")
    for given in (
        {"MonitorType": "CUSTOM"},
        {"MonitorType": "DIMENSIONAL"},
        {"MonitorType": "DIMENSIONAL", "MonitorDimension": "TAG"},
        {"MonitorType": "DIMENSIONAL", "MonitorDimension": "COST_CATEGORY"},
        {
            "MonitorType": "CUSTOM",
            "MonitorSpecification": {"Dimensions": {"Key": "SERVICE", "Values": [EC2]}},
        },
    ):
        monitor = {"MonitorName": "m", **given}
        code, _ = refusal(ce.create_anomaly_monitor, AnomalyMonitor=monitor)
        assert code == "ValidationException"
    gone = "arn:aws:ce::123456789012:anomalymonitor/none"
    assert refusal(ce.delete_anomaly_monitor, MonitorArn=gone)[0] == "UnknownMonitorException"


def test_rules_hear_of_anomalies(running: RunningServer, spending: Cloud) -> None:
    sqs, events = spending.client("sqs"), spending.client("events")
    url = sqs.create_queue(QueueName="costs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    events.put_rule(Name="costs", EventPattern='{"source": ["aws.ce"]}')
    events.put_targets(Rule="costs", Targets=[{"Id": "q", "Arn": arn["QueueArn"]}])
    spike(spending)
    tick(spending)
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert '"Anomaly Detected"' in message["Body"]
    assert LOGS in message["Body"]
