"""Rules for asynchronous invocations: how often they are tried, and who hears of the end.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.lambda_.function_names import (
    LATEST,
    Named,
    check_qualifier,
    find,
    locked,
    named,
    unqualified,
)
from handlers.lambda_.lambda_functions import marked
from handlers.lambda_.refusals import absent, invalid
from models.lambda_function_options import EVENTS, delete, put
from models.listing import Condition

NOUN = "lambda_functions"
_TARGETS = ("sqs", "sns", "lambda", "events", "s3")


async def put_function_event_invoke_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Set the rules, in place of all that there were."""
    return await _store(ctx, params, keep=False)


async def update_function_event_invoke_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Change some of the rules."""
    return await _store(ctx, params, keep=True)


async def get_function_event_invoke_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The rules of a function, a version or an alias."""
    one = named(ctx, params)
    found = await _found(ctx, one)
    if found is None:
        raise _without(one)
    return VIEW.show(found)


async def list_function_event_invoke_configs(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The rules of a function, its versions and its aliases."""
    one = unqualified(ctx, params)
    asked = marked(ctx, params)
    row = await find(ctx, one)
    rows = await EVENTS.page(
        ctx.db, [Condition("function_id", (str(row["id"]),))], region=ctx.region,
        after=asked.after, limit=asked.fetch,
    )  # fmt: skip
    found, token = asked.cut(rows, "qualifier")
    return {"FunctionEventInvokeConfigs": Rows(VIEW, found), "NextMarker": token}


async def delete_function_event_invoke_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Take the rules away."""
    one = named(ctx, params)
    async with ctx.db.transaction():
        found = await _found(ctx, one)
        if found is None:
            raise _without(one)
        row = await locked(ctx, one)
        await delete(ctx.db, EVENTS, row["id"], one.qualifier or LATEST)
    return {}


async def _store(ctx: Context, params: dict[str, Any], *, keep: bool) -> dict[str, Any]:
    one = named(ctx, params)
    destinations = params.get("DestinationConfig")
    for side in (destinations or {}).values():
        target = (side or {}).get("Destination")
        if target and target.split(":")[2] not in _TARGETS:
            raise invalid(
                f"The provided destination config DestinationConfig({target}) is invalid."
            )
    if not any(
        params.get(name) is not None
        for name in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    ):
        raise invalid("You must specify at least one of error handling or destination setting.")
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_qualifier(ctx, one)
        before = await _found(ctx, one)
        if keep and before is None:
            raise _without(one)
        new = {
            "maximum_retry_attempts": params.get("MaximumRetryAttempts"),
            "maximum_age_seconds": params.get("MaximumEventAgeInSeconds"),
            "destinations": destinations,
        }
        if keep and before is not None:
            new = {name: before[name] if value is None else value for name, value in new.items()}
        new["destinations"] = new["destinations"] or {}
        place = {
            "function_id": row["id"],
            "region": ctx.region,
            "qualifier": one.qualifier or LATEST,
        }
        await put(ctx.db, EVENTS, {**place, **new, "modified_at": ctx.now}, anew=True)
        made = await _found(ctx, one)
    return VIEW.show(made)


async def _found(ctx: Context, one: Named) -> Any | None:
    try:
        row = await find(ctx, Named(one.name, None, one.arn))
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise
    rows = await EVENTS.page(
        ctx.db, [Condition("function_id", (str(row["id"]),))], region=ctx.region,
        ids=[one.qualifier or LATEST],
    )  # fmt: skip
    return rows[0] if rows else None


def _without(one: Named) -> AwsError:
    qualifier = one.qualifier or LATEST
    return absent(f"The function {one.arn}:{qualifier} doesn't have an EventInvokeConfig")


VIEW = View(
    {
        "LastModified": "modified_at",
        "FunctionArn": "arn",
        "MaximumRetryAttempts": "maximum_retry_attempts",
        "MaximumEventAgeInSeconds": "maximum_age_seconds",
        "DestinationConfig": Computed(
            lambda sides: {"OnSuccess": {}, "OnFailure": {}, **(sides or {})}, "destinations"
        ),
    }
)
