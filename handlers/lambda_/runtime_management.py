"""How a function follows new builds of its runtime, and whether it may call itself in a loop.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html and
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html.
"""

from typing import Any

from emulator.context import Context
from handlers.lambda_.function_names import LATEST, find, locked, named, unqualified
from handlers.lambda_.function_view import runtime_version
from handlers.lambda_.refusals import invalid
from models import lambda_functions

NOUN = "lambda_functions"


async def get_runtime_management_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """When the runtime of a function or version is brought up to date."""
    one = named(ctx, params)
    return _shown(await find(ctx, one), one.qualified)


async def put_runtime_management_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say when the runtime of a function is brought up to date; of versions it is fixed."""
    one = named(ctx, params)
    if one.qualifier not in (None, LATEST):
        raise invalid("The runtime of a published version is not changed by this emulator.")
    mode, version = params["UpdateRuntimeOn"], params.get("RuntimeVersionArn")
    if (mode == "Manual") != (version is not None):
        raise invalid(
            "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
            if mode == "Manual"
            else f"RuntimeVersionArn is not supported when UpdateRuntimeOn is {mode}."
        )
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        if row["package_type"] == "Image":
            raise invalid("Functions of container images have no runtime to manage.")
        changes = {"runtime_update": mode, "runtime_version_arn": version}
        await lambda_functions.update(ctx.db, row, changes)
        made = await find(ctx, one)
    return _shown(made, one.qualified)


async def get_function_recursion_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a function that calls itself in a loop."""
    return {"RecursiveLoop": (await find(ctx, unqualified(ctx, params)))["recursive_loop"]}


async def put_function_recursion_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say what becomes of a function that calls itself in a loop."""
    one = unqualified(ctx, params)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        changes = {"recursive_loop": params["RecursiveLoop"]}
        await lambda_functions.update(ctx.db, row, changes)
    return {"RecursiveLoop": params["RecursiveLoop"]}


def _shown(row: Any, qualified: str) -> dict[str, Any]:
    answer = {"UpdateRuntimeOn": row["runtime_update"] or "Auto", "FunctionArn": qualified}
    if row["runtime_update"] == "Manual":
        answer["RuntimeVersionArn"] = runtime_version(row)
    return answer
