"""Compressed request bodies: gzip, as SDKs send what is large and not S3's."""

import zlib

from emulator.errors import Fault

_GZIP = 16 + zlib.MAX_WBITS


def plain(body: bytes, encoding: str, cap: int) -> bytes:
    """The body behind a content-encoding, at most `cap` bytes of it.

    An encoding other than gzip leaves the body as it is. Raises Fault("serialization") for what
    is no gzip, Fault("too_large") for what grows beyond the cap.
    """
    if not body or encoding.strip().lower() != "gzip":
        return body
    reader = zlib.decompressobj(_GZIP)
    try:
        found = reader.decompress(body, cap + 1)
    except zlib.error:
        raise Fault("serialization", "The request body is not valid gzip") from None
    if len(found) > cap:
        raise Fault("too_large")
    if not reader.eof:
        raise Fault("serialization", "The request body is not valid gzip")
    return found
