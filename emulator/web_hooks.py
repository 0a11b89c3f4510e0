"""Web hooks: events posted to API destinations, which may only be on this machine."""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from models import api_destinations

if TYPE_CHECKING:
    from emulator.seal import Vault

log = logging.getLogger("driftcloud.web_hooks")

SECONDS: Final = 3.0
PAUSES_SECONDS: Final = (0.2, 1.0)


class Call(NamedTuple):
    """One request to an API destination."""

    url: str
    method: str
    headers: dict[str, str]
    body: str


def is_local(url: str) -> bool:
    """Whether a URL is plain HTTP to a loopback address: nothing else is ever called."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme != "http" or parts.username is not None or not parts.hostname:
        return False
    if any(letter <= " " or letter > "~" for letter in url):
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        return False


async def calls(db: Any, vault: "Vault", letters: Sequence[tuple[str, str]]) -> list[Call]:
    """The requests that letters (ARN of an API destination, text) come to."""
    if not letters:
        return []
    known = {row["arn"]: row for row in await api_destinations.every(db)}
    found = []
    for arn, text in letters:
        row = known.get(arn)
        if row is None or not is_local(row["endpoint"]):
            continue
        headers = {"content-type": "application/json; charset=utf-8",
                   "user-agent": "Amazon/EventBridge/ApiDestinations"}  # fmt: skip
        if row["sealed"]:
            headers |= vault.open_token(api_destinations.PURPOSE, row["sealed"])
        found.append(Call(row["endpoint"], row["method"], headers, text))
    return found


async def post(call: Call) -> bool:
    """Send a request, up to three times; whether it was taken."""
    for pause in (0.0, *PAUSES_SECONDS):
        await asyncio.sleep(pause)
        try:
            async with asyncio.timeout(SECONDS):
                status = await _send(call)
            if status < 500 and status != 429:
                return status < 300
        except (OSError, TimeoutError, ValueError) as error:
            log.debug("%s was not reached: %s", call.url, error)
    log.info("an event was not taken by %s", call.url)
    return False


async def _send(call: Call) -> int:
    parts = urlsplit(call.url)
    body = call.body.encode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"host": parts.netloc, "connection": "close", **call.headers}
    if body and call.method not in ("GET", "HEAD"):
        headers["content-length"] = str(len(body))
    else:
        body = b""
    lines = [f"{call.method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header with a line break")
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)
        await writer.drain()
        status = await reader.readline()
        return int(status.split()[1])
    except IndexError:
        raise OSError("no answer") from None
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
