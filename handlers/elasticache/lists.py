"""Lists as ElastiCache gives them: pages of 20 to 100 with a marker.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_DescribeCacheClusters.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError

LEAST, MOST, USUAL = 20, 100, 100


def page(ctx: Context, params: Mapping[str, Any], *, most: int = MOST) -> pages.Page:
    """The page asked for: `MaxRecords` rows behind `Marker`."""
    size = params.get("MaxRecords")
    if size is not None and not LEAST <= size <= most:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value {size} for MaxRecords. Must be between {LEAST} and {most}",
        )
    return pages.page(
        ctx,
        params,
        token="Marker",  # noqa: S106 - the name of a member
        size="MaxRecords",
        default=USUAL,
        invalid=_bad_marker,
    )


def _bad_marker() -> AwsError:
    return AwsError("InvalidParameterValue", "Invalid Marker")
