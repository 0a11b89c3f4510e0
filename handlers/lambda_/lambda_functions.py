"""Functions: made, shown, listed, changed, deleted.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html and, for the states,
https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.pages import Page, page
from emulator.rows import Rows
from emulator.tags import TagRules
from handlers.lambda_.function_code import code_of
from handlers.lambda_.function_names import LATEST, Named, find, locked, named, unqualified
from handlers.lambda_.function_settings import settings
from handlers.lambda_.function_view import CREATING, UPDATING, VIEW, shown
from handlers.lambda_.refusals import absent, conflict, invalid, refusal, stale
from models import lambda_aliases, lambda_code_signing, lambda_functions, launches, tags

RULES = TagRules(code="InvalidParameterValueException")
MOST_A_PAGE = 50
RESOURCE_TYPE = "lambda_function"


async def create_function(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new function; it runs nothing and costs nothing until it is called or kept warm."""
    one = unqualified(ctx, params)
    kind = params.get("PackageType") or "Zip"
    if kind == "Zip" and not (params.get("Runtime") and params.get("Handler")):
        missing = "Runtime" if not params.get("Runtime") else "Handler"
        raise invalid(f"{missing} is mandatory for functions created with deployment packages")
    given = RULES.checked(params.get("Tags"))
    async with ctx.db.transaction():
        row = {
            "runtime": None,
            "handler": None,
            "description": "",
            "memory_mb": 128,
            "timeout_seconds": 3,
            "architecture": _architecture(params) or "x86_64",
            **await settings(ctx, params),
            **await code_of(ctx, kind, params["Code"]),
            "name": one.name,
            "arn": one.arn,
            "region": ctx.region,
            "env": launches.environment(given),
            "package_type": kind,
            "code_signing_config_arn": await _signing(ctx, params.get("CodeSigningConfigArn")),
            "created_at": ctx.now,
            "last_modified": ctx.now,
            **under_way(ctx, "creating"),
        }
        if not await lambda_functions.insert(ctx.db, row):
            raise conflict(f"Function already exist: {one.name}")
        if given:
            await tags.merge(ctx.db, RESOURCE_TYPE, one.arn, given)
        more: dict[str, Any] = {}
        if params.get("Publish"):
            stored = await locked(ctx, one)
            more = {"Version": str(await publish(ctx, stored, None))}
            more["FunctionArn"] = f"{one.arn}:{more['Version']}"
        made = await find(ctx, one)
    answer = shown(made, **CREATING, **more)
    answer.pop("LastUpdateStatus", None)
    return answer


