"""Sealing of secrets and opaque tokens under the master key.

The master key lives outside the database: in DRIFTCLOUD_MASTER_KEY, else in DATA_DIR/master.key.
It may have several versions while it is being rotated, written `version:base64` and separated by
commas or white space (a key without a number is version 1); the highest one seals, all open.
Every purpose has its own key, derived from the master by HKDF-SHA256 (RFC 5869), so that nothing
sealed for one purpose can be opened for another.
"""

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import re
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

MASTER_KEY_VARIABLE: Final = "DRIFTCLOUD_MASTER_KEY"
MASTER_KEY_FILE: Final = "master.key"
KEY_BYTES: Final = 32

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_TOKEN_CHARACTERS = re.compile(r"[A-Za-z0-9_-]{1,16384}")


class SealError(Exception):
    """A sealed thing that does not open: forged, damaged, of another purpose or master key."""


class SealExpiredError(SealError):
    """A sealed token that opens, but too late."""


class _Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


def _aead(key: bytes) -> _Aead:
    """AES-256-GCM under `key`.

    The public module imports every cipher of the library (20-30 ms at start); the class itself
    comes from the compiled part, which loads in 5 ms.
    """
    try:
        from cryptography.hazmat.bindings._rust import openssl

        return openssl.aead.AESGCM(key)
    except (ImportError, AttributeError):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(key)


def derive(master: bytes, purpose: str) -> bytes:
    """32 bytes of HKDF-SHA256 without salt for `purpose`."""
    extracted = hmac.digest(bytes(hashlib.sha256().digest_size), master, "sha256")
    return hmac.digest(extracted, purpose.encode() + b"\x01", "sha256")


class Vault:
    """Seals and opens under one or more versions of the master key.

    `masters` maps version (1-255) to 32 bytes.
    """

    def __init__(self, masters: Mapping[int, bytes]) -> None:
        if not masters:
            raise ValueError("a vault needs a master key")
        self._masters: dict[int, bytes] = {}
        self._aeads: dict[tuple[int, str], _Aead] = {}
        self._peppers: dict[int, bytes] = {}
        self.learn(masters)

    def learn(self, masters: Mapping[int, bytes]) -> None:
        """Take in further versions of the master key; from now on the highest one seals."""
        for version, master in masters.items():
            if not 1 <= version <= 255 or len(master) != KEY_BYTES:
                raise ValueError(
                    f"master key {version}: {KEY_BYTES} bytes and a version of 1-255 are needed"
                )
        self._masters.update(masters)
        for version, master in masters.items():
            self._peppers[version] = derive(master, "driftcloud/secret-hash")
        self.version = max(self._masters)

    def prepared(self) -> "Vault":
        """This vault, after loading what it seals and opens with (5 ms)."""
        self._cipher(self.version, "driftcloud/secret-seal")
        return self

    def knows(self, version: int) -> bool:
        """Whether what was sealed under this version of the master key opens here."""
        return version in self._masters

    def _cipher(self, version: int, purpose: str) -> _Aead:
        cipher = self._aeads.get((version, purpose))
        if cipher is None:
            master = self._masters.get(version)
            if master is None:
                raise SealError(f"sealed under master key {version}, which is not here")
            cipher = self._aeads[version, purpose] = _aead(derive(master, purpose))
        return cipher

    def seal_secret(
        self, secret: str, access_key_id: str, account_id: object, key_version: int | None = None
    ) -> bytes:
        """A secret access key as the database keeps it, bound to its key, account and version.

        The layout is 0x01, a nonce of 12 bytes, the ciphertext with its tag.
        """
        version = key_version or self.version
        nonce = os.urandom(_NONCE_BYTES)
        cipher = self._cipher(version, "driftcloud/secret-seal")
        bound = _secret_binding(access_key_id, account_id, version)
        return _FORMAT + nonce + cipher.encrypt(nonce, secret.encode(), bound)

    def open_secret(
        self, sealed: bytes, access_key_id: str, account_id: object, key_version: int
    ) -> str:
        """The secret of a row; SealError when the row was damaged, moved or sealed elsewhere."""
        if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _FORMAT:
            raise SealError("not a sealed secret")
        cipher = self._cipher(key_version, "driftcloud/secret-seal")
        bound = _secret_binding(access_key_id, account_id, key_version)
        return _opened(cipher, sealed[1:], bound).decode()

    def hash_secret(self, secret: str, key_version: int | None = None) -> str:
        """The keyed hash kept beside the sealed secret: `hmac-sha256$` and 64 hex digits.

        Keyed, because weak secrets such as `test` are imported too; not slow, because generated
        secrets have 240 bits.
        """
        version = key_version or self.version
        pepper = self._peppers.get(version)
        if pepper is None:
            raise SealError(f"hashed under master key {version}, which is not here")
        return "hmac-sha256$" + hmac.digest(pepper, secret.encode(), "sha256").hex()

    def derived(self, purpose: str) -> str:
        """A secret that follows from the newest master key, in hex: the same as long as it is."""
        return derive(self._masters[self.version], purpose).hex()

    def seal_token(self, purpose: str, payload: Any, *, seconds: float | None = None) -> str:
        """`payload` (whatever JSON can say) as an opaque URL-safe text, good for `purpose` only.

        It stops to open `seconds` from now; None means never.
        """
        expiry = None if seconds is None else time.time() + seconds
        plain = orjson.dumps([expiry, payload])
        nonce = os.urandom(_NONCE_BYTES)
        head = _FORMAT + bytes((self.version,))
        cipher = self._cipher(self.version, "driftcloud/token")
        sealed = head + nonce + cipher.encrypt(nonce, plain, head + purpose.encode())
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open_token(self, purpose: str, token: str, *, now: float | None = None) -> Any:
        """The payload of a token sealed for `purpose`; SealError or SealExpiredError otherwise."""
        expiry, payload = self._token(purpose, token)
        if expiry is not None and expiry <= (time.time() if now is None else now):
            raise SealExpiredError("the token has expired")
        return payload

    def _token(self, purpose: str, token: str) -> tuple[float | None, Any]:
        if not _TOKEN_CHARACTERS.fullmatch(token):
            raise SealError("not a sealed token")
        try:
            sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except binascii.Error:
            raise SealError("not a sealed token") from None
        # base64 lets several texts stand for the same bytes; only one of them is the token
        if base64.urlsafe_b64encode(sealed).rstrip(b"=").decode() != token:
            raise SealError("not a sealed token")
        if len(sealed) < 2 + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _FORMAT:
            raise SealError("not a sealed token")
        cipher = self._cipher(sealed[1], "driftcloud/token")
        expiry, payload = orjson.loads(_opened(cipher, sealed[2:], sealed[:2] + purpose.encode()))
        return expiry, payload


