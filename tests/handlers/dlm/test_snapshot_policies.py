"""Lifecycle policies, and the snapshots that they take and delete."""

from decimal import Decimal
from typing import Any

import pytest

from emulator import control
from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal

ROLE = "arn:aws:iam::123456789012:role/service-role/AWSDataLifecycleManagerDefaultRole"
DAILY = {
    "Name": "daily",
    "CopyTags": True,
    "TagsToAdd": [{"Key": "made-by", "Value": "dlm"}],
    "CreateRule": {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:30"]},
    "RetainRule": {"Count": 2},
}


@pytest.fixture
def dlm(cloud: Cloud) -> Any:
    return cloud.client("dlm")


def details(*schedules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "backup", "Value": "yes"}],
        "Schedules": list(schedules or (DAILY,)),
        **more,
    }


def create(dlm: Any, **more: Any) -> str:
    given = {
        "ExecutionRoleArn": ROLE,
        "Description": "nightly",
        "State": "ENABLED",
        "PolicyDetails": details(),
        "Tags": {"team": "ops"},
    } | more
    return str(dlm.create_lifecycle_policy(**given)["PolicyId"])


def test_a_policy_lives_from_making_to_deletion(cloud: Cloud, dlm: Any) -> None:
    policy_id = create(dlm)
    assert policy_id.startswith("policy-0") or len(policy_id) == 24
    policy = dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]
    assert policy["PolicyArn"] == f"arn:aws:dlm:us-east-1:{cloud.account.number}:policy/{policy_id}"
    assert policy["PolicyDetails"]["PolicyType"] == "EBS_SNAPSHOT_MANAGEMENT"
    assert policy["PolicyDetails"]["Schedules"][0]["CreateRule"]["Times"] == ["03:30"]
    assert (policy["Tags"], policy["State"]) == ({"team": "ops"}, "ENABLED")

    def listed(**question: Any) -> list[str]:
        return [one["PolicyId"] for one in dlm.get_lifecycle_policies(**question)["Policies"]]

    assert listed() == listed(PolicyIds=[policy_id]) == listed(State="ENABLED") == [policy_id]
    assert listed(TargetTags=["backup=yes"]) == listed(TagsToAdd=["made-by=dlm"]) == [policy_id]
    assert listed(State="DISABLED") == listed(ResourceTypes=["INSTANCE"]) == []
    dlm.update_lifecycle_policy(PolicyId=policy_id, State="DISABLED", Description="off")
    policy = dlm.get_lifecycle_policy(PolicyId=policy_id)["Policy"]
    assert (policy["State"], policy["Description"]) == ("DISABLED", "off")
    arn = policy["PolicyArn"]
    dlm.tag_resource(ResourceArn=arn, Tags={"a": "b"})
    dlm.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert dlm.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"a": "b"}
    dlm.delete_lifecycle_policy(PolicyId=policy_id)
    assert listed() == []
    code, _ = refusal(dlm.get_lifecycle_policy, PolicyId=policy_id)
    assert code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    "change",
    [
        {"PolicyDetails": details({**DAILY, "RetainRule": {}})},
        {"PolicyDetails": details({**DAILY, "CreateRule": {"Interval": 5}})},
        {"PolicyDetails": details({**DAILY, "CreateRule": {"CronExpression": f"cron({0:<12})"}})},
        {"PolicyDetails": details(PolicyType="IMAGE_MANAGEMENT")},
        {"PolicyDetails": details(ResourceTypes=["VOLUME", "INSTANCE"])},
        {"DefaultPolicy": "VOLUME"},
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(dlm: Any, change: dict[str, Any]) -> None:
    assert refusal(lambda **asked: create(dlm, **asked), **change)[0] == "InvalidRequestException"


def test_snapshots_are_taken_and_deleted_day_by_day(
    cloud: Cloud, dlm: Any, ec2: Any, running: RunningServer, sql: Sql
) -> None:
    number = cloud.account.number
    running.run(control.estate_create(running.server.world, "1", days=1, account=number))
    running.server.clocks.forget()
    tags = [{"Key": "backup", "Value": "yes"}, {"Key": "app", "Value": "db"}]
    volume = ec2.create_volume(
        AvailabilityZone="us-east-1a", Size=100,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )["VolumeId"]  # fmt: skip
    policy_id = create(dlm)
    weekly = {
        "Name": "never",
        "CreateRule": {"CronExpression": "cron(0 1 ? * * 2199)"},
        "RetainRule": {"Interval": 1, "IntervalUnit": "WEEKS"},
    }
    create(dlm, PolicyDetails=details(weekly))
    create(dlm, State="DISABLED")

    def taken() -> list[dict[str, Any]]:
        answer = ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])
        return sorted(answer["Snapshots"], key=lambda one: one["StartTime"])

    for day, count in ((1, 1), (2, 2), (3, 2), (4, 2)):
        before = {one["SnapshotId"] for one in taken()}
        running.run(control.tick(running.server.world, days=1, account=number))
        running.server.clocks.forget()
        assert len(taken()) == count, day
        assert {one["SnapshotId"] for one in taken()} != before
    newest = taken()[-1]
    shown = {tag["Key"]: tag["Value"] for tag in newest["Tags"]}
    assert shown == {
        "backup": "yes",
        "app": "db",
        "made-by": "dlm",
        "dlm:managed": "true",
        "aws:dlm:lifecycle-policy-id": policy_id,
        "aws:dlm:lifecycle-schedule-name": "daily",
    }
    assert newest["Description"] == f"Created for policy: {policy_id} schedule: daily"
    rows = sql(
        "select s.monthly_cost, m.estimated_daily_cost from snapshots s join metrics_daily m"
        " on m.resource_id = s.snapshot_id where s.snapshot_id = $1",
        newest["SnapshotId"],
    )
    assert rows[0]["monthly_cost"] == Decimal("5.0000")
    assert rows[0]["estimated_daily_cost"] > 0
