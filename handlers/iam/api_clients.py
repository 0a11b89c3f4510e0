"""Access keys: the rows of api_clients, which sign from the moment they are made.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html and the pages
of the operations beside it. Keys live in real time: the world's shift is taken off their times
because the answer's writer puts it on.
"""

from typing import Any

from emulator import keys
from emulator.context import Context
from emulator.policies.actions import PREFIXES
from emulator.scopes import intersection
from handlers.iam.identities import find, limit_exceeded, list_page, no_such, own_name, paged
from models import access_keys

MOST_KEYS = 2
STATUS = {"active": "Active", "disabled": "Inactive"}
_STORED = {shown: stored for stored, shown in STATUS.items()}


async def create_access_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A further key of a user, and the only time that its secret is told.

    Where the operator gave the user's newest key scopes, the new one has them too, so that keys
    can be rotated; never more than the caller has, and never the operator's own verbs.
    """
    user = await find(ctx, "user", await own_name(ctx, params))
    name = user["name"]
    if len(await access_keys.of_user(ctx.db, name)) >= MOST_KEYS:
        raise limit_exceeded("AccessKeysPerUser", MOST_KEYS)
    given = await access_keys.newest_scopes(ctx.db, name)
    if given and ctx.principal.scopes:
        given = given if given == ctx.principal.scopes else intersection(
            given, ctx.principal.scopes
        )  # fmt: skip
    scopes = tuple(scope for scope in given if not scope.startswith("admin:"))
    key_id, secret = keys.generate(ctx.server.world.mark)
    vault = ctx.vault
    await access_keys.create(
        ctx.db,
        name,
        key_id,
        vault.hash_secret(secret),
        vault.seal_secret(secret, key_id, ctx.principal.account_id),
        vault.version,
        scopes,
        ctx.wall,
    )
    return {
        "AccessKey": {
            "UserName": name,
            "AccessKeyId": key_id,
            "Status": "Active",
            "SecretAccessKey": secret,
            "CreateDate": ctx.wall - ctx.shift,
        }
    }


async def list_access_keys(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's keys, without their secrets."""
    user = await find(ctx, "user", await own_name(ctx, params))
    asked = list_page(ctx, params)
    rows = await access_keys.of_user(ctx.db, user["name"], asked.after, asked.fetch)
    shown, token = asked.cut(rows, "access_key_id")
    listed = [
        {
            "UserName": user["name"],
            "AccessKeyId": row["access_key_id"],
            "Status": STATUS[row["status"]],
            "CreateDate": row["created_at"] - ctx.shift,
        }
        for row in shown
    ]
    return paged("AccessKeyMetadata", listed, token)


async def get_access_key_last_used(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """When and for what a key was last used: true within a minute."""
    row = await access_keys.find(ctx.db, params["AccessKeyId"])
    if row is None:
        raise _no_such_key(params["AccessKeyId"])
    used: dict[str, Any] = {"ServiceName": "N/A", "Region": "N/A"}
    if row["last_used_at"] is not None:
        service = row["last_used_service"]
        used = {
            "LastUsedDate": row["last_used_at"] - ctx.shift,
            "ServiceName": PREFIXES.get(service, service) or "N/A",
            "Region": row["last_used_region"] or "N/A",
        }
    return {"UserName": row["user_name"], "AccessKeyLastUsed": used}


async def update_access_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Disable a key, or enable it again."""
    user = await find(ctx, "user", await own_name(ctx, params))
    key_id = params["AccessKeyId"]
    status = _STORED.get(params["Status"], "disabled")
    if not await access_keys.set_status(ctx.db, user["name"], key_id, status):
        raise _no_such_key(key_id)
    ctx.server.keys.invalidate(key_id)
    return {}


async def delete_access_key(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a key; whatever was signed with it is refused from now on."""
    user = await find(ctx, "user", await own_name(ctx, params))
    key_id = params["AccessKeyId"]
    if not await access_keys.delete(ctx.db, user["name"], key_id):
        raise _no_such_key(key_id)
    ctx.server.keys.invalidate(key_id)
    return {}


def _no_such_key(access_key_id: str) -> Exception:
    return no_such(f"The Access Key with id {access_key_id} cannot be found.")
