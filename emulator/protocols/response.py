"""The answer to a request, whatever its protocol: status, headers, body."""

from collections.abc import Sequence
from typing import NamedTuple

Headers = list[tuple[bytes, bytes]]


class Pieces:
    """A long body in pieces, which are sent one after another: megabytes are never put together.

    Nothing that is looked for in a body stands across two of them.
    """

    __slots__ = ("_length", "pieces")

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self._length = sum(map(len, pieces))

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)

    def __contains__(self, text: bytes) -> bool:
        return any(text in piece for piece in self.pieces)


class Response(NamedTuple):
    """What goes over the wire; header names are lower case, content-length is among them."""

    status: int
    headers: Headers
    body: bytes | Pieces

    def with_pieces(self, lists: Sequence[tuple[bytes, Sequence[bytes]]]) -> "Response":
        """The same, with the pieces of lists in the places that marks hold for them."""
        pieces, rest = [], bytes(self.body)
        for mark, inside in sorted(lists, key=lambda one: rest.index(one[0])):
            before, _, rest = rest.partition(mark)
            pieces += [before, *inside]
        body = Pieces([*pieces, rest])
        length = b"content-length"
        headers = [
            (name, b"%d" % len(body) if name == length else value) for name, value in self.headers
        ]
        return Response(self.status, headers, body)


def response(status: int, headers: dict[str, str], body: bytes, *, head: bool = False) -> Response:
    """A response with its length; to a HEAD request the headers alone."""
    encoded = [
        (name.encode("latin-1"), value.encode() if _is_plain(value) else _value(value))
        for name, value in headers.items()
    ]
    if "content-length" not in headers and status not in (204, 304):
        encoded.append((b"content-length", b"%d" % len(body)))
    return Response(status, encoded, b"" if head else body)


def success(content_type: bytes, request_id: str, body: bytes) -> Response:
    """The answer of a protocol that says no more than what its body is."""
    headers = [
        (b"content-type", content_type),
        (b"x-amzn-requestid", request_id.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    return Response(200, headers, body)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _value(text: str) -> bytes:
    """A header's value: Latin-1 where it can be, else UTF-8; never a line break."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else " " for each in text)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
