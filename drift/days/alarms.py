"""Alarms: judged on the hours that have passed, so that their history has no gap."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from drift.day import Day
from drift.groups import Hand
from drift.statement import there_is
from models import alarms, scaling_calls

# What alarms stop, end or launch changes with all that triggers add.
CONFIGURES = True
OCCASION = there_is("alarms")


class _Reading:
    """The day's connection, as the models know a session."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *args: Any, plan: str = "generic") -> list[Any]:
        """The rows of a statement."""
        rows: Sequence[Any] = await self._connection.fetch(sql, *args)
        return list(rows)

    def transaction(self) -> Any:
        """A part of the tick that is done as a whole or not at all."""
        return self._connection.transaction()

    async def write(self, sql: str, *args: Any) -> list[Any]:
        """The rows that a writing statement returns."""
        return await self.fetch(sql, *args)


async def write(day: Day) -> None:
    """Bring every alarm up to the beginning of the day, all of whose yesterday is known.

    Groups' policies that they call for act at once: what they launch has the whole day.
    """
    scale = partial(scaling_calls.answer, Hand(day, day.start)) if day.knobs.reconcile else None
    await alarms.refresh(_Reading(day.connection), None, day.start, scale, again=True)
