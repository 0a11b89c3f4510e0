"""Filters by what no column holds: by what all rows tell alike, or what follows from a column."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator import filters
from emulator.context import Context
from emulator.matching import any_of
from models import regions
from models.listing import Condition, Listing


@dataclass(frozen=True, slots=True)
class Same:
    """What every row of a list tells alike: one of `texts`, or nothing at all."""

    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """What a row tells because of a column: `told` makes the text of a value that it holds."""

    column: str
    told: Callable[[Context, str], str | None]


Names = Mapping[str, Same | Derived]


async def conditions(
    ctx: Context,
    listing: Listing,
    names: Mapping[str, str],
    derived: Names,
    given: Sequence[Mapping[str, Any]] | None,
) -> list[Condition]:
    """The conditions of a request's `Filters`; `names` as `emulator.filters` takes them.

    A filter by what follows from a column becomes one by those of its values that fit.
    """
    other = [one for one in given or () if one.get("Name") in derived]
    if not other:
        return filters.conditions(ctx, listing, names, given)
    where = filters.conditions(
        ctx, listing, names, [one for one in given or () if one.get("Name") not in derived]
    )
    for _, kind, values in filters.named(derived, other):
        fits = any_of(tuple(values))
        if isinstance(kind, Derived):
            held = await listing.values(ctx.db, ctx.region, kind.column)
            told = ((value, kind.told(ctx, value)) for value in held)
            chosen = tuple(value for value, text in told if text is not None and fits(text))
            where.append(Condition(kind.column, chosen))
        elif not any(map(fits, kind.texts)):
            where.append(Condition("region", ()))  # nothing is in no region
    return where


def zone_id(ctx: Context, zone: str) -> str | None:
    """The id of a zone of the request's region: use1-az4 for us-east-1a, as the account has it."""
    return regions.zone_id(zone, ctx.principal.account_number)


ZONE_ID = Derived("availability_zone", zone_id)
NOT_MANAGED: Names = {"operator.managed": Same(("false",)), "operator.principal": Same()}
