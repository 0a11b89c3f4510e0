"""Periods of time as requests of Cost Explorer give them: days on the client's calendar.

Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_DateInterval.html.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from emulator.context import Context
from emulator.errors import AwsError

MONTHS_KEPT, HOURLY_DAYS = 14, 14
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` to before `end`; whole days unless the granularity is HOURLY."""

    start: datetime
    end: datetime

    @property
    def days(self) -> tuple[date, date]:
        """The first day, and the day after the last."""
        last = self.end.date() + (DAY if self.end.time() != time.min else timedelta(0))
        return self.start.date(), last

    def parts(self, granularity: str) -> Iterator[tuple[datetime, datetime]]:
        """The periods that results are told by; the first and the last month may be short."""
        at = self.start
        while at < self.end:
            following = {
                "HOURLY": at + timedelta(hours=1),
                "DAILY": at + DAY,
                "MONTHLY": datetime.combine(next_month(at.date()), time.min),
            }[granularity]
            yield at, min(following, self.end)
            at = following


def invalid(message: str) -> AwsError:
    """Cost Explorer's refusal of a request that says something wrong."""
    return AwsError("ValidationException", message, 400)


def today(ctx: Context) -> date:
    """The day that the client calls today: the newest of the ledger."""
    return (ctx.now + ctx.shift).date()


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def months_before(day: date, months: int) -> date:
    """The first day of the month so many months ago."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


def read(given: Mapping[str, str]) -> Interval:
    """A DateInterval. Raises ValidationException for what is no date."""
    try:
        start, end = (
            datetime.fromisoformat(given[name]).replace(tzinfo=None) for name in ("Start", "End")
        )
    except ValueError:
        raise invalid("Start Date and End Date should be in yyyy-MM-dd format") from None
    return Interval(start, end)


def checked(
    ctx: Context, given: Mapping[str, str], granularity: str = "DAILY", *, hourly: bool = False
) -> Interval:
    """The past that a report is about. `hourly`: it keeps no longer than hours are kept."""
    found = read(given)
    now = today(ctx)
    if granularity != "HOURLY" and ("T" in given["Start"] or "T" in given["End"]):
        raise invalid("Hourly timePeriod is not supported for this request")
    if found.start >= found.end:
        raise invalid("Start date (and hour) should be before end date (and hour)")
    if found.end.date() > next_month(now):
        raise invalid("end date past the beginning of next month")
    if (granularity == "HOURLY" or hourly) and found.start.date() < now - HOURLY_DAYS * DAY:
        raise invalid(
            "start date is too old for hourly, the max supported days for hourly granularity is"
            f" {HOURLY_DAYS} days."
        )
    if found.start.date() < months_before(now, MONTHS_KEPT):
        raise invalid(f"You haven't enabled historical data beyond {MONTHS_KEPT} months")
    return found


def shown(at: datetime, granularity: str) -> str:
    """A moment as answers write it: a day, or for hours the time."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ" if granularity == "HOURLY" else "%Y-%m-%d")


def shown_interval(start: datetime, end: datetime, granularity: str = "DAILY") -> dict[str, str]:
    """A DateInterval."""
    return {"Start": shown(start, granularity), "End": shown(end, granularity)}
