"""Checksums of objects: what a request says, what its body gives, what parts add up to.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
"""

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from typing import Any

from emulator import checksums
from emulator.context import Context
from handlers.s3 import refusals

# Member of requests and answers by algorithm, as S3 writes the algorithm.
MEMBERS = {
    "CRC32": "ChecksumCRC32",
    "CRC32C": "ChecksumCRC32C",
    "CRC64NVME": "ChecksumCRC64NVME",
    "SHA1": "ChecksumSHA1",
    "SHA256": "ChecksumSHA256",
}
_UNKNOWN = ("ChecksumSHA512", "ChecksumMD5", "ChecksumXXHASH64", "ChecksumXXHASH3",
            "ChecksumXXHASH128")  # fmt: skip
# Reflected polynomials of those that can be computed for a whole from its parts, and their bits.
_POLYNOMIALS = {
    "CRC32": (0xEDB88320, 32),
    "CRC32C": (0x82F63B78, 32),
    "CRC64NVME": (0x9A6C9329AC4BC9B5, 64),
}
FULL, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
_AT_ONCE_BYTES = 64 * 1024


async def judged(ctx: Context, asked: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The MD5 of the body, in hex, and the one checksum that the request has of it.

    InvalidDigest, BadDigest, InvalidRequest for those that are wrong.
    """
    if len(ctx.body) > _AT_ONCE_BYTES:
        return await asyncio.to_thread(_judge, ctx, asked)
    return _judge(ctx, asked)


def _judge(ctx: Context, params: dict[str, Any]) -> tuple[str, dict[str, str]]:
    digest = hashlib.md5(ctx.body, usedforsecurity=False)
    announced = params.get("ContentMD5")
    if announced is not None:
        checksums.check_md5(announced, digest.digest())
    algorithm = algorithm_of(ctx, params)
    if algorithm is None:
        return digest.hexdigest(), {}
    member = MEMBERS[algorithm]
    computed = checksums.compute(algorithm.lower(), ctx.body)
    value = params.get(member)
    if value is not None:
        checksums.check(algorithm.lower(), value, computed)
    return digest.hexdigest(), {member: computed, "ChecksumType": FULL}


def digests(body: bytes, members: Sequence[str]) -> dict[str, Any]:
    """Entity tag and checksums of an object that is of one piece; takes its time."""
    by_member = {member: algorithm.lower() for algorithm, member in MEMBERS.items()}
    found = {member: checksums.compute(by_member[member], body) for member in members}
    return {
        "etag": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "checksums": {**found, "ChecksumType": FULL} if found else {},
    }


def algorithm_of(ctx: Context, params: dict[str, Any]) -> str | None:
    """The algorithm of the one checksum that came with a body, in a header or trailer."""
    if any(params.get(name) for name in _UNKNOWN):
        raise refusals.not_emulated("This checksum algorithm")
    found = [name for name, member in MEMBERS.items() if params.get(member) is not None]
    for trailer in ctx.headers.get("x-amz-trailer", "").split(","):
        # the trailer's value was judged with the body that it came behind
        name = checksums.algorithm_of(trailer.strip().lower())
        if name and name.upper() in MEMBERS:
            found.append(name.upper())
    if len(found) > 1:
        raise refusals.bad_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    wanted = params.get("ChecksumAlgorithm")
    if wanted and not found:
        raise refusals.bad_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or"
            " x-amz-trailer headers were found."
        )
    return found[0] if found else None


def check_algorithm(algorithm: str | None) -> None:
    """Refuse an algorithm that cannot be computed here."""
    if algorithm is not None and algorithm not in MEMBERS:
        raise refusals.bad_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid"
            " types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]"
        )


def composite(algorithm: str, parts: Sequence[str]) -> str:
    """The checksum of parts' checksums, and how many they are."""
    joined = b"".join(base64.b64decode(part) for part in parts)
    return f"{checksums.compute(algorithm.lower(), joined)}-{len(parts)}"


def whole(algorithm: str, parts: Sequence[tuple[str, int]]) -> str:
    """The CRC of an object from the CRCs and sizes of its parts, without reading them again.

    A CRC is linear: bytes behind it multiply it by x^8 each, modulo the polynomial.
    """
    polynomial, bits = _POLYNOMIALS[algorithm]
    crc = 0
    for given, size in parts:
        behind = int.from_bytes(base64.b64decode(given), "big")
        crc = _multiply(crc, _power_of_x(8 * size, polynomial, bits), polynomial, bits) ^ behind
    return base64.b64encode(crc.to_bytes(bits // 8, "big")).decode()


def _multiply(first: int, second: int, polynomial: int, bits: int) -> int:
    """The product of two reflected polynomials (the highest bit is x^0)."""
    product, mask = 0, 1 << (bits - 1)
    while mask and first:
        if first & mask:
            product ^= second
            first ^= mask
        mask >>= 1
        second = (second >> 1) ^ (polynomial if second & 1 else 0)
    return product


def _power_of_x(exponent: int, polynomial: int, bits: int) -> int:
    result, square = 1 << (bits - 1), 1 << (bits - 2)
    while exponent:
        if exponent & 1:
            result = _multiply(result, square, polynomial, bits)
        square = _multiply(square, square, polynomial, bits)
        exponent >>= 1
    return result
