"""One-time codes: what a virtual MFA device shows (RFC 6238: six digits, new every half minute)."""

import base64
import hmac
from datetime import UTC, datetime
from typing import Final

STEP_SECONDS: Final = 30
# How many half minutes a device's clock may be away.
_DRIFT: Final = 1


def code(seed: str, step: int) -> str:
    """The code of a half minute; `seed` is in base 32."""
    digest = hmac.digest(base64.b32decode(seed), step.to_bytes(8), "sha1")
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def step_of(seed: str, given: str, now: datetime, after: datetime | None = None) -> int | None:
    """The half minute that a code is of, later than `after`; None: it is none of now."""
    current = int(now.timestamp()) // STEP_SECONDS
    least = int(after.timestamp()) // STEP_SECONDS if after else 0
    for step in range(current - _DRIFT, current + _DRIFT + 1):
        if step > least and hmac.compare_digest(code(seed, step), given):
            return step
    return None


def two_in_a_row(seed: str, first: str, second: str, now: datetime) -> int | None:
    """The half minute of the second of two codes that follow each other, about now; else None."""
    current = int(now.timestamp()) // STEP_SECONDS
    for step in range(current - 3, current + 3):
        if code(seed, step) == first and code(seed, step + 1) == second:
            return step + 1
    return None


def moment(step: int) -> datetime:
    """When a half minute begins."""
    return datetime.fromtimestamp(step * STEP_SECONDS, UTC)
