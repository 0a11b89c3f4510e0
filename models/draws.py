"""Draws: what new identifiers are made of, by chance or, in an episode, by its seed.

A call that is to make the same identifiers whenever it is made again says so first (`follow`);
all that is drawn afterwards in the same task follows from what it gave.
"""

import hashlib
import random
import secrets
import uuid
from collections.abc import Sequence
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")

_followed: ContextVar[random.Random | None] = ContextVar("draws", default=None)


def follow(*parts: object) -> None:
    """Let all that this task draws from now on follow from `parts`."""
    digest = hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=32).digest()
    _followed.set(random.Random(digest))  # noqa: S311 - no secret: a simulation's chance


def hexadecimal(digits: int) -> str:
    """Lower-case hexadecimal digits."""
    followed = _followed.get()
    if followed is None:
        return secrets.token_hex((digits + 1) // 2)[:digits]
    return f"{followed.getrandbits(4 * digits):0{digits}x}"


def octets(count: int) -> bytes:
    """Bytes, for what is no secret."""
    followed = _followed.get()
    return secrets.token_bytes(count) if followed is None else followed.randbytes(count)


def below(bound: int) -> int:
    """A whole number from 0 up to, but not including, `bound`."""
    followed = _followed.get()
    return secrets.randbelow(bound) if followed is None else followed.randrange(bound)


def choice(values: Sequence[T]) -> T:
    """One of several values."""
    return values[below(len(values))]


def uuid4() -> uuid.UUID:
    """A random UUID."""
    followed = _followed.get()
    return uuid.uuid4() if followed is None else uuid.UUID(bytes=followed.randbytes(16), version=4)
