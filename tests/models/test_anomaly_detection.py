"""What is unusual of a series, and what only looks so."""

from datetime import date, timedelta

import pytest

from models import anomaly_detection
from models.anomaly_detection import Verdict, judge

DAY = timedelta(days=1)
MONDAY = date(2026, 3, 2)


def series(*amounts: float, first: date = MONDAY) -> dict[date, float]:
    return {first + DAY * n: amount for n, amount in enumerate(amounts)}


def verdict(days: dict[date, float], flagged: tuple[date, ...] = ()) -> Verdict | None:
    """Of the last day."""
    return judge(days, flagged, max(days))


def weekly(weeks: int, weekday: float, weekend: float) -> list[float]:
    return ([weekday] * 5 + [weekend] * 2) * weeks


def test_ten_days_of_history_are_needed() -> None:
    assert verdict(series(*[10] * 9, 90)) is None
    found = verdict(series(*[10] * 10, 90))
    assert found is not None
    assert found.expected == 10
    assert found.score is not None
    assert found.score > 0.9


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (series(*[100] * 21, 115), 100),  # less than four times what costs may move by
        (series(*[0.1] * 20, 0.9), 0.1),  # less than a dollar
        (series(*weekly(4, 100, 60), 100), 100),  # a Monday after a weekend
        (series(*weekly(4, 100, 0), 100), 100),
        (series(*weekly(4, 100, 0)[:-2], 0), 0),
        (series(*[100 + 5 * n for n in range(30)], 250), 250),  # growth
        (series(*[100, 104, 97, 102, 99, 95, 106] * 4, 108), 100),
        (series(*[50, *[10] * 29, 50], first=date(2026, 4, 1)), 50),  # each first of a month
        (series(*[10] * 12, 500, *[10] * 12, 10), 10),
        (series(32, *[20, 20, 21] * 8, 33), 20),  # as jobs do, now and then
    ],
)
def test_what_is_usual(days: dict[date, float], expected: float) -> None:
    found = verdict(days)
    assert found is not None
    assert found.score is None
    assert abs(found.expected - expected) <= 0.03 * expected + 0.1


def test_a_spike_does_not_hide_the_next_one() -> None:
    days = series(*[10] * 15, 200, 210, *[10] * 10, 200)
    flagged = (MONDAY + DAY * 15, MONDAY + DAY * 16)
    found = verdict(days, flagged)
    assert found is not None
    assert found.score is not None
    assert found.expected == 10


def test_what_lasts_a_week_is_usual_from_then_on() -> None:
    days = series(*[10] * 20, *[30] * 7)
    flagged = [MONDAY + DAY * n for n in range(20, 27)]
    for at in range(27, 40):
        day = MONDAY + DAY * at
        days[day] = 30
        found = judge(days, flagged, day)
        assert found is None if at < 30 else found is not None and found.score is None
    day = MONDAY + DAY * 40
    days[day] = 90
    again = judge(days, flagged, day)
    assert again is not None
    assert again.score is not None


def test_days_without_cost_count_as_such() -> None:
    days = {MONDAY: 1.0, MONDAY + DAY * 20: 40.0}
    found = verdict(days)
    assert found is not None
    assert found.expected < 1
    assert found.score is not None


def test_runs_are_days_on_end() -> None:
    days = [MONDAY, MONDAY + DAY, MONDAY + DAY * 3]
    assert anomaly_detection.runs(days) == [
        (MONDAY, MONDAY + DAY),
        (MONDAY + DAY * 3, MONDAY + DAY * 3),
    ]
    friday = MONDAY + DAY * 4
    assert anomaly_detection.runs([friday, friday + DAY * 3]) == [(friday, friday + DAY * 3)]


def test_a_step_is_told_of_once_though_weekends_hide_it() -> None:
    days, flagged = series(*weekly(4, 100, 60)), list[date]()
    for n in range(28, 56):
        day = MONDAY + DAY * n
        days[day] = 130.0 if day.weekday() < 5 else 70.0
        found = judge(days, flagged, day)
        if found is not None and found.score is not None:
            flagged.append(day)
    assert anomaly_detection.runs(flagged) == [(MONDAY + DAY * 28, MONDAY + DAY * 35)]
