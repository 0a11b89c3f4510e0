"""With whom snapshots are shared.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifySnapshotAttribute.html and
the pages of the operations beside it. The accounts that a snapshot is shared with do not see it
here.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers, sharing
from handlers.ec2.identifiers import SNAPSHOT
from models import ec2_settings, snapshots

NOUN = "snapshots"


async def describe_snapshot_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Who may make volumes of a snapshot beside its owner."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    row = await snapshots.shared(ctx.db, ctx.region, snapshot_id)
    if row is None:
        raise identifiers.not_found(SNAPSHOT, [snapshot_id])
    if params["Attribute"] == "productCodes":
        return {"SnapshotId": snapshot_id, "ProductCodes": []}
    permissions = sharing.shown(row["volume_users"])
    return {"SnapshotId": snapshot_id, "CreateVolumePermissions": permissions}


async def modify_snapshot_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Share a snapshot with accounts, or with everybody where it is not encrypted."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    async with ctx.db.transaction():
        row = await snapshots.shared(ctx.db, ctx.region, snapshot_id, lock=True)
        if row is None:
            raise identifiers.not_found(SNAPSHOT, [snapshot_id])
        users = sharing.changed(params, "CreateVolumePermission", "GroupNames", row["volume_users"])
        if users is None:
            raise AwsError("InvalidParameterCombination", "No attributes specified.")
        if users and row["encrypted"] and (sharing.ALL in users or row["kms_key_id"] is None):
            raise AwsError(
                "InvalidParameter",
                "Encrypted snapshots with EBS default key cannot be shared",
            )
        public = sharing.ALL in users and sharing.ALL not in row["volume_users"]
        if public and (await ec2_settings.find(ctx.db, ctx.region)).snapshots != "unblocked":
            raise AwsError(
                "OperationNotPermitted",
                "You can't publicly share snapshots because block public access for snapshots is"
                " enabled for this account in this Region.",
            )
        await snapshots.share(ctx.db, ctx.region, snapshot_id, users)
    return {}


async def reset_snapshot_attribute(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Share a snapshot with nobody."""
    snapshot_id = params["SnapshotId"]
    identifiers.check(SNAPSHOT, [snapshot_id])
    if params["Attribute"] != "createVolumePermission":
        raise AwsError("InvalidParameterValue", "productCodes cannot be reset.")
    if not await snapshots.share(ctx.db, ctx.region, snapshot_id, []):
        raise identifiers.not_found(SNAPSHOT, [snapshot_id])
    return {}
