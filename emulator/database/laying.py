"""The laying out of a template, by a process that then becomes PostgreSQL.

A program of its own, so that a server can import its modules meanwhile: it imports nothing of
ours and little else, lays the data out and turns into PostgreSQL, which thereby is the server's
child. Where it fails or is killed, there is nothing under the data's final name.
"""

import contextlib
import mmap
import os
import signal
import stat
import struct
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence

MAGIC = b"driftcloud template 2\n"
ENTRY = struct.Struct("!HIQQ")
"""Length of the name, mode, size, and how much of it is in the pack: the rest is zeros."""
HEAD = struct.Struct("!QQI")
"""Size of the table, of what follows it, and the checksum of both."""
_PROGRAM = "import sys; sys.path.append(sys.argv.pop(1)); import laying; laying.main()"

Owner = tuple[int, int]
"""User and group."""


def command(
    places: tuple[str, str, str], owner: Owner, lock: int, files: Mapping[str, str]
) -> list[str]:
    """The command line of a process that lays data out; the log's name and PostgreSQL's follow.

    `places`: the pack, where it is laid out first, and its name when it is whole. PostgreSQL
    runs as `owner`, whose the data will be. The descriptor `lock` is held until then, even if
    we are killed. `files` is what some files hold instead.
    """
    program = [sys.executable, "-I", "-S", "-c", _PROGRAM, os.path.dirname(__file__)]  # noqa: PTH120
    replaced = [word for file in files.items() for word in file]
    numbers = map(str, (*owner, lock, os.getpid(), len(files)))
    return [*program, *places, *numbers, *replaced]


def main() -> None:
    """Do what the command line says."""
    pack, half, data = sys.argv[1:4]
    uid, gid, lock, parent, count = map(int, sys.argv[4:9])
    end = 9 + 2 * count
    files = dict(zip(sys.argv[9:end:2], sys.argv[10:end:2], strict=True))
    os.set_inheritable(lock, False)
    unpack(pack, half, (uid, gid) if os.geteuid() != uid else None, files)
    os.rename(half, data)  # noqa: PTH104
    if os.getppid() == parent:  # else nobody is left whom it could serve
        _become(sys.argv[end + 1 :], data, sys.argv[end], (uid, gid))


def _become(words: Sequence[str], data: str, log: str, owner: Owner) -> None:
    os.chdir(data)
    if os.geteuid() != owner[0]:
        os.setgroups([])
        os.setgid(owner[1])
        os.setuid(owner[0])
    written = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(written, 1)
    os.dup2(written, 2)
    os.close(written)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
        signal.signal(number, signal.SIG_DFL)
    os.execv(words[0], list(words))  # noqa: S606


def unpack(
    pack: str, data: str, owner: Owner | None, files: Mapping[str, str] | None = None
) -> None:
    """Lay a packed folder out as `data`; ValueError when the pack is not what was written.

    `owner`: whose the files are to be, if not ours; `files`: what some hold instead.
    """
    with _checked(pack) as view:
        os.mkdir(data, 0o700)  # noqa: PTH102
        if owner is not None:
            os.chown(data, *owner)
        root = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _write_entries(view, root, owner, files or {})
        finally:
            os.close(root)


@contextlib.contextmanager
def _checked(pack: str) -> Iterator[memoryview]:
    """The bytes of a pack, found to be whole, nobody else's, and what was written."""
    descriptor = os.open(pack, os.O_RDONLY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise ValueError("others may write it")
        start = len(MAGIC) + HEAD.size
        if status.st_size < start:
            raise ValueError("too short")
        with (
            mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as all_,
        ):
            table, rest, check = HEAD.unpack_from(all_, len(MAGIC))
            if all_[: len(MAGIC)] != MAGIC or len(all_) != start + table + rest:
                raise ValueError("not whole")
            with all_[start:] as content:
                if zlib.crc32(content) != check:
                    raise ValueError("checksum differs")
            yield all_
    finally:
        os.close(descriptor)


def _write_entries(
    view: memoryview, root: int, owner: Owner | None, files: Mapping[str, str]
) -> None:
    entry = len(MAGIC) + HEAD.size
    offset = end = entry + HEAD.unpack_from(view, len(MAGIC))[0]
    while entry < end:
        length, mode, size, stored = ENTRY.unpack_from(view, entry)
        entry += ENTRY.size
        name = bytes(view[entry : entry + length]).decode()
        entry += length
        if stat.S_ISDIR(mode):
            os.mkdir(name, 0o700, dir_fd=root)
            if owner is not None:
                os.chown(name, *owner, dir_fd=root)
            continue
        if name in files:
            _write(name, root, owner, files[name].encode(), 0)
        else:
            with view[offset : offset + stored] as content:
                _write(name, root, owner, content, size - stored)
        offset += stored


def _write(
    name: str, root: int, owner: Owner | None, content: "memoryview | bytes", zeros: int
) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=root)
    try:
        if owner is not None:
            os.fchown(descriptor, *owner)
        if len(content) and os.write(descriptor, content) != len(content):
            raise OSError("the disk is full")
        if zeros:
            _lengthen(descriptor, len(content), zeros)
    finally:
        os.close(descriptor)


def _lengthen(descriptor: int, size: int, zeros: int) -> None:
    """Add zeros, for which there will be room when they are written over."""
    try:
        os.posix_fallocate(descriptor, size, zeros)
    except (AttributeError, OSError):  # macOS has no such call, some file systems do not know it
        os.ftruncate(descriptor, size + zeros)
