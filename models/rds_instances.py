"""Databases: RDS instances, their states, and what a change of them takes along."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from models import costs, single_rows
from models.callers import NUMBER
from models.listing import Database, Listing
from models.rds_networks import DEFAULT_GROUP, SUBNET_GROUP
from models.rds_windows import BACKUP, MAINTENANCE, NOW

# Columns that cost something when they change.
PRICED = frozenset(
    ("instance_class", "engine", "multi_az", "storage_type", "allocated_storage_gib", "iops",
     "storage_throughput")
)  # fmt: skip
RESTART_AFTER = timedelta(days=7)

_SHOWN = (
    "id",
    "db_instance_id",
    "identifier",
    "arn",
    "engine",
    "engine_version",
    "instance_class",
    "allocated_storage_gib",
    "env",
    "region",
    "state",
    "hourly_cost",
    "storage_monthly_cost",
    "created_at",
    "availability_zone",
    "multi_az",
    "storage_type",
    "iops",
    "storage_throughput",
    "storage_encrypted",
    "kms_key_id",
    "max_allocated_storage_gib",
    "backup_retention_days",
    "cluster_identifier",
    "replica_of",
    "deletion_protection",
    "publicly_accessible",
    "db_name",
    "master_username",
    "port",
    "subnet_group_name",
    "parameter_group_name",
    "license_model",
    "auto_minor_version_upgrade",
    "copy_tags_to_snapshot",
    "iam_authentication",
    "monitoring_interval_seconds",
    "monitoring_role_arn",
    "performance_insights",
    "performance_insights_retention_days",
    "log_exports",
    "ca_certificate",
    "promotion_tier",
    "pending",
    "stopped_at",
)

# The id that outlives a rename, drawn from the row's key.
RESOURCE_ID = "('db-' || upper(substr(md5({0}.id::text), 1, 26)))"
_RESOURCE_ID = RESOURCE_ID.format("r")
# A transition is over when its time has come, whether or not anything has settled it yet.
_STATUS = (
    f"(case when r.settles_at > {NOW} then coalesce(r.state_transition, r.state)"
    " else coalesce(r.settled_state, r.state) end)"
)
_DOMAIN = (
    "'.c' || substr(md5(r.account_id::text || r.region), 1, 11) || '.' || r.region"
    " || '.rds.amazonaws.com'"
)
_ADDRESS = f"(case when {_STATUS} <> 'creating' then r.identifier || {_DOMAIN} end)"
_REPLICAS = (
    "array(select o.identifier from rds_instances as o where o.account_id = r.account_id"
    " and o.region = r.region and o.replica_of = r.identifier order by o.identifier)"
)
_TAGS = (
    "coalesce((select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    " where t.resource_type = 'rds_instance' and t.resource_id = r.db_instance_id), '{}')"
)
_RESTORABLE = (
    "(case when r.backup_retention_days > 0 and r.cluster_identifier is null and"
    f" r.replica_of is null then date_trunc('minute', coalesce(r.stopped_at, {NOW}))"
    " - interval '5 minutes' end)"
)

_RESTORABLE_FROM = (
    f"greatest(r.created_at, date_trunc('minute', coalesce(r.stopped_at, {NOW}))"
    " - r.backup_retention_days * interval '1 day')"
)
_BACKUP_ARN = (
    "(replace(r.arn, ':db:' || r.identifier, ':auto-backup:ab-')"
    " || substr(md5('backup' || r.id::text), 1, 26))"
)
_SELECT = (
    ", ".join(f"r.{name}" for name in _SHOWN)
    + f", {_RESOURCE_ID} as resource_id, {_STATUS} as status, {_ADDRESS} as address,"
    f" {_REPLICAS} as replicas, {_TAGS} as tags, {_RESTORABLE} as restorable_at,"
    f" {_RESTORABLE_FROM} as restorable_from, {_BACKUP_ARN} as backup_arn,"
    f" (case when {_STATUS} = 'stopped' then r.stopped_at + interval '7 days' end) as restarts_at,"
    f" {BACKUP.format('r')} as backup_window, {MAINTENANCE.format('r')} as maintenance_window,"
    f" {SUBNET_GROUP.format('r')} as subnet_group,"
    f" coalesce(r.security_group_ids, {DEFAULT_GROUP.format('r')}) as security_group_ids"
)
_COLUMNS = {
    "region": "r.region",
    "identifier": "r.identifier",
    "arn": "r.arn",
    "resource_id": _RESOURCE_ID,
    "cluster_identifier": "r.cluster_identifier",
    "engine": "r.engine",
    "backup_arn": _BACKUP_ARN,
    # No directory is emulated, so no database is in one.
    "domain": "null::text",
}
_ALWAYS = f"(r.settled_state is distinct from 'deleted' or r.settles_at > {NOW})"

LISTING = Listing(
    _SELECT, "rds_instances as r", key="r.identifier", columns=_COLUMNS, always=_ALWAYS
)
# Those that keep automated backups of their own.
BACKED_UP = Listing(
    _SELECT,
    "rds_instances as r",
    key="r.identifier",
    columns=_COLUMNS,
    always=f"{_ALWAYS} and r.backup_retention_days > 0 and r.cluster_identifier is null"
    " and r.replica_of is null",
)

# What ends by itself: called by the server while it runs, in step with its transition_seconds.
SETTLE = """
with gone as (
    delete from rds_instances
     where settled_state = 'deleted' and settles_at <= driftcloud_now(account_id)
), settled as (
    update rds_instances
       set state = settled_state, settled_state = null, settles_at = null, state_transition = null
     where settled_state <> 'deleted' and settles_at <= driftcloud_now(account_id)
)
delete from rds_clusters
 where state_transition = 'deleting' and settles_at <= driftcloud_now(account_id)
