"""Cost exports: files of the bill, refreshed when the day is on it.

Their dates are those that a client sees today, which no world can replay: they are no part of the
days that chance and actions determine.
"""

import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

from drift.day import Day
from drift.session import DaySession
from models import data_exports, report_definitions

log = logging.getLogger("driftcloud.drift")

AFTER = ("cost_daily",)

# How far the calendar of a client, who takes the newest day for today, lies after the day's.
_AHEAD = "SELECT (now() AT TIME ZONE 'UTC')::date - $1::date"


async def write(day: Day) -> None:
    """Nothing: a day of cost is in the ledger."""


async def live(day: Day) -> None:
    """Deliver every export and report of the account; one that fails leaves the others alone."""
    db = DaySession(day)
    exports: list[Any] = await data_exports.LISTING.page(db)
    reports: list[Any] = await report_definitions.LISTING.page(db)
    if not exports and not reports:
        return
    shift_days = await db.fetchval(_AHEAD, day.date)
    now = day.end - timedelta(seconds=1)  # an instant before midnight is still today
    for row in exports:
        await _deliver(
            day, db, row, data_exports.refresh(db, row, shift_days, now, data_exports.document(row))
        )
    for row in reports:
        await _deliver(day, db, row, report_definitions.refresh(db, row, shift_days, now))


async def _deliver(day: Day, db: DaySession, row: Any, work: Coroutine[Any, Any, Any]) -> None:
    """Let one refresh do its work; what fails is undone and logged."""
    try:
        async with db.transaction():
            done = await work
    except Exception:
        log.exception("export failed", extra={"export": row["arn"], **day.named})
        return
    day.written["s3_objects"] += sum(len(one.keys) for one in done)
