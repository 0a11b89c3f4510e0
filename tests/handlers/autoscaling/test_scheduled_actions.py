"""Scheduled actions: put, told, deleted; and when they are due."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import scheduled_actions
from models.scheduled_actions import CronError
from tests.fixtures.server import Cloud
from tests.handlers.autoscaling.conftest import GROUP
from tests.handlers.ec2.answers import Sql, refusal

Make = Callable[..., str]
MONDAY = datetime(2026, 6, 29, tzinfo=UTC)


def put(autoscaling: Any, name: str, **more: Any) -> None:
    autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP, ScheduledActionName=name, **more
    )


def told(autoscaling: Any, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = autoscaling.describe_scheduled_actions(**asked)[
        "ScheduledUpdateGroupActions"
    ]
    return found


def test_their_life(cloud: Cloud, autoscaling: Any, make_group: Make, sql: Sql) -> None:
    make_group()
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    put(autoscaling, "night", Recurrence="0 20 * * MON-FRI", MinSize=0, MaxSize=0,
        DesiredCapacity=0, TimeZone="Europe/Berlin")  # fmt: skip
    put(autoscaling, "once", StartTime=soon, DesiredCapacity=3)
    night, once = told(autoscaling, AutoScalingGroupName=GROUP)
    assert (night["ScheduledActionName"], night["Recurrence"]) == ("night", "0 20 * * MON-FRI")
    assert (night["MinSize"], night["MaxSize"], night["DesiredCapacity"]) == (0, 0, 0)
    assert night["StartTime"] == night["Time"] > datetime.now(UTC)
    assert night["StartTime"].hour in (18, 19)
    assert once["StartTime"] == soon
    assert "MinSize" not in once
    [row] = sql(
        "select * from scheduled_actions where account_id = $1 and name = 'once'", cloud.account.id
    )
    assert once["ScheduledActionARN"] == row["arn"]
    assert row["arn"].endswith(":autoScalingGroupName/web:scheduledActionName/once")
    put(autoscaling, "once", StartTime=soon, DesiredCapacity=4)
    assert [one["DesiredCapacity"] for one in told(autoscaling)] == [0, 4]
    assert len(told(autoscaling, ScheduledActionNames=["once"])) == 1
    assert told(autoscaling, EndTime=datetime.now(UTC)) == []
    autoscaling.delete_scheduled_action(AutoScalingGroupName=GROUP, ScheduledActionName="once")
    assert [one["ScheduledActionName"] for one in told(autoscaling)] == ["night"]
    gone = refusal(
        autoscaling.delete_scheduled_action, AutoScalingGroupName=GROUP, ScheduledActionName="once"
    )
    text = "Scheduled action name not found - Scheduled action once not found"
    assert gone == ("ValidationError", text)


def test_in_batches(autoscaling: Any, make_group: Make) -> None:
    make_group()
    failed = autoscaling.batch_put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP,
        ScheduledUpdateGroupActions=[
            {"ScheduledActionName": "a", "Recurrence": "0 8 * * *", "DesiredCapacity": 2},
            {"ScheduledActionName": "b", "Recurrence": "often", "DesiredCapacity": 2},
            {"ScheduledActionName": "c", "Recurrence": "0 20 * * *", "DesiredCapacity": 1},
        ],
    )["FailedScheduledUpdateGroupActions"]
    assert [(one["ScheduledActionName"], one["ErrorCode"]) for one in failed] == [
        ("b", "ValidationError")
    ]
    assert [one["ScheduledActionName"] for one in told(autoscaling)] == ["a", "c"]
    answer = autoscaling.batch_delete_scheduled_action(
        AutoScalingGroupName=GROUP, ScheduledActionNames=["a", "x"]
    )
    failed = answer["FailedScheduledActions"]
    assert [one["ScheduledActionName"] for one in failed] == ["x"]
    assert [one["ScheduledActionName"] for one in told(autoscaling)] == ["c"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Recurrence": "0 8 * * *"},
        {"DesiredCapacity": 1},
        {"DesiredCapacity": 1, "StartTime": datetime(2020, 1, 1, tzinfo=UTC)},
        {"DesiredCapacity": 1, "Recurrence": "61 8 * * *"},
        {"DesiredCapacity": 1, "Recurrence": "0 8 * * *", "TimeZone": "Mars/Base"},
        {"MinSize": 3, "MaxSize": 2, "Recurrence": "0 8 * * *"},
        {"MaxSize": 2, "DesiredCapacity": 3, "Recurrence": "0 8 * * *"},
    ],
)
def test_refusals(autoscaling: Any, make_group: Make, wrong: dict[str, Any]) -> None:
    make_group(MinSize=0, DesiredCapacity=0)
    code, _ = refusal(put, autoscaling=autoscaling, name="x", **wrong)
    assert code == "ValidationError"
    assert told(autoscaling) == []


@pytest.mark.parametrize(
    ("recurrence", "zone", "expected"),
    [
        ("0 8 * * MON-FRI", None, ["29 08:00", "30 08:00"]),
        ("*/30 9 30 6 *", None, ["30 09:00", "30 09:30"]),
        ("0 20 * * *", "Europe/Berlin", ["29 18:00", "30 18:00"]),
        ("15 4 30 * SUN", None, ["30 04:15"]),
        ("0 0 * * 7", None, []),
        ("0 0 1 1 MON", None, []),
    ],
)
def test_times(recurrence: str, zone: str | None, expected: list[str]) -> None:
    found = scheduled_actions.times(recurrence, zone, MONDAY, MONDAY + timedelta(days=2))
    assert [f"{one:%d %H:%M}" for one in found] == expected


@pytest.mark.parametrize("wrong", ["", "* * * *", "60 * * * *", "* * * * FRI-MON", "a * * * *",
                                   "*/0 * * * *", "5-2 * * * *"])  # fmt: skip
def test_what_is_no_recurrence(wrong: str) -> None:
    with pytest.raises(CronError):
        scheduled_actions.parse(wrong)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    minute=st.integers(0, 59), hour=st.integers(0, 23), days=st.integers(1, 40),
    cut=st.integers(1, 40),
)  # fmt: skip
def test_no_time_is_missed_or_kept_twice(minute: int, hour: int, days: int, cut: int) -> None:
    """A window in two parts holds what the whole holds: ticks miss nothing."""
    end = MONDAY + timedelta(days=days)
    middle = min(MONDAY + timedelta(hours=7 * cut), end)
    rule = f"{minute} {hour} * * *"
    whole = list(scheduled_actions.times(rule, None, MONDAY, end))
    parts = [
        *scheduled_actions.times(rule, None, MONDAY, middle),
        *scheduled_actions.times(rule, None, middle, end),
    ]
    assert parts == whole
    assert len(whole) == days
