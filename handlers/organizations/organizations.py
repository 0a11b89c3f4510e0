"""Organizations, their roots, and the types of policies that hold in them."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.organizations import tree
from models import organizations

NOUN = "cloud_accounts"


async def describe_organization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The organization that the caller is in; any member may ask."""
    return {"Organization": _shown(await tree.find(ctx))}


async def create_organization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make the caller the management account of an organization of its own."""
    if await organizations.own(ctx.db) is not None:
        raise AwsError(
            "AlreadyInOrganizationException",
            "The provided account is already a member of an organization.",
        )
    feature_set = params.get("FeatureSet") or "ALL"
    caller = ctx.principal
    async with ctx.server.database.owner() as connection, connection.transaction():
        await organizations.found(
            connection, caller.account_id, caller.account_number, ctx.now, feature_set
        )
    return {"Organization": _shown(await tree.find(ctx))}


async def delete_organization(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """End an organization whose last member is the one that manages it."""
    org = await tree.managed(ctx)
    async with ctx.db.transaction():
        if not await organizations.dissolve(ctx.db):
            raise AwsError(
                "OrganizationNotEmptyException",
                "The organization isn't empty. To delete an organization, you must first remove"
                " all accounts except the management account.",
            )
        await organizations.leave(ctx.db, org["management_number"])
    return {}


async def list_roots(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The one root."""
    org = await tree.managed(ctx)
    shown, token = tree.paged(ctx, params, [_root(org)], lambda one: one["Id"])
    return {"Roots": shown, "NextToken": token}


async def enable_policy_type(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let policies of a type hold."""
    org, kind = await _of_root(ctx, params), params["PolicyType"]
    if org["feature_set"] != "ALL" or kind not in tree.AVAILABLE:
        raise AwsError(
            "PolicyTypeNotAvailableForOrganizationException",
            "You can't use the specified policy type with the feature set currently enabled for"
            " this organization.",
        )
    if kind in org["policy_types"]:
        raise AwsError(
            "PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled."
        )
    await organizations.set_policy_types(ctx.db, [*org["policy_types"], kind])
    return {"Root": _root(await tree.managed(ctx))}


async def disable_policy_type(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let policies of a type hold no longer."""
    org, kind = await _of_root(ctx, params), params["PolicyType"]
    if kind not in org["policy_types"]:
        raise AwsError(
            "PolicyTypeNotEnabledException",
            "This operation can be performed only for enabled policy types.",
        )
    await organizations.set_policy_types(
        ctx.db, [one for one in org["policy_types"] if one != kind]
    )
    return {"Root": _root(await tree.managed(ctx))}


async def _of_root(ctx: Context, params: dict[str, Any]) -> Any:
    org = await tree.managed(ctx)
    if params["RootId"] != org["root_id"]:
        raise AwsError("RootNotFoundException", "You specified a root that doesn't exist.")
    return org


def _root(org: Any) -> dict[str, Any]:
    return {
        "Id": org["root_id"],
        "Arn": tree.root_arn(org),
        "Name": "Root",
        "PolicyTypes": tree.policy_types(org),
    }


def _shown(org: Any) -> dict[str, Any]:
    number, own_id = org["management_number"], org["organization_id"]
    return {
        "Id": own_id,
        "Arn": f"arn:aws:organizations::{number}:organization/{own_id}",
        "FeatureSet": org["feature_set"],
        "MasterAccountArn": tree.account_arn(org, number),
        "MasterAccountId": number,
        "MasterAccountEmail": org["management_email"],
        "AvailablePolicyTypes": [{"Type": tree.SERVICE_CONTROL, "Status": "ENABLED"}],
    }
