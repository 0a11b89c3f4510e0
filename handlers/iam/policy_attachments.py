"""Attachments: which managed policies hold for whom.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachUserPolicy.html and the pages
of the operations beside it.
"""

from typing import Any

from emulator.context import Context
from handlers.iam.identities import (
    find,
    limit_exceeded,
    list_page,
    managed,
    no_such,
    paged,
)
from handlers.iam.roles import changeable_role
from models import policies

MOST_POLICIES = {"user": 10, "group": 10, "role": 10}
KINDS = {"user": "User", "group": "Group", "role": "Role"}


async def attach_user_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach a managed policy to a user."""
    row = await find(ctx, "user", params["UserName"])
    await _attach(ctx, "user", row, params["PolicyArn"])
    return {}


async def detach_user_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a managed policy from a user."""
    row = await find(ctx, "user", params["UserName"])
    await _detach(ctx, row, params["PolicyArn"])
    return {}


async def list_attached_user_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The managed policies of a user."""
    return await _listed(ctx, await find(ctx, "user", params["UserName"]), params)


async def attach_group_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach a managed policy to a group."""
    row = await find(ctx, "group", params["GroupName"])
    await _attach(ctx, "group", row, params["PolicyArn"])
    return {}


async def detach_group_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a managed policy from a group."""
    row = await find(ctx, "group", params["GroupName"])
    await _detach(ctx, row, params["PolicyArn"])
    return {}


async def list_attached_group_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The managed policies of a group."""
    return await _listed(ctx, await find(ctx, "group", params["GroupName"]), params)


async def attach_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Attach a managed policy to a role."""
    row = await changeable_role(ctx, params["RoleName"])
    await _attach(ctx, "role", row, params["PolicyArn"])
    return {}


async def detach_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Detach a managed policy from a role."""
    row = await changeable_role(ctx, params["RoleName"])
    await _detach(ctx, row, params["PolicyArn"])
    return {}


async def list_attached_role_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The managed policies of a role."""
    return await _listed(ctx, await find(ctx, "role", params["RoleName"]), params)


async def list_entities_for_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who has a policy attached, or as a boundary."""
    arn = params["PolicyArn"]
    await managed(ctx, arn, f"Policy {arn} was not found.")
    rows = await policies.entities(
        ctx.db, arn, params.get("PolicyUsageFilter") == "PermissionsBoundary"
    )
    wanted, prefix = params.get("EntityFilter"), params.get("PathPrefix") or "/"
    kept = [
        row
        for row in rows
        if wanted in (None, KINDS[row["kind"]]) and row["path"].startswith(prefix)
    ]
    asked = list_page(ctx, params)
    shown, token = asked.cut_items(kept, lambda row: f"{row['kind']}/{row['name']}")
    answer = {
        f"Policy{word}s": [
            {f"{word}Name": row["name"], f"{word}Id": row["id"]}
            for row in shown
            if row["kind"] == kind
        ]
        for kind, word in KINDS.items()
    }
    return paged("PolicyUsers", answer["PolicyUsers"], token) | answer


async def _attach(ctx: Context, kind: str, row: Any, arn: str) -> None:
    await managed(ctx, arn)
    has = await policies.attached(ctx.db, row["id"])
    if arn not in has and len(has) >= MOST_POLICIES[kind]:
        raise limit_exceeded(f"PoliciesPer{KINDS[kind]}", MOST_POLICIES[kind])
    await policies.attach(ctx.db, kind, row["id"], arn, ctx.now)


async def _detach(ctx: Context, row: Any, arn: str) -> None:
    if not await policies.detach(ctx.db, row["id"], arn):
        raise no_such(f"Policy {arn} was not found.")


async def _listed(ctx: Context, row: Any, params: dict[str, Any]) -> dict[str, Any]:
    """What is attached to an identity, under the path that is asked for."""
    prefix = "policy" + (params.get("PathPrefix") or "/")
    arns = [
        arn
        for arn in await policies.attached(ctx.db, row["id"])
        if arn.partition(":policy")[2]
        and ("policy" + arn.partition(":policy")[2]).startswith(prefix)
    ]
    asked = list_page(ctx, params)
    shown, token = asked.cut_items(arns, str)
    listed = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in shown]
    return paged("AttachedPolicies", listed, token)
