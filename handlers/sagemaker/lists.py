"""Lists as SageMaker gives them: ten to a page, sorted, with a token for the next.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListEndpoints.html and the
pages of the other lists, which take the same members.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models.sagemaker_lists import Asked, SortedListing

USUAL = 10
_SORTS = {"CREATION_TIME": "CreationTime", "NAME": "Name", "FeatureGroupStatus": "Status"}


async def page(
    ctx: Context,
    params: Mapping[str, Any],
    listing: SortedListing,
    *,
    order: str = "Descending",
    sort: str = "CreationTime",
    usual: int = USUAL,
    equal: Mapping[str, Any] | None = None,
    contains: Mapping[str, str | None] | None = None,
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page and the token of the next one.

    `order` and `sort` are the operation's defaults; `equal` and `contains` filter columns beside
    those that every list has; None filters nothing.
    """
    one = pages.page(ctx, params, default=usual, invalid=bad_token)
    by = params.get("SortBy", sort)
    wanted = {"name": params.get("NameContains"), **(contains or {})}
    exact = {"status": params.get("StatusEquals"), **(equal or {})}
    rows = await listing.page(
        ctx.db,
        ctx.region,
        Asked(
            sort=_SORTS.get(by, by),
            descending=params.get("SortOrder", order) == "Descending",
            after=one.after,
            limit=one.fetch,
            created_after=params.get("CreationTimeAfter"),
            created_before=params.get("CreationTimeBefore"),
            modified_after=params.get("LastModifiedTimeAfter"),
            modified_before=params.get("LastModifiedTimeBefore"),
            equal={name: value for name, value in exact.items() if value is not None},
            contains={name: part for name, part in wanted.items() if part},
        ),
    )
    return one.cut(rows, "page_key")


def bad_token() -> AwsError:
    """The refusal of a page's token."""
    return AwsError("ValidationException", "Invalid pagination token.")
