"""The load of databases, as Performance Insights tells it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.rds.databases import create


@pytest.fixture
def pi(cloud: Cloud) -> Any:
    return cloud.client("pi")


def test_load_follows_the_days_of_a_database(
    cloud: Cloud, pi: Any, running: RunningServer, sql: Sql
) -> None:
    number = cloud.account.number
    running.run(control.estate_create(running.server.world, "1", days=1, account=number))
    running.server.clocks.forget()
    rds = cloud.client("rds")
    made = create(rds, EnablePerformanceInsights=True)
    named = {"ServiceType": "RDS", "Identifier": made["DbiResourceId"]}
    running.run(control.tick(running.server.world, days=2, account=number))
    running.server.clocks.forget()
    [row] = sql(
        "select (metric_payload ->> 'cpu_avg')::float8 as cpu, date from metrics_daily"
        " where account_id = $1 and resource_type = 'rds_instance' and resource_id = $2"
        " order by date desc offset 1 limit 1",
        cloud.account.id,
        sql("select db_instance_id from rds_instances where identifier = 'orders'"
            " and account_id = $1", cloud.account.id)[0]["db_instance_id"],
    )  # fmt: skip
    alarm = cloud.client("cloudwatch")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    span = {"StartTime": today - timedelta(days=1), "EndTime": today}
    answer = pi.get_resource_metrics(
        **named, **span, PeriodInSeconds=86400,
        MetricQueries=[{"Metric": "db.load.avg"}, {"Metric": "os.cpuUtilization.total.avg"}],
    )  # fmt: skip
    load, cpu = (one["DataPoints"][0]["Value"] for one in answer["MetricList"])
    assert cpu == pytest.approx(row["cpu"], rel=0.02)
    assert load == pytest.approx(cpu * 2 / 100, rel=0.001)
    same = alarm.get_metric_statistics(
        Namespace="AWS/RDS", MetricName="CPUUtilization", Statistics=["Average"], Period=86400,
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "orders"}], **span,
    )["Datapoints"]  # fmt: skip
    assert same[0]["Average"] == pytest.approx(cpu, abs=0.001)
    hours = pi.get_resource_metrics(
        **named, **span, PeriodInSeconds=3600, MetricQueries=[{"Metric": "db.load.avg"}]
    )["MetricList"][0]["DataPoints"]
    assert len(hours) == 24
    listed = pi.list_available_resource_metrics(**named, MetricTypes=["db"])["Metrics"]
    assert "db.load.avg" in {one["Metric"] for one in listed}
    for wrong in (
        {"MetricQueries": [{"Metric": "db.nonsense.avg"}]},
        {"MetricQueries": [{"Metric": "db.load.avg", "GroupBy": {"Group": "db.sql"}}]},
    ):
        assert refusal(pi.get_resource_metrics, **named, **span, **wrong)[0] == (
            "InvalidArgumentException"
        )


def test_only_databases_with_insights_tell(cloud: Cloud, pi: Any) -> None:
    made = create(cloud.client("rds"))
    code, message = refusal(
        pi.list_available_resource_metrics, ServiceType="RDS", Identifier=made["DbiResourceId"],
        MetricTypes=["os"],
    )  # fmt: skip
    assert code == "InvalidArgumentException"
    assert "not enabled" in message
    code, _ = refusal(
        pi.list_available_resource_metrics, ServiceType="RDS", Identifier="db-ABSENT",
        MetricTypes=["os"],
    )  # fmt: skip
    assert code == "NotAuthorizedException"
