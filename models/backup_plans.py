"""AWS Backup: plans, what they select, vaults and the recovery points in them."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Column, Database, Listing

PLANS = Listing(
    "p.plan_id, p.arn, p.name, p.version_id, p.rules, p.advanced_settings, p.ran_at, p.created_at,"
    " p.tags",
    "backup_plans as p",
    key="p.plan_id",
    columns={"region": "p.region"},
)
SELECTIONS = Listing(
    "s.*",
    "backup_selections as s",
    key="s.selection_id",
    columns={"region": "s.region", "plan_id": "s.plan_id"},
)
VAULTS = Listing(
    "v.name, v.arn, v.encryption_key_arn, v.created_at, v.tags,"
    " (select count(*) from recovery_points as r where r.account_id = v.account_id"
    " and r.region = v.region and r.vault_name = v.name) as point_count",
    "backup_vaults as v",
    key="v.name",
    columns={"region": "v.region"},
)
POINTS = Listing(
    "r.*, p.name as plan_name, s.encrypted, s.kms_key_id,"
    f" 'arn:aws:backup:' || r.region || ':' || {NUMBER} || ':backup-vault:' || r.vault_name"
    " as vault_arn",
    "recovery_points as r join snapshots as s on s.snapshot_id = r.snapshot_id"
    " left join backup_plans as p on p.plan_id = r.plan_id",
    key="r.arn",
    columns={
        "region": "r.region",
        "vault_name": "r.vault_name",
        "resource_arn": "r.resource_arn",
        "resource_type": "r.resource_type",
        "plan_id": "r.plan_id",
        "created_at": Column("r.created_at", "time"),
    },
)
# The newest recovery point of each resource.
PROTECTED = Listing(
    "r.*",
    "(select distinct on (o.resource_arn) o.region, o.resource_arn, o.resource_type, o.arn,"
    f" o.created_at, 'arn:aws:backup:' || o.region || ':' || {NUMBER} || ':backup-vault:'"
    " || o.vault_name as vault_arn from recovery_points as o"
    " order by o.resource_arn, o.created_at desc) as r",
    key="r.resource_arn",
    columns={"region": "r.region"},
)

_DELETE_PLAN = """
delete from backup_plans as p
 where p.account_id = driftcloud_account() and p.region = $1 and p.plan_id = $2
   and not exists (select from backup_selections as s where s.plan_id = p.plan_id)
returning p.plan_id
"""
_DELETE_SELECTION = """
delete from backup_selections
 where account_id = driftcloud_account() and region = $1 and plan_id = $2 and selection_id = $3
returning selection_id
"""
_DELETE_VAULT = """
delete from backup_vaults as v
 where v.account_id = driftcloud_account() and v.region = $1 and v.name = $2
   and not exists (select from recovery_points as r
                    where r.region = v.region and r.vault_name = v.name)
returning v.name
"""
# A recovery point goes with its snapshot.
_DELETE_POINT = """
delete from snapshots as s using recovery_points as r
 where r.account_id = driftcloud_account() and r.region = $1 and r.vault_name = $2 and r.arn = $3
   and s.snapshot_id = r.snapshot_id
returning s.snapshot_id
"""


async def find_plan(db: Database, region: str, plan_id: str) -> Any | None:
    """The plan of that id, or None."""
    return await PLANS.one(db, region, plan_id)


async def find_selection(db: Database, region: str, selection_id: str) -> Any | None:
    """The selection of that id, or None."""
    return await SELECTIONS.one(db, region, selection_id)


async def find_vault(db: Database, region: str, name: str) -> Any | None:
    """The vault of that name, or None."""
    return await VAULTS.one(db, region, name)


async def insert(db: Any, table: str, row: Mapping[str, Any]) -> bool:
    """Store a new plan, selection or vault; False when its name is taken."""
    return await single_rows.insert(db, table, row)


async def change_plan(db: Any, region: str, plan_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of a plan; False when it is not there."""
    return await single_rows.update(db, "backup_plans", region, "plan_id", plan_id, changes)


async def delete_plan(db: Any, region: str, plan_id: str) -> bool:
    """Delete a plan that selects nothing; False when that cannot be."""
    return bool(await db.write(_DELETE_PLAN, region, plan_id))


async def delete_selection(db: Any, region: str, plan_id: str, selection_id: str) -> bool:
    """Delete a selection; False when it is not there."""
    return bool(await db.write(_DELETE_SELECTION, region, plan_id, selection_id))


async def delete_vault(db: Any, region: str, name: str) -> bool:
    """Delete an empty vault; False when that cannot be."""
    return bool(await db.write(_DELETE_VAULT, region, name))


async def delete_point(db: Any, region: str, vault: str, arn: str) -> bool:
    """Delete a recovery point with its snapshot; False when it is not there."""
    return bool(await db.write(_DELETE_POINT, region, vault, arn))