"""

_TAKEN = f"""
select 1 from rds_instances
 where account_id = driftcloud_account() and region = $2
   and db_instance_id in ($1, $1 || '.' || {NUMBER} || '.' || $2)
"""
_TAG = """
insert into resource_tags (account_id, resource_type, resource_id, key, value)
select driftcloud_account(), 'rds_instance', r.db_instance_id, t.key, t.value
  from rds_instances as r, jsonb_each_text($3::jsonb) as t
 where r.account_id = driftcloud_account() and r.region = $1 and r.identifier = $2
"""
_FOLLOW = """
update rds_instances set replica_of = $3
 where account_id = driftcloud_account() and region = $1 and replica_of = $2
"""
_DELETE = """
delete from rds_instances
 where account_id = driftcloud_account() and region = $1 and identifier = $2
"""
_MEMBERS = "select identifier from rds_instances where region = $1 and cluster_identifier = $2"


async def find_one(db: Database, region: str, identifier: str) -> Any | None:
    """The database of that identifier, or None."""
    return await LISTING.one(db, region, identifier)


async def lock(db: Any, region: str, identifier: str) -> None:
    """Hold a database until the transaction ends, so that what is read of it stays true."""
    await db.fetch(
        "select id from rds_instances where account_id = driftcloud_account() and region = $1"
        " and identifier = $2 for update",
        region,
        identifier,
    )


async def insert(db: Any, row: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Store a new database with its costs and tags; False when the identifier is taken."""
    whole = {**row, **priced(row)}
    if await db.fetch(_TAKEN, row["identifier"], row["region"]):
        # A database that was renamed keeps its metrics, and with them the plain id.
        whole["db_instance_id"] = f"{row['identifier']}.{row['created_at']:%Y%m%d%H%M%S%f}"
    if not await single_rows.insert(db, "rds_instances", whole):
        return False
    if tags:
        await db.write(_TAG, row["region"], row["identifier"], dict(tags))
    return True


async def update(db: Any, region: str, identifier: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one database; False when it is not there."""
    return await single_rows.update(db, "rds_instances", region, "identifier", identifier, changes)


async def rename(db: Any, region: str, identifier: str, to: str) -> bool:
    """Give a database another identifier, which its replicas follow; False when it is taken."""
    if await find_one(db, region, to) is not None:
        return False
    await db.write(
        "update rds_instances set identifier = $3,"
        " arn = replace(arn, ':db:' || identifier, ':db:' || $3)"
        " where account_id = driftcloud_account() and region = $1 and identifier = $2",
        region,
        identifier,
        to,
    )
    await db.write(_FOLLOW, region, identifier, to)
    return True


async def delete(db: Any, region: str, identifier: str, now: datetime, takes: timedelta) -> None:
    """Delete a database, at once or when `takes` is over; its replicas stand alone from now on."""
    await db.write(_FOLLOW, region, identifier, None)
    if takes:
        changes = {
            "state": "deleting",
            "state_transition": None,
            "settled_state": "deleted",
            "settles_at": now + takes,
        }
        await update(db, region, identifier, changes)
    else:
        await db.write(_DELETE, region, identifier)


async def members(db: Database, region: str, cluster_identifier: str) -> list[str]:
    """The identifiers of a cluster's members."""
    rows = await db.fetch(_MEMBERS, region, cluster_identifier)
    return [row["identifier"] for row in rows]


def transition(status: str, settled: str, now: datetime, takes: timedelta) -> dict[str, Any]:
    """The columns of a change of state that shows as `status` and ends in `settled`."""
    words = {"starting": "starting", "stopping": "stopping"}
    if not takes:
        return {
            "state": settled,
            "state_transition": None,
            "settled_state": None,
            "settles_at": None,
        }
    return {
        "state": words.get(status, settled),
        "state_transition": None if status in words else status,
        "settled_state": settled,
        "settles_at": now + takes,
    }


def priced(row: Mapping[str, Any]) -> dict[str, Decimal]:
    """What a database costs: its hours and its storage.

    A cluster's volume is one, whoever reads it: its first member's row carries its price, and
    the others say `shares_storage`.
    """
    engine, region, multi_az = row["engine"], row["region"], bool(row.get("multi_az"))
    return {
        "hourly_cost": costs.rds_hourly(row["instance_class"], engine, region, multi_az=multi_az),
        "storage_monthly_cost": costs.rds_storage_monthly(
            row["allocated_storage_gib"],
            region,
            storage_type=row["storage_type"],
            iops=row.get("iops"),
            throughput_mibps=row.get("storage_throughput"),
            multi_az=multi_az,
            engine=engine,
        ),
    }
