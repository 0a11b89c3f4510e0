"""The canonical form of a request, of which Signature Version 4 signs the hash.

Rules: AWS General Reference, "Create a signed AWS API request"; where the text leaves room, what
botocore's signer does, since that is what clients send.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_to_bytes

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

_SPACES = re.compile(r"[ \t\r\n\f\v]+")


def canonical_path(path: str) -> str:
    """The path as every service but S3 signs it: normalised, then percent-encoded once more.

    `path` is the raw path of the wire (Latin-1); S3 signs that as it stands.
    """
    if path in ("/", ""):
        return "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment not in ("", "."):
            kept.append(segment)
    first = "/" if path[0] == "/" else ""
    last = "/" if path[-1] == "/" and kept else ""
    return quote((first + "/".join(kept) + last).encode("latin-1"), safe="/~")


def query_pairs(query: str) -> list[tuple[str, str]]:
    """The encoded (name, value) pairs of a raw query string, in their order on the wire.

    Each is decoded and encoded afresh, so that `%7E` equals `~`; a plus sign is a plus sign.
    """
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((_encoded(name), _encoded(value)))
    return pairs


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The encoded pairs sorted by name, then value (never by the joined text)."""
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="-_.~")


def canonical_headers(names: Iterable[str], headers: Mapping[str, str]) -> str:
    """The signed headers, one per line; KeyError names one that the request does not have."""
    plain = "".join([f"{name}:{headers[name]}\n" for name in names])
    # nearly always there is nothing to trim: asked of all the lines at once
    spaced = "  " in plain or ": " in plain or " \n" in plain or "\t" in plain
    if plain.isascii() and not spaced:
        return plain
    return "".join([f"{name}:{_trimmed(headers[name])}\n" for name in names])


def _trimmed(value: str) -> str:
    if not value.isascii():
        # header values are bytes: the hash runs over UTF-8 where they are that, as clients do
        raw = value.encode("latin-1")
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError:
            value = raw.decode("latin-1")
    elif "  " not in value and value[:1] > " " and value[-1:] > " " and "\t" not in value:
        return value
    return _SPACES.sub(" ", value).strip(" ")


def string_to_sign(timestamp: str, scope: str, canonical_request: str) -> str:
    """What the signature covers: algorithm, time, scope and the hash of the request."""
    digest = hashlib.sha256(canonical_request.encode()).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"


def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The 32 bytes derived from a secret for one day, region and service."""
    key = hmac.digest(b"AWS4" + secret.encode(), date.encode(), "sha256")
    key = hmac.digest(key, region.encode(), "sha256")
    key = hmac.digest(key, service.encode(), "sha256")
    return hmac.digest(key, TERMINATOR.encode(), "sha256")


def signature(key: bytes, text: str) -> str:
    """The lower-case hexadecimal signature of `text`."""
    return hmac.digest(key, text.encode(), "sha256").hex()


class Signer:
    """A derived key that signs again and again: what HMAC does with the key alone is done once."""

    __slots__ = ("_begun",)

    def __init__(self, key: bytes) -> None:
        self._begun = hmac.new(key, digestmod="sha256")

    def sign(self, text: str) -> str:
        """The lower-case hexadecimal signature of `text`, as `signature` gives it."""
        own = self._begun.copy()
        own.update(text.encode())
        return own.hexdigest()
