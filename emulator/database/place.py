"""Where an embedded PostgreSQL keeps its things: data, socket and lock of one data folder."""

import fcntl
import hashlib
import json
import logging
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from emulator.database.installation import EmbeddedError, Runner, system_home

log = logging.getLogger(__name__)

LOCK_NAME = "server.lock"
LONGEST_SOCKET_FOLDER = 80  # the system allows 103 to 107 bytes; "/.s.PGSQL.5432.lock" comes on top


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of one embedded server: `home` is the user's, `data` PostgreSQL's own."""

    home: Path
    data: Path
    sockets: Path


def locate(home: Path, user: Runner) -> Place:
    """Find (and create, private) the folders of the data folder `home`."""
    home = home.expanduser().absolute()
    _private_home(home, user)
    home = home.resolve()
    mark = hashlib.sha256(str(home).encode()).hexdigest()[:12]
    base = _base(home, user, mark)
    sockets = _private_folder(_sockets(base, mark, user), user)
    return Place(home, base / "postgres", sockets)


def _private_home(home: Path, user: Runner) -> None:
    """Create the data folder; as root let the server's own group (and nobody else) pass."""
    fresh = not home.exists()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:
        raise EmbeddedError(f"the data folder {home} is not a folder") from None
    except OSError as error:
        raise _unusable(home, error) from None
    ours = fresh or (home / LOCK_NAME).exists() or not any(home.iterdir())
    if ours and user.dropped and home.stat().st_uid == os.geteuid():
        os.chown(home, -1, user.gid)
        home.chmod(0o710)
    elif ours and home.stat().st_uid == os.geteuid():
        home.chmod(0o700)


def _unusable(home: Path, error: OSError) -> EmbeddedError:
    return EmbeddedError(
        f"the data folder {home} cannot be used ({error.strerror}): choose another (--data-dir)"
    )


def _base(home: Path, user: Runner, mark: str) -> Path:
    """The folder of PostgreSQL's data: `home`, or one that the unprivileged user can reach."""
    if not user.dropped:
        return home
    aside = system_home() / f"data-{mark}"
    if not aside.exists():
        if user.reaches(home):
            return home
        if (home / "postgres").exists():
            raise EmbeddedError(f"user {user.name} cannot reach the data in {home}")
        aside.mkdir(mode=0o700)
        user.give(aside)
        log.warning(
            "user %s cannot reach %s: the data of it lives in %s", user.name, home, aside
        )  # fmt: skip
    return aside


def _sockets(base: Path, mark: str, user: Runner) -> Path:
    """Beside the data, or where the path is too long for a socket in a short private folder."""
    beside = base / "run"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        return beside
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if user.dropped:
        return system_home() / f"run-{mark}"
    if runtime and len(runtime) < 50 and Path(runtime).is_dir():
        return Path(runtime) / f"driftcloud-{mark}"
    return Path("/tmp") / f"driftcloud-{user.uid}-{mark}"  # noqa: S108 - checked to be ours alone


def _private_folder(folder: Path, user: Runner) -> Path:
    """Create a folder that is its owner's alone; refuse one that somebody else put there."""
    try:
        folder.mkdir(mode=0o700)
        user.give(folder)
    except FileExistsError:
        pass
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != user.uid:
        raise EmbeddedError(f"{folder} belongs to another user: remove it, or move the data folder")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)
    return folder


class InUseError(EmbeddedError):
    """Another process serves this data folder."""


class Lock:
    """The one process that may run a data folder's server; the kernel frees it when it dies."""

    def __init__(self, home: Path) -> None:
        self.path = home / LOCK_NAME
        self._descriptor = -1

    def take(self, purpose: str, *, patience_seconds: float = 0.0) -> None:
        """Take the lock, or raise InUseError naming its holder.

        A short-lived holder (a command that started the server for itself, or what a killed
        server left behind that laid out its data) is waited for.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise _unusable(self.path.parent, error) from None
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = read_holder(self.path)
                limit = max(_patience_seconds(holder), patience_seconds)
                if time.monotonic() - began >= limit:
                    os.close(descriptor)
                    raise InUseError(
                        f"the data folder {self.path.parent} is in use by process "
                        f"{holder.get('pid', '?')} ({holder.get('purpose', 'starting')}); "
                        "stop it, or choose another folder (--data-dir)"
                    ) from None
                time.sleep(0.02)
        text = json.dumps({"pid": os.getpid(), "purpose": purpose}).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text, 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    @property
    def descriptor(self) -> int:
        """The open file that holds it."""
        return self._descriptor

    @property
    def held(self) -> bool:
        """Whether we hold it."""
        return self._descriptor >= 0


def read_holder(path: Path) -> dict[str, object]:
    """Who holds a lock: `pid` and `purpose` ("server" or "command"), empty when unknown."""
    try:
        holder = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return holder if isinstance(holder, dict) else {}


def _patience_seconds(holder: dict[str, object]) -> float:
    if holder.get("purpose") != "command":
        try:
            os.kill(int(str(holder.get("pid"))), 0)
        except ProcessLookupError:
            pass  # only what it began still has the lock, and will be done
        except (ValueError, OSError):
            return 0.0
        else:
            return 0.0
    return 30.0


def is_locked(home: Path) -> bool:
    """Whether some process (perhaps this one) holds the data folder's lock."""
    try:
        descriptor = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
