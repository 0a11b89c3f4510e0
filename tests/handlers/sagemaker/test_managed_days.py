"""What the passing of days does to SageMaker's machines, and what CloudWatch tells of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.fixtures.days import Tick
from tests.fixtures.server import Cloud
from tests.handlers.ec2.answers import Sql
from tests.handlers.sagemaker.conftest import ROLE
from tests.handlers.sagemaker.test_endpoints import configure


def days(sql: Sql, cloud: Cloud, kind: str = "managed_service") -> list[dict[str, Any]]:
    """The daily rows of a type, oldest first."""
    return sql(
        "select date, metric_payload as payload, estimated_daily_cost as cost from metrics_daily"
        " where account_id = $1 and resource_type = $2 order by date",
        cloud.account.id,
        kind,
    )


def test_a_stopped_notebook_bills_its_volume_alone(
    cloud: Cloud, sagemaker: Any, sql: Sql, tick: Tick
) -> None:
    name = {"NotebookInstanceName": "lab"}
    sagemaker.create_notebook_instance(
        **name, InstanceType="ml.m5.xlarge", RoleArn=ROLE, VolumeSizeInGB=50
    )
    tick()
    sagemaker.stop_notebook_instance(**name)
    tick()
    running, stopped = days(sql, cloud)
    # 0.2396 an hour, give or take the day's walk; then 50 GiB alone
    assert running["cost"] == pytest.approx(Decimal("5.75"), rel=Decimal("0.2"))
    assert stopped["cost"] == pytest.approx(Decimal("0.23"), rel=Decimal("0.2"))
    assert running["payload"]["cpu_avg"] > 0
    assert "cpu_avg" not in stopped["payload"]
    [row] = sql("select * from managed_services where account_id = $1", cloud.account.id)
    assert float(row["avg_cpu_7d"]) == pytest.approx(running["payload"]["cpu_avg"])


def test_metrics_agree_with_the_rows(
    cloud: Cloud, sagemaker: Any, model: str, sql: Sql, tick: Tick
) -> None:
    configure(sagemaker)
    sagemaker.create_endpoint(EndpointName="ranker", EndpointConfigName="ranker-v1")
    sql(
        "insert into resource_profiles (account_id, resource_type, resource_id, profile)"
        " select account_id, 'managed_service', arn, 'idle' from managed_services"
        " where account_id = $1",
        cloud.account.id,
    )
    tick()
    tick()  # so that the first day is over, whatever the hour now
    row, _ = days(sql, cloud)
    watch = cloud.client("cloudwatch")
    found = watch.list_metrics(Namespace="AWS/SageMaker")["Metrics"]
    names = {one["MetricName"] for one in found}
    assert names >= {"Invocations", "InvocationsPerInstance", "ModelLatency"}
    dimensions = [
        {"Name": "EndpointName", "Value": "ranker"},
        {"Name": "VariantName", "Value": "main"},
    ]
    assert all(one["Dimensions"] == dimensions for one in found)
    now = watch.list_metrics(Namespace="/aws/sagemaker/Endpoints")["Metrics"]
    assert {one["MetricName"] for one in now} >= {"CPUUtilization", "MemoryUtilization"}

    def daily(namespace: str, metric: str, statistic: str) -> list[float]:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        points = watch.get_metric_statistics(
            Namespace=namespace, MetricName=metric, Dimensions=dimensions, Period=86400,
            StartTime=midnight - timedelta(days=1), EndTime=midnight, Statistics=[statistic],
        )["Datapoints"]  # fmt: skip
        return [float(point[statistic]) for point in points]

    [cpu] = daily("/aws/sagemaker/Endpoints", "CPUUtilization", "Average")
    assert cpu == pytest.approx(row["payload"]["cpu_avg"], rel=0.2)
    # an idle endpoint is called by nobody, and tells so by telling nothing
    assert daily("AWS/SageMaker", "Invocations", "Sum") == []
    sql(
        'update metrics_daily set metric_payload = metric_payload || \'{"cpu_avg": 23,'
        ' "cpu_max": 40}\' where account_id = $1',
        cloud.account.id,
    )
    [calls] = daily("AWS/SageMaker", "Invocations", "Sum")
    [each] = daily("AWS/SageMaker", "InvocationsPerInstance", "Sum")
    assert calls == pytest.approx(2 * each, rel=0.2)
    assert calls > 1_000


def test_a_job_is_billed_for_the_hours_of_its_days(
    cloud: Cloud, sagemaker: Any, sql: Sql, tick: Tick
) -> None:
    sagemaker.create_notebook_instance(
        NotebookInstanceName="lab", InstanceType="ml.t3.medium", RoleArn=ROLE
    )
    tick()
    arn = f"arn:aws:sagemaker:us-east-1:{cloud.account.number}:training-job/nightly"
    sql(
        "insert into sagemaker_resources (account_id, kind, name, arn, status, hourly_cost,"
        " settings, created_at, started_at, settled_state, state_transition, settles_at) values"
        " ($1, 'training-job', 'nightly', $2, 'InProgress', 2, $3, $4, $4, 'Completed',"
        " 'InProgress', $5)",
        cloud.account.id,
        arn,
        {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}},
        datetime.fromisoformat("2026-06-02T18:00:00+00:00"),
        datetime.fromisoformat("2026-06-03T06:00:00+00:00"),
    )
    tick()
    assert sagemaker.describe_training_job(TrainingJobName="nightly")["TrainingJobStatus"] == (
        "InProgress"
    )
    tick()
    first, second = days(sql, cloud, "sagemaker_resource")
    assert (first["cost"], second["cost"]) == (Decimal("12.0000"), Decimal("12.0000"))
    shown = sagemaker.describe_training_job(TrainingJobName="nightly")
    assert (shown["TrainingJobStatus"], shown["TrainingTimeInSeconds"]) == ("Completed", 43200)
    tick()
    assert len(days(sql, cloud, "sagemaker_resource")) == 2
