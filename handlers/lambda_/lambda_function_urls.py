"""Function URLs: the web addresses of functions and aliases.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.lambda_.function_names import Named, check_qualifier, find, locked, named, unqualified
from handlers.lambda_.lambda_functions import marked
from handlers.lambda_.refusals import absent, conflict, constraint
from models.lambda_function_options import URLS, delete, put
from models.listing import Condition

NOUN = "lambda_functions"
_PATTERN = r"((?!^\d+$)^[0-9a-zA-Z-_]+$)"


async def create_function_url_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a function or an alias an address."""
    one = _named(ctx, params)
    async with ctx.db.transaction():
        row = await _function(ctx, one)
        stored = await put(
            ctx.db,
            URLS,
            {
                "function_id": row["id"],
                "region": ctx.region,
                "qualifier": one.qualifier or "",
                "auth_type": params["AuthType"],
                "invoke_mode": params.get("InvokeMode") or "BUFFERED",
                "cors": params.get("Cors"),
                "modified_at": ctx.now,
                "created_at": ctx.now,
            },
            anew=False,
        )
        if not stored:
            raise conflict(f"FunctionUrlConfig exists for this Lambda function: {one.qualified}")
        made = await _find(ctx, row["id"], one)
    answer = VIEW.show(made)
    del answer["LastModifiedTime"]
    return answer


async def get_function_url_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The address of a function or an alias."""
    one = _named(ctx, params)
    row = await _function(ctx, one)
    return VIEW.show(await _find(ctx, row["id"], one))


async def list_function_url_configs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The addresses of a function and its aliases."""
    one = unqualified(ctx, params)
    asked = marked(ctx, params)
    row = await find(ctx, one)
    rows = await URLS.page(
        ctx.db, [Condition("function_id", (str(row["id"]),))], region=ctx.region,
        after=asked.after, limit=asked.fetch, shift=ctx.shift,
    )  # fmt: skip
    found, token = asked.cut(rows, "qualifier")
    return {"FunctionUrlConfigs": Rows(VIEW, found), "NextMarker": token}


async def update_function_url_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change who may use an address and how it answers."""
    one = _named(ctx, params)
    async with ctx.db.transaction():
        row = await _function(ctx, one)
        before = await _find(ctx, row["id"], one)
        cors = params.get("Cors")
        await put(
            ctx.db,
            URLS,
            {
                "function_id": row["id"],
                "region": ctx.region,
                "qualifier": one.qualifier or "",
                "auth_type": params.get("AuthType") or before["auth_type"],
                "invoke_mode": params.get("InvokeMode") or before["invoke_mode"],
                "cors": before["cors"] if cors is None else (cors or None),
                "modified_at": ctx.now,
            },
            anew=True,
        )
        made = await _find(ctx, row["id"], one)
    return VIEW.show(made)


async def delete_function_url_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take an address away."""
    one = _named(ctx, params)
    async with ctx.db.transaction():
        row = await _function(ctx, one)
        if not await delete(ctx.db, URLS, row["id"], one.qualifier or ""):
            raise absent()
    return {}


def _named(ctx: Context, params: dict[str, Any]) -> Named:
    one = named(ctx, params)
    if one.qualifier and (one.qualifier.isdigit() or "$" in one.qualifier):
        raise constraint(
            one.qualifier, "qualifier", f"satisfy regular expression pattern: {_PATTERN}"
        )
    return one


async def _function(ctx: Context, one: Named) -> Any:
    try:
        row = await (locked if ctx.method != "GET" else find)(ctx, Named(one.name, None, one.arn))
        await check_qualifier(ctx, one)
    except Exception as error:
        if getattr(error, "code", "") == "ResourceNotFoundException":
            raise absent("Function does not exist") from None
        raise
    return row


async def _find(ctx: Context, function_id: Any, one: Named) -> Any:
    rows = await URLS.page(
        ctx.db, [Condition("function_id", (str(function_id),))], region=ctx.region,
        ids=[one.qualifier or ""], shift=ctx.shift,
    )  # fmt: skip
    if not rows:
        raise absent()
    return rows[0]


VIEW = View(
    {
        "FunctionUrl": "url",
        "FunctionArn": "arn",
        "AuthType": "auth_type",
        "Cors": "cors",
        "CreationTime": "created",
        "LastModifiedTime": "modified",
        "InvokeMode": "invoke_mode",
    }
)
