"""Groups of users.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateGroup.html and the pages of
the operations beside it.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows
from handlers.iam import identity_changes
from handlers.iam.identities import (
    GROUPS,
    USERS,
    arn,
    checked_name,
    checked_path,
    exists,
    find,
    limit_exceeded,
    list_page,
    no_such,
    paged,
)
from models import identities, single_rows, unique_ids

MOST_GROUPS = 10


async def create_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group without members."""
    name, path = checked_name("group", params["GroupName"]), checked_path(params.get("Path"))
    row = {
        "group_id": unique_ids.new("AGPA"),
        "name": name,
        "path": path,
        "arn": arn(ctx, "group", path, name),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, "user_groups", row):
        raise exists(f"Group with name {name} already exists.")
    return {"Group": GROUPS.show(row)}


async def get_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A group and its users."""
    row = await find(ctx, "group", params["GroupName"])
    asked = list_page(ctx, params)
    rows = await identities.members(ctx.db, row["id"], asked.after, asked.fetch)
    shown, token = asked.cut(rows, "name")
    return {"Group": GROUPS.show(row), **paged("Users", Rows(USERS, shown), token)}


async def list_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The groups under a path, by name."""
    return await identity_changes.listed(ctx, params, "group", GROUPS)


async def list_groups_for_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The groups that a user belongs to."""
    row = await find(ctx, "user", params["UserName"])
    asked = list_page(ctx, params)
    rows = await identities.groups_of(ctx.db, row["id"], asked.after, asked.fetch)
    shown, token = asked.cut(rows, "name")
    return paged("Groups", Rows(GROUPS, shown), token)


async def update_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another name or path."""
    row = await find(ctx, "group", params["GroupName"])
    return await identity_changes.renamed(
        ctx, "group", row, params.get("NewGroupName"), params.get("NewPath")
    )


async def delete_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that has nothing left."""
    async with ctx.db.transaction():
        row = await find(ctx, "group", params["GroupName"])
        return await identity_changes.deleted(ctx, "group", row)


async def add_user_to_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Make a user a member."""
    group = await find(ctx, "group", params["GroupName"])
    user = await find(ctx, "user", params["UserName"])
    has = await identities.groups_of(ctx.db, user["id"], None, None)
    if group["id"] not in {one["id"] for one in has} and len(has) >= MOST_GROUPS:
        raise limit_exceeded("GroupsPerUser", MOST_GROUPS)
    await identities.join(ctx.db, group["id"], user["id"])
    return {}


async def remove_user_from_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """End a membership."""
    group = await find(ctx, "group", params["GroupName"])
    user = await find(ctx, "user", params["UserName"])
    if not await identities.leave(ctx.db, group["id"], user["id"]):
        raise no_such(f"User {user['name']} is not in group {group['name']}.")
    return {}
