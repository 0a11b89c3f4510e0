"""Lists as Elastic Load Balancing gives them: pages of up to 400 with a marker."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError

USUAL = 400
MOST_NAMED = 20


def page(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page asked for: `PageSize` rows behind `Marker`."""
    return pages.page(
        ctx,
        params,
        token="Marker",  # noqa: S106 - the name of a member
        size="PageSize",
        default=USUAL,
        invalid=lambda: AwsError("ValidationError", "Invalid marker"),
    )


def one_of(params: Mapping[str, Any], *names: str) -> None:
    """Refuse a request that chooses in more than one way."""
    given = [name for name in names if params.get(name)]
    if len(given) > 1:
        raise AwsError(
            "ValidationError",
            f"{', '.join(given[:-1])} and {given[-1]} cannot be specified at the same time",
        )


def few(kind: str, wanted: Sequence[str] | None) -> None:
    """Refuse more names than a request may carry."""
    if wanted and len(wanted) > MOST_NAMED:
        raise AwsError("ValidationError", f"Up to {MOST_NAMED} {kind} can be described at a time")
