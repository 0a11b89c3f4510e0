"""A small fast HTTP client that signs requests, and sends what no proper client would."""

import asyncio
import contextlib
import hashlib
import hmac
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlsplit

import cbor2
import orjson

FORM = "application/x-www-form-urlencoded; charset=utf-8"


class HungError(AssertionError):
    """A request that was not answered in time."""


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Call:
    """A request before it is signed; `query` is the raw query string, `path` the raw path."""

    service: str
    method: str = "POST"
    path: str = "/"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def form(**values: str) -> bytes:
    """A form's body."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in values.items()).encode()


def ec2(action: str, **values: str) -> Call:
    """A call of EC2 in its own protocol."""
    body = form(Action=action, Version="2016-11-15", **values)
    return Call("ec2", headers={"content-type": FORM}, body=body)


def sign(call: Call, access_key_id: str, secret: str, host: str) -> dict[str, str]:
    """The headers of a call, its signature among them, by AWS's description of SigV4."""
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{when[:8]}/us-east-1/{call.service}/aws4_request"
    headers = {"host": host, "x-amz-date": when, **call.headers}
    digest = hashlib.sha256(call.body).hexdigest()
    if call.service == "s3":
        headers["x-amz-content-sha256"] = digest
    signed = sorted(headers)
    path = quote(call.path, safe="/-_.~") if call.service != "s3" else _once(call.path)
    canonical = "\n".join(
        [
            call.method,
            path,
            _canonical_query(call.query),
            *(f"{name}:{' '.join(headers[name].split())}" for name in signed),
            "",
            ";".join(signed),
            digest,
        ]
    )
    text = "\n".join(
        ["AWS4-HMAC-SHA256", when, scope, hashlib.sha256(canonical.encode("latin-1")).hexdigest()]
    )
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(signed)}, Signature={signature}"
    )
    return headers


def _once(path: str) -> str:
    return quote(unquote_to_bytes(path), safe="/-_.~")


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((_component(name), _component(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _component(text: str) -> str:
    return quote(unquote_to_bytes(text.encode("latin-1")), safe="-_.~")


class Wire:
    """One keep-alive connection after another to a server, for one access key."""

    def __init__(self, url: str, access_key_id: str = "test", secret: str = "test") -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.access_key_id, self.secret = access_key_id, secret
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def name(self) -> str:
        """The Host header."""
        return f"{self.host}:{self.port}"

    async def call(self, call: Call, seconds: float = 30.0) -> Answer:
        """Sign and send."""
        headers = sign(call, self.access_key_id, self.secret, self.name)
        return await self.send(call, headers, seconds)

    async def send(self, call: Call, headers: Mapping[str, str], seconds: float = 30.0) -> Answer:
        """Send with exactly these headers and a Content-Length."""
        target = call.path + (f"?{call.query}" if call.query else "")
        lines = [f"{call.method} {target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if "content-length" not in headers:
            lines.append(f"content-length: {len(call.body)}")
        raw = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + call.body
        return await self.raw(raw, seconds, head=call.method == "HEAD")

    async def raw(self, raw: bytes, seconds: float = 30.0, *, head: bool = False) -> Answer:
        """Send bytes as they are; ConnectionError where the server hangs up unanswered."""
        try:
            # wait_for can swallow a cancellation that comes with the answer, before Python 3.12
            async with asyncio.timeout(seconds):
                return await self._raw(raw, head)
        except TimeoutError:
            await self.close()
            raise HungError(f"no answer within {seconds} s to {raw[:200]!r}") from None
        except (OSError, asyncio.IncompleteReadError) as error:
            await self.close()
            raise ConnectionError(str(error)) from None

    async def _raw(self, raw: bytes, head: bool) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._streams
        writer.write(raw)
        line = await reader.readline()
        while line.startswith(b"HTTP/1.1 100"):
            await reader.readline()
            line = await reader.readline()
        if not line:
            raise ConnectionResetError("closed")
        if not line.startswith(b"HTTP/1."):
            # who begins as HTTP/2 does is answered in its frames
            raise ValueError(f"no answer of HTTP/1: {line!r}")
        status, headers = int(line.split()[1]), {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = b""
        if not head and status not in (204, 304):
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "") == "close":
            await self.close()
        return Answer(status, headers, body)

    async def __aenter__(self) -> "Wire":
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            _, writer = self._streams
            self._streams = None
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def text_of(answer: Answer, tag: str) -> Any:
    """The text of the first element of that name in an XML answer; None without one."""
    _, found, rest = answer.body.decode().partition(f"<{tag}>")
    return rest.partition(f"</{tag}>")[0] if found else None


def error_code(answer: Answer) -> str | None:
    """The code of an error in whichever protocol it is written; raises for none of them."""
    kind = answer.headers.get("content-type", "")
    if "cbor" in kind:
        found = cbor2.loads(answer.body)
        name = found.get("__type") if isinstance(found, dict) else None
        return name and str(name).rpartition("#")[2]
    if "json" in kind:
        found = orjson.loads(answer.body)
        name = found.get("__type") or answer.headers.get("x-amzn-errortype")
        return name and str(name).rpartition("#")[2]
    elements = ET.fromstring(answer.body).iter()
    return next((one.text for one in elements if one.tag.rpartition("}")[2] == "Code"), None)
