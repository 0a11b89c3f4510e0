"""Filters over what is held in memory: regions, zones and instance types.

The rules are those of lists in the database (see emulator/filters.py): AND between filters, OR
between values, `*` and `?`, a backslash before what is meant literally.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from emulator.errors import AwsError

T = TypeVar("T")
Values = Callable[[T], Iterable[str]]


def chosen(
    things: Iterable[T],
    names: Mapping[str, Values[T]],
    filters: Sequence[Mapping[str, Any]] | None,
) -> list[T]:
    """The things that meet every filter; `names` says which values a thing has for each.

    Raises InvalidParameterValue for a filter that AWS does not document.
    """
    found = list(things)
    for one in filters or ():
        name, wanted = one.get("Name", ""), tuple(one.get("Values") or ())
        values = names.get(name)
        if values is None:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        matches = _matcher(wanted).fullmatch
        found = [thing for thing in found if any(map(matches, values(thing)))]
    return found


@lru_cache(maxsize=256)
def _matcher(wanted: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all values of a filter; without any, nothing matches."""
    return re.compile("|".join(map(_pattern, wanted)) if wanted else "(?!)", re.DOTALL)


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
