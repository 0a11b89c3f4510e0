"""What a tick does to groups that the API made: replacements, schedules, targets."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP, ids
from tests.handlers.autoscaling.test_scaling_policies import TARGET
from tests.handlers.ec2.answers import Sql

Make = Callable[..., str]
Show = Callable[..., dict[str, Any]]
Tick = Callable[[], None]

FIRST = date(2026, 6, 1)
CALM = Knobs(mess=0)


@pytest.fixture
def tick(cloud: Cloud) -> Tick:
    """Lets a calm day pass; the first one is FIRST, and over already."""
    server = cloud.running.server

    async def begin() -> None:
        async with server.database.owner() as connection:
            await engine.history(connection, cloud.account.id, FIRST, 1, knobs=CALM)

    async def pass_day() -> None:
        async with server.database.owner() as connection:
            assert await engine.tick(connection, cloud.account.id, knobs=CALM)

    def once() -> None:
        cloud.running.run(pass_day())
        server.clocks.forget(str(cloud.account.id))

    # An account without anything has no day: it gets a volume to have one.
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)
    cloud.running.run(begin())
    server.clocks.forget(str(cloud.account.id))
    return once


def tomorrow(hour: int) -> datetime:
    """An hour of the day that the next tick makes, as clients tell time."""
    day = datetime.now(UTC).date() + timedelta(days=1)
    return datetime.combine(day, time(hour), UTC)


def causes(autoscaling: Any) -> list[str]:
    """The causes of the group's activities, newest first."""
    answer = autoscaling.describe_scaling_activities(AutoScalingGroupName=GROUP)
    return [one["Cause"] for one in answer["Activities"]]


def test_members_ended_through_ec2_are_replaced(
    cloud: Cloud, ec2: Any, autoscaling: Any, tick: Tick, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group(Tags=[{"Key": "env", "Value": "prod", "PropagateAtLaunch": True}])
    one, other = sorted(ids(shown()))
    ec2.terminate_instances(InstanceIds=[one])
    assert ids(shown()) == {other}
    tick()
    now = ids(shown())
    assert len(now) == 2
    assert other in now
    assert one not in now
    [new] = sql("select * from instances where instance_id = any($1::text[])", list(now - {other}))
    assert (new["instance_type"], new["env"]) == ("m5.large", "prod")
    assert new["tags"]["env"] == "prod"
    assert new["tags"]["from"] == "template"
    assert new["launch_time"].date() == FIRST + timedelta(days=1)
    assert "increasing the capacity from 1 to 2" in causes(autoscaling)[0]
    [event] = sql("select * from resource_change_events where resource_id = $1", new["instance_id"])
    assert (event["change_source"], event["new_value"]) == ("drift_engine", "created")


def test_stopped_members_are_replaced(
    ec2: Any, autoscaling: Any, tick: Tick, make_group: Make, shown: Show
) -> None:
    make_group()
    one, other = sorted(ids(shown()))
    ec2.stop_instances(InstanceIds=[one])
    health = {each["InstanceId"]: each["HealthStatus"] for each in shown()["Instances"]}
    assert health == {one: "Unhealthy", other: "Healthy"}
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["ReplaceUnhealthy"])
    tick()
    assert ids(shown()) == {one, other}
    autoscaling.resume_processes(AutoScalingGroupName=GROUP)
    tick()
    assert len(ids(shown()) - {one}) == 2
    assert one not in ids(shown())
    told = "an instance was taken out of service in response to an EC2 health check"
    assert any(told in cause for cause in causes(autoscaling))


def test_told_unhealthy_and_standby(
    autoscaling: Any, tick: Tick, make_group: Make, shown: Show
) -> None:
    make_group(DesiredCapacity=3)
    sick, aside, _ = sorted(ids(shown()))
    autoscaling.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
    autoscaling.enter_standby(
        AutoScalingGroupName=GROUP, InstanceIds=[aside], ShouldDecrementDesiredCapacity=True
    )
    tick()
    assert sick not in ids(shown())
    assert aside in ids(shown())
    assert (shown()["DesiredCapacity"], len(ids(shown()))) == (2, 3)


def test_what_was_suspended_is_done_when_it_goes_on(
    autoscaling: Any, tick: Tick, make_group: Make, shown: Show
) -> None:
    make_group()
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    tick()
    assert len(ids(shown())) == 2
    autoscaling.resume_processes(AutoScalingGroupName=GROUP)
    tick()
    assert len(ids(shown())) == 4


