"""Filters over what no table holds: AWS's filter values as tests of plain texts.

The rules are those of `emulator.filters`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.errors import AwsError
from emulator.filters import MOST_VALUES

Test = Callable[[str], bool]


def demands(
    names: Mapping[str, str], filters: Sequence[Mapping[str, Any]] | None
) -> list[tuple[str, Test]]:
    """What a request's `Filters` demand: (field, test of its text), all of which must hold.

    `names` maps AWS's filter names to fields. Raises what `filters.conditions` raises.
    """
    found = []
    for one in filters or ():
        name, values = one.get("Name", ""), one.get("Values") or []
        if name not in names:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if len(values) > MOST_VALUES:
            raise AwsError(
                "FilterLimitExceeded",
                f"The maximum number of filter values specified on a single call is {MOST_VALUES}",
            )
        found.append((names[name], any_of(values)))
    return found


def any_of(values: Sequence[str]) -> Test:
    """Whether a text is one of the values: `*` and `?` match, a backslash takes them literally."""
    pattern = re.compile("|".join(_pattern(value) for value in values) or r"(?!)", re.DOTALL)
    return lambda text: pattern.fullmatch(text) is not None


def _pattern(value: str) -> str:
    parts, escaped = [], False
    for letter in value:
        if escaped or letter not in "*?\\":
            parts.append(re.escape(letter))
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == "?":
            parts.append(".")
        elif parts[-1:] != [".*"]:  # a row of stars is one: keeps the pattern quick
            parts.append(".*")
    return "(?:" + "".join(parts) + ("\\\\" if escaped else "") + ")"
