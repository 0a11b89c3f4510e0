"""Aliases: names that clients call, pointing to one version or shared by weight among two.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html and
https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Computed, Rows, View
from handlers.lambda_.function_names import LATEST, Named, find, locked, unqualified
from handlers.lambda_.lambda_functions import marked
from handlers.lambda_.refusals import absent, conflict, invalid, stale
from models import lambda_aliases, lambda_functions
from models.listing import Condition


async def create_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new alias."""
    one = unqualified(ctx, params)
    name, version = params["Name"], params["FunctionVersion"]
    arn = f"{one.arn}:{name}"
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await _check_version(ctx, one, version)
        routing = await _routing(ctx, one, version, params) or {}
        stored = await lambda_aliases.insert(
            ctx.db,
            {
                "function_id": row["id"],
                "region": ctx.region,
                "name": name,
                "arn": arn,
                "version": version,
                "description": params.get("Description") or "",
                "routing": routing,
                "created_at": ctx.now,
            },
        )
        if not stored:
            raise conflict(f"Alias already exists: {arn}")
        made = await lambda_aliases.find_one(ctx.db, arn)
    return VIEW.show(made)


async def get_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One alias."""
    one = unqualified(ctx, params)
    arn = f"{one.arn}:{params['Name']}"
    row = await lambda_aliases.find_one(ctx.db, arn)
    if row is None:
        raise absent(f"Cannot find alias arn: {arn}")
    return VIEW.show(row)


async def list_aliases(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The aliases of a function by name, of all its versions or of one."""
    one = unqualified(ctx, params)
    asked = marked(ctx, params)
    row = await find(ctx, one)
    where = [Condition("function_id", (str(row["id"]),))]
    if params.get("FunctionVersion"):
        where.append(Condition("version", (params["FunctionVersion"],)))
    rows = await lambda_aliases.LISTING.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    found, token = asked.cut(rows, "name")
    return {"Aliases": Rows(VIEW, found), "NextMarker": token}


async def update_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Point an alias elsewhere, or change its description or weights."""
    one = unqualified(ctx, params)
    arn = f"{one.arn}:{params['Name']}"
    async with ctx.db.transaction():
        await locked(ctx, one)
        before = await lambda_aliases.find_one(ctx.db, arn)
        if before is None:
            raise absent(f"Alias not found: {arn}")
        if params.get("RevisionId") and params["RevisionId"] != before["revision"]:
            raise stale()
        version = params.get("FunctionVersion")
        if version:
            await _check_version(ctx, one, version)
        routing = await _routing(ctx, one, version or before["version"], params)
        await lambda_aliases.update(
            ctx.db, before["id"], version, params.get("Description"), routing
        )
        await lambda_functions.price(ctx.db, ctx.region, one.name)
        made = await lambda_aliases.find_one(ctx.db, arn)
    return VIEW.show(made)


async def delete_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an alias with what it has of its own; one that is not there is not missed."""
    one = unqualified(ctx, params)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await lambda_aliases.delete(ctx.db, row["id"], params["Name"])
        await lambda_functions.price(ctx.db, ctx.region, one.name)
    return {}


async def _check_version(ctx: Context, one: Named, version: str) -> None:
    if version != LATEST:
        await find(ctx, Named(one.name, version, one.arn))


async def _routing(
    ctx: Context, one: Named, version: str, params: Mapping[str, Any]
) -> dict[str, float] | None:
    """The weights of a request; None: it says nothing of them, empty: there are to be none."""
    if params.get("RoutingConfig") is None:
        return None
    weights = params["RoutingConfig"].get("AdditionalVersionWeights") or {}
    if len(weights) > 1:
        raise invalid(
            f"Number of items in AdditionalVersionWeights cannot be greater than 1: {len(weights)}"
        )
    if weights and version == LATEST:
        raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
    for other in weights:
        if other == version:
            raise invalid(
                f"Invalid function version {other}. Function version {other} is already included"
                " in routing configuration."
            )
        if other == LATEST:
            raise invalid("$LATEST is not supported for an alias pointing to more than 1 version")
        await _check_version(ctx, one, other)
    return dict(weights)


VIEW = View(
    {
        "AliasArn": "arn",
        "Name": "name",
        "FunctionVersion": "version",
        "Description": "description",
        "RoutingConfig": Computed(
            lambda weights: {"AdditionalVersionWeights": weights} if weights else None, "routing"
        ),
        "RevisionId": "revision",
    }
)
