"""Clusters of databases: one volume of data, and the instances that write and read it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models import single_rows
from models.listing import Column, Database, Listing
from models.rds_networks import DEFAULT_GROUP, SUBNET_GROUP
from models.rds_windows import BACKUP, MAINTENANCE, NOW

_SHOWN = (
    "identifier", "arn", "region", "env", "engine", "engine_version", "engine_mode", "db_name",
    "master_username", "port", "subnet_group_name", "parameter_group_name", "storage_type",
    "storage_encrypted", "kms_key_id", "backup_retention_days", "deletion_protection",
    "copy_tags_to_snapshot", "iam_authentication", "http_endpoint", "log_exports",
    "serverless_min_capacity", "serverless_max_capacity", "tags", "created_at",
)  # fmt: skip
RESOURCE_ID = "('cluster-' || upper(substr(md5(c.id::text), 1, 26)))"
_OF_IT = (
    "from rds_instances as m where m.account_id = c.account_id and m.region = c.region"
    " and m.cluster_identifier = c.identifier"
    f" and (m.settled_state is distinct from 'deleted' or m.settles_at > {NOW})"
)
# The oldest member writes; the others read.
_MEMBERS = (
    "coalesce((select jsonb_agg(jsonb_build_object('identifier', m.identifier, 'tier',"
    " coalesce(m.promotion_tier, 1), 'zone', m.availability_zone) order by m.created_at,"
    f" m.identifier) {_OF_IT}), '[]')"
)
# A cluster is stopped when all its members are, whoever stopped or started them.
_STATUS = (
    f"(case when c.settles_at > {NOW} then c.state_transition"
    f" when (select bool_and(m.state = 'stopped') {_OF_IT}) then 'stopped' else 'available' end)"
)
_DOMAIN = (
    "'-' || substr(md5(c.account_id::text || c.region), 1, 11) || '.' || c.region"
    " || '.rds.amazonaws.com'"
)

LISTING = Listing(
    ", ".join(f"c.{name}" for name in _SHOWN)
    + f", {RESOURCE_ID} as resource_id, {_STATUS} as status, {_MEMBERS} as members,"
    f" c.identifier || '.cluster' || {_DOMAIN} as endpoint,"
    f" c.identifier || '.cluster-ro' || {_DOMAIN} as reader_endpoint,"
    f" (select min(m.stopped_at) + interval '7 days' {_OF_IT}) as restarts_at,"
    f" date_trunc('minute', {NOW}) - interval '5 minutes' as restorable_at,"
    f" greatest(c.created_at, date_trunc('minute', {NOW})"
    " - c.backup_retention_days * interval '1 day') as restorable_from,"
    f" {BACKUP.format('c')} as backup_window, {MAINTENANCE.format('c')} as maintenance_window,"
    f" {SUBNET_GROUP.format('c')} as subnet_group,"
    f" coalesce(c.security_group_ids, {DEFAULT_GROUP.format('c')}) as security_group_ids",
    "rds_clusters as c",
    key="c.identifier",
    columns={
        "region": "c.region",
        "identifier": "c.identifier",
        "resource_id": RESOURCE_ID,
        "engine": "c.engine",
        "engine_mode": "c.engine_mode",
        "created_at": Column("c.created_at", "time"),
        "nothing": "null::text",
    },
    tagged="rds_cluster",
    tagged_by="c.arn",
    always=f"(c.state_transition is distinct from 'deleting' or c.settles_at > {NOW})",
)

_STOP = """
update rds_instances
   set state = case when $4 > interval '0' then 'stopping' else 'stopped' end,
       settled_state = case when $4 > interval '0' then 'stopped' end,
       settles_at = case when $4 > interval '0' then $3::timestamptz + $4::interval end,
       state_transition = null, stopped_at = $3
 where account_id = driftcloud_account() and region = $1 and cluster_identifier = $2
"""
_START = """
update rds_instances
   set state = case when $4 > interval '0' then 'starting' else 'available' end,
       settled_state = case when $4 > interval '0' then 'available' end,
       settles_at = case when $4 > interval '0' then $3::timestamptz + $4::interval end,
       state_transition = null, stopped_at = null
 where account_id = driftcloud_account() and region = $1 and cluster_identifier = $2
"""
_RENAME_MEMBERS = """
update rds_instances set cluster_identifier = $3
 where account_id = driftcloud_account() and region = $1 and cluster_identifier = $2
"""
_DELETE = """
delete from rds_clusters
 where account_id = driftcloud_account() and region = $1 and identifier = $2
"""
_LOCK = """
select id from rds_clusters
 where account_id = driftcloud_account() and region = $1 and identifier = $2 for update
"""


async def find_one(db: Database, region: str, identifier: str) -> Any | None:
    """The cluster of that identifier, or None."""
    return await LISTING.one(db, region, identifier)


async def lock(db: Any, region: str, identifier: str) -> None:
    """Hold a cluster until the transaction ends."""
    await db.fetch(_LOCK, region, identifier)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new cluster; False when the identifier is taken."""
    return await single_rows.insert(db, "rds_clusters", row)


async def update(db: Any, region: str, identifier: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one cluster; False when it is not there."""
    return await single_rows.update(db, "rds_clusters", region, "identifier", identifier, changes)


async def rename_members(db: Any, region: str, identifier: str, to: str) -> None:
    """Let the members follow a cluster to its new identifier."""
    await db.write(_RENAME_MEMBERS, region, identifier, to)


async def change_members(db: Any, region: str, identifier: str, changes: Mapping[str, Any]) -> None:
    """Change columns that members share with their cluster."""
    if changes:
        await single_rows.update(
            db, "rds_instances", region, "cluster_identifier", identifier, changes
        )


async def stop(db: Any, region: str, identifier: str, now: datetime, takes: timedelta) -> None:
    """Stop all members."""
    await db.write(_STOP, region, identifier, now, takes)


async def start(db: Any, region: str, identifier: str, now: datetime, takes: timedelta) -> None:
    """Start all members."""
    await db.write(_START, region, identifier, now, takes)


async def delete(db: Any, region: str, identifier: str, now: datetime, takes: timedelta) -> None:
    """Delete a cluster without members, at once or when `takes` is over."""
    if takes:
        changes = {"state_transition": "deleting", "settles_at": now + takes}
        await update(db, region, identifier, changes)
    else:
        await db.write(_DELETE, region, identifier)
