"""A day at the AWS CLI with CloudWatch: look for idle machines, watch one, report a figure."""

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.cloudwatch.world import MONDAY, day, instance, midnight, turn_clock

CLIS = {
    "pypi": str(Path(sys.executable).with_name("aws")),
    "debian": "/usr/bin/aws",
}


@pytest.mark.parametrize("cli", CLIS)
def test_metrics_and_alarms_at_the_command_line(cloud: Cloud, cli: str, tmp_path: Path) -> None:
    if shutil.which(CLIS[cli]) is None:
        pytest.skip(f"{CLIS[cli]} is not installed")

    def aws(*words: str) -> Any:
        home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
        command = [CLIS[cli], "--endpoint-url", cloud.running.url, "cloudwatch", *words]
        done = subprocess.run(
            command, env=cloud.environment | home, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    shift = turn_clock(cloud)
    name = instance(cloud, f"i-{cloud.account.number:0>17}")
    for at in range(9):
        day(cloud, "instance", name, MONDAY + timedelta(days=at), cpu_avg=1.5, cpu_max=3.25)
    start = midnight(MONDAY, shift)
    found = aws(
        "get-metric-statistics", "--namespace", "AWS/EC2", "--metric-name", "CPUUtilization",
        "--dimensions", f"Name=InstanceId,Value={name}", "--period", "86400",
        "--start-time", start.isoformat(), "--end-time", (start + timedelta(days=7)).isoformat(),
        "--statistics", "Average", "Maximum",
    )["Datapoints"]  # fmt: skip
    assert [(point["Average"], point["Maximum"]) for point in found] == [(1.5, 3.25)] * 7
    listed = aws("list-metrics", "--namespace", "AWS/EC2", "--metric-name", "CPUUtilization",
                 "--dimensions", f"Name=InstanceId,Value={name}")["Metrics"]  # fmt: skip
    assert len(listed) == 1
    aws("put-metric-data", "--namespace", "Report", "--metric-name", "Idle", "--value", "1")
    assert aws("list-metrics", "--namespace", "Report")["Metrics"][0]["MetricName"] == "Idle"
    aws("put-metric-alarm", "--alarm-name", "idle", "--namespace", "AWS/EC2", "--metric-name",
        "CPUUtilization", "--statistic", "Average", "--period", "86400", "--threshold", "5",
        "--comparison-operator", "LessThanThreshold", "--evaluation-periods", "1",
        "--dimensions", f"Name=InstanceId,Value={name}")  # fmt: skip
    cloud.running.rows(
        "update alarms set evaluated_at = evaluated_at - interval '1 day',"
        " configured_at = configured_at - interval '1 day' where account_id = $1",
        cloud.account.id,
    )
    [alarm] = aws("describe-alarms", "--state-value", "ALARM")["MetricAlarms"]
    assert (alarm["AlarmName"], alarm["Threshold"]) == ("idle", 5)
    aws("delete-alarms", "--alarm-names", "idle")
    assert aws("describe-alarms")["MetricAlarms"] == []
