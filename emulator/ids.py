"""Identifiers in AWS's own forms, drawn or derived."""

import hashlib
import os
import re

from models import draws

# Digits of request ids to come: to ask the system for each takes longer than all else about one.
_DRAWN_AT_ONCE = 64
_drawn: list[str] = []
if hasattr(os, "register_at_fork"):  # Windows has none
    os.register_at_fork(after_in_child=_drawn.clear)

_HEX = re.compile(r"[0-9a-f]{8}|[0-9a-f]{17}")


def new(prefix: str) -> str:
    """A fresh resource id: `i-` and 17 hexadecimal digits, for the prefix `i`."""
    return f"{prefix}-{draws.hexadecimal(17)}"


def derived(prefix: str, *parts: str) -> str:
    """The id that always belongs to `parts`: for things AWS names and we need not store."""
    digest = hashlib.blake2b("\0".join((prefix, *parts)).encode(), digest_size=9).hexdigest()
    return f"{prefix}-{digest[:17]}"


def well_formed(prefix: str, value: str) -> bool:
    """Whether `value` has the form of an id: 8 digits of the old kind or 17 of the new."""
    head, dash, digits = value.rpartition("-")
    return bool(dash) and head == prefix and _HEX.fullmatch(digits) is not None


def request_id() -> str:
    """A request id, random and shaped as AWS's are (a version 4 UUID)."""
    if not _drawn:
        many = os.urandom(16 * _DRAWN_AT_ONCE).hex()
        _drawn.extend(many[at : at + 32] for at in range(0, len(many), 32))
    digits = _drawn.pop()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
