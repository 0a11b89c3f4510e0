"""Reserved concurrency: the part of the account's limit that one function has for itself.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html.
"""

from typing import Any

from emulator.context import Context
from handlers.lambda_.function_names import find, locked, unqualified
from handlers.lambda_.refusals import invalid
from models import lambda_functions

NOUN = "lambda_functions"


async def put_function_concurrency(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Reserve concurrency; 100 must stay for the functions that reserve none."""
    one = unqualified(ctx, params)
    wanted = params["ReservedConcurrentExecutions"]
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        held = (await lambda_functions.usage(ctx.db, ctx.region, one.name))["held"]
        if (
            lambda_functions.CONCURRENT_EXECUTIONS - held - wanted
            < lambda_functions.LEAST_UNRESERVED
        ):
            raise invalid(
                "Specified ReservedConcurrentExecutions for function decreases account's"
                " UnreservedConcurrentExecution below its minimum value of"
                f" [{lambda_functions.LEAST_UNRESERVED}]."
            )
        if wanted < (row["provisioned_concurrency"] or 0):
            raise invalid(
                f"ReservedConcurrentExecutions {wanted} should not be lower than function's total"
                f" provisioned concurrency [{row['provisioned_concurrency']}]."
            )
        await lambda_functions.update(ctx.db, row, {"reserved_concurrency": wanted})
    return {"ReservedConcurrentExecutions": wanted}


async def get_function_concurrency(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a function has reserved; nothing if it shares the account's limit."""
    row = await find(ctx, unqualified(ctx, params))
    reserved = row["reserved_concurrency"]
    return {} if reserved is None else {"ReservedConcurrentExecutions": reserved}


async def delete_function_concurrency(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a function share the account's limit again."""
    one = unqualified(ctx, params)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await lambda_functions.update(ctx.db, row, {"reserved_concurrency": None})
    return {}
