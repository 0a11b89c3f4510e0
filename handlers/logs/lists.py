"""Lists as CloudWatch Logs pages them: `limit` items, fifty where none is given."""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from handlers.logs.identifiers import bad_token

USUAL = 50


def page(
    ctx: Context, params: Mapping[str, Any], *, size: str = "limit", default: int = USUAL
) -> pages.Page:
    """The page asked for."""
    return pages.page(
        ctx,
        params,
        token="nextToken",  # noqa: S106 - the name of a member
        size=size,
        default=default,
        invalid=bad_token,
    )
