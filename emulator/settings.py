"""The settings of a server: each has a command-line flag and an environment variable."""

import os
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

PREFIX = "DRIFTCLOUD_"
CLOCKS = ("shifted", "virtual")
LOG_LEVELS = ("debug", "info", "warning", "error")
_INTERVAL = "--drift-interval takes seconds between virtual days, or off; not {!r}"


def default_data_dir() -> Path:
    """The per-user folder where an embedded world lives when no --data-dir is given."""
    try:
        home = Path.home()
    except RuntimeError:  # a user id that the system does not know, as containers have them
        home = Path("/")
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "driftcloud"


def _setting(default: object, meaning: str) -> Any:
    """A field with its meaning, which --help shows."""
    if callable(default):
        return field(default_factory=default, metadata={"help": meaning})
    return field(default=default, metadata={"help": meaning})


@dataclass(slots=True)
class Settings:
    """How one server runs.

    The environment variable of `data_dir` is DRIFTCLOUD_DATA_DIR, and so on; a flag on the
    command line wins over the variable, the variable over the default.
    """

    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(4566, "port to listen on")
    data_dir: Path = _setting(default_data_dir, "folder of the embedded database and its keys")
    database_url: str = _setting(
        "",
        "an external PostgreSQL >= 14 instead of the embedded one; it takes a variable"
        f" {PREFIX}MASTER_KEY (32 random bytes in base64) to seal its secrets",
    )
    workers: int = _setting(1, "number of server processes")
    estate: str = _setting(
        "", "estate to create on first start: small, startup, enterprise or a number of instances"
    )
    seed: int = _setting(42, "seed of that estate: same seed, same world")
    days: int = _setting(30, "days of history that estate has")
    drift_interval: str = _setting(
        "300", "seconds between virtual days, or off; a day also ends at midnight UTC"
    )
    durable: bool = _setting(False, "flush every commit to disk (synchronous_commit=on)")
    transition_seconds: float = _setting(
        0.0, "how long pending, stopping and the like last; 0 is at once"
    )
    clock: str = _setting("shifted", "shifted: the newest simulated day is today; or virtual")
    allowed_hosts: str = _setting("", "further Host names to answer to, comma separated")
    log_level: str = _setting("info", "debug, info, warning or error")
    pool_size: int = _setting(12, "database connections of each worker")

    def __post_init__(self) -> None:
        """Refuse what no server could run with, saying what would do."""
        if not 0 <= self.port <= 65535:
            raise ValueError(f"--port takes 0 to 65535, not {self.port}")
        if not 1 <= self.workers <= 256:
            raise ValueError(f"--workers takes 1 to 256, not {self.workers}")
        if not 1 <= self.pool_size <= 1000:
            raise ValueError(f"--pool-size takes 1 to 1000, not {self.pool_size}")
        if not 0 <= self.transition_seconds <= 86400:
            raise ValueError(
                f"--transition-seconds takes 0 to 86400, not {self.transition_seconds}"
            )
        if self.clock not in CLOCKS:
            raise ValueError(f"--clock takes {' or '.join(CLOCKS)}, not {self.clock!r}")
        if self.log_level.lower() not in LOG_LEVELS:
            raise ValueError(f"--log-level takes {', '.join(LOG_LEVELS)}, not {self.log_level!r}")
        seconds = self.drift_seconds
        if seconds is not None and not 0 < seconds <= 10**9:
            raise ValueError(_INTERVAL.format(self.drift_interval))

    @classmethod
    def from_environment(cls, **given: object) -> "Settings":
        """Settings from `given` (None means not given), the environment, then the defaults.

        A variable that is empty is one that is not set, as in a compose file.
        """
        values: dict[str, object] = {}
        for one in fields(cls):
            chosen = given.get(one.name)
            if chosen is None:
                chosen = os.environ.get(PREFIX + one.name.upper()) or None
            if chosen is not None:
                values[one.name] = _typed(one.name, str(one.type), chosen)
        return cls(**values)  # type: ignore[arg-type]

    @property
    def drift_seconds(self) -> float | None:
        """Seconds between virtual days; None when time stands still."""
        if self.drift_interval.strip().lower() in ("off", "0", "none"):
            return None
        try:
            return float(self.drift_interval)
        except ValueError:
            raise ValueError(_INTERVAL.format(self.drift_interval)) from None

    @property
    def embedded(self) -> bool:
        """Whether the world lives in the embedded database."""
        return not self.database_url

    @property
    def hosts(self) -> tuple[str, ...]:
        """Configured Host names beside the ones that are always allowed."""
        return tuple(name.strip() for name in self.allowed_hosts.split(",") if name.strip())


def _typed(name: str, kind: str, value: object) -> object:
    kinds = {"int": int, "float": float, "str": str, "Path": Path, "bool": _flag}
    kind = kind.rpartition(".")[2].removesuffix("'>").removeprefix("<class '")
    try:
        return kinds[kind](value)  # type: ignore[operator]
    except ValueError:
        raise ValueError(
            f"{name} takes {'a number' if kind in ('int', 'float') else kind}, not {value!r}"
            f" (flag --{name.replace('_', '-')} or variable {PREFIX}{name.upper()})"
        ) from None


def _flag(value: object) -> bool:
    return str(value).strip().lower() in ("1", "true", "yes", "on")
