"""Addresses of queues: the URLs that clients hold, and the queues behind them.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
"""

from typing import Any
from urllib.parse import urlsplit

from emulator.context import Context
from emulator.errors import AwsError
from models import queues


def url(ctx: Context, name: str) -> str:
    """The URL of a queue, at the address by which the client reached the server."""
    host = ctx.headers.get("host", f"sqs.{ctx.region}.amazonaws.com")
    scheme = ctx.headers.get("x-forwarded-proto", "http")
    scheme = "https" if scheme == "https" else "http"
    return f"{scheme}://{host}/{ctx.principal.account_number}/{name}"


def name_in(ctx: Context, address: str) -> str:
    """The name in a queue's URL; QueueDoesNotExist where it is another account's."""
    parts = [part for part in urlsplit(address).path.split("/") if part]
    if len(parts) < 2:
        raise AwsError(
            "InvalidAddress", f"The address {address} is not valid for this endpoint.", 404
        )
    if parts[-2] != ctx.principal.account_number:
        raise not_found(ctx)
    return parts[-1]


async def find(ctx: Context, given: dict[str, Any]) -> Any:
    """The queue of a request's QueueUrl, with its row of models.queues."""
    row = await queues.find(ctx.db, ctx.region, name_in(ctx, given["QueueUrl"]))
    if row is None:
        raise not_found(ctx)
    return row


def not_found(ctx: Context) -> AwsError:
    """There is no such queue, as the client's protocol words it."""
    words = " for this wsdl version" if ctx.protocol == "query" else ""
    return AwsError("QueueDoesNotExist", f"The specified queue does not exist{words}.")
