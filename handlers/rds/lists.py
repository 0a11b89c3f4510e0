"""Lists as RDS gives them: pages of 20 to 100 with a marker, and filters of exact values.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html.
RDS knows no wildcards; a filter it does not know it refuses.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from handlers.rds import identifiers
from models.listing import Condition, Listing

LEAST, MOST, USUAL = 20, 100, 100

# How a filter's values are read before they are compared.
Read = Callable[[str], str]


def page(
    ctx: Context, params: Mapping[str, Any], *, least: int = LEAST, most: int = MOST
) -> pages.Page:
    """The page asked for: `MaxRecords` rows behind `Marker`."""
    size = params.get("MaxRecords")
    if size is not None and not least <= size <= most:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value {size} for MaxRecords. Must be between {least} and {most}",
        )
    return pages.page(
        ctx,
        params,
        token="Marker",  # noqa: S106 - the name of a member
        size="MaxRecords",
        default=USUAL,
        invalid=_bad_marker,
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
    rows = await listing.page(
        ctx.db,
        where,
        region=ctx.region,
        ids=[identifiers.plain(ctx, noun, asked)] if asked else None,
        after=one.after,
        limit=one.fetch,
        shift=ctx.shift,
    )
    if asked and not rows:
        raise identifiers.not_found(noun, asked)
    shown, marker = one.cut(rows, "identifier")
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


def _bad_marker() -> AwsError:
    return AwsError("InvalidParameterValue", "Invalid Marker")
