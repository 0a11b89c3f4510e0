"""Members: ended, detached, put aside, protected; and the activities that tell of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.autoscaling_members import choose
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP, ids
from tests.handlers.ec2.answers import Sql, refusal
from tests.handlers.ec2.launching import launch_one

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_instances_are_described(autoscaling: Any, make_group: Make, shown: Show, ec2: Any) -> None:
    make_group()
    alone = launch_one(ec2)
    answer = autoscaling.describe_auto_scaling_instances()["AutoScalingInstances"]
    assert {one["InstanceId"] for one in answer} == ids(shown())
    for one in answer:
        assert one["AutoScalingGroupName"] == GROUP
        assert (one["LifecycleState"], one["HealthStatus"]) == ("InService", "HEALTHY")
        assert (one["InstanceType"], one["LaunchTemplate"]["Version"]) == ("m5.large", "1")
    named = autoscaling.describe_auto_scaling_instances(
        InstanceIds=[alone, answer[0]["InstanceId"]]
    )
    assert [one["InstanceId"] for one in named["AutoScalingInstances"]] == [answer[0]["InstanceId"]]
    paged = autoscaling.describe_auto_scaling_instances(MaxRecords=1)
    rest = autoscaling.describe_auto_scaling_instances(MaxRecords=1, NextToken=paged["NextToken"])
    assert {paged["AutoScalingInstances"][0]["InstanceId"],
            rest["AutoScalingInstances"][0]["InstanceId"]} == ids(shown())  # fmt: skip


def test_a_terminated_member_is_replaced(
    autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    first = sorted(ids(shown()))
    activity = autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=first[0], ShouldDecrementDesiredCapacity=False
    )["Activity"]
    assert activity["Description"] == f"Terminating EC2 instance: {first[0]}"
    assert (
        f"instance {first[0]} was taken out of service in response to a user request."
        in (activity["Cause"])
    )
    assert (activity["StatusCode"], activity["AutoScalingGroupName"]) == ("InProgress", GROUP)
    assert shown()["DesiredCapacity"] == 2
    now = ids(shown())
    assert len(now) == 2
    assert first[1] in now
    assert first[0] not in now
    [row] = sql("select state from instances where instance_id = $1", first[0])
    assert row["state"] == "terminated"


def test_a_terminated_member_makes_the_group_smaller(
    autoscaling: Any, make_group: Make, shown: Show
) -> None:
    make_group()
    gone, left = sorted(ids(shown()))
    autoscaling.terminate_instance_in_auto_scaling_group(
        InstanceId=gone, ShouldDecrementDesiredCapacity=True
    )
    assert (shown()["DesiredCapacity"], ids(shown())) == (1, {left})
    code, message = refusal(
        autoscaling.terminate_instance_in_auto_scaling_group, InstanceId=left,
        ShouldDecrementDesiredCapacity=True,
    )  # fmt: skip
    assert code == "ValidationError"
    assert message.startswith("Currently, desiredSize equals minSize (1).")
    assert ids(shown()) == {left}


def test_members_are_detached(autoscaling: Any, make_group: Make, shown: Show, sql: Sql) -> None:
    make_group()
    one, other = sorted(ids(shown()))
    [activity] = autoscaling.detach_instances(
        AutoScalingGroupName=GROUP, InstanceIds=[one], ShouldDecrementDesiredCapacity=True
    )["Activities"]
    assert activity["Description"] == f"Detaching EC2 instance: {one}"
    assert activity["Cause"].endswith("in response to a user request, shrinking the capacity from"
                                      " 2 to 1.")  # fmt: skip
    assert (shown()["DesiredCapacity"], ids(shown())) == (1, {other})
    [row] = sql("select * from instances where instance_id = $1", one)
    assert (row["state"], row["autoscaling_group_id"]) == ("running", None)
    assert "aws:autoscaling:groupName" not in row["tags"]
    autoscaling.detach_instances(
        AutoScalingGroupName=GROUP, InstanceIds=[other], ShouldDecrementDesiredCapacity=False
    )
    assert len(ids(shown()) - {one, other}) == 1
    code, message = refusal(
        autoscaling.detach_instances, AutoScalingGroupName=GROUP, InstanceIds=[one],
        ShouldDecrementDesiredCapacity=True,
    )  # fmt: skip
    told = f"The instance {one} is not part of Auto Scaling group web."
    assert (code, message) == ("ValidationError", told)
    autoscaling.attach_instances(AutoScalingGroupName=GROUP, InstanceIds=[one])
    assert shown()["DesiredCapacity"] == 2
    assert one in ids(shown())


def test_standby(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group()
    one, other = sorted(ids(shown()))
    autoscaling.enter_standby(
        AutoScalingGroupName=GROUP, InstanceIds=[one], ShouldDecrementDesiredCapacity=True
    )
    states = {each["InstanceId"]: each["LifecycleState"] for each in shown()["Instances"]}
    assert states == {one: "Standby", other: "InService"}
    assert shown()["DesiredCapacity"] == 1
    autoscaling.exit_standby(AutoScalingGroupName=GROUP, InstanceIds=[one])
    assert (shown()["DesiredCapacity"], ids(shown())) == (2, {one, other})
    autoscaling.enter_standby(
        AutoScalingGroupName=GROUP, InstanceIds=[one], ShouldDecrementDesiredCapacity=False
    )
    assert len(ids(shown())) == 3


def test_protected_members_stay(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group(DesiredCapacity=3)
    kept = sorted(ids(shown()))[0]
    autoscaling.set_instance_protection(
        AutoScalingGroupName=GROUP, InstanceIds=[kept], ProtectedFromScaleIn=True
    )
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=1)
    [left] = shown()["Instances"]
    assert (left["InstanceId"], left["ProtectedFromScaleIn"]) == (kept, True)


def test_suspended_processes_do_nothing(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    autoscaling.suspend_processes(
        AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "Terminate"]
    )
    told = shown()["SuspendedProcesses"]
    assert [one["ProcessName"] for one in told] == ["Launch", "Terminate"]
    assert told[0]["SuspensionReason"].startswith("User suspended at 2")
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    assert len(shown()["Instances"]) == 2
    autoscaling.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    assert [one["ProcessName"] for one in shown()["SuspendedProcesses"]] == ["Terminate"]
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=3)
    assert len(shown()["Instances"]) == 3
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=1)
    assert len(shown()["Instances"]) == 3
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP)
    assert len(shown()["SuspendedProcesses"]) == 9
    autoscaling.resume_processes(AutoScalingGroupName=GROUP)
    [row] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    assert (row["suspended_processes"], row["suspended_at"]) == ([], {})
    code, _ = refusal(
        autoscaling.suspend_processes, AutoScalingGroupName=GROUP, ScalingProcesses=["Dance"]
    )
    assert code == "ValidationError"


def test_activities_tell_why(autoscaling: Any, make_group: Make, shown: Show) -> None:
    make_group(DesiredCapacity=1)
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=GROUP, MinSize=0, MaxSize=4, DesiredCapacity=0
    )
    down, up = autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"]
    instance_id = up["Description"].removeprefix("Launching a new EC2 instance: ")
    assert down["Description"] == f"Terminating EC2 instance: {instance_id}"
    now = down["Cause"][3:23]
    assert down["Cause"] == (
        f"At {now} a user request update of AutoScalingGroup constraints to min: 0, max: 4,"
        f" desired: 0 changing the desired capacity from 1 to 0.  At {now} an instance was taken"
        " out of service in response to a difference between desired and actual capacity,"
        f" shrinking the capacity from 1 to 0.  At {now} instance {instance_id} was selected for"
        " termination."
    )
    assert up["Cause"].endswith("increasing the capacity from 0 to 1.")
    assert (
        "a user request created an AutoScalingGroup changing the desired capacity from 0 to 1."
        in up["Cause"]
    )
    assert (up["StatusCode"], up["Progress"]) == ("Successful", 100)
    assert '"Availability Zone":"us-east-1' in up["Details"]
    # Times in the text are those of the answer.
    assert datetime.fromisoformat(now) == up["StartTime"].replace(microsecond=0) or (
        datetime.fromisoformat(now) - up["StartTime"] < timedelta(seconds=30)
    )
    [one] = autoscaling.describe_scaling_activities(ActivityIds=[up["ActivityId"]])["Activities"]
    assert one["ActivityId"] == up["ActivityId"]
    paged = autoscaling.describe_scaling_activities(MaxRecords=1)
    assert paged["Activities"][0]["ActivityId"] == down["ActivityId"]


def test_a_launch_that_fails_is_an_activity(
    cloud: Cloud, autoscaling: Any, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group(DesiredCapacity=1)
    sql("delete from launch_templates where account_id = $1", cloud.account.id)
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2)
    assert len(shown()["Instances"]) == 1
    failed = autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)["Activities"][0]
    assert failed["StatusCode"] == "Failed"
    assert failed["StatusMessage"].endswith("does not exist. Launching EC2 instance failed.")


def _member(number: int, zone: str, age_hours: float, **more: Any) -> dict[str, Any]:
    return {
        "instance_id": f"i-{number:017x}",
        "availability_zone": zone,
        "launch_time": NOW - timedelta(hours=age_hours),
        "launch_template_id": "lt-1",
        "launch_template_version": "2",
        "launch_configuration_name": None,
        "protected_from_scale_in": False,
        "standby": False,
        "unhealthy": False,
    } | more


GROUP_ROW = {
    "launch_configuration_name": None,
    "launch_template_id": "lt-1",
    "launch_template_version": "2",
}

members_of = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(0, 500), st.booleans(), st.booleans()), max_size=12
)


@given(drawn=members_of, count=st.integers(0, 14), policy=st.sampled_from(
    ["Default", "OldestInstance", "NewestInstance", "ClosestToNextInstanceHour"]))  # fmt: skip
def test_whoever_goes_may_go_and_the_zones_stay_even(
    drawn: list[tuple[str, float, bool, bool]], count: int, policy: str
) -> None:
    members = [
        _member(number, zone, age, protected_from_scale_in=protected, unhealthy=sick)
        for number, (zone, age, protected, sick) in enumerate(drawn)
    ]
    free = [one for one in members if not one["protected_from_scale_in"]]
    gone = choose(members, count, [policy], GROUP_ROW, NOW)
    assert len(gone) == min(count, len(free))
    assert len({one["instance_id"] for one in gone}) == len(gone)
    assert not any(one["protected_from_scale_in"] for one in gone)
    sick = sum(one["unhealthy"] for one in free)
    assert sum(one["unhealthy"] for one in gone) >= min(sick, len(gone))


def test_termination_policies() -> None:
    members = [
        _member(1, "a", 10),
        _member(2, "a", 50, launch_template_version="1"),
        _member(3, "b", 100),
        _member(4, "a", 1),
    ]

    def first(*policies: str) -> str:
        [one] = choose(members, 1, policies, GROUP_ROW, NOW)
        return str(one["instance_id"])[-1]

    # Zone a has the most.
    assert first("Default") == "2"
    assert first("OldestInstance") == "2"
    assert first("NewestInstance") == "4"
    assert first("OldestLaunchTemplate", "NewestInstance") == "2"
    even = [_member(1, "a", 10), _member(3, "b", 100)]
    [one] = choose(even, 1, ["OldestInstance"], GROUP_ROW, NOW)
    assert one["instance_id"].endswith("3")
