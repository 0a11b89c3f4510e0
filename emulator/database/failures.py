"""What a failing database means for the caller: AWS's "unavailable", a retry, or our own bug."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from emulator.errors import Fault

T = TypeVar("T")

_ATTEMPTS = 3
_PASSING = (
    asyncpg.PostgresConnectionError,  # class 08
    asyncpg.OperatorInterventionError,  # class 57: shutdown, start-up, statement_timeout
    asyncpg.InsufficientResourcesError,  # class 53: connections, memory, disk
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    # the server's last word came while the connection was idle: nothing can be sent over it
    asyncpg.InternalClientError,
    OSError,  # TimeoutError is one of them
)
# A guardrail stands against a change (sql/056_guardrails.sql); the detail says which.
_GUARDED = "DC001"
_CONFLICTS = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


def unavailable(error: BaseException, *, closed: bool = False) -> Fault | None:
    """The fault that a failure amounts to; None when it is neither availability nor a guardrail.

    `closed` tells that the connection died, which the driver words in several ways.
    """
    if isinstance(error, Fault):
        return error
    if isinstance(error, asyncpg.PostgresError) and error.sqlstate == _GUARDED:
        return Fault("guarded", error.detail)
    if isinstance(error, _PASSING) or (closed and isinstance(error, asyncpg.InterfaceError)):
        return Fault("unavailable")
    return None


async def retrying(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` (a whole transaction) again, three times at most, when it met another one.

    Serialisation failures (40001) and deadlocks (40P01) are known to have changed nothing; what
    may have been committed is never done twice.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await work()
        except _CONFLICTS as error:
            if attempt == _ATTEMPTS:
                raise Fault("unavailable") from error
            await asyncio.sleep(0.005 * attempt)
    raise AssertionError("unreachable")
