"""Provisioned concurrency of versions and aliases; it is paid for whoever calls or does not.

Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html.
"""

from typing import Any

from emulator.context import Context
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
from handlers.lambda_.lambda_functions import marked, takes
from handlers.lambda_.refusals import invalid, refusal
from models import lambda_aliases, lambda_functions
from models import lambda_provisioned_concurrency as provisioned
from models.listing import Condition

NOUN = "lambda_functions"


async def put_provisioned_concurrency_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Keep environments warm for a version or an alias, in place of what it had."""
    one = named(ctx, params)
    wanted = params["ProvisionedConcurrentExecutions"]
    _check_published(one)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_qualifier(ctx, one)
        await _check_alias(ctx, one, row)
        whole = await provisioned.others(ctx.db, row["id"], one.qualifier or "") + wanted
        reserved = row["reserved_concurrency"]
        if reserved is not None and whole > reserved:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the"
                " reservedConcurrentExecution for function"
            )
        if reserved is None:
            held = (await lambda_functions.usage(ctx.db, ctx.region, one.name))["held"]
            room = lambda_functions.CONCURRENT_EXECUTIONS - held - lambda_functions.LEAST_UNRESERVED
            if whole > room:
                raise invalid(
                    "Specified ConcurrentExecutions for function is greater than account's"
                    f" unreserved concurrency [{max(room, 0)}]."
                )
        await provisioned.put(ctx.db, row, one.qualifier or "", wanted, ctx.now, takes(ctx))
        await lambda_functions.price(ctx.db, ctx.region, one.name)
        made = await _config(ctx, one, row["id"])
    return {
        **VIEW.show(made),
        "AllocatedProvisionedConcurrentExecutions": 0,
        "AvailableProvisionedConcurrentExecutions": 0,
        "Status": "IN_PROGRESS",
    }


async def get_provisioned_concurrency_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What is kept warm for a version or an alias."""
    one = named(ctx, params)
    _check_published(one)
    row = await find(ctx, Named(one.name, None, one.arn))
    await check_qualifier(ctx, one)
    return VIEW.show(await _config(ctx, one, row["id"]))


async def list_provisioned_concurrency_configs(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What is kept warm for a function, by version and alias."""
    one = unqualified(ctx, params)
    asked = marked(ctx, params)
    row = await find(ctx, one)
    rows = await provisioned.LISTING.page(
        ctx.db, [Condition("function_id", (str(row["id"]),))], region=ctx.region,
        after=asked.after, limit=asked.fetch, shift=ctx.shift,
    )  # fmt: skip
    found, token = asked.cut(rows, "qualifier")
    return {"ProvisionedConcurrencyConfigs": Rows(LISTED, found), "NextMarker": token}


async def delete_provisioned_concurrency_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Keep nothing warm for a version or an alias any more."""
    one = named(ctx, params)
    _check_published(one)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_qualifier(ctx, one)
        if await lambda_functions.drop_provisioned(ctx.db, row["id"], one.qualifier or ""):
            await lambda_functions.price(ctx.db, ctx.region, one.name)
    return {}


def _check_published(one: Named) -> None:
    if one.qualifier in (None, LATEST):
        raise invalid(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )


async def _check_alias(ctx: Context, one: Named, row: Any) -> None:
    """An alias of $LATEST cannot have any, nor one whose version has some of its own."""
    qualifier = one.qualifier or ""
    if qualifier.isdigit():
        taken = await lambda_aliases.pointing(ctx.db, row["id"], qualifier)
        for name in taken:
            if await _found(ctx, row["id"], name):
                raise invalid(
                    "Alias can't be used for Provisioned Concurrency configuration on an already"
                    " Provisioned version"
                )
        return
    alias = await lambda_aliases.find_one(ctx.db, one.qualified)
    if alias is None:
        return
    if alias["version"] == LATEST:
        _check_published(Named(one.name, LATEST, one.arn))
    if await _found(ctx, row["id"], alias["version"]):
        raise invalid(
            "Alias can't be used for Provisioned Concurrency configuration on an already"
            " Provisioned version"
        )


async def _config(ctx: Context, one: Named, function_id: Any) -> Any:
    found = await _found(ctx, function_id, one.qualifier or "")
    if not found:
        raise refusal(
            "ProvisionedConcurrencyConfigNotFound",
            "No Provisioned Concurrency Config found for this function",
        )
    return found[0]


async def _found(ctx: Context, function_id: Any, qualifier: str) -> list[Any]:
    return await provisioned.LISTING.page(
        ctx.db, [Condition("function_id", (str(function_id),))], region=ctx.region,
        ids=[qualifier], shift=ctx.shift,
    )  # fmt: skip


_COUNTS = {
    "RequestedProvisionedConcurrentExecutions": "requested",
    "AllocatedProvisionedConcurrentExecutions": "allocated",
    "AvailableProvisionedConcurrentExecutions": "allocated",
    "Status": "status",
    "LastModified": Computed(str, "modified"),
}
VIEW = View(_COUNTS)
LISTED = View({"FunctionArn": "arn", **_COUNTS})
