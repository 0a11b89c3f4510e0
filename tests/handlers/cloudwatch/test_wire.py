"""CloudWatch in the protocols of other clients: query's forms and XML, and CBOR."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import botocore.session
import cbor2
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.parsers import create_parser

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import MONDAY, day, instance, midnight, turn_clock


def send(cloud: Cloud, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The body of the answer to a signed POST."""
    request = AWSRequest("POST", cloud.running.url + path, data=body, headers=headers)
    credentials = Credentials(cloud.access_key_id, cloud.secret_access_key)
    SigV4Auth(credentials, "monitoring", "us-east-1").add_auth(request)
    made = Request(cloud.running.url + path, data=body, headers=dict(request.headers))
    with urlopen(made, timeout=30) as answer:
        text: bytes = answer.read()
    return text


def measured(cloud: Cloud) -> tuple[str, timedelta]:
    shift = turn_clock(cloud)
    name = instance(cloud, f"i-{cloud.account.number:0>17}")
    day(cloud, "instance", name, MONDAY, cpu_avg=25.5, cpu_max=60)
    return name, shift


def test_query_clients_are_answered_in_xml(cloud: Cloud) -> None:
    name, shift = measured(cloud)
    start = midnight(MONDAY, shift)
    form = {
        "Action": "GetMetricStatistics", "Version": "2010-08-01", "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization", "Period": "86400",
        "Dimensions.member.1.Name": "InstanceId", "Dimensions.member.1.Value": name,
        "StartTime": start.isoformat(), "EndTime": (start + timedelta(days=1)).isoformat(),
        "Statistics.member.1": "Average", "Statistics.member.2": "Maximum",
        "ExtendedStatistics.member.1": "p100",
    }  # fmt: skip
    text = send(cloud, "/", urlencode(form).encode(),
                {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})  # fmt: skip
    model = botocore.session.get_session().get_service_model("cloudwatch")
    shape = model.operation_model("GetMetricStatistics").output_shape
    assert shape is not None
    answer = create_parser("query").parse({"body": text, "headers": {}, "status_code": 200}, shape)
    [point] = answer["Datapoints"]
    assert (point["Average"], point["Maximum"]) == (25.5, 60)
    assert point["ExtendedStatistics"] == {"p100": 60}
    assert point["Timestamp"] == start


def test_cbor_clients_are_answered_in_cbor(cloud: Cloud) -> None:
    name, shift = measured(cloud)
    start = midnight(MONDAY, shift)
    query: dict[str, Any] = {
        "Id": "m1",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization",
                       "Dimensions": [{"Name": "InstanceId", "Value": name}]},
            "Period": 86_400, "Stat": "Average",
        },
    }  # fmt: skip
    asked = {"MetricDataQueries": [query], "StartTime": start, "EndTime": start + timedelta(days=1)}
    text = send(
        cloud,
        "/service/GraniteServiceVersion20100801/operation/GetMetricData",
        cbor2.dumps(asked, datetime_as_timestamp=True),
        {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor",
         "Accept": "application/cbor"},
    )  # fmt: skip
    [result] = cbor2.loads(text)["MetricDataResults"]
    assert result["Values"] == [25.5]
    assert result["Timestamps"] == [start]
    assert datetime.now(UTC) > start