def test_a_schedule_is_kept(
    cloud: Cloud, autoscaling: Any, tick: Tick, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group()
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP, ScheduledActionName="night", StartTime=tomorrow(20),
        MinSize=0, MaxSize=4, DesiredCapacity=0,
    )  # fmt: skip
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP, ScheduledActionName="later",
        StartTime=tomorrow(8) + timedelta(days=1), MinSize=1, DesiredCapacity=3,
    )  # fmt: skip
    tick()
    group = shown()
    assert (group["MinSize"], group["MaxSize"], group["DesiredCapacity"]) == (0, 4, 0)
    assert group["Instances"] == []
    assert "a scheduled action update of AutoScalingGroup constraints to min: 0, max: 4, desired:"\
        " 0 changing the desired capacity from 2 to 0." in causes(autoscaling)[0]  # fmt: skip
    left = autoscaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert [one["ScheduledActionName"] for one in left] == ["later"]
    tick()
    assert (shown()["DesiredCapacity"], len(shown()["Instances"])) == (3, 3)
    assert shown()["MinSize"] == 1
    assert autoscaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []
    events = sql(
        "select new_value from resource_change_events where account_id = $1"
        " and resource_type = 'autoscaling_group' and field_name = 'desired_capacity'"
        " and change_source = 'drift_engine' order by changed_at",
        cloud.account.id,
    )
    assert [one["new_value"] for one in events] == ["0", "3"]


def test_a_recurring_schedule_goes_on(
    autoscaling: Any, tick: Tick, make_group: Make, shown: Show
) -> None:
    make_group()
    for name, rule, wanted in (("off", "0 20 * * *", 1), ("on", "0 7 * * *", 3)):
        autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName=GROUP, ScheduledActionName=name, Recurrence=rule,
            DesiredCapacity=wanted,
        )  # fmt: skip
    tick()
    assert len(shown()["Instances"]) == 1
    autoscaling.delete_scheduled_action(AutoScalingGroupName=GROUP, ScheduledActionName="off")
    tick()
    assert len(shown()["Instances"]) == 3
    autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["ScheduledActions"])
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2)
    tick()
    assert len(shown()["Instances"]) == 2


def test_a_target_is_tracked(
    cloud: Cloud, autoscaling: Any, tick: Tick, make_group: Make, shown: Show, sql: Sql
) -> None:
    make_group(DesiredCapacity=4)
    sql(
        "insert into resource_profiles (account_id, resource_type, resource_id, profile, load,"
        " memory_gib, network_mb) select account_id, 'instance', instance_id, 'steady', 0.2, 2, 10"
        " from instances where account_id = $1",
        cloud.account.id,
    )
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=TARGET | {"DisableScaleIn": True},
    )  # fmt: skip
    tick()
    [row] = sql("select * from autoscaling_groups where account_id = $1", cloud.account.id)
    assert 0 < row["current_utilization"] < 20
    assert row["desired_capacity"] == 4
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration=TARGET,
    )  # fmt: skip
    tick()
    assert 1 <= shown()["DesiredCapacity"] == len(shown()["Instances"]) <= 2
    assert (
        "in state ALARM triggered policy cpu changing the desired capacity from 4 to"
        in (causes(autoscaling)[0])
    )


def test_a_replayed_day_is_the_same(cloud: Cloud, tick: Tick, make_group: Make, sql: Sql) -> None:
    """What a tick launches follows from the account's seed and day, not from chance."""
    make_group()
    sql(
        "update autoscaling_groups set desired_capacity = 3 where account_id = $1", cloud.account.id
    )
    members = (
        "select instance_id, subnet_id, private_ip_address, launch_time from instances"
        " where account_id = $1 and launch_time::date = $2"
    )
    day = FIRST + timedelta(days=1)

    async def rehearse() -> list[Any]:
        async with cloud.running.server.database.owner() as connection:
            transaction = connection.transaction()
            await transaction.start()
            await engine.tick(connection, cloud.account.id, knobs=CALM)
            rows = [tuple(row) for row in await connection.fetch(members, cloud.account.id, day)]
            await transaction.rollback()
            return rows

    first, second = cloud.running.run(rehearse()), cloud.running.run(rehearse())
    assert len(first) == 1
    assert first == second


def test_fewer_members_are_busier(
    cloud: Cloud, autoscaling: Any, tick: Tick, make_group: Make, shown: Show, sql: Sql
) -> None:
    """The work of a group stays when members go, and is shared when others come."""
    make_group(DesiredCapacity=4)
    tick()
    tick()
    load = (
        "select sum(p.load) as load, count(*) as members from instances i join resource_profiles p"
        " on p.resource_type = 'instance' and p.resource_id = i.instance_id"
        " where i.account_id = $1 and i.autoscaling_group_id is not null and i.state = 'running'"
    )
    used = "select current_utilization as used from autoscaling_groups where account_id = $1"
    [before], [busy] = sql(load, cloud.account.id), sql(used, cloud.account.id)
    assert (before["members"], before["load"] > 0) == (4, True)
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2)
    tick()
    [after], [busier] = sql(load, cloud.account.id), sql(used, cloud.account.id)
    assert after["members"] == 2
    assert after["load"] == pytest.approx(before["load"])
    assert busier["used"] > busy["used"] * Decimal("1.3")
    autoscaling.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=5)
    tick()
    [more] = sql(load, cloud.account.id)
    assert (more["members"], more["load"]) == (5, pytest.approx(before["load"]))


