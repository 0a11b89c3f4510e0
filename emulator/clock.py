"""The virtual clock: how far each account's world stands from the wall clock."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta

STILL = timedelta(0)


class Clocks:
    """Each account's newest simulated day, kept until a tick says that it moved.

    The newest simulated day is shown as today: the shift is the whole-day difference between
    the two, added to all that leaves and taken from all that enters.
    """

    def __init__(
        self, read: Callable[[uuid.UUID], Awaitable[date | None]], *, shifted: bool = True
    ) -> None:
        self._read = read
        self._shifted = shifted
        self._days: dict[uuid.UUID, date | None] = {}
        self._forgotten = 0

    def cached(self, account_id: uuid.UUID, wall: datetime) -> timedelta | None:
        """What `shift` gives, if it is known: the way without awaiting."""
        if not self._shifted:
            return STILL
        try:
            day = self._days[account_id]
        except KeyError:
            return None
        return STILL if day is None else wall.date() - day

    async def shift(self, account_id: uuid.UUID, wall: datetime) -> timedelta:
        """What to add to a stored time so that a client, living by the wall clock, reads it."""
        known = self.cached(account_id, wall)
        if known is not None:
            return known
        forgotten = self._forgotten
        day = await self._read(account_id)
        # a day read while a tick was committed may be yesterday's: it must not be kept
        if forgotten == self._forgotten:
            self._days[account_id] = day
        return STILL if day is None else wall.date() - day

    def forget(self, account: str = "") -> None:
        """Read the day anew at the next request, of one account or of all."""
        self._forgotten += 1
        if account:
            self._days.pop(uuid.UUID(account), None)
        else:
            self._days.clear()
