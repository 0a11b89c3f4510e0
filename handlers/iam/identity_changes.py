"""What is done to users, groups and roles alike: listed, named anew, bounded, deleted."""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.iam.identities import (
    TAGS,
    WORDS,
    arn,
    checked_name,
    checked_path,
    conflict,
    exists,
    list_page,
    managed,
    no_such,
    paged,
)
from models import identities

# What must be gone before an identity can be deleted, in the order in which IAM asks for it.
_BEFORE_DELETION = {
    "user": {
        "passwords": "delete login profile",
        "keys": "delete access keys",
        "devices": "delete MFA device",
        "certificates": "delete signing certificates",
        "ssh": "delete SSH public keys",
        "services": "delete service specific credentials",
        "attached": "detach all policies",
        "inline": "delete policies",
        "members": "remove users from group",
    },
    "group": {
        "members": "remove users from group",
        "attached": "detach all policies",
        "inline": "delete policies",
    },
    "role": {
        "profiles": "remove roles from instance profile",
        "attached": "detach all policies",
        "inline": "delete policies",
    },
}


async def listed(ctx: Context, params: dict[str, Any], kind: str, view: View) -> dict[str, Any]:
    """A page of the identities of a kind under a path, by name."""
    asked = list_page(ctx, params)
    rows = await identities.listed(ctx.db, kind, params.get("PathPrefix"), asked.after, asked.fetch)
    shown, token = asked.cut(rows, "name")
    return paged(f"{WORDS[kind]}s", Rows(view, shown), token)


async def renamed(
    ctx: Context, kind: str, row: Any, new_name: str | None, new_path: str | None
) -> dict[str, Any]:
    """The empty answer, once an identity has another name or path."""
    name = checked_name(kind, new_name or row["name"])
    path = checked_path(new_path or row["path"])
    if name.lower() != row["name"].lower() and await identities.find(ctx.db, kind, name):
        raise exists(f"{WORDS[kind]} with name {name} already exists.")
    changes = {"name": name, "path": path, "arn": arn(ctx, kind, path, name)}
    await identities.update(ctx.db, kind, row["id"], changes)
    return {}


async def deleted(ctx: Context, kind: str, row: Any) -> dict[str, Any]:
    """The empty answer, once an identity that has nothing left is gone."""
    has = await identities.holdings(ctx.db, kind, row["id"])
    for what, first in _BEFORE_DELETION[kind].items():
        if has[what]:
            raise conflict(first)
    await identities.delete(ctx.db, kind, row["id"])
    return {}


async def bounded(ctx: Context, kind: str, row: Any, boundary: str) -> dict[str, Any]:
    """The empty answer, once a managed policy bounds what an identity may do."""
    await managed(ctx, boundary)
    await identities.update(ctx.db, kind, row["id"], {"permissions_boundary": boundary})
    return {}


async def unbounded(ctx: Context, kind: str, row: Any) -> dict[str, Any]:
    """The empty answer, once the bound of an identity is gone."""
    if row["permissions_boundary"] is None:
        raise no_such(f"{WORDS[kind]} {row['name']} does not have permissions boundary.")
    await identities.update(ctx.db, kind, row["id"], {"permissions_boundary": None})
    return {}


def tag_page(ctx: Context, params: dict[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """A page of tags, by key."""
    asked = list_page(ctx, params)
    shown, token = asked.cut_items(TAGS.shown(tags), lambda tag: tag["Key"])
    return paged("Tags", shown, token)
