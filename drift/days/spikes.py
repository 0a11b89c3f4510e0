"""Spikes: what a scenario began and somebody ends again, one to three days later."""

from datetime import UTC, datetime, time, timedelta

from drift.day import Day

# What ends today was still there when the day was measured.
AFTER = ("log_groups", "autoscaling_groups")

MOST_DAYS = 3
# The culprit of a happening is told first, and is of the scenario's own type.
_ENDING = """
SELECT h.scenario, h.date, h.resource_id FROM drift_happenings h
 WHERE h.account_id = $1 AND h.date >= $2 AND h.date < $3
   AND (h.scenario, h.resource_type) IN (('log_storm', 'log_group'),
                                         ('runaway_group', 'autoscaling_group'))
 ORDER BY h.date, h.scenario, h.resource_id"""


async def write(day: Day) -> None:
    """End what has lasted long enough; the day itself was still part of it."""
    from drift.scenarios import log_storm, runaway_group

    since = day.date - timedelta(days=MOST_DAYS)
    rows = await day.connection.fetch(_ENDING, day.account_id, since, day.date)
    for row in rows:
        if (day.date - row["date"]).days != _lasts(day, row["scenario"], row["resource_id"]):
            continue
        if row["scenario"] == "log_storm":
            await log_storm.end(day, row["resource_id"])
        else:
            begun = datetime.combine(row["date"], time.min, UTC)
            await runaway_group.end(day, row["resource_id"], begun)


def _lasts(day: Day, scenario: str, resource_id: str) -> int:
    """The same on each of its days."""
    from drift.noise import noise

    # a storm shows in the days of its logs, the first of which is the day after
    least = 2 if scenario == "log_storm" else 1
    room = MOST_DAYS + 1 - least
    return least + int(room * noise(day.world, resource_id, f"/{scenario}/lasts"))
