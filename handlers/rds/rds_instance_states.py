"""Databases stopped, started and rebooted.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_StopInstance.html: what is a
replica, has one, or belongs to a cluster is not stopped by itself; whatever is stopped starts
again after seven days.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers
from handlers.rds.identifiers import INSTANCE, SNAPSHOT
from handlers.rds.rds_instances import find, shown, takes
from handlers.rds.rds_snapshot_taking import take
from models import rds_engines, rds_instances

NOUN = "rds_instances"


async def stop_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a database: its hours cost nothing until it starts again, its storage does."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        _check_eligible(row)
        if row["status"] != "available":
            raise AwsError(
                "InvalidDBInstanceState", f"Instance {identifier} is not in available state."
            )
        if row["engine"].startswith("sqlserver") and row["multi_az"]:
            raise AwsError(
                "InvalidDBInstanceState",
                "Cannot stop or start a SQL Server DB instance in a Multi-AZ configuration",
            )
        if params.get("DBSnapshotIdentifier"):
            name = identifiers.new(SNAPSHOT, params["DBSnapshotIdentifier"], 255)
            await take(ctx, row, name, {})
        changes = rds_instances.transition("stopping", "stopped", ctx.now, takes(ctx))
        changes["stopped_at"] = ctx.now
        await rds_instances.update(ctx.db, ctx.region, identifier, changes)
    return {"DBInstance": shown(row, "stopping")}


async def start_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Start a stopped database."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        _check_eligible(row)
        if row["status"] != "stopped":
            raise AwsError(
                "InvalidDBInstanceState",
                f"Instance {identifier} is not stopped or inaccessible-encryption-credentials-"
                "recoverable, cannot be started.",
            )
        changes = rds_instances.transition("starting", "available", ctx.now, takes(ctx))
        changes["stopped_at"] = None
        await rds_instances.update(ctx.db, ctx.region, identifier, changes)
        row = await rds_instances.find_one(ctx.db, ctx.region, identifier)
    return {"DBInstance": shown(row, "starting")}


async def reboot_db_instance(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Restart the engine of a database that runs."""
    identifier = identifiers.plain(ctx, INSTANCE, params["DBInstanceIdentifier"])
    async with ctx.db.transaction():
        row = await find(ctx, identifier)
        if row["status"] != "available":
            raise AwsError(
                "InvalidDBInstanceState",
                f"Instance {identifier} is not in available state: it cannot be rebooted while"
                f" it is {row['status']}.",
            )
        if params.get("ForceFailover") and not row["multi_az"]:
            raise AwsError(
                "InvalidParameterCombination",
                "Reboot with failover is only possible for a Multi-AZ DB instance.",
            )
        changes = rds_instances.transition("rebooting", "available", ctx.now, takes(ctx))
        changes["latest_reboot_at"] = ctx.now
        await rds_instances.update(ctx.db, ctx.region, identifier, changes)
    return {"DBInstance": shown(row, "rebooting")}


def _check_eligible(row: Any) -> None:
    if rds_engines.known(row["engine"]).is_aurora or row["cluster_identifier"]:
        raise AwsError(
            "InvalidParameterCombination",
            f"{row['engine']} DB instances are not eligible for stopping and starting.",
        )
    if row["replica_of"] or row["replicas"]:
        raise AwsError("InvalidDBInstanceState", "Cannot stop or start a Read-Replica instance")
