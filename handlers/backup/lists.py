"""Lists and errors of AWS Backup."""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Rows, View
from models.listing import Condition, Listing

DEFAULT_SIZE = 1000


async def listed(
    ctx: Context,
    params: dict[str, Any],
    listing: Listing,
    view: View,
    member: str,
    where: tuple[Condition, ...] = (),
) -> dict[str, Any]:
    """One page of a listing of the region, under the name `member`."""
    page = pages.page(ctx, params, default=DEFAULT_SIZE, invalid=_bad_token)
    rows = await listing.page(ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch)
    shown, token = page.cut(rows, listing.key.partition(".")[2])
    return {member: Rows(view, shown), "NextToken": token}


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("InvalidParameterValueException", message)


def not_found(message: str) -> AwsError:
    """The error for what is not there."""
    return AwsError("ResourceNotFoundException", message)


def _bad_token() -> AwsError:
    return invalid("The NextToken is not valid.")
