"""Checksums that S3 clients send with an object, in headers or trailers."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping

from emulator.errors import AwsError

_PREFIX = "x-amz-checksum-"


def names() -> frozenset[str]:
    """The algorithms that can be verified, as header names spell them."""
    return frozenset(_ALGORITHMS)


def compute(algorithm: str, data: bytes | memoryview) -> str:
    """The checksum of `data` as S3 writes it, in base64; KeyError for an unknown algorithm."""
    return base64.b64encode(_ALGORITHMS[algorithm](data)).decode()


def algorithm_of(header: str) -> str | None:
    """`crc32` of `x-amz-checksum-crc32`; None for a header that holds no checksum."""
    name = header.removeprefix(_PREFIX)
    return name if name != header and name not in ("algorithm", "mode", "type") else None


def _crc(name: str, width: int, data: bytes | memoryview) -> bytes:
    # AWS's own library, as its SDKs have it; imported by the first who brings such a checksum
    from awscrt import checksums

    crc: int = getattr(checksums, name)(data)
    return crc.to_bytes(width // 8, "big")


_ALGORITHMS: dict[str, Callable[[bytes | memoryview], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: _crc("crc32c", 32, data),
    "crc64nvme": lambda data: _crc("crc64nvme", 64, data),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
}


def matches(algorithm: str, given: str, data: bytes | memoryview) -> bool:
    """Whether `given` (base64) is the checksum of `data`; False for what is not base64."""
    try:
        expected = base64.b64decode(given.encode(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return _ALGORITHMS[algorithm](data) == expected


def check_md5(announced: str, digest: bytes) -> None:
    """Refuse a Content-MD5 that is none, or not that of a body with this MD5."""
    try:
        given = base64.b64decode(announced, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    if len(given) != 16:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400)
    if given != digest:
        message = "The Content-MD5 you specified did not match what we received."
        raise AwsError("BadDigest", message, 400)


def check(algorithm: str, given: str, computed: str) -> None:
    """Refuse a checksum (base64) that is none of its algorithm's, or another than the body's."""
    if len(given) != len(computed):
        message = f"Value for x-amz-checksum-{algorithm} header is invalid."
        raise AwsError("InvalidRequest", message, 400)
    if given != computed:
        message = f"The {algorithm.upper()} you specified did not match the calculated checksum."
        raise AwsError("BadDigest", message, 400)


def check_headers(headers: Mapping[str, str], body: bytes) -> None:
    """Hold a body against all that its headers say of it."""
    if (md5 := headers.get("content-md5")) is not None:
        check_md5(md5, hashlib.md5(body, usedforsecurity=False).digest())
    for name, given in headers.items():
        algorithm = algorithm_of(name)
        if algorithm in _ALGORITHMS:
            check(algorithm, given, compute(algorithm, body))
