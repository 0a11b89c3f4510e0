"""Tallies of calls: every process counts its own, and is asked for them when they matter."""

import asyncio
import contextlib
import secrets
from typing import Any, Final

from emulator.database.listener import LISTENERS
from models import call_tallies

# A process that was asked, and died, is not waited for any longer.
PATIENCE_SECONDS: Final = 1.25


async def gather(connection: Any) -> None:
    """Let all processes that serve a world write down what they counted, and wait until they did.

    `connection` is an asyncpg connection of the owner to that world's database, outside a
    transaction.
    """
    waited_for = await connection.fetchval(LISTENERS)
    if not waited_for:
        return
    asked, written = secrets.token_hex(8), asyncio.Semaphore(0)

    def heard(_connection: Any, _pid: int, _channel: str, payload: object) -> None:
        if payload == asked:
            written.release()

    await connection.add_listener(call_tallies.WRITTEN, heard)
    try:
        await call_tallies.ask(connection, asked)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(waited_for):
                    await written.acquire()
    finally:
        await connection.remove_listener(call_tallies.WRITTEN, heard)
