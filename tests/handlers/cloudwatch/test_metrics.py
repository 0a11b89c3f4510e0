"""Metrics of AWS's own services through boto3: they agree with the rows they come from."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import (
    MONDAY,
    NEWEST,
    Sql,
    day,
    dimensions,
    insert,
    instance,
    midnight,
    turn_clock,
)
from tests.handlers.ec2.answers import refusal

ALL = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]
FIGURES = [(44.21, 83.05), (3.9, 96.5), (1.2, 1.9), (61.0, 88.8), (38.0, 51.0), (20.5, 33.0),
           (9.5, 40.0), (55.5, 99.9), (0.05, 0.09)]  # fmt: skip


@pytest.fixture
def shift(cloud: Cloud) -> timedelta:
    """An account with an instance and nine days, the last of them its today."""
    name = instance(cloud, f"i-{cloud.account.number:0>17}")
    for at, (mean, highest) in enumerate(FIGURES):
        day(cloud, "instance", name, MONDAY + timedelta(days=at), cpu_avg=mean, cpu_max=highest,
            network_in=120.5, network_out=80.25, memory_avg=51.5, type="m5.large")  # fmt: skip
    return turn_clock(cloud)


def ask(cloud: Cloud, **given: Any) -> list[dict[str, Any]]:
    """Datapoints of the instance's CPU in order of time."""
    asked: dict[str, Any] = {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": dimensions(InstanceId=f"i-{cloud.account.number:0>17}"),
        "Period": 86_400,
        "Statistics": ALL,
    }
    answer = cloud.client("cloudwatch").get_metric_statistics(**asked | given)
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def test_days_have_the_mean_and_the_maximum_of_their_rows(cloud: Cloud, shift: timedelta) -> None:
    start, end = midnight(MONDAY, shift), midnight(NEWEST, shift)
    points = ask(cloud, StartTime=start, EndTime=end)
    assert [point["Timestamp"] for point in points] == [start + timedelta(days=n) for n in range(8)]
    for point, (mean, highest) in zip(points, FIGURES, strict=False):
        assert point["Average"] == pytest.approx(mean)
        assert point["Maximum"] == pytest.approx(highest)
        assert 0 < point["Minimum"] <= mean
        assert point["SampleCount"] == 288
        assert point["Sum"] == pytest.approx(288 * mean)
        assert point["Unit"] == "Percent"


