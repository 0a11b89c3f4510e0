"""Access keys as a server process knows them: cached, forgotten on notice, noted when used."""

import asyncio
import base64
import hashlib
import re
import secrets
import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from emulator.canonical import Signer, signing_key
from emulator.context import Principal
from emulator.seal import SealError, Vault

KEPT_SECONDS: Final = 5.0
MISSING_KEPT_SECONDS: Final = 1.0
MOST_KEYS: Final = 4096
# With the time until it is written, a use is told of within a minute.
USED_EVERY_SECONDS: Final = 30.0

_MOST_SIGNING_KEYS = 64
_WELL_FORMED = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")
# An access key of an episode: what stands after AKIA or ASIA, and whose it is.
EPISODE: Final = "EP"
_OF_EPISODE = re.compile(r"A[KS]IA(EP[A-Z2-7]{4})[A-Z2-7]{10}")

Lookup = Callable[[str], Awaitable[Mapping[str, Any] | None]]


@dataclass(slots=True)
class Key:
    """An access key with its secret in clear, and whoever it stands for.

    `expires_at` is in seconds since the epoch (None: never); `sealed` is the row's sealed
    secret, by which a row read again is known to be the same.
    """

    access_key_id: str
    secret: str
    principal: Principal
    active: bool = True
    expires_at: float | None = None
    session_token: str = ""
    sealed: bytes = b""
    # kept with the key, not beside it: a changed secret cannot leave an old one's keys behind
    _signing_keys: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    _signers: dict[str, Signer] = field(default_factory=dict)

    def signing_key(self, date: str, region: str, service: str) -> bytes:
        """The derived key of one day, region and service."""
        found = self._signing_keys.get((date, region, service))
        if found is None:
            if len(self._signing_keys) >= _MOST_SIGNING_KEYS:
                self._signing_keys.clear()
            found = signing_key(self.secret, date, region, service)
            self._signing_keys[date, region, service] = found
        return found

    def signer(self, scope: str) -> Signer:
        """What signs in a scope: day, region, service and terminator, with slashes between."""
        found = self._signers.get(scope)
        if found is None:
            if len(self._signers) >= _MOST_SIGNING_KEYS:
                self._signers.clear()
            date, region, service, _ = scope.split("/")
            found = self._signers[scope] = Signer(self.signing_key(date, region, service))
        return found


@dataclass(slots=True)
class SessionKey:
    """An opened session token: its key, and the long-term key and client it hangs on.

    `under` is the key as it is under the scopes `scopes` of that long-term key.
    """

    key: Key
    root_key: str
    root_client: uuid.UUID
    scopes: tuple[str, ...] | None = None
    under: Key | None = None


def well_formed(access_key_id: str) -> bool:
    """Whether it can be an access key id at all (PostgreSQL would choke on a NUL)."""
    return _WELL_FORMED.fullmatch(access_key_id) is not None


