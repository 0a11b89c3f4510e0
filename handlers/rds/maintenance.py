"""Maintenance that waits: minor versions that an engine could be brought to.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PendingMaintenanceAction.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.rds import identifiers, lists
from handlers.rds.identifiers import CLUSTER, INSTANCE
from models import rds_clusters, rds_engines, rds_instances

NOUN = "rds_instances"
FILTERS = ("db-cluster-id", "db-instance-id")


async def describe_pending_maintenance_actions(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What AWS would do to databases and clusters: upgrade what is behind its major version."""
    page = lists.page(ctx, params)
    wanted = lists.wanted(FILTERS, params.get("Filters"))
    asked = params.get("ResourceIdentifier")
    rows = [
        *await rds_instances.LISTING.page(ctx.db, region=ctx.region),
        *await rds_clusters.LISTING.page(ctx.db, region=ctx.region),
    ]
    if asked:
        rows = [row for row in rows if row["arn"] == asked]
        if not rows:
            raise AwsError("ResourceNotFoundFault", f"Resource {asked} not found.", 404)
    behind = [row for row in rows if _target(row) and _meets(row, wanted)]
    behind.sort(key=lambda row: str(row["arn"]))
    shown, marker = page.cut_items(behind, lambda row: str(row["arn"]))
    return {"PendingMaintenanceActions": [_shown(row) for row in shown], "Marker": marker}


async def apply_pending_maintenance_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Opt in to an upgrade: at once, or in the next window, or take that back."""
    name, opted = params["ResourceIdentifier"], params["OptInType"]
    if params["ApplyAction"] != "db-upgrade" or opted not in (
        "immediate",
        "next-maintenance",
        "undo-opt-in",
    ):
        raise AwsError("InvalidParameterCombination", "The action or opt-in type is not valid.")
    cluster = ":cluster:" in name
    async with ctx.db.transaction():
        listing = rds_clusters if cluster else rds_instances
        noun = CLUSTER if cluster else INSTANCE
        identifier = identifiers.plain(ctx, noun, name)
        row = await listing.find_one(ctx.db, ctx.region, identifier)
        target = row and _target(row)
        if row is None or target is None:
            raise AwsError("ResourceNotFoundFault", f"Resource {name} not found.", 404)
        if cluster and opted == "immediate":
            changes = {"engine_version": target}
            await rds_clusters.update(ctx.db, ctx.region, identifier, changes)
            await rds_clusters.change_members(ctx.db, ctx.region, identifier, changes)
        elif opted == "immediate":
            await rds_instances.update(ctx.db, ctx.region, identifier, {"engine_version": target})
        elif not cluster:
            rest = {key: value for key, value in row["pending"].items() if key != "engine_version"}
            opted_in = {"engine_version": target} if opted == "next-maintenance" else {}
            changes = {"pending": rest | opted_in}
            await rds_instances.update(ctx.db, ctx.region, identifier, changes)
    done = _shown(row)
    done["PendingMaintenanceActionDetails"][0]["OptInStatus"] = opted
    return {"ResourcePendingMaintenanceActions": done}


def _target(row: Mapping[str, Any]) -> str | None:
    """The newest version of the same major one, if it is newer than what runs."""
    engine = rds_engines.known(row["engine"])
    current = row["engine_version"] or engine.default_version
    if "members" not in row and row["cluster_identifier"]:
        return None  # it is upgraded with its cluster
    minor = [version for version, major in engine.upgrades(current) if not major]
    return minor[-1] if minor else None


def _meets(row: Mapping[str, Any], wanted: Mapping[str, list[str]]) -> bool:
    kind = "db-cluster-id" if "members" in row else "db-instance-id"
    if not wanted:
        return True
    return row["identifier"] in {lists.last_part(value) for value in wanted.get(kind, ())}


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    version = _target(row)
    return {
        "ResourceIdentifier": row["arn"],
        "PendingMaintenanceActionDetails": [
            {
                "Action": "db-upgrade",
                "Description": f"Upgrade to {row['engine']} {version}",
            }
        ],
    }
