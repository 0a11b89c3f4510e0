"""Users, and their sign-in to a console.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html and the pages of
the operations beside it.
"""

from typing import Any

from emulator.context import Context
from handlers.iam import identity_changes
from handlers.iam.identities import (
    ONE_USER,
    TAGS,
    USERS,
    arn,
    checked_name,
    checked_path,
    exists,
    find,
    managed,
    no_such,
    own_name,
)
from models import identities, single_rows, tags, unique_ids


async def create_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user without any right."""
    name, path = checked_name("user", params["UserName"]), checked_path(params.get("Path"))
    bound = params.get("PermissionsBoundary")
    if bound:
        await managed(ctx, bound)
    row = {
        "user_id": unique_ids.new("AIDA"),
        "name": name,
        "path": path,
        "arn": arn(ctx, "user", path, name),
        "permissions_boundary": bound,
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, "users", row):
        raise exists(f"User with name {name} already exists.")
    return {"User": ONE_USER.show(row | {"password_last_used_at": None})}


async def get_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user, by default the caller."""
    return {"User": ONE_USER.show(await find(ctx, "user", await own_name(ctx, params)))}


async def list_users(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The users under a path, by name."""
    return await identity_changes.listed(ctx, params, "user", USERS)


async def update_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another name or path; keys, policies and groups stay."""
    row = await find(ctx, "user", params["UserName"])
    return await identity_changes.renamed(
        ctx, "user", row, params.get("NewUserName"), params.get("NewPath")
    )


async def delete_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a user that has nothing left."""
    async with ctx.db.transaction():
        row = await find(ctx, "user", params["UserName"])
        return await identity_changes.deleted(ctx, "user", row)


async def put_user_permissions_boundary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Bound what a user may do."""
    row = await find(ctx, "user", params["UserName"])
    return await identity_changes.bounded(ctx, "user", row, params["PermissionsBoundary"])


async def delete_user_permissions_boundary(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a user's bound away."""
    row = await find(ctx, "user", params["UserName"])
    return await identity_changes.unbounded(ctx, "user", row)


async def list_user_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's tags."""
    row = await find(ctx, "user", params["UserName"])
    return identity_changes.tag_page(ctx, params, row["tags"])


async def tag_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a user."""
    row = await find(ctx, "user", params["UserName"])
    await TAGS.put(ctx.db, "user", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_user(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a user."""
    row = await find(ctx, "user", params["UserName"])
    await tags.remove(ctx.db, "user", row["arn"], params["TagKeys"])
    return {}


async def get_login_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Since when a user has a password for the console."""
    row = await find(ctx, "user", await own_name(ctx, params))
    if row["password_created_at"] is None:
        raise no_such(f"Login Profile for User {row['name']} cannot be found.")
    return {"LoginProfile": _login(row)}


async def create_login_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a user a password; only that it has one is kept, for there is no console to enter."""
    row = await find(ctx, "user", await own_name(ctx, params))
    if row["password_created_at"] is not None:
        raise exists(f"Login Profile for user {row['name']} already exists.")
    changes = {
        "password_created_at": ctx.now,
        "password_reset_required": bool(params.get("PasswordResetRequired")),
    }
    await identities.update(ctx.db, "user", row["id"], changes)
    return {"LoginProfile": _login(dict(row) | changes)}


async def delete_login_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a user's password away."""
    row = await find(ctx, "user", await own_name(ctx, params))
    if row["password_created_at"] is None:
        raise no_such(f"Cannot find Login Profile for User {row['name']}")
    changes = {"password_created_at": None, "password_reset_required": False}
    await identities.update(ctx.db, "user", row["id"], changes)
    return {}


def _login(row: Any) -> dict[str, Any]:
    return {
        "UserName": row["name"],
        "CreateDate": row["password_created_at"],
        "PasswordResetRequired": row["password_reset_required"],
    }