class Keys:
    """The access keys of the database, through a cache of this process.

    `lookup` gives the row of `driftcloud_client(access_key_id)`, or None. A row is believed for
    5 s and a missing one for 1 s, unless `invalidate` says sooner that it changed.
    """

    def __init__(
        self, vault: Vault, lookup: Lookup, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.vault: Final = vault
        self._lookup = lookup
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Key | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Key | None]] = {}
        self._used: dict[str, datetime] = {}
        self._uses: list[tuple[Any, ...]] = []
        self._noted: dict[tuple[str, str], float] = {}
        # how many calls each principal signed since the last count: account id and number by ARN
        self._calls: dict[str, list[Any]] = {}
        # opened session tokens by their text; emulator/sessions.py keeps them here
        self.sessions: dict[str, SessionKey] = {}

    def cached(self, access_key_id: str) -> Key | None:
        """The key if the cache has it fresh: the way without awaiting."""
        kept = self._kept.get(access_key_id)
        return kept[1] if kept is not None and kept[0] > self._clock() else None

    async def find(self, access_key_id: str) -> Key | None:
        """The key, disabled or expired ones included; None when there is no such key."""
        kept = self._kept.get(access_key_id)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        if not well_formed(access_key_id):
            return None
        task = self._asking.get(access_key_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._ask(access_key_id))
            self._asking[access_key_id] = task
            task.add_done_callback(lambda done: self._asked(access_key_id, done))
        # shielded: the client that asked first may hang up while others wait for the same row
        return await asyncio.shield(task)

    def invalidate(self, access_key_id: str) -> None:
        """Forget a key that changed (a NOTIFY on api_clients_changed names it)."""
        self._kept.pop(access_key_id, None)
        # an answer still on its way may be older than the change: it must not be kept
        self._asking.pop(access_key_id, None)

    def invalidate_all(self) -> None:
        """Forget all keys: notices may have been missed while the listener was disconnected."""
        self._kept.clear()
        self._asking.clear()

    def used(self, principal: Principal, service: str, region: str) -> None:
        """Count a call, and note when the key has signed: once a minute for each service."""
        counted = self._calls.get(principal.arn)
        if counted is None:
            self._calls[principal.arn] = [principal.account_id, 1]
        else:
            counted[1] += 1
        now = self._clock()
        if self._noted.get((principal.access_key_id, service), 0.0) <= now:
            if len(self._noted) >= MOST_KEYS:
                self._noted.clear()
            self._noted[principal.access_key_id, service] = now + USED_EVERY_SECONDS
            wall, root = datetime.now(UTC), principal.root_key or principal.access_key_id
            self._used[root] = wall
            own = "" if principal.role else root
            self._uses.append((principal.account_id, principal.entity, service, region, wall, own))

    def take_uses(self) -> list[tuple[Any, ...]]:
        """Who used what since the last call: account id, entity, service, region, time, key."""
        taken, self._uses = self._uses, []
        return taken

    def take_used(self) -> dict[str, datetime]:
        """When the keys noted since the last call were used, to be written (and at shutdown)."""
        taken, self._used = self._used, {}
        return taken

    def take_calls(self) -> list[tuple[uuid.UUID, str, int]]:
        """How often each principal called since the last time: account id, ARN, calls."""
        taken, self._calls = self._calls, {}
        return sorted((account, arn, calls) for arn, (account, calls) in taken.items())

    async def _ask(self, access_key_id: str) -> Key | None:
        mine = asyncio.current_task()
        row = await self._lookup(access_key_id)
        # a key whose secret nobody knows any more signs nothing
        known = row is not None and row["secret_key_hash"] != ""
        key = self._from_row(access_key_id, row) if row is not None and known else None
        if self._asking.get(access_key_id) is mine:
            self._keep(access_key_id, key)
        return key

    def _asked(self, access_key_id: str, done: "asyncio.Task[Key | None]") -> None:
        if self._asking.get(access_key_id) is done:
            del self._asking[access_key_id]
        if not done.cancelled():
            done.exception()  # looked at, so that asyncio does not report it as never retrieved

    def _keep(self, access_key_id: str, key: Key | None) -> None:
        seconds = MISSING_KEPT_SECONDS if key is None else KEPT_SECONDS
        self._kept[access_key_id] = (self._clock() + seconds, key)
        self._kept.move_to_end(access_key_id)
        if len(self._kept) > MOST_KEYS:
            self._kept.popitem(last=False)

    def _from_row(self, access_key_id: str, row: Mapping[str, Any]) -> Key:
        scopes = row["scopes"]
        principal = principal_of(
            access_key_id, row, tuple(orjson.loads(scopes) if isinstance(scopes, str) else scopes)
        )
        expires: datetime | None = row["expires_at"]
        expires_at = None if expires is None else expires.timestamp()
        active = row["status"] == "active"
        sealed = bytes(row["secret_sealed"] or b"")
        old = self._kept.get(access_key_id, (0.0, None))[1]
        if old is not None and old.sealed == sealed and old.principal == principal:
            old.active, old.expires_at = active, expires_at
            return old
        secret = self._open(access_key_id, row, sealed)
        return Key(access_key_id, secret, principal, active, expires_at, "", sealed)

    def _open(self, access_key_id: str, row: Mapping[str, Any], sealed: bytes) -> str:
        version = row["key_version"]
        secret = self.vault.open_secret(sealed, access_key_id, row["account_id"], version)
        expected = self.vault.hash_secret(secret, version)
        if not secrets.compare_digest(expected, row["secret_key_hash"]):
            raise SealError(f"the secret of {access_key_id} does not match its hash")
        return secret


def principal_of(access_key_id: str, row: Mapping[str, Any], scopes: tuple[str, ...]) -> Principal:
    """The IAM user that a row of api_clients stands for."""
    number, name = row["account_number"], row["name"]
    client_id = uuid.UUID(str(row["client_id"]))
    return Principal(
        access_key_id=access_key_id,
        client_id=client_id,
        account_id=uuid.UUID(str(row["account_id"])),
        account_number=number,
        name=row.get("user_name") or name,
        arn=row.get("user_arn") or f"arn:aws:iam::{number}:user/{name}",
        user_id=row.get("user_id") or user_id(client_id),
        scopes=scopes,
    )


def user_id(client_id: uuid.UUID) -> str:
    """The unique id (AIDA…) that IAM gives a user: always the same for one client."""
    return "AIDA" + _letters(hashlib.blake2b(client_id.bytes, digest_size=10).digest())


def mark_of(access_key_id: str) -> str:
    """The mark in the access key ids of an episode (EP and its code); empty: of no episode."""
    match = _OF_EPISODE.fullmatch(access_key_id)
    return match[1] if match else ""


def generate(mark: str = "") -> tuple[str, str]:
    """A fresh access key id (AKIA…) and secret access key (40 characters, 240 bits).

    `mark` is that of the episode which the key shall lead to; no other key looks like one.
    """
    letters = mark or EPISODE
    while not mark and letters.startswith(EPISODE):
        letters = _letters(secrets.token_bytes(10))
    if mark:
        letters = mark + _letters(secrets.token_bytes(10))[:10]
    return "AKIA" + letters, generate_secret()


def generate_secret() -> str:
    """A fresh secret access key."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def _letters(ten_bytes: bytes) -> str:
    """16 characters of A-Z and 2-7."""
    return base64.b32encode(ten_bytes).decode()
