"""Settings of EC2 in a region: serial consoles, and public access to snapshots.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSerialConsoleAccess.html,
API_EnableSnapshotBlockPublicAccess.html and the pages of the operations beside them.
"""

from typing import Any

from emulator.context import Context
from models import ec2_settings


async def enable_serial_console_access(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let serial consoles be used."""
    await ec2_settings.allow_serial_console(ctx.db, ctx.region, True)
    return {"SerialConsoleAccessEnabled": True}


async def disable_serial_console_access(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let no serial console be used."""
    await ec2_settings.allow_serial_console(ctx.db, ctx.region, False)
    return {"SerialConsoleAccessEnabled": False}


async def get_serial_console_access_status(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether serial consoles may be used."""
    settings = await ec2_settings.find(ctx.db, ctx.region)
    return {"SerialConsoleAccessEnabled": settings.serial_console, "ManagedBy": "account"}


async def enable_snapshot_block_public_access(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let no snapshot be shared with everybody: none anew, or none at all."""
    await ec2_settings.block_snapshots(ctx.db, ctx.region, params["State"])
    return {"State": params["State"]}


async def disable_snapshot_block_public_access(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let snapshots be shared with everybody."""
    await ec2_settings.block_snapshots(ctx.db, ctx.region, "unblocked")
    return {"State": "unblocked"}


async def get_snapshot_block_public_access_state(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """How far snapshots are kept from everybody."""
    settings = await ec2_settings.find(ctx.db, ctx.region)
    return {"State": settings.snapshots, "ManagedBy": "account"}
