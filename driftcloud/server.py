"""A server: one that is started here, in a process of its own, or one that runs already."""

import atexit
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from driftcloud.errors import DriftcloudError

if TYPE_CHECKING:
    import boto3

    from driftcloud.world import World

# -P: a folder of the caller's named as one of the server's packages is not taken for it
COMMAND = (sys.executable, "-P", "-m", "emulator.cli")
START_SECONDS = 120
STOP_SECONDS = 20
ANSWER_SECONDS = 900
_PREFIX = "DRIFTCLOUD_"


class Server:
    """A driftcloud server; a context manager that stops what it started.

    Without `url`, `driftcloud serve` is started on a free port. Its data folder is thrown away at
    the end, unless `data_dir` names one to keep: there the worlds of packs need not be made again.
    Other options of `driftcloud serve` are given by their names: `estate="small"`, `workers=2`,
    `database_url=…`. Days go by in it only when a world is advanced, unless `drift_interval` is
    given.

    With `url` (and `token`, what `driftcloud admin token` prints) it is one that runs already; so
    it is without any argument where the variables DRIFTCLOUD_URL and DRIFTCLOUD_TOKEN name one.

    Raises DriftcloudError where it does not start, with what it said.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data_dir: str | os.PathLike[str] | None = None,
        command: Sequence[str] = COMMAND,
        **options: object,
    ) -> None:
        self._command = list(command)
        self._child: subprocess.Popen[bytes] | None = None
        self._base: Path | None = None
        self._session: boto3.Session | None = None
        self._lock = threading.Lock()
        if not url and data_dir is None and not options:
            url, token = (os.environ.get(f"{_PREFIX}{name}") for name in ("URL", "TOKEN"))
        self.url = (url or "").rstrip("/")
        self.data_dir: Path | None = None
        if url:
            if not token:
                raise DriftcloudError("with url comes token: what `driftcloud admin token` prints")
            if data_dir is not None or options:
                raise DriftcloudError("a server that runs already takes no options but its token")
            self._token = token
            return
        atexit.register(self.close)
        try:
            self._start(data_dir, {"port": 0, "drift_interval": "off", **options})
            said = self.command("admin", "token", *self._place(options))
            self._token = str(said["token"])
        except BaseException:
            self.close()
            raise

    def episode(self, pack: str, *, seed: int = 1, name: str = "") -> "World":
        """A new world of a pack: janitor, rightsizer, decoys, full, …; same seed, same world."""
        from driftcloud.world import World

        return World(self, self.call("episode/start", pack=pack, seed=seed, name=name))

    def world(self, name: str) -> "World":
        """A world that is there already, as it is now, by its name."""
        from driftcloud.world import World

        return World(self, self.call("episode/show", episode=name))

    def fork(self, origin: str = "main", *, name: str = "") -> "World":
        """A copy of a world as it is now, by its name; main is what the server itself serves."""
        from driftcloud.world import World

        return World(self, self.call("episode/fork", origin=origin, name=name))

    def call(self, verb: str, *, read: bool = False, **parameters: Any) -> Any:
        """What an operator's verb answers, such as `call("episode/advance", episode=…, days=3)`.

        `read` is for verbs that only look: they are asked with GET. Raises DriftcloudError.
        """
        from urllib.error import HTTPError, URLError
        from urllib.parse import urlencode
        from urllib.request import ProxyHandler, Request, build_opener

        query = f"?{urlencode(parameters)}" if read else ""
        request = Request(  # noqa: S310 - the scheme is the caller's
            f"{self.url}/_driftcloud/{verb}{query}",
            data=None if read else json.dumps(parameters).encode(),
            headers={"Authorization": f"Bearer {self._token}"},
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise DriftcloudError(_said(error.read()), error.code) from None
        except (URLError, OSError) as error:
            why = getattr(error, "reason", error)
            raise DriftcloudError(f"{self.url} does not answer: {why}") from None

    def command(self, *words: str) -> Any:
        """What `driftcloud <words> --json` answers. Raises DriftcloudError with what it said."""
        done = subprocess.run(  # noqa: S603 - the server's own program, and no shell
            [*self._command, *words, "--json"],
            capture_output=True,
            text=True,
            env=_environment(),
            check=False,
        )
        if done.returncode:
            raise DriftcloudError(done.stderr.strip())
        return json.loads(done.stdout)

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this server; `World.client` gives it the keys of a world."""
        with self._lock:
            return self._boto3().client(service, endpoint_url=self.url, **options)

    def resource(self, service: str, **options: Any) -> Any:
        """A boto3 resource of this server; `World.resource` gives it the keys of a world."""
        with self._lock:
            return self._boto3().resource(service, endpoint_url=self.url, **options)

    def close(self) -> None:
        """Stop the server if it was started here, and throw its folder away."""
        atexit.unregister(self.close)
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._base is not None:
            shutil.rmtree(self._base, ignore_errors=True)
            self._base = None

    def __enter__(self) -> "Server":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _boto3(self) -> Any:
        """One session for all: it knows the services it has read; not for two threads at once."""
        if self._session is None:
            import boto3

            self._session = boto3.Session()
        return self._session

    def _start(self, data_dir: str | os.PathLike[str] | None, options: dict[str, object]) -> None:
        # short-named because sockets live in it, and a folder that the server itself makes
        self._base = Path(tempfile.mkdtemp(prefix="dc-"))
        self._base.chmod(0o711)
        self.data_dir = Path(data_dir) if data_dir is not None else self._base / "w"
        said, log = self._base / "said", self._base / "log"
        began = time.monotonic()
        with said.open("wb") as out, log.open("wb") as errors:
            self._child = subprocess.Popen(  # noqa: S603 - as above
                [*self._command, "serve", "--data-dir", str(self.data_dir), *_flags(options)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=errors,
                env=_environment(),
                start_new_session=True,  # Ctrl-C is for the caller, who then closes the server
            )
        while not self.url:
            words = said.read_text().split()
            if "health:" in words:
                self.url = words[words.index("at") + 1]
            elif self._child.poll() is not None or time.monotonic() - began > START_SECONDS:
                lines = log.read_text().strip().splitlines()
                raise DriftcloudError("the server did not start: " + "\n".join(lines[-5:]))
            else:
                time.sleep(0.02)

    def _place(self, options: dict[str, object]) -> list[str]:
        """The options by which a command finds the database of this server."""
        url = options.get("database_url")
        return ["--data-dir", str(self.data_dir), *(("--database-url", str(url)) if url else ())]


def _flags(options: dict[str, object]) -> list[str]:
    """Options as the command line has them; True is a flag alone, False and None are none."""
    flags: list[str] = []
    for name, value in options.items():
        if value is not None and value is not False:
            flags.append(f"--{name.replace('_', '-')}")
            flags += [] if value is True else [str(value)]
    return flags


def _environment() -> dict[str, str]:
    """The caller's, without what would make the server another than was asked for."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
    key = f"{_PREFIX}MASTER_KEY"
    return kept | ({key: os.environ[key]} if key in os.environ else {})


def _said(body: bytes) -> str:
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(body)["error"])
    return body.decode(errors="replace")
