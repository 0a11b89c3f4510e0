"""The main job: a client finds the waste of an account, acts, and sees the next days differ."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import boto3
import pytest

from tests.journeys.process import Process

SCRIPTS = Path(sys.executable).parent


class Served(Process):
    """`driftcloud serve` as people run it: by the installed command, with an estate to work on."""

    program = (str(SCRIPTS / "driftcloud"),)

    def client(self, service: str) -> Any:
        session: Any = boto3.session.Session("test", "test")
        return session.client(service, endpoint_url=self.url, region_name="us-east-1")

    def aws(self, *words: str) -> Any:
        """What the AWS CLI prints, read as JSON."""
        environment = os.environ | {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
        }
        command: list[str | Path] = [SCRIPTS / "aws", "--endpoint-url", self.url, *words]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def sql(self, query: str) -> list[dict[str, Any]]:
        """Rows, looked up over the URL that `driftcloud db url` gives."""

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(self.cli("db", "url")["url"])
            try:
                return [dict(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return asyncio.run(ask())


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served("--estate", "small")
    try:
        server.start()
        yield server
        assert server.stop(seconds=30) == 0
    finally:
        server.remove()


def last_cost(served: Served, resource_id: str) -> float | None:
    """What the newest virtual day says that a resource cost; None when it says nothing."""
    rows = served.sql(
        "select estimated_daily_cost::float8 as usd from metrics_daily where resource_id ="
        f" '{resource_id}' and date = (select max(virtual_date) from virtual_clocks)"
    )
    return rows[0]["usd"] if rows else None


def test_the_welcome_says_how_to_begin(served: Served) -> None:
    assert f"AWS_ENDPOINT_URL={served.url}" in served.said.read_text()
    assert served.aws("sts", "get-caller-identity")["Account"] == "123456789012"


def test_waste_is_found_removed_and_gone_the_next_day(served: Served) -> None:
    ec2 = served.client("ec2")
    volumes = ec2.describe_volumes(Filters=[{"Name": "status", "Values": ["available"]}])
    zombie = volumes["Volumes"][0]["VolumeId"]
    assert (last_cost(served, zombie) or 0) > 0
    addresses = ec2.describe_addresses()["Addresses"]
    idle = next(one["AllocationId"] for one in addresses if "AssociationId" not in one)
    reservations = ec2.describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["running"]}]
    )["Reservations"]
    machines = [one for group in reservations for one in group["Instances"]]
    free = [
        one
        for one in machines
        if not any(tag["Key"].startswith("aws:autoscaling") for tag in one.get("Tags", []))
    ]
    stopped = free[0]["InstanceId"]
    resized = next(one for one in free[1:] if one["InstanceType"].endswith(".xlarge"))
    smaller = resized["InstanceType"].replace(".xlarge", ".large")
    before = {name: last_cost(served, name) for name in (stopped, resized["InstanceId"])}

    ec2.delete_volume(VolumeId=zombie)
    ec2.release_address(AllocationId=idle)
    served.aws("ec2", "stop-instances", "--instance-ids", stopped, resized["InstanceId"])
    served.aws("ec2", "wait", "instance-stopped", "--instance-ids", resized["InstanceId"])
    ec2.modify_instance_attribute(InstanceId=resized["InstanceId"], InstanceType={"Value": smaller})
    served.aws("ec2", "start-instances", "--instance-ids", resized["InstanceId"])

    answer = served.cli("tick")
    assert answer["ok"]
    assert answer["accountsProcessed"] == 1
    assert last_cost(served, zombie) is None
    assert last_cost(served, idle) is None
    assert last_cost(served, stopped) is None
    halved = last_cost(served, resized["InstanceId"])
    whole = before[resized["InstanceId"]]
    assert halved is not None
    assert whole is not None
    # the price halves; the day's own walk stays within its bounds around it
    assert 0.3 < halved / whole < 0.8


def test_a_tick_makes_everything_a_day_older(served: Served) -> None:
    ec2 = served.client("ec2")

    def newest() -> float:
        groups = ec2.describe_instances()["Reservations"]
        launched = [one["LaunchTime"] for group in groups for one in group["Instances"]]
        return float(max(launched).timestamp())

    before = newest()
    served.cli("tick")
    assert before - newest() == pytest.approx(24 * 3600)
    [machine] = ec2.describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}], MaxResults=5
    )["Reservations"][0]["Instances"]
    ec2.start_instances(InstanceIds=[machine["InstanceId"]])
    assert abs(newest() - time.time()) < 90
