"""Virtual MFA devices, and the codes by which they prove that somebody has them.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateVirtualMFADevice.html and the
pages of the operations beside it. Of the two ways to hand over a seed the text is answered; there
is no picture of it.
"""

import base64
from typing import Any

from emulator import mfa, one_time_codes
from emulator.context import Context
from emulator.errors import AwsError
from handlers.iam.identities import (
    TAGS,
    USERS,
    arn,
    checked_name,
    checked_path,
    exists,
    find,
    limit_exceeded,
    list_page,
    moment,
    no_such,
    own_name,
    paged,
)
from handlers.iam.identity_changes import tag_page
from models import draws, iam_rows, single_rows, tags

TABLE = mfa.TABLE
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_DEVICES = 8
_ASSIGNED = {"Assigned": True, "Unassigned": False}


async def create_virtual_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A device of nobody yet, and the only time that its seed is told."""
    name = checked_name("virtualMFADevice", params["VirtualMFADeviceName"])
    path, seed = checked_path(params.get("Path")), base64.b32encode(draws.octets(40)).decode()
    row = {
        "arn": arn(ctx, "mfa", path, name),
        "name": name,
        "path": path,
        "seed_sealed": ctx.vault.seal_token(mfa.PURPOSE, seed),
        "tags": TAGS.checked(params.get("Tags")),
        "created_at": ctx.now,
    }
    if not await single_rows.insert(ctx.db, TABLE, row):
        raise exists("MFADevice entity at the same path and name already exists.")
    shown = {"SerialNumber": row["arn"], "Base32StringSeed": seed.encode()}
    return {"VirtualMFADevice": shown | ({"Tags": params["Tags"]} if row["tags"] else {})}


async def enable_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give a device to a user who has it: two codes that follow each other say so."""
    async with ctx.db.transaction():
        user = await find(ctx, "user", params["UserName"])
        device = await _device(ctx, params["SerialNumber"])
        if device["user_id"] is not None:
            raise exists(f"MFADevice with serial number {device['arn']} is already in use.")
        has = await iam_rows.listed(ctx.db, TABLE, "arn", user_id=user["id"])
        if len(has) >= MOST_DEVICES:
            raise limit_exceeded("MfaDevicesPerUser", MOST_DEVICES)
        step = _two_codes(ctx, device, params)
        changes = {"user_id": user["id"], "enabled_at": ctx.now, "code_taken_at": step}
        await iam_rows.update(ctx.db, TABLE, device["id"], changes)
    return {}


async def resync_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take two codes of a user's device that follow each other."""
    user = await find(ctx, "user", params["UserName"])
    device = await _device_of(ctx, user, params["SerialNumber"])
    step = _two_codes(ctx, device, params)
    await iam_rows.update(ctx.db, TABLE, device["id"], {"code_taken_at": step})
    return {}


async def deactivate_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take a device from its user; it stays, as nobody's."""
    user = await find(ctx, "user", await own_name(ctx, params))
    device = await _device_of(ctx, user, params["SerialNumber"])
    changes = {"user_id": None, "enabled_at": None}
    await iam_rows.update(ctx.db, TABLE, device["id"], changes)
    return {}


async def delete_virtual_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a device that is nobody's."""
    async with ctx.db.transaction():
        device = await _device(ctx, params["SerialNumber"])
        if device["user_id"] is not None:
            raise AwsError(
                "DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.", 409
            )
        await iam_rows.delete(ctx.db, TABLE, device["id"])
    return {}


async def list_mfa_devices(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A user's devices."""
    user = await find(ctx, "user", await own_name(ctx, params))
    asked = list_page(ctx, params)
    rows = await iam_rows.listed(ctx.db, TABLE, "arn", asked.after, asked.fetch, user_id=user["id"])
    shown, token = asked.cut(rows, "arn")
    return paged("MFADevices", [_shown(row) for row in shown], token)


async def list_virtual_mfa_devices(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's devices, everybody's and nobody's."""
    asked = list_page(ctx, params)
    assigned = _ASSIGNED.get(params.get("AssignmentStatus") or "Any")
    rows = await iam_rows.listed(ctx.db, TABLE, "arn", asked.after, asked.fetch, assigned=assigned)
    shown, token = asked.cut(rows, "arn")
    return paged("VirtualMFADevices", [_virtual(row) for row in shown], token)


async def get_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A device that is somebody's."""
    user = await find(ctx, "user", await own_name(ctx, params))
    return _shown(await _device_of(ctx, user, params["SerialNumber"]))


async def list_mfa_device_tags(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A device's tags."""
    return tag_page(ctx, params, (await _device(ctx, params["SerialNumber"]))["tags"])


async def tag_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Put tags on a device."""
    row = await _device(ctx, params["SerialNumber"])
    await TAGS.put(ctx.db, "mfa_device", row["arn"], TAGS.checked(params["Tags"]))
    return {}


async def untag_mfa_device(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Take tags off a device."""
    row = await _device(ctx, params["SerialNumber"])
    await tags.remove(ctx.db, "mfa_device", row["arn"], params["TagKeys"])
    return {}


def _two_codes(ctx: Context, device: Any, params: dict[str, Any]) -> Any:
    first, second = params["AuthenticationCode1"], params["AuthenticationCode2"]
    step = one_time_codes.two_in_a_row(mfa.seed(ctx, device), first, second, ctx.wall)
    if step is None:
        raise AwsError(
            "InvalidAuthenticationCode", "Authentication code for device is not valid.", 403
        )
    return one_time_codes.moment(step)


async def _device(ctx: Context, serial: str) -> Any:
    row = await iam_rows.find(ctx.db, TABLE, arn=serial)
    if row is None:
        raise no_such(f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return row


async def _device_of(ctx: Context, user: Any, serial: str) -> Any:
    row = await iam_rows.find(ctx.db, TABLE, arn=serial)
    if row is None or row["user_id"] != user["id"]:
        raise no_such("MFA Device invalid for user.")
    return row


def _shown(row: Any) -> dict[str, Any]:
    return {
        "UserName": row["user_name"],
        "SerialNumber": row["arn"],
        "EnableDate": row["enabled_at"],
    }


def _virtual(row: Any) -> dict[str, Any]:
    shown = {"SerialNumber": row["arn"]}
    if row["user_id"] is None:
        return shown
    times = ("created_at", "password_last_used_at")
    holder = row["holder"] | {name: moment(row["holder"][name]) for name in times}
    return shown | {"EnableDate": row["enabled_at"], "User": USERS.show(holder)}
