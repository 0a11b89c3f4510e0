"""The aws-chunked encoding of S3 uploads: chunks, their signatures, trailers and checksums."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emulator import checksums
from emulator.canonical import EMPTY_HASH, signature
from emulator.errors import AwsError, Fault

SIGNED: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER: Final = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER: Final = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
MODES: Final = frozenset((SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER))

_LONGEST_HEADER = 16 * 1024
_MOST_TRAILERS = 16
_CHUNK_SIGNED = re.compile(rb"([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})")
_CHUNK_PLAIN = re.compile(rb"([0-9a-fA-F]{1,8})")
_TRAILER = re.compile(rb"([A-Za-z0-9-]{1,128}):([\x20-\x7e\t]{0,8192})")
_TRAILER_SIGNATURE: Final = "x-amz-trailer-signature"


@dataclass(slots=True)
class Seed:
    """What the chain of chunk signatures starts from: the verified request's own."""

    key: bytes
    timestamp: str
    scope: str
    signature: str

    def chunk(self, data: memoryview) -> str:
        """The signature of the next chunk, which becomes the chain's newest link."""
        digest = hashlib.sha256(data).hexdigest()
        text = f"AWS4-HMAC-SHA256-PAYLOAD\n{self._where()}\n{EMPTY_HASH}\n{digest}"
        return signature(self.key, text)

    def trailer(self, lines: str) -> str:
        """The signature of the trailers, given as `name:value` lines, each ended by a newline."""
        digest = hashlib.sha256(lines.encode()).hexdigest()
        return signature(self.key, f"AWS4-HMAC-SHA256-TRAILER\n{self._where()}\n{digest}")

    def _where(self) -> str:
        return f"{self.timestamp}\n{self.scope}\n{self.signature}"


def decode(body: bytes, mode: str, headers: Mapping[str, str], seed: Seed) -> bytes:
    """The object inside an aws-chunked body, every signature and checksum of it verified.

    `headers` are the request's (x-amz-decoded-content-length, x-amz-trailer). A body that ends
    too soon is IncompleteBody; nothing of it is returned.
    """
    length = _decoded_length(headers)
    view = memoryview(body)
    pattern = _CHUNK_PLAIN if mode == UNSIGNED_TRAILER else _CHUNK_SIGNED
    pieces: list[memoryview] = []
    position = total = 0
    while True:
        size, given, position = _chunk_header(body, position, pattern)
        data = view[position : position + size]
        total += size
        if len(data) != size or total > length:
            raise _incomplete()
        if given:
            _prove(seed, given, seed.chunk(data))
        position += size
        if size == 0:
            break
        if body[position : position + 2] != b"\r\n":
            raise _incomplete() if position + 2 > len(body) else _malformed()
        position += 2
        pieces.append(data)
    if total != length:
        raise _incomplete()
    content = b"".join(pieces)
    _trailers(body[position:], mode, headers, seed, content)
    return content


def _chunk_header(body: bytes, position: int, pattern: re.Pattern[bytes]) -> tuple[int, str, int]:
    end = body.find(b"\r\n", position, position + _LONGEST_HEADER)
    if end < 0:
        raise _malformed() if len(body) - position >= _LONGEST_HEADER else _incomplete()
    found = pattern.fullmatch(body, position, end)
    if found is None:
        raise _malformed()
    given = found[2].decode() if pattern is _CHUNK_SIGNED else ""
    return int(found[1], 16), given, end + 2


def _trailers(
    rest: bytes, mode: str, headers: Mapping[str, str], seed: Seed, content: bytes
) -> None:
    """Judge what follows the last chunk: an empty line, or trailers and one."""
    announced = [
        n.strip().lower() for n in headers.get("x-amz-trailer", "").split(",") if n.strip()
    ]
    if mode == SIGNED:
        if rest not in (b"\r\n", b"\r\n\r\n"):
            raise _incomplete() if b"\r\n".startswith(rest) else _malformed()
        if announced:
            raise _malformed()
        return
    if not rest.endswith(b"\r\n"):
        raise _incomplete()
    found: dict[str, str] = {}
    # some clients end the trailers with one newline, and AWS's own documents show both
    for line in rest.replace(b"\r\n", b"\n").split(b"\n"):
        if line:
            spelled = _TRAILER.fullmatch(line)
            if spelled is None or len(found) > _MOST_TRAILERS:
                raise _malformed()
            name = spelled[1].decode().lower()
            if name in found:
                raise _malformed()
            found[name] = spelled[2].decode().strip()
    given = found.pop(_TRAILER_SIGNATURE, "")
    if mode == SIGNED_TRAILER:
        lines = "".join(f"{name}:{value}\n" for name, value in found.items())
        _prove(seed, given, seed.trailer(lines))
    elif given:
        raise _malformed()
    if sorted(found) != sorted(announced):
        raise _malformed()
    for name, value in found.items():
        _check(name, value, content)


def _check(name: str, value: str, content: bytes) -> None:
    algorithm = checksums.algorithm_of(name)
    if algorithm not in checksums.names():
        raise AwsError("InvalidRequest", f"The trailer {name} is not a supported checksum", 400)
    if not checksums.matches(algorithm, value, content):
        raise AwsError(
            "BadDigest",
            f"The {algorithm.upper()} you specified did not match the calculated checksum.",
            400,
        )


def _prove(seed: Seed, given: str, expected: str) -> None:
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Fault("bad_signature")
    seed.signature = expected


def _decoded_length(headers: Mapping[str, str]) -> int:
    given = headers.get("x-amz-decoded-content-length", "")
    if not re.fullmatch("[0-9]{1,15}", given):
        raise AwsError(
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
            411,
        )
    return int(given)


def _incomplete() -> AwsError:
    return AwsError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
        400,
    )


def _malformed() -> AwsError:
    return AwsError("InvalidRequest", "The chunks of the request body are malformed", 400)
