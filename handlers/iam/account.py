"""The account: alias, password policy, summary, and everything at once.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
and the pages of the operations beside it.
"""

import re
from typing import Any

import asyncpg

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import (
    GROUPS,
    ONE_USER,
    exists,
    list_page,
    moment,
    no_such,
    one_role,
    paged,
    quoted,
)
from handlers.iam.policy_view import of_aws, shown_version
from handlers.iam.policy_view import shown as shown_policy
from models import identities, identity_accounts, managed_policies, policies

NOUN = "cloud_accounts"
_ALIAS = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9])")
QUOTAS = {
    "UsersQuota": 5_000,
    "GroupsQuota": 300,
    "RolesQuota": 1_000,
    "PoliciesQuota": 1_500,
    "InstanceProfilesQuota": 1_000,
    "ServerCertificatesQuota": 20,
    "AccessKeysPerUserQuota": 2,
    "GroupsPerUserQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2_048,
    "GroupPolicySizeQuota": 5_120,
    "RolePolicySizeQuota": 10_240,
    "AssumeRolePolicySizeQuota": 2_048,
    "PolicySizeQuota": 6_144,
    "VersionsPerPolicyQuota": 5,
    "PolicyVersionsInUseQuota": 10_000,
}
# Of the root user, who has a password and nothing else.
ROOT = {
    "AccountMFAEnabled": 0,
    "AccountAccessKeysPresent": 0,
    "AccountSigningCertificatesPresent": 0,
    "AccountPasswordPresent": 1,
}
TOKENS = {"v1Token": 1, "v2Token": 2}
PASSWORDS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
}


async def list_account_aliases(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The alias of the account, if it has one."""
    alias = await identity_accounts.alias(ctx.db)
    return paged("AccountAliases", [alias] if alias else [], None)


async def create_account_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another alias for the account; it must be nobody else's."""
    alias = params["AccountAlias"]
    if not _ALIAS.fullmatch(alias) or "--" in alias:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy"
            " constraint: Member must satisfy regular expression pattern:"
            " ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
        )
    try:
        await identity_accounts.set_alias(ctx.db, alias)
    except asyncpg.UniqueViolationError:
        raise exists(f"The account alias {alias} already exists.") from None
    return {}


async def delete_account_alias(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the account's alias away."""
    alias = params["AccountAlias"]
    if await identity_accounts.alias(ctx.db) != alias:
        raise no_such(f"The account alias {alias} cannot be found.")
    await identity_accounts.set_alias(ctx.db, None)
    return {}


async def get_account_summary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How many of everything there are, and may be."""
    counted = await identity_accounts.summary(ctx.db)
    return {"SummaryMap": {**counted, **ROOT, **QUOTAS}}


async def set_security_token_service_preferences(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Say where tokens of STS's global endpoint are valid: in regions on by default, or in all."""
    await identity_accounts.set_token_version(ctx.db, TOKENS[params["GlobalEndpointTokenVersion"]])
    return {}


async def get_account_password_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What passwords must be like."""
    settings = await identity_accounts.password_policy(ctx.db)
    if settings is None:
        raise _no_password_policy(ctx)
    expires = bool(settings.get("MaxPasswordAge"))
    return {"PasswordPolicy": settings | {"ExpirePasswords": expires}}


async def update_account_password_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say what passwords must be like; what is left out goes back to its default."""
    given = {name: value for name, value in params.items() if value is not None}
    await identity_accounts.put_password_policy(ctx.db, PASSWORDS | given)
    return {}


async def delete_account_password_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say nothing of passwords any more."""
    if not await identity_accounts.delete_password_policy(ctx.db):
        raise AwsError(
            "NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.", 404
        )
    return {}


async def get_account_authorization_details(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Users, groups, roles and policies with all that hangs on them."""
    wanted = set(params.get("Filter") or ())
    items: list[tuple[str, str, Any]] = []
    kinds = (("Group", "group", _group), ("Role", "role", _role), ("User", "user", _user))
    for word, kind, show in kinds:
        if not wanted or word in wanted:
            rows = await identities.details(ctx.db, kind)
            items += [(f"{word}DetailList", row["name"], show(ctx, row)) for row in rows]
    items += [("Policies", one["PolicyName"], one) for one in await _policies(ctx, wanted)]
    items.sort(key=lambda item: f"{item[0]}/{item[1]}")
    asked = list_page(ctx, params)
    shown, token = asked.cut_items(items, lambda item: f"{item[0]}/{item[1]}")
    answer: dict[str, Any] = {
        name: [] for name in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    }
    for name, _, one in shown:
        answer[name].append(one)
    return paged("Policies", answer["Policies"], token) | answer


def _user(ctx: Context, row: Any) -> dict[str, Any]:
    shown = ONE_USER.show(row)
    shown.pop("PasswordLastUsed", None)
    return shown | {
        "GroupList": row["groups"],
        "AttachedManagedPolicies": row["attached"],
        "UserPolicyList": _inline(row),
    }


def _group(ctx: Context, row: Any) -> dict[str, Any]:
    return GROUPS.show(row) | {
        "AttachedManagedPolicies": row["attached"],
        "GroupPolicyList": _inline(row),
    }


def _role(ctx: Context, row: Any) -> dict[str, Any]:
    role = one_role(ctx, row)
    for name in ("Description", "MaxSessionDuration"):
        role.pop(name, None)
    profiles = [
        one | {"CreateDate": moment(one["CreateDate"]), "Roles": []} for one in row["profiles"]
    ]
    return role | {
        "AttachedManagedPolicies": row["attached"],
        "RolePolicyList": _inline(row),
        "InstanceProfileList": profiles,
    }


def _inline(row: Any) -> list[dict[str, str]]:
    return [
        {"PolicyName": one["PolicyName"], "PolicyDocument": quoted(one["PolicyDocument"])}
        for one in row["inline"]
    ]


async def _policies(ctx: Context, wanted: set[str]) -> list[dict[str, Any]]:
    """The customer's policies, and those of AWS's that are used."""
    found: list[dict[str, Any]] = []
    if not wanted or "LocalManagedPolicy" in wanted:
        for row in await policies.listed(ctx.db):
            found.append(_policy(row, await policies.versions(ctx.db, row["id"])))
    if not wanted or "AWSManagedPolicy" in wanted:
        for arn, uses in (await policies.uses_of_aws(ctx.db)).items():
            one = managed_policies.every().get(arn)
            if one is not None:
                row, version = of_aws(ctx, one, uses)
                found.append(_policy(row, [version]))
    return found


def _policy(row: Any, versions: list[Any]) -> dict[str, Any]:
    listed = [shown_version(row, one) | {"Document": quoted(one["document"])} for one in versions]
    return shown_policy(row) | {"PolicyVersionList": listed}


def _no_password_policy(ctx: Context) -> AwsError:
    return AwsError(
        "NoSuchEntity",
        f"The Password Policy with domain name {ctx.principal.account_number} cannot be found.",
        404,
    )
