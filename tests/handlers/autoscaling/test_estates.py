"""The groups of an estate, as its account's clients see them; and the AWS CLI."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from emulator import worlds
from tests.fixtures.database import Account
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.autoscaling.conftest import ids
from tests.handlers.ec2.answers import Sql


@pytest.fixture(scope="module")
def small(running: RunningServer) -> Iterator[Cloud]:
    """An account with the small estate of one day."""
    number = "700000000031"
    running.run(
        worlds.create(
            running.server.world, "small", seed=5, days=2, until=date(2026, 6, 30), account=number
        )
    )
    [row] = running.rows("select id from cloud_accounts where account_number = $1", number)
    account = Account(row["id"], number)
    key = running.key(account)
    yield Cloud(running, account, key["access_key_id"], key["secret_access_key"])
    running.run(worlds.close_account(running.server.world, number))


def test_the_small_estate(small: Cloud, sql: Sql) -> None:
    seen = 0
    for row in sql("select * from autoscaling_groups where account_id = $1", small.account.id):
        client = small.client("autoscaling", row["region"])
        [group] = client.describe_auto_scaling_groups(AutoScalingGroupNames=[row["name"]])[
            "AutoScalingGroups"
        ]
        members = sql(
            "select * from instances where autoscaling_group_id = $1 and state = 'running'",
            row["id"],
        )
        assert group["AutoScalingGroupARN"] == row["arn"]
        assert len(members) == row["desired_capacity"] == group["DesiredCapacity"]
        assert ids(group) == {one["instance_id"] for one in members}
        assert group["VPCZoneIdentifier"] == ",".join(row["subnet_ids"])
        assert group["LaunchTemplate"]["LaunchTemplateId"] == row["launch_template_id"]
        assert {tag["Key"]: tag["Value"] for tag in group["Tags"]} == row["tags"]
        client.set_desired_capacity(
            AutoScalingGroupName=row["name"], DesiredCapacity=row["desired_capacity"] + 1
        )
        [new] = sql(
            "select * from instances where autoscaling_group_id = $1 and instance_id <> all ($2)",
            row["id"], list(ids(group)),
        )  # fmt: skip
        old = members[0]
        same = (
            "instance_type", "hourly_cost", "env", "region", "vpc_id", "key_name", "architecture",
            "launch_template_id", "launch_template_version",
        )  # fmt: skip
        for column in same:
            assert new[column] == old[column], column
        assert new["subnet_id"] in row["subnet_ids"]
        seen += 1
    assert seen >= 1


def test_the_cli(cloud: Cloud, ec2: Any, template: str, sql: Sql, tmp_path: Path) -> None:
    found = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
    if found is None:
        pytest.skip("no AWS CLI here")

    def aws(*words: str) -> Any:
        done = subprocess.run(
            [found, "autoscaling", *words, "--output", "json"], capture_output=True, text=True,
            timeout=60, check=True,
            env={**cloud.environment, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        return json.loads(done.stdout) if done.stdout.strip() else None

    name = ("--auto-scaling-group-name", "cli")
    aws("create-auto-scaling-group", *name, "--min-size", "0", "--max-size", "4",
        "--desired-capacity", "2", "--availability-zones", "us-east-1a", "us-east-1b",
        "--launch-template", f"LaunchTemplateId={template},Version=$Latest",
        "--tags", "Key=env,Value=dev,PropagateAtLaunch=true")  # fmt: skip
    count = "select count(*) from instances where account_id = $1 and state = 'running'"
    assert sql(count, cloud.account.id)[0]["count"] == 2
    aws("set-desired-capacity", *name, "--desired-capacity", "3")
    [group] = aws("describe-auto-scaling-groups")["AutoScalingGroups"]
    assert (group["DesiredCapacity"], len(group["Instances"])) == (3, 3)
    assert sql(count, cloud.account.id)[0]["count"] == 3
    activities = aws("describe-scaling-activities", *name, "--max-items", "2")
    assert len(activities["Activities"]) == 2
    aws("put-scheduled-update-group-action", *name, "--scheduled-action-name", "night",
        "--recurrence", "0 20 * * 1-5", "--desired-capacity", "0")  # fmt: skip
    [action] = aws("describe-scheduled-actions", *name)["ScheduledUpdateGroupActions"]
    assert (action["Recurrence"], action["DesiredCapacity"]) == ("0 20 * * 1-5", 0)
    aws("delete-auto-scaling-group", *name, "--force-delete")
    assert aws("describe-auto-scaling-groups")["AutoScalingGroups"] == []
    assert sql(count, cloud.account.id)[0]["count"] == 0
