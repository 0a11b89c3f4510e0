"""Streams as requests name them: by name or ARN, of one account and region."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from models import streaming_clusters


async def find(ctx: Context, params: Mapping[str, Any], *, active: bool = False) -> Any:
    """The stream that a request means; `active` holds it, and refuses one that is changing."""
    name = _name(ctx, params)
    if active:
        await streaming_clusters.lock(ctx.db, ctx.region, stream_arn(ctx, name))
    row = await streaming_clusters.find_stream(ctx.db, ctx.region, name)
    if row is None:
        raise not_found(ctx, name)
    if active and row["status"] != "ACTIVE":
        raise AwsError(
            "ResourceInUseException",
            f"Stream {name} under account {ctx.principal.account_number} not ACTIVE, instead in"
            f" state {row['status']}",
        )
    return row


def stream_arn(ctx: Context, name: str) -> str:
    """The ARN of the caller's stream of that name."""
    return arn(ctx, "kinesis", f"stream/{name}")


def not_found(ctx: Context, name: str) -> AwsError:
    """The error for a stream that the caller does not have in the region."""
    number = ctx.principal.account_number
    return AwsError("ResourceNotFoundException", f"Stream {name} under account {number} not found.")


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


def _name(ctx: Context, params: Mapping[str, Any]) -> str:
    name, given = params.get("StreamName"), params.get("StreamARN")
    if given:
        head = stream_arn(ctx, "")
        plain = str(given).removeprefix(head)
        if not str(given).startswith(head) or "/" in plain:
            raise AwsError("ResourceNotFoundException", f"Stream {given} not found.")
        if name and name != plain:
            raise AwsError(
                "InvalidArgumentException", f"StreamARN {given} is not that of stream {name}."
            )
        return plain
    if not name:
        raise AwsError(
            "InvalidArgumentException", "Either StreamName or StreamARN must be provided."
        )
    return str(name)