def test_hours_of_a_schedule_are_paid(
    cloud: Cloud, autoscaling: Any, tick: Tick, make_group: Make, shown: Show, sql: Sql
) -> None:
    """Three m5.large from seven to eight in the evening cost thirteen hours."""
    make_group(MinSize=0)
    for name, rule, wanted in (("off", "0 20 * * *", 0), ("on", "0 7 * * *", 3)):
        autoscaling.put_scheduled_update_group_action(
            AutoScalingGroupName=GROUP, ScheduledActionName=name, Recurrence=rule,
            DesiredCapacity=wanted,
        )  # fmt: skip
    cost = (
        "select count(*), sum(estimated_daily_cost) as cost from metrics_daily"
        " where account_id = $1 and resource_type = 'instance' and date = $2"
    )
    tick()
    # Whatever the hour now, two or more members had the day until eight; one came at seven.
    [first] = sql(cost, cloud.account.id, FIRST + timedelta(days=1))
    assert first["cost"] > 0
    tick()
    [second] = sql(cost, cloud.account.id, FIRST + timedelta(days=2))
    assert (second["count"], second["cost"]) == (3, pytest.approx(Decimal("3.744")))
    assert shown()["Instances"] == []


def test_alarms_call_for_capacity(
    cloud: Cloud, autoscaling: Any, sql: Sql, tick: Tick, make_group: Make, shown: Show
) -> None:
    """A step at once when the state changes, and one more at every tick that finds it so."""
    make_group(MinSize=1, MaxSize=7, DesiredCapacity=1)
    steps = {
        "PolicyType": "StepScaling", "AdjustmentType": "ChangeInCapacity",
        "EstimatedInstanceWarmup": 300, "StepAdjustments": [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 20.0,
             "ScalingAdjustment": 1},
            {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 3},
        ],
    }  # fmt: skip
    out = autoscaling.put_scaling_policy(AutoScalingGroupName=GROUP, PolicyName="out", **steps)
    back = autoscaling.put_scaling_policy(
        AutoScalingGroupName=GROUP, PolicyName="back", AdjustmentType="ExactCapacity",
        ScalingAdjustment=1, Cooldown=60,
    )  # fmt: skip
    watch = cloud.client("cloudwatch")
    gone = out["PolicyARN"].replace("policyName/out", "policyName/gone")
    watch.put_metric_alarm(
        AlarmName="busy", Namespace="App", MetricName="Depth", Statistic="Maximum", Period=60,
        EvaluationPeriods=1, Threshold=10, ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[out["PolicyARN"], gone], OKActions=[back["PolicyARN"]],
        TreatMissingData="ignore",
    )  # fmt: skip
    policies = autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    assert [one["Alarms"][0]["AlarmName"] for one in policies] == ["busy", "busy"]
    tick()

    def alarm(state: str, value: float) -> int:
        told = json.dumps({"recentDatapoints": [value], "threshold": 10})
        watch.set_alarm_state(
            AlarmName="busy", StateValue=state, StateReason="test", StateReasonData=told
        )
        group = shown()
        assert group["DesiredCapacity"] == len(group["Instances"])
        return int(group["DesiredCapacity"])

    assert alarm("ALARM", 15) == 2
    assert (
        " a monitor alarm busy in state ALARM triggered policy out changing the desired capacity"
        " from 1 to 2." in causes(autoscaling)[0]
    )
    assert watch.describe_alarms(AlarmNames=["busy"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    assert alarm("ALARM", 35) == 2  # the state is as it was: nothing more until the tick
    assert alarm("OK", 5) == 2  # the cooldown of the last change still runs
    assert alarm("ALARM", 35) == 4  # three, of which the one that warms up is one
    sql(  # that they warmed up, though the day may end within that time
        "update autoscaling_groups set scaled_at = scaled_at - interval '300 seconds'"
        " where account_id = $1",
        cloud.account.id,
    )
    tick()
    assert shown()["DesiredCapacity"] == 7
    autoscaling.suspend_processes(
        AutoScalingGroupName=GROUP, ScalingProcesses=["AlarmNotification"]
    )
    assert alarm("OK", 5) == 7
    autoscaling.resume_processes(AutoScalingGroupName=GROUP)
    assert alarm("ALARM", 12) == 7
    tick()
    assert alarm("OK", 5) == 1
    items = watch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    told = {
        item["HistorySummary"].partition(" action ")[0]
        for item in items
        if gone in item["HistorySummary"]
    }
    assert told == {"Failed to execute"}
