"""How MSK refuses, and the pages of its lists."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError

USUAL = 100


def bad_request(message: str, parameter: str) -> AwsError:
    """The error of a request that cannot be, with the parameter that makes it so."""
    return AwsError("BadRequestException", message, InvalidParameter=parameter)


def not_found(message: str, parameter: str) -> AwsError:
    """The error for what the caller does not have in the region."""
    return AwsError("NotFoundException", message, InvalidParameter=parameter)


def page(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page asked for: `MaxResults` rows behind `NextToken`."""
    return pages.page(
        ctx, params, default=USUAL,
        invalid=lambda: bad_request("The next token is not valid.", "nextToken"),
    )  # fmt: skip


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)
