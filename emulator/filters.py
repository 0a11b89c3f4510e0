"""Filters: AWS's filter names and values become conditions on a listing's columns.

EC2's rules (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html): filters
are joined with AND, the values of one with OR; `*` matches any characters, `?` exactly one, a
backslash takes the next character literally; values are case-sensitive.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from emulator.context import Context
from emulator.errors import AwsError
from models.listing import Condition, Listing

MOST_VALUES = 200

T = TypeVar("T")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def conditions(
    ctx: Context,
    listing: Listing,
    names: Mapping[str, str],
    filters: Sequence[Mapping[str, Any]] | None,
) -> list[Condition]:
    """The conditions of a request's `Filters`.

    `names` maps AWS's filter names to the listing's columns. Raises InvalidParameterValue for a
    filter that AWS does not document for the operation, FilterLimitExceeded for too many values.
    """
    return [
        _condition(ctx, listing, name, column, values)
        for name, column, values in named(names, filters)
    ]


def named(
    names: Mapping[str, T], filters: Sequence[Mapping[str, Any]] | None
) -> Iterator[tuple[str, T, Sequence[str]]]:
    """Each filter's name, what `names` has for it, and its values; AWS's errors otherwise."""
    for one in filters or ():
        name, values = one.get("Name", ""), one.get("Values") or []
        column = names.get("tag:" if name.startswith("tag:") else name)
        if column is None:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
        if len(values) > MOST_VALUES:
            raise AwsError(
                "FilterLimitExceeded",
                f"The maximum number of filter values specified on a single call is {MOST_VALUES}",
            )
        yield name, column, values


def _condition(
    ctx: Context, listing: Listing, name: str, column: str, values: Sequence[str]
) -> Condition:
    if name.startswith("tag:"):
        exact, patterns = _split(values)
        return Condition(column, tuple(exact), tuple(patterns), tag=name[4:])
    if column in ("tag-key", "tag-value"):
        exact, patterns = _split(values)
        return Condition(column, tuple(exact), tuple(patterns))
    kind = listing.columns[column].kind
    if kind == "bool":
        told = {value.lower() for value in values}
        return Condition(
            column, tuple(text == "true" for text in ("true", "false") if text in told)
        )
    if kind == "int":
        return Condition(column, tuple(int(value) for value in values if _is_int(value)))
    exact, patterns = _split(values)
    return Condition(column, tuple(exact), tuple(patterns), shift=ctx.shift)


TAGS = {"tag:": "tag", "tag-key": "tag-key", "tag-value": "tag-value"}


def _is_int(value: str) -> bool:
    """Whether a value is a number that a column can hold; others match nothing."""
    return _INTEGER.fullmatch(value) is not None


def _split(values: Sequence[str]) -> tuple[list[str], list[str]]:
    """Literal values, and LIKE patterns of those that have wildcards."""
    exact: list[str] = []
    patterns: list[str] = []
    for value in values:
        literal, pattern, wild = _read(value)
        if wild:
            patterns.append(pattern)
        else:
            exact.append(literal)
    return exact, patterns


def _read(value: str) -> tuple[str, str, bool]:
    """A filter value as a literal and as a LIKE pattern, and whether it has wildcards."""
    literal, pattern, wild, escaped = [], [], False, False
    for letter in value:
        if escaped or letter not in "*?\\":
            literal.append(letter)
            pattern.append("\\" + letter if letter in "%_\\" else letter)
            escaped = False
        elif letter == "\\":
            escaped = True
        else:
            wild = True
            pattern.append("%" if letter == "*" else "_")
    if escaped:
        literal.append("\\")
        pattern.append("\\\\")
    return "".join(literal), "".join(pattern), wild