async def get_function(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A function or version with where its code is, its tags and its reserved concurrency."""
    one = named(ctx, params)
    row = await find(ctx, one)
    answer: dict[str, Any] = {"Configuration": _qualified(shown(row), one), "Code": _code(ctx, row)}
    found = await tags.listed(ctx.db, RESOURCE_TYPE, one.arn)
    if found:
        answer["Tags"] = found
    if row["reserved_concurrency"] is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": row["reserved_concurrency"]}
    return answer


async def get_function_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a function or version."""
    one = named(ctx, params)
    return _qualified(shown(await find(ctx, one)), one)


async def list_functions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Functions of the region by name; with FunctionVersion=ALL their versions too."""
    asked = marked(ctx, params)
    if params.get("MasterRegion"):
        # Replicas at the edge: this world has none, and a region's functions are masters of none.
        return {"Functions": []}
    every = params.get("FunctionVersion") == "ALL"
    listing = lambda_functions.VERSIONS if every else lambda_functions.LATEST
    rows = await listing.page(
        ctx.db, region=ctx.region, after=asked.after, limit=asked.fetch, shift=ctx.shift
    )
    found, token = asked.cut(rows, "position" if every else "name")
    if every:
        found = [_with_latest_arn(row) for row in found]
    return {"Functions": Rows(VIEW, found), "NextMarker": token}


async def update_function_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change what a function is given to run with; its published versions stay as they are."""
    one = unqualified(ctx, params)
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_revision(ctx, one, params)
        _check_idle(ctx, row, one)
        changes = await settings(ctx, params)
        if row["package_type"] == "Image" and ("runtime" in changes or "handler" in changes):
            raise invalid(
                "Please don't provide Handler or Runtime or Layer when the intended function"
                " PackageType is Image."
            )
        if changes:
            changes |= {"last_modified": ctx.now, **under_way(ctx, "updating")}
            await lambda_functions.update(ctx.db, row, changes)
        made = await find(ctx, one)
    return shown(made, **UPDATING) if changes else shown(made)


async def update_function_code(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a function other code; DryRun only tells whether that could be."""
    one = unqualified(ctx, params)
    if params.get("PublishTo"):
        raise invalid("PublishTo is not supported by this emulator.")
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        await check_revision(ctx, one, params)
        _check_idle(ctx, row, one)
        changes = await code_of(ctx, row["package_type"], params)
        if _architecture(params):
            changes["architecture"] = _architecture(params)
        if params.get("DryRun"):
            before = dict(await find(ctx, one))
            return shown({**before, **changes})
        changes |= {"last_modified": ctx.now, **under_way(ctx, "updating")}
        await lambda_functions.update(ctx.db, row, changes)
        more: dict[str, Any] = {}
        if params.get("Publish"):
            more = {"Version": str(await publish(ctx, row, None))}
            more["FunctionArn"] = f"{one.arn}:{more['Version']}"
        made = await find(ctx, one)
    return shown(made, **UPDATING, **more)


async def delete_function(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a function with all its versions, or one version that no alias points to."""
    one = named(ctx, params)
    async with ctx.db.transaction():
        if one.qualifier is None:
            if not await lambda_functions.delete(ctx.db, ctx.region, one.name):
                raise absent(f"Function not found: {one.arn}")
            return {"StatusCode": 204}
        if one.qualifier == LATEST:
            raise invalid("$LATEST version cannot be deleted without deleting the function.")
        row = await locked(ctx, one)
        if not one.qualifier.isdigit():
            raise invalid("Deletion of aliases is not currently supported. Please use DeleteAlias.")
        pointing = await lambda_aliases.pointing(ctx.db, row["id"], one.qualifier)
        if pointing:
            heads = ", ".join(f"{one.arn}:{name}" for name in pointing)
            raise conflict(
                f"Version can not be deleted because the following aliases reference it: [{heads}]"
            )
        if await lambda_functions.delete_version(ctx.db, one.qualified):
            await lambda_functions.drop_provisioned(ctx.db, row["id"], one.qualifier)
            await lambda_functions.price(ctx.db, ctx.region, one.name)
    return {"StatusCode": 204}


# Parts that modules of the package share.


def marked(ctx: Context, params: Mapping[str, Any], most: int = MOST_A_PAGE) -> Page:
    """The page asked for: `MaxItems` rows, 50 at most, behind `Marker`."""
    wanted = params.get("MaxItems")
    asked = {**params, "MaxItems": min(wanted, most) if wanted else wanted}
    return page(
        ctx,
        asked,
        token="Marker",  # noqa: S106 - the name of a member
        size="MaxItems",
        default=most,
        invalid=lambda: invalid("Invalid Marker"),
    )


def under_way(ctx: Context, transition: str) -> dict[str, Any]:
    """The columns of a change that takes the time which changes of state take."""
    seconds = ctx.server.settings.transition_seconds
    if not seconds:
        return {"state_transition": None, "settles_at": None}
    return {"state_transition": transition, "settles_at": ctx.now + timedelta(seconds=seconds)}


def takes(ctx: Context) -> timedelta:
    """How long a change of state lasts."""
    return timedelta(seconds=ctx.server.settings.transition_seconds)


async def publish(ctx: Context, row: Any, description: str | None) -> int:
    """Make a version of a function as it is; the newest one, if nothing has changed since."""
    same = await lambda_functions.unchanged_version(ctx.db, row["id"])
    if same is not None:
        return int(same)
    return await lambda_functions.publish(ctx.db, row["id"], description, ctx.now, takes(ctx))


async def check_revision(ctx: Context, one: Named, params: Mapping[str, Any]) -> None:
    """Refuse a change that was made up from another revision than the newest."""
    wanted = params.get("RevisionId")
    if wanted and (await find(ctx, Named(one.name, None, one.arn)))["revision"] != wanted:
        raise stale()


def _check_idle(ctx: Context, row: Any, one: Named) -> None:
    if row["settles_at"] is not None and row["settles_at"] > ctx.now:
        state = "Pending" if row["state_transition"] == "creating" else "InProgress"
        if state == "Pending":
            raise conflict(
                "The operation cannot be performed at this time. The function is currently in the"
                f" following state: {state}"
            )
        raise conflict(
            "The operation cannot be performed at this time. An update is in progress for"
            f" resource: {one.arn}"
        )


def _architecture(params: Mapping[str, Any]) -> str | None:
    given = params.get("Architectures")
    if not given:
        return None
    if len(given) != 1:
        raise invalid(
            "1 validation error detected: Value at 'architectures' failed to satisfy constraint:"
            " Member must have length less than or equal to 1"
        )
    return str(given[0])


async def _signing(ctx: Context, config_arn: str | None) -> str | None:
    if config_arn and await lambda_code_signing.find_one(ctx.db, config_arn, ctx.shift) is None:
        raise refusal(
            "CodeSigningConfigNotFound",
            f"The code signing configuration cannot be found. Check that the provided configuration"
            f" is not deleted: {config_arn}.",
        )
    return config_arn


def _qualified(answer: dict[str, Any], one: Named) -> dict[str, Any]:
    """The answer under the ARN that was asked for: with the alias or $LATEST, if named."""
    return {**answer, "FunctionArn": one.qualified} if one.qualifier else answer


def _with_latest_arn(row: Any) -> dict[str, Any]:
    whole = dict(row)
    if whole["version"] == LATEST:
        whole["arn"] = f"{whole['arn']}:{LATEST}"
    return whole


def _code(ctx: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    if row["package_type"] == "Image":
        uri = row["image_uri"] or ""
        resolved = uri.rpartition(":")[0] if "@" not in uri else uri.partition("@")[0]
        return {
            "RepositoryType": "ECR",
            "ImageUri": uri,
            "ResolvedImageUri": f"{resolved}@sha256:{row['code_sha256']}",
        }
    where = f"snapshots/{ctx.principal.account_number}/{row['name']}-{row['revision']}"
    return {
        "RepositoryType": "S3",
        "Location": f"https://awslambda-{ctx.region}-tasks.s3.{ctx.region}.amazonaws.com/{where}",
    }
