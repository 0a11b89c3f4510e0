"""Certificates of listeners: the default one, and those for further host names.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeListenerCertificates.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2 import identifiers, lists
from handlers.elbv2.identifiers import LISTENER, not_found
from handlers.elbv2.listeners import certificates, find
from models import listeners

NOUN = "listeners"
MOST_CERTIFICATES = 25


async def describe_listener_certificates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The certificates of a listener."""
    page = lists.page(ctx, params)
    arn = identifiers.checked(LISTENER, params["ListenerArn"])
    row = await listeners.find_one(ctx.db, ctx.region, arn)
    if row is None:
        raise not_found(LISTENER)
    held = list(row["certificates"])
    shown, marker = page.cut_items(sorted(held), str)
    found = [{"CertificateArn": one, "IsDefault": one == held[0]} for one in shown]
    return {"Certificates": found, "NextMarker": marker}


async def add_listener_certificates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Add certificates behind the default one; those that are there stay."""
    added = certificates(params["Certificates"])
    async with ctx.db.transaction():
        row = await find(ctx, params["ListenerArn"])
        if not row["certificates"]:
            raise AwsError(
                "ValidationError", "Certificates can only be added to HTTPS and TLS listeners"
            )
        held = list(dict.fromkeys([*row["certificates"], *added]))
        if len(held) > MOST_CERTIFICATES + 1:
            raise AwsError(
                "TooManyCertificates",
                f"A listener can have {MOST_CERTIFICATES} certificates beside the default one",
            )
        await listeners.update(ctx.db, ctx.region, row["arn"], {"certificates": held})
    shown = [{"CertificateArn": one, "IsDefault": one == held[0]} for one in added]
    return {"Certificates": shown}


async def remove_listener_certificates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take certificates off a listener; the default one stays."""
    unwanted = certificates(params["Certificates"])
    async with ctx.db.transaction():
        row = await find(ctx, params["ListenerArn"])
        held = list(row["certificates"])
        if held and held[0] in unwanted:
            raise AwsError("OperationNotPermitted", "Default certificates cannot be removed")
        rest = [one for one in held if one not in unwanted]
        await listeners.update(ctx.db, ctx.region, row["arn"], {"certificates": rest})
    return {}
