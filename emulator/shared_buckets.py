"""Token buckets that several processes draw from: an account's rate is one, however many answer.

The levels lie in memory that worker processes inherit. A lock of the kernel's, which ends with
whoever holds it, keeps two of them from drawing at once; where the table is full, a bucket that
has not been drawn from for the longest time gives up its place (it would be full again by now).
"""

import fcntl
import hashlib
import mmap
import struct
import tempfile
import time
from typing import Final

from emulator.rate_limits import Rate

# A bucket's name (hashed), its level, and since when.
_SLOT: Final = struct.Struct("<Qdd")
_SLOTS: Final = 16_384
# So far from its own place a bucket is looked for.
_NEAR: Final = 16


class SharedBuckets:
    """Buckets in memory that forked processes share; made before they are forked.

    Used like `emulator.rate_limits.Buckets`. The clock is the system's, the same for all.
    """

    def __init__(self) -> None:
        # no name, no link: it is gone with the last of the processes
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the buckets
        self._file.truncate(_SLOTS * _SLOT.size)
        self._memory = mmap.mmap(self._file.fileno(), _SLOTS * _SLOT.size)

    def take(self, name: tuple[str, ...], rate: Rate, tokens: float = 1.0) -> float:
        """Take tokens: 0.0, or the seconds until there will be enough (nothing is taken then)."""
        key = _key(name)
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            now = time.monotonic()
            place, level, since = self._find(key, rate.capacity, now)
            level, wait = rate.drawn(level, now - since, tokens)
            _SLOT.pack_into(self._memory, place, key, level, now)
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)
        return wait

    def _find(self, key: int, capacity: float, now: float) -> tuple[int, float, float]:
        """Where a bucket lies, its level, and since when; a new one is full."""
        oldest, oldest_since = 0, now + 1.0
        for step in range(_NEAR):
            place = (key + step) % _SLOTS * _SLOT.size
            found, level, since = _SLOT.unpack_from(self._memory, place)
            if found == key:
                return place, level, since
            if not found:
                return place, capacity, now
            if since < oldest_since:
                oldest, oldest_since = place, since
        return oldest, capacity, now

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        self._file.close()


def _key(name: tuple[str, ...]) -> int:
    """A number for a name, the same in every process, and never 0."""
    text = "\x1f".join(name).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest()) or 1
