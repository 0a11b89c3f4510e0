"""Compressed bodies, whole, broken and swollen."""

import gzip

import pytest

from emulator.compressed import plain
from emulator.errors import Fault


def test_gzip_is_undone_and_anything_else_left() -> None:
    assert plain(gzip.compress(b'{"a": 1}', mtime=0), "GZIP ", 100) == b'{"a": 1}'
    assert plain(b"x", "identity", 100) == b"x"
    assert plain(b"", "gzip", 100) == b""


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "serialization"),
        (gzip.compress(b"a" * 50, mtime=0)[:-9], "serialization"),
        (gzip.compress(b"a" * 101, mtime=0), "too_large"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(Fault) as fault:
        plain(body, "gzip", 100)
    assert fault.value.kind == kind
