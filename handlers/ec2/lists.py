"""Pages of what a region has of a noun, as EC2's lists ask for them."""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.filters import conditions
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import Noun
from models.listing import Listing


async def found(
    ctx: Context,
    params: dict[str, Any],
    listing: Listing,
    noun: Noun,
    asked: list[str] | None,
    filters: dict[str, str],
) -> tuple[Any, str | None]:
    """Rows by id, filter and page, and the token of the next page.

    Ids that are none, or of nothing here, are refused in the noun's words.
    """
    identifiers.check(noun, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, listing, filters, params.get("Filters"))
    rows = await listing.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(noun, asked, (row["id"] for row in rows))
    return page.cut(rows, "id")
