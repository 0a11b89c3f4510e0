"""Services that may look into an organization, and the members that administer them."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.organizations import tree
from handlers.organizations.cloud_accounts import member
from models import organizations

NOUN = "cloud_accounts"


async def list_aws_service_access_for_organization(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The services with trusted access."""
    await tree.managed(ctx)
    rows = await organizations.services(ctx.db)
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["service_principal"]))
    enabled = [
        {"ServicePrincipal": row["service_principal"], "DateEnabled": row["enabled_at"]}
        for row in shown
    ]
    return {"EnabledServicePrincipals": enabled, "NextToken": token}


async def enable_aws_service_access(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a service trusted access."""
    await tree.managed(ctx)
    await organizations.enable_service(ctx.db, params["ServicePrincipal"], ctx.now)
    return {}


async def disable_aws_service_access(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take it back."""
    await tree.managed(ctx)
    await organizations.disable_service(ctx.db, params["ServicePrincipal"])
    return {}


async def register_delegated_administrator(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a member administer a service that has trusted access."""
    org = await tree.managed(ctx)
    row, principal = await member(ctx, params["AccountId"]), params["ServicePrincipal"]
    if row["account_number"] == org["management_number"]:
        raise AwsError(
            "ConstraintViolationException",
            "You cannot register the management account as a delegated administrator.",
            Reason="CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
        )
    if principal not in {one["service_principal"] for one in await organizations.services(ctx.db)}:
        raise AwsError(
            "ConstraintViolationException",
            "You must enable trusted access for the service first.",
            Reason="SERVICE_ACCESS_NOT_ENABLED",
        )
    if not await organizations.register(ctx.db, row["account_number"], principal, ctx.now):
        raise AwsError(
            "AccountAlreadyRegisteredException",
            "The provided account is already a delegated administrator for your organization.",
        )
    return {}


async def deregister_delegated_administrator(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let it no longer."""
    await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    if not await organizations.deregister(
        ctx.db, row["account_number"], params["ServicePrincipal"]
    ):
        raise _not_registered()
    return {}


async def list_delegated_administrators(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The members that administer a service, or any."""
    org = await tree.managed(ctx)
    principal = params.get("ServicePrincipal")
    since: dict[str, Any] = {}
    for row in await organizations.administrators(ctx.db):
        if principal in (None, row["service_principal"]):
            since.setdefault(row["member_number"], row["enabled_at"])
    rows = [row for row in await organizations.members(ctx.db) if row["account_number"] in since]
    shown, token = tree.paged(ctx, params, rows, lambda row: str(row["account_number"]))
    administrators = [
        {
            "Id": row["account_number"],
            "Arn": tree.account_arn(org, row["account_number"]),
            "Email": row["email"],
            "Name": row["name"],
            "Status": row["state"],
            "State": row["state"],
            "JoinedMethod": row["joined_method"],
            "JoinedTimestamp": row["joined_at"],
            "DelegationEnabledDate": since[row["account_number"]],
        }
        for row in shown
    ]
    return {"DelegatedAdministrators": administrators, "NextToken": token}


async def list_delegated_services_for_account(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """The services that a member administers."""
    await tree.managed(ctx)
    row = await member(ctx, params["AccountId"])
    rows = [one for one in await organizations.administrators(ctx.db)
            if one["member_number"] == row["account_number"]]  # fmt: skip
    if not rows:
        raise _not_registered()
    shown, token = tree.paged(ctx, params, rows, lambda one: str(one["service_principal"]))
    services = [
        {"ServicePrincipal": one["service_principal"], "DelegationEnabledDate": one["enabled_at"]}
        for one in shown
    ]
    return {"DelegatedServices": services, "NextToken": token}


def _not_registered() -> AwsError:
    return AwsError(
        "AccountNotRegisteredException",
        "The specified account is not a delegated administrator for this AWS service.",
    )
