"""The journal of a process's trail: what was answered, until the database has been told.

A line is appended before an answer leaves and outlives the process, though not the machine (as
commits do by default). Whoever serves the same world next hands in what a killed process left.
"""

import fcntl
import hashlib
import itertools
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

if TYPE_CHECKING:
    from emulator.settings import Settings

log = logging.getLogger("driftcloud.trail_journal")

_NAME: Final = "trail-*.journal"
_TIMES: Final = "event_time"
_IDS: Final = ("account_id", "event_id")


def folder_of(settings: "Settings") -> Path:
    """Where the journals of a world lie: with its data, or in a private folder of this machine."""
    if settings.embedded:
        return settings.data_dir / "trail"
    mark = hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"driftcloud-trail-{os.geteuid()}-{mark}"


class Journal:
    """The journal of this process. Raises OSError where none can be kept."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.lstat().st_uid != os.geteuid():
            raise PermissionError(f"{folder} belongs to another user")
        self._folder = folder
        flags = os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY
        for number in itertools.count():
            self._path = folder / f"trail-{os.getpid()}-{number}.journal"
            with suppress(FileExistsError):
                self._file = os.open(self._path, flags, 0o600)
                # held for life: what nobody holds was left by the dead
                fcntl.flock(self._file, fcntl.LOCK_EX)
                if os.fstat(self._file).st_nlink:
                    break
                # somebody took it for such a one before it was held
                os.close(self._file)
        self._empty = True

    def note(self, row: Mapping[str, Any] | orjson.Fragment, shift: float) -> None:
        """Write down a whole entry; `shift` in seconds leads from its time to the client's."""
        line = orjson.dumps([shift, row])
        try:
            os.write(self._file, line + b"\n")
        except OSError:
            log.warning("the trail's journal cannot be written", exc_info=True)
        self._empty = False

    def settled(self) -> None:
        """Forget everything: the database has it."""
        if not self._empty:
            os.ftruncate(self._file, 0)
            self._empty = True

    def close(self) -> None:
        """End it; one that still holds something is left to who comes next."""
        if self._empty:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    def left(self) -> Iterator["Left"]:
        """The journals that dead processes left."""
        for path in sorted(self._folder.glob(_NAME)):
            if path != self._path and (found := _take(path)) is not None:
                yield found


class Left:
    """A journal whose process is dead, held by this one."""

    def __init__(self, path: Path, file: int) -> None:
        self._path = path
        self._file = file

    def entries(self) -> list[tuple[float, dict[str, Any]]]:
        """Shift and row of each entry; a line that was never finished is none."""
        with os.fdopen(os.dup(self._file), "rb") as lines:
            return list(_read(lines))

    def done(self) -> None:
        """Remove it: the database has it."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)


def _take(path: Path) -> Left | None:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return Left(path, file)


def _read(lines: Iterable[bytes]) -> Iterator[tuple[float, dict[str, Any]]]:
    for line in lines:
        with suppress(ValueError, TypeError, KeyError):
            shift, row = orjson.loads(line)
            row[_TIMES] = datetime.fromisoformat(row[_TIMES])
            yield float(shift), row | {name: UUID(row[name]) for name in _IDS}
