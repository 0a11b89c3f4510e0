"""Idempotency: a request with a ClientToken is done once, and answered the same ever after."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from models import client_tokens

Work = Callable[[], Awaitable[list[str]]]


async def once(ctx: Context, token: str | None, work: Work) -> list[str]:
    """The ids that `work` made, or made before for this token, in one transaction.

    Raises IdempotentParameterMismatch when the token came with other parameters before
    (https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-idempotency.html).
    """
    async with ctx.db.transaction():
        if not token:
            return await work()
        operation = ctx.operation.name if ctx.operation else ""
        asked = _hash(ctx.params)
        # Regions do not share tokens; the key has no column for them.
        scoped = f"{ctx.region}/{token}"
        before = await client_tokens.claim(
            ctx.db, ctx.service, operation, ctx.region, scoped, asked
        )
        if before is None:
            made = await work()
            await client_tokens.remember(ctx.db, ctx.service, operation, scoped, made)
            return made
        if before["request_hash"] != asked:
            raise AwsError(
                "IdempotentParameterMismatch",
                "Arguments on this idempotent request are inconsistent with arguments used in"
                " previous request(s).",
            )
        return list(before["answer"])


def _hash(params: dict[str, Any]) -> str:
    asked = {name: value for name, value in params.items() if name != "ClientToken"}
    text = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.blake2b(text, digest_size=16).hexdigest()
