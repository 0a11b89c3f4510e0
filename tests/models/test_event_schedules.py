"""When schedules fire, day by day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models import event_schedules

SINCE = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


def on(expression: str, day: date, since: datetime = SINCE) -> list[str]:
    return [f"{moment:%H:%M}" for moment in event_schedules.firings(expression, since, day)]


@pytest.mark.parametrize(
    ("expression", "times"),
    [
        ("rate(6 hours)", ["03:30", "09:30", "15:30", "21:30"]),
        ("rate(1 day)", ["09:30"]),
        ("cron(15 8 * * ? *)", ["08:15"]),
        ("cron(0/20 9,17 ? * MON-FRI *)",
         ["09:00", "09:20", "09:40", "17:00", "17:20", "17:40"]),
        ("cron(0 8 ? * SAT,SUN *)", []),
        ("cron(0 8 1 JUN ? 2026)", ["08:00"]),
        ("cron(0 8 1 6 ? 2027)", []),
        ("cron(0 8 ? * 2#1 *)", ["08:00"]),
        ("cron(0 8 ? * 2#2 *)", []),
        ("nonsense", []),
        ("rate(999999999 days)", []),
    ],
)  # fmt: skip
def test_a_monday_in_june(expression: str, times: list[str]) -> None:
    assert on(expression, date(2026, 6, 1)) == times


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("cron(0 8 L * ? *)", [28]),
        ("cron(0 8 LW * ? *)", [27]),
        ("cron(0 8 1W * ? *)", [2]),
        ("cron(0 8 14W * ? *)", [13]),
        ("cron(0 8 31W * ? *)", []),
        ("cron(0 8 ? * 6L *)", [27]),
        ("cron(0 8 ? * L *)", [7, 14, 21, 28]),
        ("cron(0 8 ? * FRI-SUN *)", [1, 6, 7, 8, 13, 14, 15, 20, 21, 22, 27, 28]),
        ("cron(0 8 5-9/2 * ? *)", [5, 7, 9]),
        ("rate(10 days)", [8, 18, 28]),
    ],
)  # fmt: skip
def test_the_days_of_a_february(expression: str, days: list[int]) -> None:
    since = datetime(2026, 1, 29, 7, tzinfo=UTC)
    found = [day for day in range(1, 29) if on(expression, date(2026, 2, day), since)]
    assert found == days


def test_what_fires_often_is_told_once_in_an_hour() -> None:
    every = on("rate(5 minutes)", date(2026, 6, 1))
    assert every == [f"{hour:02}:00" for hour in range(24)]
    assert on("rate(7 minutes)", date(2026, 6, 1))[:2] == ["00:02", "01:05"]
    # few enough, though within an hour of each other
    assert len(on("cron(0/5 9 * * ? *)", date(2026, 6, 1))) == 12


def test_nothing_fires_before_its_rule_is_there() -> None:
    day = SINCE.date()
    assert on("rate(6 hours)", day) == ["15:30", "21:30"]
    assert on("cron(0 8,10 * * ? *)", day) == ["10:00"]
    assert on("rate(1 hour)", day - timedelta(days=1)) == []
