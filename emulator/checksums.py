"""Checksums that S3 clients send with an object, in headers or trailers."""

import base64
import binascii
import hashlib
import zlib
from array import array
from collections.abc import Callable
from functools import cache

# Reflected polynomials: CRC-32C (RFC 3720) and CRC-64/NVME (NVM Express base specification).
_CRC32C = 0x82F63B78
_CRC64NVME = 0x9A6C9329AC4BC9B5
_PREFIX = "x-amz-checksum-"


def names() -> frozenset[str]:
    """The algorithms that can be verified, as header names spell them."""
    return frozenset(_ALGORITHMS)


def compute(algorithm: str, data: bytes | memoryview) -> str:
    """The checksum of `data` as S3 writes it, in base64; KeyError for an unknown algorithm.

    crc32c and crc64nvme take some 30 ns per byte (they are Python): keep large ones off the loop.
    """
    return base64.b64encode(_ALGORITHMS[algorithm](data)).decode()


def algorithm_of(header: str) -> str | None:
    """`crc32` of `x-amz-checksum-crc32`; None for a header that holds no checksum."""
    name = header.removeprefix(_PREFIX)
    return name if name != header and name not in ("algorithm", "mode", "type") else None


def _crc(polynomial: int, width: int, data: bytes | memoryview) -> bytes:
    table = _table(polynomial)
    mask = (1 << width) - 1
    crc = mask
    # two bytes a step, through a table of 65,536: twice as fast as the usual one of 256
    even = len(data) & ~1
    for pair in memoryview(_little_endian_pairs(data[:even])):
        crc = table[(crc ^ pair) & 0xFFFF] ^ (crc >> 16)
    if even != len(data):
        crc = _byte_step(polynomial, (crc ^ data[-1]) & 0xFF) ^ (crc >> 8)
    return (crc ^ mask).to_bytes(width // 8, "big")


def _little_endian_pairs(data: bytes | memoryview) -> "array[int]":
    pairs = array("H", bytes(data))
    if pairs.itemsize == 2 and array("H", b"\x01\x00")[0] != 1:
        pairs.byteswap()
    return pairs


def _byte_step(polynomial: int, value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (polynomial if value & 1 else 0)
    return value


@cache
def _table(polynomial: int) -> list[int]:
    single = [_byte_step(polynomial, value) for value in range(256)]
    return [
        (first >> 8) ^ single[(first ^ high) & 0xFF]
        for high in range(256)
        for first in single
    ]  # fmt: skip


_ALGORITHMS: dict[str, Callable[[bytes | memoryview], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: _crc(_CRC32C, 32, data),
    "crc64nvme": lambda data: _crc(_CRC64NVME, 64, data),
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