@settings(max_examples=12, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(
    period=st.sampled_from([300, 600, 900, 1800, 3600, 7200, 21_600, 86_400, 172_800, 420, 60]),
    minutes=st.integers(0, 3000),
    metric=st.sampled_from(["CPUUtilization", "NetworkIn", "StatusCheckFailed"]),
)
def test_every_period_gathers_the_same_samples(
    cloud: Cloud, shift: timedelta, period: int, minutes: int, metric: str
) -> None:
    start = midnight(MONDAY, shift) + timedelta(minutes=minutes)
    end = start + timedelta(seconds=max(period, min(period * 200, 4 * 86_400)))
    base: list[dict[str, Any]] = []
    at = start
    while at < end:  # a request gives 1,440 datapoints at most
        then = min(end, at + timedelta(days=4))
        base += ask(cloud, MetricName=metric, StartTime=at, EndTime=then, Period=300)
        at = then
    points = ask(cloud, MetricName=metric, StartTime=start, EndTime=end, Period=period)
    assert points == ask(cloud, MetricName=metric, StartTime=start, EndTime=end, Period=period)
    for point in points:
        begin = point["Timestamp"]
        assert (begin - start).total_seconds() % period == 0
    first = _first_sample(start)
    gathered: dict[datetime, list[float]] = {}
    for number, one in enumerate(base):
        sample = first + timedelta(seconds=300 * number)
        number_of_period = int((sample - start).total_seconds() // period)
        gathered.setdefault(start + timedelta(seconds=period * number_of_period), []).append(
            one["Average"]
        )
    assert [point["Timestamp"] for point in points] == list(gathered)
    for point, values in zip(points, gathered.values(), strict=True):
        assert point["SampleCount"] == len(values)
        assert point["Sum"] == pytest.approx(sum(values))
        assert point["Average"] == pytest.approx(sum(values) / len(values))
        assert point["Minimum"] == pytest.approx(min(values))
        assert point["Maximum"] == pytest.approx(max(values))


def _first_sample(start: datetime) -> datetime:
    return start + timedelta(seconds=-start.timestamp() % 300)


def test_percentiles_lie_between_minimum_and_maximum(cloud: Cloud, shift: timedelta) -> None:
    start = midnight(MONDAY, shift)
    [point] = ask(cloud, StartTime=start, EndTime=start + timedelta(days=1), Statistics=["Minimum"],
                  ExtendedStatistics=["p0", "p50", "p99.5", "p100", "tm90", "TM(10%:90%)", "IQM",
                                      "PR(:50)", "TC(0%:50%)"])  # fmt: skip
    told = point["ExtendedStatistics"]
    assert told["p0"] == pytest.approx(point["Minimum"])
    assert told["p100"] == pytest.approx(FIGURES[0][1])
    assert told["p0"] < told["p50"] < told["p99.5"] < told["p100"]
    assert told["tm90"] < FIGURES[0][0] < told["p99.5"]
    assert told["TC(0%:50%)"] == 144
    assert 0 < told["PR(:50)"] < 100


def test_bytes_of_a_day_are_the_rows_megabytes(cloud: Cloud, shift: timedelta) -> None:
    start = midnight(MONDAY, shift)
    [point] = ask(cloud, MetricName="NetworkIn", StartTime=start,
                  EndTime=start + timedelta(days=1))  # fmt: skip
    assert point["Sum"] == pytest.approx(120.5 * 1_048_576)
    assert point["Unit"] == "Bytes"


def test_people_work_by_day(cloud: Cloud, shift: timedelta) -> None:
    """New York's office hours are 14 to 22 UTC."""
    start = midnight(MONDAY, shift)
    hours = ask(cloud, StartTime=start, EndTime=start + timedelta(days=1), Period=3600)
    means = [point["Average"] for point in hours]
    assert sum(means[15:21]) / 6 > 1.15 * sum(means[5:11]) / 6


def test_today_ends_now(cloud: Cloud, shift: timedelta) -> None:
    now = datetime.now(midnight(NEWEST).tzinfo)
    points = ask(cloud, StartTime=midnight(NEWEST, shift), EndTime=now + timedelta(hours=5),
                 Period=300, Statistics=["Average"])  # fmt: skip
    elapsed = (now - midnight(NEWEST, shift)).total_seconds()
    assert len(points) in (elapsed // 300, elapsed // 300 - 1)
    assert all(point["Timestamp"] + timedelta(minutes=5) <= now for point in points)


def test_an_instance_tells_nothing_while_it_is_stopped(
    cloud: Cloud, shift: timedelta, sql: Sql
) -> None:
    sql("update instances set state = 'stopped', state_changed_at = $2 where account_id = $1",
        cloud.account.id, midnight(NEWEST) - timedelta(hours=6))  # fmt: skip
    start = midnight(NEWEST, shift) - timedelta(days=1)
    points = ask(cloud, StartTime=start, EndTime=start + timedelta(days=1), Period=3600)
    assert len(points) == 18


def test_detailed_monitoring_gives_every_minute(cloud: Cloud, shift: timedelta, sql: Sql) -> None:
    start = midnight(MONDAY, shift)
    basic = ask(cloud, StartTime=start, EndTime=start + timedelta(hours=1), Period=60)
    assert len(basic) == 12
    sql("update instances set monitoring = 'enabled' where account_id = $1", cloud.account.id)
    detailed = ask(cloud, StartTime=start, EndTime=start + timedelta(hours=1), Period=60)
    assert len(detailed) == 60
    [whole] = ask(cloud, StartTime=start, EndTime=start + timedelta(days=1))
    assert whole["SampleCount"] == 1440
    assert whole["Average"] == pytest.approx(FIGURES[0][0])
    [passed] = ask(cloud, MetricName="NetworkOut", StartTime=start,
                   EndTime=start + timedelta(days=1))  # fmt: skip
    assert passed["Sum"] == pytest.approx(80.25 * 1_048_576)


def test_others_see_nothing_of_it(cloud: Cloud, other_cloud: Cloud, shift: timedelta) -> None:
    asked = {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": dimensions(InstanceId=f"i-{cloud.account.number:0>17}"),
        "StartTime": midnight(MONDAY, shift),
        "EndTime": midnight(NEWEST, shift),
        "Period": 3600,
        "Statistics": ["Average"],
    }
    mine = cloud.client("cloudwatch").get_metric_statistics(**asked)
    assert len(mine["Datapoints"]) == 192
    turn_clock(other_cloud)
    for client in (other_cloud.client("cloudwatch"), cloud.client("cloudwatch", "eu-west-1")):
        answer = client.get_metric_statistics(**asked)
        assert (answer["Label"], answer["Datapoints"]) == ("CPUUtilization", [])
        assert client.list_metrics(Namespace="AWS/EC2")["Metrics"] == []


@pytest.mark.parametrize(
    "other",
    [{"MetricName": "Temperature"}, {"Namespace": "AWS/Toaster"}, {"Unit": "Bytes"},
     {"Dimensions": dimensions(InstanceId="i-00000000000000000")},
     {"Dimensions": dimensions(Instance="i-00000000000000000")}],
)  # fmt: skip
def test_what_is_unknown_has_no_datapoints(
    cloud: Cloud, shift: timedelta, other: dict[str, Any]
) -> None:
    start = midnight(MONDAY, shift)
    assert ask(cloud, StartTime=start, EndTime=start + timedelta(days=1), **other) == []
    # a whole day of minutes, which begins within one
    start += timedelta(seconds=37)
    given = other | {"StartTime": start, "EndTime": start + timedelta(days=1), "Period": 60}
    assert ask(cloud, **given) == []


@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        ({"Period": 60, "days": 30}, "InvalidParameterCombination",
         "You have requested up to 43200 datapoints, which exceeds the limit of 1440. You may"
         " reduce the datapoints requested by increasing Period, or decreasing the time range."),
        ({"days": 0}, "InvalidParameterValue",
         "The parameter StartTime must be less than the parameter EndTime."),
        ({"Period": 90}, "InvalidParameterValue", ""),
        ({"ExtendedStatistics": ["p101"]}, "InvalidParameterValue", ""),
    ],
)  # fmt: skip
def test_refusals(cloud: Cloud, given: dict[str, Any], code: str, words: str) -> None:
    end = midnight(date(2026, 6, 20))
    asked = {
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "StartTime": end - timedelta(days=given.pop("days", 1)),
        "EndTime": end,
        "Period": 300,
        "Statistics": ["Average"],
    }
    told = refusal(cloud.client("cloudwatch").get_metric_statistics, **asked | given)
    assert told[0] == code
    assert words in told[1]


def test_groups_and_types_gather_their_members(cloud: Cloud, sql: Sql) -> None:
    shift = turn_clock(cloud)
    group = sql(
        "insert into autoscaling_groups (account_id, name, instance_type, env)"
        " values ($1, 'web', 'm5.large', 'prod') returning id",
        cloud.account.id,
    )[0]["id"]
    for at, mean in enumerate((10.0, 40.0)):
        one = instance(cloud, f"i-{at}{cloud.account.number:0>16}", autoscaling_group_id=group,
                       image_id="ami-1")  # fmt: skip
        day(cloud, "instance", one, MONDAY, cpu_avg=mean, cpu_max=2 * mean, type="m5.large")
    alone = instance(cloud, f"i-9{cloud.account.number:0>16}", instance_type="m5.large")
    day(cloud, "instance", alone, MONDAY, cpu_avg=70, cpu_max=90, type="m5.large")
    start = midnight(MONDAY, shift)
    span = {"StartTime": start, "EndTime": start + timedelta(days=1)}
    for named, mean, highest in (
        ({"AutoScalingGroupName": "web"}, 25, 80),
        ({"ImageId": "ami-1"}, 25, 80),
        ({"InstanceType": "m5.large"}, 40, 90),
        ({}, 40, 90),
    ):
        [point] = ask(cloud, Dimensions=dimensions(**named), **span)
        assert (point["Average"], point["Maximum"]) == (pytest.approx(mean), pytest.approx(highest))
    [running] = ask(cloud, Namespace="AWS/AutoScaling", MetricName="GroupInServiceInstances",
                    Dimensions=dimensions(AutoScalingGroupName="web"), **span)  # fmt: skip
    assert running["Average"] == 2


def test_buckets_and_log_groups_tell_their_days(cloud: Cloud, sql: Sql) -> None:
    shift = turn_clock(cloud)
    name = f"b-{cloud.account.number}"
    insert(cloud, "s3_buckets", {"account_id": cloud.account.id, "name": name})
    insert(cloud, "log_groups", {"account_id": cloud.account.id, "name": "/app"})
    sql("insert into s3_bucket_usage_daily (bucket_id, date, storage_gb_standard, storage_gb_ia,"
        " requests_count) select id, $2, 500, 20, 1001 from s3_buckets where name = $1",
        name, MONDAY)  # fmt: skip
    sql("insert into log_group_usage_daily (log_group_id, date, ingested_gb, stored_gb)"
        " select id, $2, 2, 10 from log_groups where account_id = $1",
        cloud.account.id, MONDAY)  # fmt: skip
    start = midnight(MONDAY, shift)
    span = {"StartTime": start, "EndTime": start + timedelta(days=1)}
    for metric, storage, value in (
        ("BucketSizeBytes", "StandardStorage", 500 * 2**30),
        ("BucketSizeBytes", "StandardIAStorage", 20 * 2**30),
        ("NumberOfObjects", "AllStorageTypes", 520 * 1024),
    ):
        named = dimensions(BucketName=name, StorageType=storage)
        [point] = ask(cloud, Namespace="AWS/S3", MetricName=metric, Dimensions=named, **span)
        assert (point["Average"], point["Timestamp"]) == (value, start)
    named = dimensions(BucketName=name, FilterId="EntireBucket")
    [requests] = ask(cloud, Namespace="AWS/S3", MetricName="AllRequests", Dimensions=named, **span)
    assert (requests["Sum"], requests["Maximum"]) == (1001, 1)
    [logs] = ask(cloud, Namespace="AWS/Logs", MetricName="IncomingBytes",
                 Dimensions=dimensions(LogGroupName="/app"), **span)  # fmt: skip
    assert logs["Sum"] == pytest.approx(2 * 2**30)
