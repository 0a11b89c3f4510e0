"""Pages as RDS and ElastiCache give them: 20 to 100 rows, and a marker of the next ones.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBInstances.html and
https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheClusters.html.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models.listing import Condition, Listing

LEAST, MOST, USUAL = 20, 100, 100


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
        invalid=lambda: AwsError("InvalidParameterValue", "Invalid Marker"),
    )


async def found(
    one: pages.Page,
    listing: Listing,
    key: str,
    name: str | None,
    absent: Callable[[], AwsError],
    where: Sequence[Condition] = (),
) -> tuple[Sequence[Any], str | None]:
    """The rows of a page by their column `key`, and the marker of the next page.

    With a `name` it is the one row of that key, or the error that `absent` makes.
    """
    ctx = one.ctx
    rows = await listing.page(
        ctx.db,
        where,
        region=ctx.region,
        ids=[name] if name else None,
        after=one.after,
        limit=one.fetch,
        shift=ctx.shift,
    )
    if name and not rows:
        raise absent()
    return one.cut(rows, key)
