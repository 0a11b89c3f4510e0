"""Times as CloudWatch Logs has them: milliseconds since 1970, on the client's clock.

The protocol takes them for plain numbers, so they are moved into the world's time here.
"""

from datetime import UTC, datetime, timedelta

from emulator.context import Context

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The year 9000: what is later is as late.
_LATEST = 221_845_392_000_000


def read(ctx: Context, milliseconds: int) -> datetime:
    """A client's time as the world's."""
    return _EPOCH + min(max(milliseconds, 0), _LATEST) * _MILLISECOND - ctx.shift


def optional(ctx: Context, milliseconds: int | None) -> datetime | None:
    """The same of what may not be given."""
    return None if milliseconds is None else read(ctx, milliseconds)


def shown(ctx: Context, at: datetime | None) -> int | None:
    """The world's time as the client's."""
    return None if at is None else (at + ctx.shift - _EPOCH) // _MILLISECOND


def world_milliseconds(at: datetime) -> int:
    """The world's time as a number."""
    return (at - _EPOCH) // _MILLISECOND


def of_world(milliseconds: int) -> datetime:
    """The reverse."""
    return _EPOCH + milliseconds * _MILLISECOND
