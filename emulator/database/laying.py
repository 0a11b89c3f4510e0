"""The laying out of a template, by a process that then becomes PostgreSQL.

A program of its own, so that a server can import its modules meanwhile: it imports nothing of
ours and little else, lays the data out and turns into PostgreSQL, which thereby is the server's
child. Where it fails or is killed, there is nothing under the data's final name.
"""

import contextlib
import fcntl
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
DATABASES = "base"
"""PostgreSQL's folder of a folder for each database."""
# Linux's fs.h: FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_TOPDIR_FL
_GET_FLAGS, _SET_FLAGS, _TOP_OF_HIERARCHIES = 0x80086601, 0x40086602, 0x20000
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
            _make_folder(name, root, owner)
            continue
        if name in files:
            _write(name, root, owner, files[name].encode(), 0)
        else:
            with view[offset : offset + stored] as content:
                _write(name, root, owner, content, size - stored)
        offset += stored


def _make_folder(name: str, root: int, owner: Owner | None) -> None:
    # which place is another's follows from its first name, and an often used one is no good
    apart = name.startswith(f"{DATABASES}/")
    first = f"{name}.{os.urandom(4).hex()}" if apart else name
    os.mkdir(first, 0o700, dir_fd=root)
    if owner is not None:
        os.chown(first, *owner, dir_fd=root)
    if apart:
        os.rename(first, name, src_dir_fd=root, dst_dir_fd=root)
    if name == DATABASES:
        spread(name, root)


def spread(folder: str, root: int | None = None) -> None:
    """Tell the file system that what is in the folders of a folder has nothing in common.

    ext4 else lays all of it in one place, and where it keeps no journal (small virtual machines
    often do without) looks there, for each new file, at every file that was deleted within the
    last minutes: a database of 1,600 files took seconds after a few had been dropped, a tenth of
    that when each has a place of its own. See `recently_deleted` and `find_group_orlov` in
    Linux's fs/ext4/ialloc.c, and attribute T in chattr(1). Others than ext4 refuse, and need not
    know.
    """
    if sys.platform != "linux":
        return
    flags = bytearray(8)
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=root)
        try:
            fcntl.ioctl(descriptor, _GET_FLAGS, flags)
            (had,) = struct.unpack_from("=I", flags)
            if not had & _TOP_OF_HIERARCHIES:
                struct.pack_into("=I", flags, 0, had | _TOP_OF_HIERARCHIES)
                fcntl.ioctl(descriptor, _SET_FLAGS, flags)
        finally:
            os.close(descriptor)


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
