"""Filters over what is held in memory: catalogues such as regions, types and offerings.

The rules are those of lists in the database (`emulator.filters`): AND between filters, OR between
values, `*` and `?`, a backslash before what is meant literally.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from emulator.filters import named

T = TypeVar("T")
Values = Callable[[T], Iterable[str]]
Test = Callable[[str], object]


def chosen(
    things: Iterable[T],
    names: Mapping[str, Values[T]],
    filters: Sequence[Mapping[str, Any]] | None,
) -> list[T]:
    """The things that meet every filter; `names` says which values a thing has for each.

    Raises what `filters.conditions` raises.
    """
    found = list(things)
    for values_of, matches in demands(names, filters):
        found = [thing for thing in found if any(map(matches, values_of(thing)))]
    return found


def demands(
    names: Mapping[str, T], filters: Sequence[Mapping[str, Any]] | None
) -> list[tuple[T, Test]]:
    """What a request's `Filters` demand: what `names` has for each name, and a test of texts."""
    return [(column, any_of(tuple(values))) for _, column, values in named(names, filters)]


def any_of(values: tuple[str, ...]) -> Test:
    """Whether a text is, or matches, one of the values."""
    return _compiled(values).fullmatch


@lru_cache(maxsize=256)
def _compiled(values: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all values of a filter; without any, nothing matches."""
    return re.compile("|".join(map(_pattern, values)) if values else "(?!)", re.DOTALL)


def _pattern(value: str) -> str:
    """A value as a regular expression that cannot be made slow: each star gives back nothing."""
    parts, escaped = [""], False
    for letter in value:
        if escaped or letter not in "*?\\":
            parts[-1] += re.escape(letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "*":
            parts.append("")
        else:
            parts[-1] += "."
    if escaped:
        parts[-1] += re.escape("\\")
    first, *rest = parts
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>.*?{part})" for part in middle if part) + ".*" + last


def yes_or_no(value: bool) -> tuple[str]:
    """A truth value as filters spell it."""
    return ("true" if value else "false",)
