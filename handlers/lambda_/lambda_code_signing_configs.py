"""Code signing configurations: whose signatures functions accept on their code.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html. Packages are
not checked for signatures, and so a configuration cannot be made to enforce them.
"""

from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.rows import Rows, View
from handlers.lambda_.function_names import find, locked, unqualified
from handlers.lambda_.lambda_functions import RULES, marked
from handlers.lambda_.refusals import absent, conflict, invalid, refusal
from models import draws, lambda_code_signing, lambda_functions
from models.listing import Condition

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


async def create_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new configuration."""
    key = "csc-" + "".join(draws.choice(_ALPHABET) for _ in range(17))
    whole = arn(ctx, "lambda", f"code-signing-config:{key}")
    async with ctx.db.transaction():
        await lambda_code_signing.insert(
            ctx.db,
            {
                "region": ctx.region,
                "config_id": key,
                "arn": whole,
                "description": params.get("Description") or "",
                "publishers": params["AllowedPublishers"]["SigningProfileVersionArns"],
                "policy": _policy(params) or "Warn",
                "modified_at": ctx.now,
                "tags": RULES.checked(params.get("Tags")),
                "created_at": ctx.now,
            },
        )
        made = await _find(ctx, whole)
    return {"CodeSigningConfig": VIEW.show(made)}


async def get_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One configuration."""
    return {"CodeSigningConfig": VIEW.show(await _find(ctx, params["CodeSigningConfigArn"]))}


async def list_code_signing_configs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Configurations of the region."""
    asked = marked(ctx, params)
    rows = await lambda_code_signing.LISTING.page(
        ctx.db, region=ctx.region, after=asked.after, limit=asked.fetch, shift=ctx.shift
    )
    found, token = asked.cut(rows, "arn")
    return {"CodeSigningConfigs": Rows(VIEW, found), "NextMarker": token}


async def update_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change a configuration."""
    whole = params["CodeSigningConfigArn"]
    changes: dict[str, Any] = {"modified_at": ctx.now}
    if params.get("Description") is not None:
        changes["description"] = params["Description"]
    if params.get("AllowedPublishers"):
        changes["publishers"] = params["AllowedPublishers"]["SigningProfileVersionArns"]
    if _policy(params):
        changes["policy"] = _policy(params)
    async with ctx.db.transaction():
        await _find(ctx, whole)
        await lambda_code_signing.update(ctx.db, ctx.region, whole, changes)
        made = await _find(ctx, whole)
    return {"CodeSigningConfig": VIEW.show(made)}


async def delete_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a configuration that no function follows."""
    whole = params["CodeSigningConfigArn"]
    async with ctx.db.transaction():
        await _find(ctx, whole)
        if await lambda_code_signing.used(ctx.db, whole):
            raise conflict("Cannot delete the CodeSigningConfig as functions are still using it.")
        await lambda_code_signing.delete(ctx.db, whole)
    return {}


async def get_function_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The configuration that a function follows; nothing if it follows none."""
    one = unqualified(ctx, params)
    row = await find(ctx, one)
    # AWS answers a function without one with its name and an empty ARN.
    return {
        "CodeSigningConfigArn": row["code_signing_config_arn"] or "",
        "FunctionName": one.name,
    }


async def put_function_code_signing_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a function follow a configuration."""
    one, whole = unqualified(ctx, params), params["CodeSigningConfigArn"]
    async with ctx.db.transaction():
        row = await locked(ctx, one)
        if row["package_type"] == "Image":
            raise invalid("Code signing is not supported for functions of container images.")
        if await lambda_code_signing.find_one(ctx.db, whole, ctx.shift) is None:
            raise refusal(
                "CodeSigningConfigNotFound",
                "The code signing configuration cannot be found. Check that the provided"
                f" configuration is not deleted: {whole}.",
            )
        await lambda_code_signing.assign(ctx.db, ctx.region, one.name, whole)
    return {"CodeSigningConfigArn": whole, "FunctionName": one.name}


async def delete_function_code_signing_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let a function follow no configuration any more."""
    one = unqualified(ctx, params)
    async with ctx.db.transaction():
        await locked(ctx, one)
        await lambda_code_signing.assign(ctx.db, ctx.region, one.name, None)
    return {}


async def list_functions_by_code_signing_config(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The ARNs of the functions that follow a configuration."""
    asked = marked(ctx, params)
    whole = params["CodeSigningConfigArn"]
    await _find(ctx, whole)
    rows = await lambda_functions.LATEST.page(
        ctx.db, [Condition("code_signing_config_arn", (whole,))], region=ctx.region,
        after=asked.after, limit=asked.fetch, shift=ctx.shift,
    )  # fmt: skip
    found, token = asked.cut(rows, "name")
    return {"FunctionArns": [row["arn"] for row in found], "NextMarker": token}


async def _find(ctx: Context, whole: str) -> Any:
    row = await lambda_code_signing.find_one(ctx.db, whole, ctx.shift)
    if row is None:
        raise absent(f"The Lambda code signing configuration {whole} can not be found.")
    return row


def _policy(params: dict[str, Any]) -> str | None:
    wanted: str | None = (params.get("CodeSigningPolicies") or {}).get(
        "UntrustedArtifactOnDeployment"
    )
    if wanted == "Enforce":
        raise invalid(
            "UntrustedArtifactOnDeployment Enforce is not supported by this emulator: it verifies"
            " no signatures."
        )
    return wanted


VIEW = View(
    {
        "CodeSigningConfigId": "config_id",
        "CodeSigningConfigArn": "arn",
        "Description": "description",
        "AllowedPublishers": {"SigningProfileVersionArns": "publishers"},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "policy"},
        "LastModified": "modified",
    }
)
