"""Metric data and expressions through boto3, and metrics that a client put itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import (
    MONDAY,
    day,
    dimensions,
    instance,
    midnight,
    turn_clock,
)
from tests.handlers.ec2.answers import refusal

MEANS = [20.0, 30.0, 60.0]


@pytest.fixture
def names(cloud: Cloud) -> list[str]:
    """Two instances with three days each; the second is twice as busy."""
    found = [instance(cloud, f"i-{at}{cloud.account.number:0>16}") for at in (1, 2)]
    for at, mean in enumerate(MEANS):
        for factor, name in enumerate(found, 1):
            figures = {"cpu_avg": mean * factor / 2, "cpu_max": mean * factor}
            day(cloud, "instance", name, MONDAY + timedelta(days=at), **figures)
    return found


def stat(name: str, metric: str = "CPUUtilization", **more: Any) -> dict[str, Any]:
    """A MetricStat of an instance, by days."""
    return {
        "Metric": {"Namespace": "AWS/EC2", "MetricName": metric,
                   "Dimensions": dimensions(InstanceId=name)},
        "Period": 86_400, "Stat": "Average",
    } | more  # fmt: skip


def work_out(cloud: Cloud, names: list[str], expression: str, **more: Any) -> list[dict[str, Any]]:
    """What an expression on the two instances, m1 and m2, comes to."""
    shift = turn_clock(cloud)
    queries = [
        {"Id": "m1", "MetricStat": stat(names[0]), "ReturnData": False},
        {"Id": "m2", "MetricStat": stat(names[1]), "ReturnData": False},
        {"Id": "e", "Expression": expression},
    ]
    start = midnight(MONDAY, shift)
    asked = {
        "MetricDataQueries": queries, "StartTime": start, "EndTime": start + timedelta(days=3),
        "ScanBy": "TimestampAscending",
    } | more  # fmt: skip
    found: list[dict[str, Any]] = cloud.client("cloudwatch").get_metric_data(**asked)[
        "MetricDataResults"
    ]
    return found


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m1", [10, 15, 30]),
        ("m1 + m2", [30, 45, 90]),
        ("(m2 - m1) / m2 * 100", [50, 50, 50]),
        ("-m1 ^ 2", [-100, -225, -900]),
        ("2 ^ 3 ^ 0 * m1", [20, 30, 60]),
        ("SUM(METRICS())", [30, 45, 90]),
        ("AVG([m1, m2])", [15, 22.5, 45]),
        ('MAX(METRICS("m"))', [20, 30, 60]),
        ("MIN([m1,m2])", [10, 15, 30]),
        ("m1 / MAX(m1)", [1 / 3, 0.5, 1]),
        ("RATE(m1)", [5 / 86_400, 15 / 86_400]),
        ("DIFF(m1)", [5, 15]),
        ("RUNNING_SUM(m1)", [10, 25, 55]),
        ("m1 * PERIOD(m1)", [864_000, 1_296_000, 2_592_000]),
        ("IF(m1 > 12, m2, 0)", [0, 30, 60]),
        ("IF(m1 > 12 AND m2 < 50, m2)", [30]),
        ("FILL(IF(m1 > 12, m1), 7)", [7, 15, 30]),
        ("FILL(IF(m1 != 15, m1), LINEAR)", [10, 20, 30]),
        ("FILL(IF(m1 < 12, m1), REPEAT)", [10, 10, 10]),
        ("m1 / (m1 - 15)", [-2, 2]),
        ("CEIL(ABS(m1 * 0.11))", [2, 2, 4]),
        ("DATAPOINT_COUNT(m1) + m1 * 0", [3, 3, 3]),
        ("TIME_SERIES(5)", [5, 5, 5]),
        ("SLICE(SORT(METRICS(), AVG, DESC), 0)", [20, 30, 60]),
    ],
)
def test_expressions(cloud: Cloud, names: list[str], expression: str, values: list[float]) -> None:
    [result] = work_out(cloud, names, expression)
    assert result["Values"] == pytest.approx(values)
    assert (result["Id"], result["StatusCode"]) == ("e", "Complete")
    assert result["Timestamps"] == sorted(result["Timestamps"])


def test_search_finds_the_metrics_of_the_account(cloud: Cloud, names: list[str]) -> None:
    found = work_out(cloud, names, "SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\"',"
                                   " 'Average', 86400)")  # fmt: skip
    assert [one["Values"] for one in found] == [[10, 15, 30], [20, 30, 60]]
    assert [name in one["Label"] for name, one in zip(names, found, strict=True)] == [True, True]
    [summed] = work_out(cloud, names, "SUM(SEARCH('{AWS/EC2,InstanceId} CPUUtilization', 'Sum',"
                                      " 86400))")  # fmt: skip
    assert summed["Values"] == pytest.approx([30 * 288, 45 * 288, 90 * 288])


@pytest.mark.parametrize(
    "expression",
    ["m1 +", "m1 m2", "SUM(", "m9 * 2", "SUM(m1)", "ANOMALY_DETECTION_BAND(m1, 2)", "5",
     "SEARCH('nothing', 'Sum', 60)", "e + 1", "(" * 100 + "m1" + ")" * 100, "'text'"],
)  # fmt: skip
def test_what_cannot_be_worked_out_is_said(cloud: Cloud, names: list[str], expression: str) -> None:
    code, message = refusal(lambda: work_out(cloud, names, expression))
    assert code == "ValidationError"
    assert "'e'" in message


def test_pages_hold_so_many_datapoints(cloud: Cloud, names: list[str]) -> None:
    shift = turn_clock(cloud)
    queries = [{"Id": f"q{at}", "MetricStat": stat(name), "Label": f"host {at}"}
               for at, name in enumerate(names)]  # fmt: skip
    asked = {
        "MetricDataQueries": queries, "StartTime": midnight(MONDAY, shift),
        "EndTime": midnight(MONDAY, shift) + timedelta(days=3),
    }  # fmt: skip
    client = cloud.client("cloudwatch")
    whole = client.get_metric_data(**asked)["MetricDataResults"]
    assert [one["Label"] for one in whole] == ["host 0", "host 1"]
    assert whole[0]["Values"] == [30, 15, 10]
    first = client.get_metric_data(**asked, MaxDatapoints=4)
    assert [(one["Values"], one["StatusCode"]) for one in first["MetricDataResults"]] == [
        ([30, 15, 10], "Complete"), ([60], "PartialData"),
    ]  # fmt: skip
    pages = client.get_paginator("get_metric_data").paginate(
        **asked, PaginationConfig={"PageSize": 4}
    )
    values = [
        value for page in pages for one in page["MetricDataResults"] for value in one["Values"]
    ]
    assert values == [30, 15, 10, 60, 30, 20]
    assert refusal(client.get_metric_data, **asked, NextToken="x")[0] == "InvalidNextToken"


@pytest.mark.parametrize(
    "queries",
    [
        [],
        [{"Id": "A", "Expression": "1"}],
        [{"Id": "a"}],
        [{"Id": "a", "Expression": "m", "MetricStat": stat("i")}],
        [{"Id": "a", "MetricStat": stat("i")}] * 2,
        [{"Id": "a", "MetricStat": stat("i", Stat="Median")}],
        [{"Id": "a", "MetricStat": stat("i"), "ReturnData": False}],
    ],
)
def test_queries_that_are_refused(cloud: Cloud, queries: list[dict[str, Any]]) -> None:
    now = datetime.now(UTC)
    code, _ = refusal(
        cloud.client("cloudwatch").get_metric_data,
        MetricDataQueries=queries,
        StartTime=now - timedelta(hours=1),
        EndTime=now,
    )
    assert code == "ValidationError"


def test_custom_metrics_live_on_their_own(cloud: Cloud, other_cloud: Cloud) -> None:
    turn_clock(cloud)
    client = cloud.client("cloudwatch")
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=10)
    named = dimensions(Host="a", App="shop")
    client.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {"MetricName": "Orders", "Dimensions": named, "Timestamp": minute, "Value": 3,
             "Unit": "Count"},
            {"MetricName": "Orders", "Dimensions": named[::-1], "Timestamp": minute,
             "Values": [1.0, 5.0], "Counts": [2.0, 1.0], "Unit": "Count"},
            {"MetricName": "Orders", "Dimensions": named, "Timestamp": minute, "Unit": "Count",
             "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}},
            {"MetricName": "Queue", "Value": 7},
        ],
    )  # fmt: skip
    asked = {
        "Namespace": "Shop", "MetricName": "Orders", "Dimensions": named, "Period": 60,
        "StartTime": minute - timedelta(minutes=5), "EndTime": minute + timedelta(minutes=5),
        "Statistics": ["SampleCount", "Sum", "Minimum", "Maximum", "Average"],
    }  # fmt: skip
    [point] = client.get_metric_statistics(**asked)["Datapoints"]
    assert point == {
        "Timestamp": minute, "SampleCount": 8, "Sum": 20, "Minimum": 1, "Maximum": 5,
        "Average": 2.5, "Unit": "Count",
    }  # fmt: skip
    assert client.get_metric_statistics(**asked | {"Dimensions": named[:1]})["Datapoints"] == []
    assert client.get_metric_statistics(**asked | {"Unit": "Bytes"})["Datapoints"] == []
    listed = client.list_metrics(Namespace="Shop", RecentlyActive="PT3H")["Metrics"]
    assert [(one["MetricName"], len(one["Dimensions"])) for one in listed] == [
        ("Orders", 2), ("Queue", 0),
    ]  # fmt: skip
    assert [one["MetricName"] for one in client.list_metrics(
        Dimensions=[{"Name": "Host", "Value": "a"}])["Metrics"]] == ["Orders"]  # fmt: skip
    assert cloud.client("cloudwatch", "eu-west-1").list_metrics()["Metrics"] == []
    assert other_cloud.client("cloudwatch").list_metrics()["Metrics"] == []


def test_many_data_arrive_compressed(cloud: Cloud) -> None:
    client = cloud.client("cloudwatch")
    data = [{"MetricName": f"Metric{at:04}", "Value": float(at)} for at in range(900)]
    client.put_metric_data(Namespace="Many", MetricData=data)
    pages = list(client.get_paginator("list_metrics").paginate(Namespace="Many"))
    assert [len(page["Metrics"]) for page in pages] == [500, 400]
    found = [one["MetricName"] for page in pages for one in page["Metrics"]]
    assert found == [one["MetricName"] for one in data]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination"),
        ({"Value": 1.0, "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1,
                                            "Maximum": 1}}, "InvalidParameterCombination"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "InvalidParameterValue"),
        ({"Value": 1.0, "StorageResolution": 5}, "InvalidParameterValue"),
        ({"Value": 1.0, "Dimensions": dimensions(A="1") * 2}, "InvalidParameterValue"),
        ({}, "MissingParameter"),
    ],
)  # fmt: skip
def test_data_that_are_refused(cloud: Cloud, datum: dict[str, Any], code: str) -> None:
    client = cloud.client("cloudwatch")
    given = [{"MetricName": "M"} | datum]
    assert refusal(client.put_metric_data, Namespace="N", MetricData=given)[0] == code
    assert client.list_metrics()["Metrics"] == []
    told = refusal(client.put_metric_data, Namespace="AWS/EC2", MetricData=given)
    assert told[0] == "InvalidParameterValue"
