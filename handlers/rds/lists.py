"""Lists as RDS gives them: pages of 20 to 100 with a marker, and filters of exact values.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html.
RDS knows no wildcards; a filter it does not know it refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator import marked_pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.marked_pages import USUAL, page
from emulator.pages import Page
from emulator.rows import Rows, View
from handlers.rds import identifiers
from models.listing import Condition, Listing

__all__ = ["USUAL", "conditions", "described", "found", "last_part", "page", "wanted"]

# How a filter's values are read before they are compared.
Read = Callable[[str], str]


async def found(
    ctx: Context,
    one: Page,
    noun: identifiers.Noun,
    *,
    key: str,
    asked: str | None,
    listing: Listing,
    where: Sequence[Condition] = (),
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page by their column `key`, or the one `asked` for; and the next marker."""
    name = identifiers.plain(ctx, noun, asked) if asked else None
    return await marked_pages.found(
        one, listing, key, name, lambda: identifiers.not_found(noun, asked or ""), where
    )


async def described(
    ctx: Context,
    params: Mapping[str, Any],
    noun: identifiers.Noun,
    *,
    member: str,
    asked: str | None,
    listing: Listing,
    view: View,
    where: Sequence[Condition] = (),
) -> dict[str, Any]:
    """The answer of a description: a page of rows as `member`, or the one that is `asked` for."""
    one = page(ctx, params)
    shown, marker = await found(
        ctx, one, noun, key="identifier", asked=asked, listing=listing, where=where
    )
    return {member: Rows(view, shown), "Marker": marker}


def conditions(
    listing: Listing,
    names: Mapping[str, str],
    filters: Sequence[Mapping[str, Any]] | None,
    read: Mapping[str, Read] | None = None,
) -> list[Condition]:
    """The conditions of `Filters`; `names` maps AWS's names to columns."""
    found = []
    for name, values in wanted(names, filters).items():
        column = names[name]
        reader = (read or {}).get(name, str)
        exact: tuple[Any, ...] = tuple(dict.fromkeys(reader(value) for value in values))
        if listing.columns[column].kind == "bool":
            exact = tuple({value.lower() == "true" for value in exact})
        found.append(Condition(column, exact))
    return found


def wanted(
    names: Mapping[str, str] | Sequence[str], filters: Sequence[Mapping[str, Any]] | None
) -> dict[str, list[str]]:
    """The values of each filter; those of one name that comes twice count together."""
    found: dict[str, list[str]] = {}
    for one in filters or ():
        name, values = one.get("Name", ""), one.get("Values") or []
        if name not in names:
            raise AwsError("InvalidParameterValue", f"Unrecognized filter name: {name}")
        if not values:
            raise AwsError(
                "InvalidParameterCombination", f"Filter {name} must have at least one value"
            )
        found.setdefault(name, []).extend(values)
    return found


def last_part(value: str) -> str:
    """The name in an ARN, or the name itself, in lower case."""
    return value.lower().rpartition(":")[2] if value.startswith("arn:") else value.lower()
