"""Bodies of requests: how long they may be, and reading them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, cast

from emulator.errors import Fault

MIB: Final = 1024 * 1024
DEFAULT_BODY_CAP: Final = MIB
OBJECT_BODY_CAP: Final = 64 * MIB
_BODY_CAPS: Final = {
    "lambda": 6 * MIB,
    "s3": 16 * MIB,
    "s3control": 16 * MIB,
    # a batch of one MiB of text, as JSON or a form writes it at the worst
    **dict.fromkeys(("logs", "events", "sqs"), 6 * MIB),
    # records of ten MiB together, in base64
    "kinesis": 16 * MIB,
}
_OBJECT_OPERATIONS = frozenset(("PutObject", "UploadPart"))

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class DisconnectedError(Exception):
    """The client hung up before its request was complete."""


def body_cap(service: str | None, operation: str | None = None) -> int:
    """The longest body of a request, in bytes."""
    if service == "s3" and operation in _OBJECT_OPERATIONS:
        return OBJECT_BODY_CAP
    return _BODY_CAPS.get(service or "", DEFAULT_BODY_CAP)


async def read_body(receive: Receive, cap: int, announced: str | None = None) -> bytes:
    """The whole body; Fault("too_large") as soon as it is known to be longer than `cap`.

    `announced` is the Content-Length header. DisconnectedError: the client hung up.
    """
    # its first 16 digits decide: Python refuses to make a number of thousands of them
    if announced and announced.isdigit() and (len(announced) > 15 or int(announced) > cap):
        raise Fault("too_large")
    message = await receive()
    if not message.get("more_body") and message["type"] == "http.request":
        body = cast(bytes, message.get("body", b""))
        if len(body) > cap:
            raise Fault("too_large")
        return body
    parts: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise DisconnectedError
        part = message.get("body", b"")
        size += len(part)
        if size > cap:
            raise Fault("too_large")
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
