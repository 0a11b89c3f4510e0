"""Instance profiles.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateInstanceProfile.html and the
pages of the operations beside it.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows
from handlers.iam.identities import (
    ROLES_OF_PROFILES,
    TAGS,
    arn,
    checked_name,
    checked_path,
    conflict,
    exists,
    find,
    limit_exceeded,
    list_page,
    no_such,
    paged,
)
from handlers.iam.identity_changes import tag_page
from models import instance_profiles, single_rows, tags, unique_ids


async def create_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A profile without a role."""
    name = checked_name("instanceProfile", params["InstanceProfileName"])
    path = checked_path(params.get("Path"))
    row = {
        "instance_profile_id": unique_ids.new("AIPA"),
        "name": name,
        "path": path,
        "arn": arn(ctx, "instance-profile", path, name),
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, "instance_profiles", row):
        raise exists(f"Instance Profile {name} already exists.")
    return {"InstanceProfile": _shown(row | {"roles": []}, tagged=True)}


async def get_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A profile with its role."""
    row = await _find(ctx, params["InstanceProfileName"])
    return {"InstanceProfile": _shown(row, tagged=True)}


async def list_instance_profiles(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The profiles under a path, by name."""
    return await _listed(ctx, params, None)


async def list_instance_profiles_for_role(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The profiles that hand out a role."""
    role = await find(ctx, "role", params["RoleName"])
    return await _listed(ctx, params, role["id"])


async def delete_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a profile without a role."""
    async with ctx.db.transaction():
        row = await _find(ctx, params["InstanceProfileName"])
        if row["role_id"] is not None:
            raise conflict("remove roles from instance profile")
        await instance_profiles.delete(ctx.db, row["id"])
    return {}


async def add_role_to_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put the one role that it can have into a profile."""
    row = await _find(ctx, params["InstanceProfileName"])
    role = await find(ctx, "role", params["RoleName"])
    if row["role_id"] is not None:
        raise limit_exceeded("InstanceSessionsPerInstanceProfile", 1)
    await instance_profiles.set_role(ctx.db, row["id"], role["id"])
    return {}


async def remove_role_from_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take the role out of a profile."""
    role = await find(ctx, "role", params["RoleName"])
    row = await _find(ctx, params["InstanceProfileName"])
    if row["role_id"] != role["id"]:
        raise no_such(f"Role {role['name']} is not in Instance Profile {row['name']}.")
    await instance_profiles.set_role(ctx.db, row["id"], None)
    return {}


async def list_instance_profile_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A profile's tags."""
    row = await _find(ctx, params["InstanceProfileName"])
    return tag_page(ctx, params, row["tags"])


async def tag_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a profile."""
    row = await _find(ctx, params["InstanceProfileName"])
    await TAGS.put(ctx.db, "instance_profile", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_instance_profile(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a profile."""
    row = await _find(ctx, params["InstanceProfileName"])
    await tags.remove(ctx.db, "instance_profile", row["arn"], params["TagKeys"])
    return {}


async def _find(ctx: Context, name: str) -> Any:
    row = await instance_profiles.find(ctx.db, name)
    if row is None:
        raise no_such(f"Instance Profile {name} cannot be found.")
    return row


async def _listed(ctx: Context, params: dict[str, Any], role_id: Any) -> dict[str, Any]:
    asked = list_page(ctx, params)
    rows = await instance_profiles.listed(
        ctx.db, params.get("PathPrefix"), asked.after, asked.fetch, role_id
    )
    shown, token = asked.cut(rows, "name")
    return paged("InstanceProfiles", [_shown(row, tagged=False) for row in shown], token)


def _shown(row: Any, *, tagged: bool) -> dict[str, Any]:
    shown = {
        "Path": row["path"],
        "InstanceProfileName": row["name"],
        "InstanceProfileId": row["instance_profile_id"],
        "Arn": row["arn"],
        "CreateDate": row["created_at"],
        "Roles": Rows(ROLES_OF_PROFILES, row["roles"]),
    }
    return shown | ({"Tags": TAGS.shown(row["tags"])} if tagged else {})
