"""Inline policies: those that are part of one user, group or role.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html and the pages of
the operations beside it.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import (
    checked_document,
    checked_name,
    find,
    list_page,
    names,
    no_such,
    paged,
    quoted,
)
from handlers.iam.roles import changeable_role
from models import policies

# Characters of all inline policies of an identity together, white space left out.
LONGEST = {"user": 2_048, "group": 5_120, "role": 10_240}


async def put_user_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Write a policy of a user."""
    row = await find(ctx, "user", params["UserName"])
    await _put(ctx, "user", row, params)
    return {}


async def get_user_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy of a user."""
    row = await find(ctx, "user", params["UserName"])
    return {"UserName": row["name"], **await _one(ctx, "user", row, params["PolicyName"])}


async def list_user_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a user's policies."""
    return await _listed(ctx, await find(ctx, "user", params["UserName"]), params)


async def delete_user_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy of a user."""
    row = await find(ctx, "user", params["UserName"])
    await _delete(ctx, "user", row, params["PolicyName"])
    return {}


async def put_group_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Write a policy of a group."""
    row = await find(ctx, "group", params["GroupName"])
    await _put(ctx, "group", row, params)
    return {}


async def get_group_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy of a group."""
    row = await find(ctx, "group", params["GroupName"])
    return {"GroupName": row["name"], **await _one(ctx, "group", row, params["PolicyName"])}


async def list_group_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a group's policies."""
    return await _listed(ctx, await find(ctx, "group", params["GroupName"]), params)


async def delete_group_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy of a group."""
    row = await find(ctx, "group", params["GroupName"])
    await _delete(ctx, "group", row, params["PolicyName"])
    return {}


async def put_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Write a policy of a role."""
    row = await changeable_role(ctx, params["RoleName"])
    await _put(ctx, "role", row, params)
    return {}


async def get_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A policy of a role."""
    row = await find(ctx, "role", params["RoleName"])
    return {"RoleName": row["name"], **await _one(ctx, "role", row, params["PolicyName"])}


async def list_role_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The names of a role's policies."""
    return await _listed(ctx, await find(ctx, "role", params["RoleName"]), params)


async def delete_role_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a policy of a role."""
    row = await changeable_role(ctx, params["RoleName"])
    await _delete(ctx, "role", row, params["PolicyName"])
    return {}


async def _put(ctx: Context, kind: str, row: Any, params: dict[str, Any]) -> None:
    name = checked_name("policy", params["PolicyName"])
    text = checked_document(params["PolicyDocument"])
    has = {one["name"]: one["document"] for one in await policies.inline(ctx.db, row["id"])}
    has[name] = text
    if sum(len("".join(one.split())) for one in has.values()) > LONGEST[kind]:
        raise AwsError(
            "LimitExceeded",
            f"Maximum policy size of {LONGEST[kind]} bytes exceeded for {kind} {row['name']}",
            409,
        )
    await policies.put_inline(ctx.db, kind, row["id"], name, text, ctx.now)


async def _one(ctx: Context, kind: str, row: Any, name: str) -> dict[str, Any]:
    for one in await policies.inline(ctx.db, row["id"]):
        if one["name"] == name:
            return {"PolicyName": name, "PolicyDocument": quoted(one["document"])}
    raise no_such(f"The {kind} policy with name {name} cannot be found.")


async def _listed(ctx: Context, row: Any, params: dict[str, Any]) -> dict[str, Any]:
    asked = list_page(ctx, params)
    shown, token = asked.cut_items(names(await policies.inline(ctx.db, row["id"])), str)
    return paged("PolicyNames", shown, token)


async def _delete(ctx: Context, kind: str, row: Any, name: str) -> None:
    if not await policies.delete_inline(ctx.db, row["id"], name):
        raise no_such(f"The {kind} policy with name {name} cannot be found.")
