"""The dispatch of events: taken out of the outbox, and brought to the rules that want them.

EC2's changes of state, calls told by CloudTrail and what drift did lie in the outbox only where a
rule might match them; what a schedule gave is for its own rule. Queues, log groups and buses get
theirs in one transaction with the taking; HTTP targets, which may only be on this machine, are
called after it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from emulator import web_hooks
from models import event_outbox

if TYPE_CHECKING:
    from emulator.clock import Clocks
    from emulator.database.database import Database
    from emulator.seal import Vault

log = logging.getLogger("driftcloud.dispatch")

MOST: Final = 100
# A notification may be missed; what waits longer than this is looked for.
PATIENCE_SECONDS: Final = 5.0


class Dispatcher:
    """What brings events to their targets, in the background."""

    def __init__(self, database: "Database", clocks: "Clocks", vault: "Vault") -> None:
        self._database = database
        self._clocks = clocks
        self._vault = vault
        self._wake = asyncio.Event()
        self._posting: set[asyncio.Task[None]] = set()

    def post(self, calls: Sequence[web_hooks.Call]) -> None:
        """Call API destinations in the background, in this order."""
        if calls:
            task = asyncio.get_running_loop().create_task(_post(calls))
            self._posting.add(task)
            task.add_done_callback(self._posting.discard)

    def wake(self, _payload: str | None = None) -> None:
        """Look into the outbox now."""
        self._wake.set()

    async def run(self) -> None:
        """Dispatch for as long as the server runs."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            try:
                # fewer than asked for: what comes meanwhile is told of again, many at once
                while await self.dispatch() == MOST:
                    pass
            except Exception:
                log.warning("events could not be delivered", exc_info=True)

    async def dispatch(self) -> int:
        """Take out some events and deliver them; how many there were."""
        calls: list[web_hooks.Call] = []
        async with self._database.owner() as connection, connection.transaction():
            rows = await event_outbox.take(connection, MOST)
            by_place: dict[tuple[Any, str], list[Any]] = {}
            for row in rows:
                by_place.setdefault((row["account_id"], row["region"]), []).append(row)
            for place in sorted(by_place, key=str):
                await self._deliver(*place, by_place[place], calls)
        self.post(calls)
        return len(rows)

    async def _deliver(
        self, account_id: UUID, region: str, rows: Sequence[Any], calls: list[web_hooks.Call]
    ) -> None:
        """Events of one account and region."""
        from models import event_delivery  # with all kinds of targets, which most never have

        wall = datetime.now(UTC)
        shift = await self._clocks.shift(account_id, wall)
        events: list[dict[str, Any]] = []
        fired: dict[Any, list[dict[str, Any]]] = {}
        for row in rows:
            event = _event(row, shift)
            if row["rule_id"] is None:
                events.append(event)
            else:
                fired.setdefault(row["rule_id"], []).append(event)
        letters: list[tuple[str, str]] = []
        session = self._database.session(account_id, "")
        now = wall - shift
        async with session.transaction():
            await event_delivery.deliver(session, region, "default", events, now, letters=letters)
            await event_delivery.deliver_scheduled(session, fired, now, letters=letters)
        calls += await web_hooks.calls(session, self._vault, letters)


def _event(row: Any, shift: timedelta) -> dict[str, Any]:
    """The envelope; its time is the client's, as all times that leave."""
    return {
        "version": "0",
        "id": str(row["event_id"]),
        "detail-type": row["detail_type"],
        "source": row["source"],
        "account": row["account_number"],
        "time": f"{(row['happened_at'] + shift).isoformat()[:19]}Z",
        "region": row["region"],
        "resources": row["resources"],
        "detail": row["detail"],
    }


async def _post(calls: Sequence[web_hooks.Call]) -> None:
    for call in calls:
        await web_hooks.post(call)
