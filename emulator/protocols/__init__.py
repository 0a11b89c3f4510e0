"""AWS's wire protocols by name: what parses a request, writes a result, writes an error."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple, Protocol

from emulator import dialect as dialects
from emulator import rows
from emulator.api import Operation, Ref, Shape
from emulator.protocols.response import Response

__all__ = ["PROTOCOLS", "Codec", "Request", "Response", "by_name"]

NO_SHIFT = timedelta(0)
# Longer lists take turns at being written: each holds megabytes until it is sent, and those that
# are written at once are done no sooner, while all others wait for them.
MANY_ROWS = 500
_AT_ONCE: AbstractAsyncContextManager[Any] = nullcontext()


class Request(Protocol):
    """What parsing reads of a request; `emulator.context.Context` is one.

    `path` and `query` are raw, decoded as Latin-1; header names are lower case. `path` must be in
    S3's path style.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class LongList(NamedTuple):
    """A list of rows within a result, where its protocol can write it ahead."""

    rows: rows.Rows
    dialect: dialects.Dialect
    ref: Ref
    name: str


@dataclass(slots=True, frozen=True)
class Codec:
    """One protocol, both directions.

    parse(operation, request, *, shift=0) -> parameters by AWS's member names; Fault or AwsError
    write(operation, result, *, request_id, shift=0) -> Response
    write_error(service, operation | None, error, *, request_id, head=False) -> Response
    """

    name: str
    parse: Callable[..., dict[str, Any]]
    write: Callable[..., Response]
    write_error: Callable[..., Response]
    dialect: dialects.Dialect | None

    def is_long(self, result: dict[str, Any]) -> bool:
        """Whether a result has lists that `awrite` writes in pieces."""
        return self.dialect is not None and _is_long(result)

    async def awrite(
        self,
        operation: Operation,
        result: dict[str, Any] | None,
        *,
        request_id: str,
        shift: timedelta = NO_SHIFT,
        turn: AbstractAsyncContextManager[Any] = _AT_ONCE,
    ) -> Response:
        """The same as `write`, but long lists of rows let others run between their pieces.

        `turn` is held while one of more than MANY_ROWS is written.
        """
        lists = []
        if result and operation.output is not None and self.dialect is not None:
            for n, each in enumerate(_long_lists(operation.output, result, self.dialect)):
                # what no protocol has in a text of its own
                mark = f"\x00{n}\x00"
                async with turn if len(each.rows) > MANY_ROWS else _AT_ONCE:
                    pieces = await each.rows.prepare(each.dialect, each.ref, each.name, shift, mark)
                lists.append((mark.encode(), pieces))
        written = self.write(operation, result, request_id=request_id, shift=shift)
        return written.with_pieces(lists) if lists else written


def _is_long(value: dict[str, Any]) -> bool:
    for each in value.values():
        if type(each) is str:
            continue
        if isinstance(each, rows.Rows):
            if len(each) > rows.CHUNK_ROWS:
                return True
        elif isinstance(each, dict) and _is_long(each):
            return True
    return False


def _long_lists(
    shape: Shape, value: dict[str, Any], dialect: dialects.Dialect
) -> Iterator[LongList]:
    """The long lists of rows among a structure's members, and those of structures within."""
    for name, each in value.items():
        if isinstance(each, rows.Rows) and len(each) > rows.CHUNK_ROWS:
            ref = rows.member(shape, name)
            yield LongList(each, dialect, ref, dialect.list_name(ref, name))
        elif isinstance(each, dict):
            ref = rows.member(shape, name)
            if ref.type == "structure" and not ref.shape.is_document:
                yield from _long_lists(ref.shape, each, dialect)


_MODULES = {
    "ec2": "ec2",
    "query": "query",
    "json": "json",
    "rest-json": "rest_json",
    "rest-xml": "rest_xml",
    "smithy-rpc-v2-cbor": "cbor",
}
_ALIASES = {"rest_json": "rest-json", "rest_xml": "rest-xml", "cbor": "smithy-rpc-v2-cbor"}
PROTOCOLS = tuple(_MODULES)


@cache
def by_name(name: str) -> Codec:
    """The protocol of this name, as botocore or as this package's modules spell it; KeyError."""
    name = _ALIASES.get(name, name)
    module = import_module(f"emulator.protocols.{_MODULES[name]}")
    dialect: dialects.Dialect | None = getattr(module, "DIALECT", None)
    return Codec(name, module.parse, module.write, module.write_error, dialect)
