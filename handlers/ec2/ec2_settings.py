"""Settings of EC2 in a region: serial consoles, public access to snapshots, metadata options.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSerialConsoleAccess.html,
API_EnableSnapshotBlockPublicAccess.html, API_ModifyInstanceMetadataDefaults.html and the pages of
the operations beside them.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
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


async def get_instance_metadata_defaults(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Options of the metadata service that new instances have where nothing else is said."""
    settings = await ec2_settings.find(ctx.db, ctx.region)
    return {"AccountLevel": {**settings.metadata, "ManagedBy": "account"}}


async def modify_instance_metadata_defaults(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Say such options, or that there is no preference any more; those there are keep theirs."""
    if params.get("HttpTokensEnforced") not in (None, "disabled", "no-preference"):
        raise AwsError("UnsupportedOperation", "Enforcing tokens is not emulated.")
    said: dict[str, Any] = {}
    unsaid = []
    for member, nothing in METADATA.items():
        value = params.get(member)
        if value == nothing:
            unsaid.append(member)
        elif value is not None:
            said[member] = value
    hops = said.get("HttpPutResponseHopLimit", 1)
    if not 1 <= hops <= MOST_HOPS:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({hops}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1"
            f" and {MOST_HOPS}.",
        )
    await ec2_settings.default_metadata(ctx.db, ctx.region, said, unsaid)
    return {"Return": True}


MOST_HOPS = 64
# The options, and what says that there is no preference.
METADATA = {
    "HttpTokens": "no-preference",
    "HttpPutResponseHopLimit": -1,
    "HttpEndpoint": "no-preference",
    "InstanceMetadataTags": "no-preference",
}
