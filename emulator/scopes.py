"""Scopes: what an access key may do, as `verb:noun` patterns.

The verb is read, write or admin, the noun a table's name or `*`. The bare `*` is every read and
every write, but no admin: operating the emulator itself takes `admin:*` in so many words.
"""

from collections.abc import Iterable, Sequence, Set
from typing import Final

VERBS: Final = ("read", "write", "admin")
EVERYTHING: Final = ("read:*", "write:*")


def allows(scopes: Iterable[str], verb: str, noun: str) -> bool:
    """Whether one of `scopes` covers `verb` (read, write or admin) on the table `noun`."""
    wide, narrow = f"{verb}:*", f"{verb}:{noun}"
    return any(s in (narrow, wide) or (s == "*" and verb != "admin") for s in scopes)


def intersection(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """What both lists allow: a session's scopes under those its key has today."""
    mine, theirs = _spelled_out(first), _spelled_out(second)
    both = {s for s in mine if allows(theirs, *_parts(s))}
    both |= {s for s in theirs if allows(mine, *_parts(s))}
    return tuple(sorted(both))


def valid(scope: str) -> bool:
    """Whether `scope` is well formed: `*`, or a verb, a colon and a noun or `*`."""
    verb, colon, noun = scope.partition(":")
    plain = noun.replace("_", "").isalnum() and noun.isascii()
    return scope == "*" or (bool(colon) and verb in VERBS and (noun == "*" or plain))


def known(scope: str, nouns: Set[str]) -> bool:
    """Whether a well-formed scope speaks of one of `nouns`, or of all."""
    noun = scope.rpartition(":")[2]
    return noun == "*" or noun in nouns


def _parts(scope: str) -> tuple[str, str]:
    verb, _, noun = scope.partition(":")
    return verb, noun


def _spelled_out(scopes: Iterable[str]) -> list[str]:
    return [one for scope in scopes for one in (EVERYTHING if scope == "*" else (scope,))]
