"""Instances through boto3: lists, states, and what a change of state takes along."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.fixtures.server import Cloud, RunningServer
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import launch, launch_one, tagged

ABSENT = "i-00000000000000000"


def states(answer: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["PreviousState"]["Name"], one["CurrentState"]["Name"]) for one in answer]


def described(ec2: Any, **asked: Any) -> list[dict[str, Any]]:
    answer = ec2.describe_instances(**asked)
    return [one for group in answer["Reservations"] for one in group["Instances"]]


def test_stop_and_start_show_every_step(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2)
    stopped = ec2.stop_instances(InstanceIds=[instance_id])["StoppingInstances"]
    assert states(stopped) == [("running", "stopping")]
    [shown] = described(ec2, InstanceIds=[instance_id])
    assert shown["State"] == {"Code": 80, "Name": "stopped"}
    assert shown["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    stamp = datetime.now(UTC).strftime("User initiated (%Y-%m-%d ")
    assert shown["StateTransitionReason"].startswith(stamp)
    assert "PublicIpAddress" not in shown
    again = ec2.stop_instances(InstanceIds=[instance_id])["StoppingInstances"]
    assert states(again) == [("stopped", "stopped")]
    started = ec2.start_instances(InstanceIds=[instance_id])["StartingInstances"]
    assert states(started) == [("stopped", "pending")]
    ec2.get_waiter("instance_running").wait(InstanceIds=[instance_id])
    [shown] = described(ec2, InstanceIds=[instance_id])
    assert shown["State"]["Name"] == "running"
    assert datetime.now(UTC) - shown["LaunchTime"] < timedelta(minutes=1)
    events = sql(
        "select old_value, new_value, change_source from resource_change_events"
        " where resource_id = $1 and field_name = 'state' order by changed_at",
        instance_id,
    )
    assert [(one["old_value"], one["new_value"]) for one in events] == [
        ("running", "stopped"),
        ("stopped", "running"),
    ]
    assert {one["change_source"] for one in events} == {"agent"}


def test_all_of_a_request_changes_or_nothing(ec2: Any) -> None:
    first, second = launch_one(ec2), launch_one(ec2)
    code, message = refusal(ec2.stop_instances, InstanceIds=[first, ABSENT])
    assert (code, message) == (
        "InvalidInstanceID.NotFound",
        f"The instance ID '{ABSENT}' does not exist",
    )
    ec2.modify_instance_attribute(InstanceId=second, DisableApiStop={"Value": True})
    assert refusal(ec2.stop_instances, InstanceIds=[first, second]) == (
        "OperationNotPermitted",
        f"The instance '{second}' may not be stopped. Modify its 'disableApiStop' instance"
        " attribute and try again.",
    )
    # stop protection "also protects your instance from accidental termination" (EC2 user guide)
    assert refusal(ec2.terminate_instances, InstanceIds=[second]) == (
        "OperationNotPermitted",
        f"The instance '{second}' may not be terminated. Modify its 'disableApiStop' instance"
        " attribute and try again.",
    )
    assert {one["State"]["Name"] for one in described(ec2)} == {"running"}


def test_termination_leaves_zombies_behind(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(
        ec2,
        Placement={"AvailabilityZone": "us-east-1a"},
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 30, "DeleteOnTermination": False}}
        ],
    )
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=instance_id)
    root = sql(
        "select volume_id from volumes where attached_instance_id = $1 and attach_device <> $2",
        instance_id,
        "/dev/sdf",
    )[0]["volume_id"]
    answer = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert states(answer) == [("running", "shutting-down")]
    [shown] = described(ec2, InstanceIds=[instance_id])
    assert shown["State"]["Name"] == "terminated"
    assert shown["NetworkInterfaces"] == shown["SecurityGroups"] == []
    assert shown["BlockDeviceMappings"] == []
    assert {"SubnetId", "VpcId", "PrivateIpAddress"}.isdisjoint(shown)
    assert described(ec2, Filters=[{"Name": "vpc-id", "Values": ["*"]}]) == []
    assert sql("select 1 from volumes where volume_id = $1", root) == []
    [zombie] = ec2.describe_volumes()["Volumes"]
    assert (zombie["State"], zombie["Size"]) == ("available", 30)
    [row] = sql("select * from elastic_ips where allocation_id = $1", address)
    assert (row["state"], row["hourly_cost"]) == ("unassociated", Decimal("0.0050"))
    assert refusal(ec2.start_instances, InstanceIds=[instance_id])[0] == "IncorrectInstanceState"
    sql("update instances set terminated_at = terminated_at - interval '2 hours'"
        " where instance_id = $1", instance_id)  # fmt: skip
    assert described(ec2) == []


def test_protection_holds_until_it_is_lifted(ec2: Any) -> None:
    instance_id = launch_one(ec2, DisableApiTermination=True)
    code, message = refusal(ec2.terminate_instances, InstanceIds=[instance_id])
    assert code == "OperationNotPermitted"
    assert "disableApiTermination" in message
    ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[instance_id])


def test_an_address_costs_while_its_instance_stands_still(ec2: Any, sql: Sql) -> None:
    instance_id = launch_one(ec2)
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, InstanceId=instance_id)

    def hourly() -> Decimal:
        cost: Decimal = sql(
            "select hourly_cost from elastic_ips where allocation_id = $1", address
        )[0]["hourly_cost"]
        return cost

    assert hourly() == 0
    ec2.stop_instances(InstanceIds=[instance_id])
    assert hourly() == Decimal("0.0050")
    [shown] = described(ec2, InstanceIds=[instance_id])
    assert "PublicIpAddress" in shown
    ec2.start_instances(InstanceIds=[instance_id])
    assert hourly() == 0


def test_reservations_hold_what_was_launched_together(ec2: Any) -> None:
    together = {one["InstanceId"] for one in launch(ec2, 3)}
    alone = launch_one(ec2)
    groups = ec2.describe_instances()["Reservations"]
    assert sorted(len(one["Instances"]) for one in groups) == [1, 3]
    for group in groups:
        found = {one["InstanceId"] for one in group["Instances"]}
        assert found in (together, {alone})


def test_pages_count_instances(ec2: Any) -> None:
    launch(ec2, 7)
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    sizes = [sum(len(g["Instances"]) for g in page["Reservations"]) for page in pages]
    assert sizes == [5, 2]
    code, _ = refusal(ec2.describe_instances, InstanceIds=[ABSENT], MaxResults=5)
    assert code == "InvalidParameterCombination"


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("instance-type", "t3.*", 2),
        ("instance-type", "m5.large", 1),
        ("instance-state-name", "running", 3),
        ("instance-state-code", "16", 3),
        ("tag:env", "dev", 2),
        ("tag:env", "d?v", 2),
        ("tag-key", "owner", 1),
        ("block-device-mapping.device-name", "/dev/xvda", 3),
        ("launch-time", "20*", 3),
        ("launch-time", "1999*", 0),
        ("availability-zone", "us-east-1?", 3),
        ("private-dns-name", "ip-172-31-*.ec2.internal", 3),
        ("group-name", "default", 3),
        ("tenancy", "dedicated", 0),
        ("monitoring-state", "disabled", 3),
        ("architecture", "arm64", 0),
    ],
)
def test_filters_find_what_they_name(ec2: Any, name: str, value: str, count: int) -> None:
    launch(ec2, 1, TagSpecifications=[tagged("instance", env="dev", owner="me")])
    launch(ec2, 1, TagSpecifications=[tagged("instance", env="dev")])
    launch(ec2, 1, InstanceType="m5.large", TagSpecifications=[tagged("instance", env="prod")])
    found = described(ec2, Filters=[{"Name": name, "Values": [value]}])
    assert len(found) == count


def test_status_shows_running_instances_unless_asked_for_all(ec2: Any) -> None:
    running, stopped = launch_one(ec2), launch_one(ec2)
    ec2.stop_instances(InstanceIds=[stopped])
    [shown] = ec2.describe_instance_status()["InstanceStatuses"]
    assert shown["InstanceId"] == running
    assert shown["InstanceStatus"]["Status"] == shown["SystemStatus"]["Status"] == "ok"
    everyone = ec2.describe_instance_status(IncludeAllInstances=True)["InstanceStatuses"]
    assert {one["InstanceId"]: one["InstanceStatus"]["Status"] for one in everyone} == {
        running: "ok",
        stopped: "not-applicable",
    }
    healthy = [{"Name": "instance-status.status", "Values": ["ok"]}]
    [only] = ec2.describe_instance_status(IncludeAllInstances=True, Filters=healthy)[
        "InstanceStatuses"
    ]
    assert only["InstanceId"] == running


def test_reboot_and_monitoring(ec2: Any) -> None:
    instance_id = launch_one(ec2)
    assert "ResponseMetadata" in ec2.reboot_instances(InstanceIds=[instance_id])
    answer = ec2.monitor_instances(InstanceIds=[instance_id])["InstanceMonitorings"]
    assert answer == [{"InstanceId": instance_id, "Monitoring": {"State": "pending"}}]
    assert described(ec2)[0]["Monitoring"]["State"] == "enabled"
    ec2.unmonitor_instances(InstanceIds=[instance_id])
    assert described(ec2)[0]["Monitoring"]["State"] == "disabled"
    ec2.stop_instances(InstanceIds=[instance_id])
    assert refusal(ec2.reboot_instances, InstanceIds=[instance_id])[0] == "IncorrectInstanceState"


@pytest.mark.parametrize("wrong", ["i-1", "i-GGGGGGGG", "vol-00000000", "x"])
def test_malformed_ids_are_told_apart(ec2: Any, wrong: str) -> None:
    code, message = refusal(ec2.describe_instances, InstanceIds=[wrong])
    assert code == "InvalidInstanceID.Malformed"
    assert wrong in message


def test_transitions_can_take_their_time(running: RunningServer, cloud: Cloud, sql: Sql) -> None:
    ec2 = cloud.client("ec2")
    instance_id = launch_one(ec2)
    settings = running.server.settings
    settings.transition_seconds = 3600.0
    try:
        ec2.stop_instances(InstanceIds=[instance_id])
        assert described(ec2)[0]["State"]["Name"] == "stopping"
        assert (
            refusal(ec2.start_instances, InstanceIds=[instance_id])[0] == "IncorrectInstanceState"
        )
        waiter = ec2.get_waiter("instance_stopped")
        with pytest.raises(WaiterError):
            waiter.wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 0, "MaxAttempts": 2})
        sql(
            "update instances set settles_at = settles_at - interval '2 hours'"
            " where instance_id = $1",
            instance_id,
        )
        from models import instances

        sql(instances.SETTLE)
        waiter.wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 0, "MaxAttempts": 2})
    finally:
        settings.transition_seconds = 0.0


def test_other_accounts_see_nothing(cloud: Cloud, other_cloud: Cloud) -> None:
    instance_id = launch_one(cloud.client("ec2"))
    stranger = other_cloud.client("ec2")
    assert described(stranger) == []
    for call in (stranger.stop_instances, stranger.terminate_instances):
        assert refusal(call, InstanceIds=[instance_id])[0] == "InvalidInstanceID.NotFound"
    with pytest.raises(ClientError):
        stranger.describe_instances(InstanceIds=[instance_id])
