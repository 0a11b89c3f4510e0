"""Refusals of classic load balancing, and its pages.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/CommonErrors.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models import load_balancers

USUAL = 400


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("ValidationError", message)


def misconfigured(message: str) -> AwsError:
    """The refusal of values that do not go together."""
    return AwsError("InvalidConfigurationRequest", message)


def not_found(name: str) -> AwsError:
    """The refusal of a name that belongs to nothing."""
    return AwsError("LoadBalancerNotFound", f"There is no ACTIVE Load Balancer named '{name}'")


async def find(ctx: Context, name: str, *, lock: bool = False) -> Any:
    """The load balancer of a request; `lock` holds it until the transaction ends."""
    row = await load_balancers.find_classic(ctx.db, ctx.region, name, lock=lock)
    if row is None:
        raise not_found(name)
    return row


def page(ctx: Context, params: Mapping[str, Any]) -> pages.Page:
    """The page asked for: `PageSize` rows behind `Marker`."""
    return pages.page(
        ctx,
        params,
        token="Marker",  # noqa: S106 - the name of a member
        size="PageSize",
        default=USUAL,
        invalid=lambda: invalid("Invalid marker"),
    )
