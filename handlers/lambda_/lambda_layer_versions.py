"""Layers: code that functions share, published version by version.

Source: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html and the pages of the
operations.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.lambda_.function_code import code_of
from handlers.lambda_.lambda_functions import marked
from handlers.lambda_.lambda_permissions import policy, principal_of, revision
from handlers.lambda_.refusals import absent, conflict, invalid, stale
from models import lambda_layers
from models.listing import Condition

_FILTERS = {"CompatibleRuntime": "runtime", "CompatibleArchitecture": "architecture"}


async def publish_layer_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new version of a layer, which the first one makes."""
    head = _layer_arn(ctx, params["LayerName"])
    content = params["Content"]
    if not any(content.get(name) for name in ("ZipFile", "S3Bucket")):
        raise invalid("Please provide a source for the layer's content.")
    async with ctx.db.transaction():
        code = await code_of(ctx, "Zip", content)
        made = await lambda_layers.insert(
            ctx.db,
            {
                "region": ctx.region,
                "name": head.rpartition(":")[2],
                "arn": head,
                "description": params.get("Description") or "",
                "license": params.get("LicenseInfo"),
                "runtimes": params.get("CompatibleRuntimes") or [],
                "architectures": params.get("CompatibleArchitectures") or [],
                "code_size": code["code_size"],
                "code_sha256": code["code_sha256"],
                "created_at": ctx.now,
            },
        )
        row = await lambda_layers.find_one(ctx.db, made, ctx.shift)
    return _whole(ctx, row)


async def get_layer_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One version of a layer, with where its content is."""
    return _whole(ctx, await _find(ctx, _version_arn(ctx, params)))


async def get_layer_version_by_arn(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The same by its ARN."""
    return _whole(ctx, await _find(ctx, params["Arn"]))


async def list_layers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Layers by name, each with the newest version that fits."""
    asked = marked(ctx, params)
    rows = await lambda_layers.newest(
        ctx.db, ctx.region, params.get("CompatibleRuntime"), params.get("CompatibleArchitecture"),
        asked.after, asked.fetch, ctx.shift,
    )  # fmt: skip
    found, token = asked.cut(rows, "name")
    return {"Layers": Rows(LAYER, found), "NextMarker": token}


async def list_layer_versions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The versions of a layer, newest first; of a layer that is not there, none."""
    asked = marked(ctx, params)
    name = _layer_arn(ctx, params["LayerName"]).rpartition(":")[2]
    where = [Condition("name", (name,))]
    where += [
        Condition(column, (params[key],)) for key, column in _FILTERS.items() if params.get(key)
    ]
    rows = await lambda_layers.VERSIONS.page(
        ctx.db, where, region=ctx.region, after=asked.after, limit=asked.fetch, shift=ctx.shift
    )
    found, token = asked.cut(rows, "position")
    return {"LayerVersions": Rows(VERSION, found), "NextMarker": token}


async def delete_layer_version(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a version, which functions keep that use it; one that is not there is not missed."""
    await lambda_layers.delete(ctx.db, _version_arn(ctx, params), ctx.now)
    return {}


async def add_layer_version_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let other accounts use a layer version."""
    whole = _version_arn(ctx, params)
    statement: dict[str, Any] = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": principal_of(params["Principal"]),
        "Action": params["Action"],
        "Resource": whole,
    }
    if params.get("OrganizationId"):
        if params["Principal"] != "*":
            raise invalid("OrganizationId is only supported with the principal *.")
        statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": params["OrganizationId"]}}
    async with ctx.db.transaction():
        before = (await _find(ctx, whole))["policy"]
        _check_revision(params, before)
        if any(one["Sid"] == statement["Sid"] for one in before):
            raise conflict(
                f"The statement id ({statement['Sid']}) provided already exists. Please provide a"
                " new statement id, or remove the existing statement."
            )
        await lambda_layers.set_policy(ctx.db, whole, [*before, statement])
    return {
        "Statement": orjson.dumps(statement).decode(),
        "RevisionId": _revision([*before, statement]),
    }


async def get_layer_version_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The policy of a layer version; it must have one."""
    row = await lambda_layers.find_one(ctx.db, _version_arn(ctx, params), ctx.shift)
    if row is None or not row["policy"]:
        raise absent("No policy is associated with the given resource.")
    return {"Policy": policy(row["policy"]), "RevisionId": _revision(row["policy"])}


async def remove_layer_version_permission(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a statement out of a layer version's policy."""
    whole, sid = _version_arn(ctx, params), params["StatementId"]
    async with ctx.db.transaction():
        row = await lambda_layers.find_one(ctx.db, whole, ctx.shift)
        if row is None or not row["policy"]:
            raise absent("No policy is associated with the given resource.")
        _check_revision(params, row["policy"])
        kept = [one for one in row["policy"] if one["Sid"] != sid]
        if len(kept) == len(row["policy"]):
            raise absent(f"Statement {sid} is not found in resource policy.")
        await lambda_layers.set_policy(ctx.db, whole, kept)
    return {}


def _layer_arn(ctx: Context, given: str) -> str:
    """The ARN, without a version, of a layer that is named or given by ARN."""
    if not given.startswith("arn:"):
        return arn(ctx, "lambda", f"layer:{given}")
    parts = given.split(":")
    if parts[4] != ctx.principal.account_number:
        action = ctx.operation.name if ctx.operation else ""
        raise AwsError(
            "AccessDeniedException",
            f"User: {ctx.principal.arn} is not authorized to perform: lambda:{action} on resource:"
            f" {given} because no resource-based policy allows the lambda:{action} action",
            403,
        )
    return given


def _version_arn(ctx: Context, params: Mapping[str, Any]) -> str:
    if params["VersionNumber"] < 1:
        raise invalid("Layer Version Cannot be less than 1")
    return f"{_layer_arn(ctx, params['LayerName'])}:{params['VersionNumber']}"


async def _find(ctx: Context, whole: str) -> Any:
    row = await lambda_layers.find_one(ctx.db, whole, ctx.shift)
    if row is None or whole.split(":")[3] != ctx.region:
        raise absent()
    return row


def _revision(statements: list[dict[str, Any]]) -> str:
    return revision([str(sorted(one.items(), key=str)) for one in statements])


def _check_revision(params: Mapping[str, Any], statements: list[dict[str, Any]]) -> None:
    if params.get("RevisionId") and params["RevisionId"] != _revision(statements):
        raise stale(
            "The Revision Id provided does not match the latest Revision Id. Call the"
            " GetLayerVersionPolicy API to retrieve the latest Revision Id"
        )


def _whole(ctx: Context, row: Any) -> dict[str, Any]:
    shown = VERSION.show(row)
    where = f"snapshots/{ctx.principal.account_number}/{row['name']}-{row['version']}"
    return {
        "Content": {
            "Location": f"https://awslambda-{ctx.region}-layers.s3.{ctx.region}.amazonaws.com/{where}",
            "CodeSha256": row["code_sha256"],
            "CodeSize": row["code_size"],
        },
        "LayerArn": row["layer_arn"],
        **shown,
    }


def _filled(values: list[str] | None) -> list[str] | None:
    return values or None


_VERSION = {
    "LayerVersionArn": "arn",
    "Version": "version",
    "Description": Computed(lambda text: text or None, "description"),
    "CreatedDate": "created",
    "CompatibleRuntimes": Computed(_filled, "runtimes"),
    "LicenseInfo": "license",
    "CompatibleArchitectures": Computed(_filled, "architectures"),
}
VERSION = View(_VERSION)
LAYER = View({"LayerName": "name", "LayerArn": "layer_arn", "LatestMatchingVersion": _VERSION})
