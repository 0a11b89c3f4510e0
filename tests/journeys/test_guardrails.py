"""Guardrails as an operator sets them and an agent meets them: AWS CLI and POST /fakecloud."""

import os
import subprocess
from datetime import UTC, date, datetime
from typing import Any

import orjson
import urllib3

from emulator import control
from tests.fixtures.server import Cloud
from tests.journeys.aws_cli import AWS, aws
from tests.journeys.test_gateway import Platform

HTTP = urllib3.PoolManager()
TODAY = date(2026, 3, 15)


def operator(cloud: Cloud, verb: str, **given: Any) -> Any:
    """What the admin API answers to a verb for the test's account."""
    headers = {"Authorization": f"Bearer {control.bearer(cloud.running.server.world)}"}
    method = "GET" if verb == "guardrails/breaches" else "POST"
    body = orjson.dumps({"account": cloud.account.number} | given)
    url = f"{cloud.running.url}/_driftcloud/{verb}"
    if method == "GET":
        url, body = f"{url}?account={cloud.account.number}", b""
    answer = HTTP.request(method, url, body=body, headers=headers)
    assert answer.status == 200, answer.data
    return orjson.loads(answer.data)


def refused(cloud: Cloud, *words: str) -> str:
    """What the AWS CLI says of a call that is refused."""
    done = subprocess.run(
        [AWS, "--endpoint-url", cloud.running.url, *words],
        env=os.environ | cloud.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    return done.stderr


def set_clock(cloud: Cloud) -> None:
    """Take TODAY for the account's newest simulated day."""
    cloud.running.rows(
        "insert into virtual_clocks (account_id, seed, virtual_date) values ($1, 1, $2)"
        " on conflict (account_id) do update set virtual_date = excluded.virtual_date",
        cloud.account.id, TODAY,
    )  # fmt: skip
    cloud.running.server.clocks.forget(str(cloud.account.id))


def test_the_aws_cli_is_told_why(cloud: Cloud) -> None:
    made = aws(
        cloud, "ec2", "create-volume", "--size", "100", "--availability-zone", "us-east-1a",
        "--tag-specifications",
        "ResourceType=volume,Tags=[{Key=optimization_policy,Value=recommend_only}]",
    )  # fmt: skip
    disk = made["VolumeId"]
    found = aws(
        cloud, "resourcegroupstaggingapi", "get-resources", "--tag-filters",
        "Key=optimization_policy,Values=recommend_only",
    )  # fmt: skip
    assert [one["ResourceARN"].rpartition("/")[2] for one in found["ResourceTagMappingList"]] == [
        disk
    ]
    [mode] = operator(cloud, "guardrails/enforce")
    assert mode == {"account": cloud.account.number, "guardrails": "enforce"}
    told = refused(cloud, "ec2", "delete-volume", "--volume-id", disk)
    assert "(UnauthorizedOperation)" in told
    assert f"optimization_policy of {disk} is recommend_only and the change is not approved" in told
    assert operator(cloud, "approve", resource=disk, days=7)["policy"] == "recommend_only"
    aws(cloud, "ec2", "delete-volume", "--volume-id", disk)
    assert operator(cloud, "guardrails/breaches") == []


def test_a_platform_without_an_sdk_sees_and_meets_them(cloud: Cloud) -> None:
    set_clock(cloud)
    platform = Platform(cloud)
    image = cloud.client("ec2").describe_images(Owners=["amazon"], MaxResults=5)["Images"][0]
    one = cloud.client("ec2").run_instances(
        ImageId=image["ImageId"], InstanceType="m5.large", MinCount=1, MaxCount=1
    )["Instances"][0]["InstanceId"]
    operator(cloud, "freeze", until="2026-03-20", resource=one)
    operator(cloud, "guardrails/enforce")
    kinds = platform.done("list_resource_types")["resource_types"]
    policies = {kind["resource_type"]: kind["default_policy"] for kind in kinds}
    assert (policies["instances"], policies["rds_instances"]) == ("auto_safe", "recommend_only")
    assert (policies["cache_clusters"], policies["vpcs"]) == ("recommend_only", None)
    [row] = platform.done(
        "list_resources", resource_type="instances",
        filters={"optimization_freeze_until": {"is_null": False}},
    )["items"]  # fmt: skip
    shift = datetime.now(UTC).date() - TODAY
    until = (date(2026, 3, 20) + shift).isoformat()
    assert (row["instance_id"], row["optimization_policy"]) == (one, "auto_safe")
    assert row["optimization_freeze_until"] == f"{until}T00:00:00Z"
    assert row["tags"] == {"optimization_freeze_until": f"{until}T00:00:00Z"}
    events = platform.done("changes", resource_type="instances", id=one)["items"]
    told = [event for event in events if "optimization_freeze_until" in event["field_name"]]
    assert told
    assert {event["new_value"][:10] for event in told} == {until}
    given = {"resource_type": "instances", "id": one, "changes": {"state": "stopped"}}
    for action in ("simulate", "update_resource"):
        status, answer = platform.ask(action, **given)
        assert (status, answer["error"]["code"]) == (403, "UnauthorizedOperation")
        assert f"optimizations of {one} are frozen until {until}" in answer["error"]["message"]
    tags = {"optimization_freeze_until": f"{until}T00:00:00Z", "team": "web"}
    platform.done("update_resource", resource_type="instances", id=one, changes={"tags": tags})
    [stored] = cloud.running.rows("select tags from instances where instance_id = $1", one)
    assert stored["tags"] == {"optimization_freeze_until": "2026-03-20T00:00:00Z", "team": "web"}
    operator(cloud, "guardrails/observe")
    changed = platform.done("update_resource", **given)["resource"]
    assert changed["state"] in ("stopping", "stopped")
    [breach] = operator(cloud, "guardrails/breaches")
    assert (breach["kind"], breach["resource_id"]) == ("freeze", one)
    assert breach["operation"] == "ec2:StopInstances"
    assert breach["date"] == TODAY.isoformat()