def _secret_binding(access_key_id: str, account_id: object, version: int) -> bytes:
    return f"driftcloud/v1|{access_key_id}|{account_id}|{version}".encode()


def _opened(cipher: _Aead, sealed: bytes, bound: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound)
    except Exception as failure:  # InvalidTag, whose import would cost what _aead saves
        raise SealError("the seal is broken, or of another master key") from failure


def parse_masters(text: str) -> dict[int, bytes]:
    """Master keys from `[version:]base64 …`; ValueError says what is wrong, never the key."""
    masters: dict[int, bytes] = {}
    for entry in re.split(r"[,\s]+", text.strip()):
        number, colon, encoded = entry.rpartition(":")
        version = 1 if not colon else int(number) if re.fullmatch("[0-9]{1,3}", number) else 0
        try:
            master = base64.b64decode(encoded.encode(), validate=True)
        except (binascii.Error, ValueError):
            master = b""
        if len(master) != KEY_BYTES or not 1 <= version <= 255 or version in masters:
            raise ValueError(
                f"a master key is {KEY_BYTES} bytes in base64, each with a version of its own"
            )
        masters[version] = master
    return masters


def load_masters(data_dir: Path | None, environment: Mapping[str, str]) -> dict[int, bytes]:
    """The master keys of this server; the file is made when there is none.

    `data_dir` None means an external database, whose key must come from the environment: a key
    made here would be lost with this machine while the rows stay.
    """
    given = environment.get(MASTER_KEY_VARIABLE, "").strip()
    if given:
        return parse_masters(given)
    if data_dir is None:
        raise ValueError(f"{MASTER_KEY_VARIABLE} must be set (32 random bytes in base64)")
    path = data_dir / MASTER_KEY_FILE
    if not path.exists():
        # another server that starts at the same moment may win: then its key is the one
        with contextlib.suppress(FileExistsError):
            _create(path, f"1:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n")
    return parse_masters(_read_private(path))


def add_master(data_dir: Path) -> int:
    """A further version in the key file, which new seals use from the next start; its number."""
    path = data_dir / MASTER_KEY_FILE
    text = _read_private(path)
    version = max(parse_masters(text)) + 1
    fresh = path.with_suffix(".new")
    key = base64.b64encode(os.urandom(KEY_BYTES)).decode()
    _create(fresh, f"{text.rstrip()}\n{version}:{key}\n")
    fresh.replace(path)
    return version


def _create(path: Path, text: str) -> None:
    """`path` with `text`, there whole or not at all, for the owner's eyes only."""
    # written aside and linked into place: two servers starting at once agree on one key, and
    # neither reads the other's half-written file
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _read_private(path: Path) -> str:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(handle) as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if os.name == "posix" and mode & 0o077:
            raise PermissionError(f"{path} is open to others (mode {mode:04o}); chmod 600 it")
        return file.read()
