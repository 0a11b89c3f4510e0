"""Cache clusters and replication groups: their states, and what they cost.

A replication group is one row, whose members say who its nodes are; a cluster by itself is one
too. AWS lists the members of groups among the clusters: CLUSTERS does so, GROUPS has the groups.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models import costs, single_rows
from models.cache_windows import MAINTENANCE, SNAPSHOT
from models.callers import NOW
from models.listing import Column, Database, Listing

_STORED = (
    "id", "cluster_id", "identifier", "arn", "engine", "engine_version", "node_type", "num_nodes",
    "env", "region", "hourly_cost", "created_at", "replication_group_id", "availability_zone",
    "port", "members", "cluster_mode", "description", "subnet_group_name",
    "parameter_group_name", "pending", "snapshot_retention_days", "snapshotting_cluster_id",
    "auto_minor_version_upgrade", "automatic_failover", "multi_az", "transit_encryption",
    "transit_encryption_mode", "at_rest_encryption", "auth_token", "kms_key_id",
    "notification_topic_arn", "serverless", "avg_memory_7d", "settles_at", "update_actions",
)  # fmt: skip
# A transition is over when its time has come, whether or not anything has settled it yet.
STATUS = f"(case when c.settles_at <= {NOW} then 'available' else c.status end)"
# What was being deleted is gone when its time has come.
ALWAYS = f"(c.status <> 'deleting' or c.settles_at is null or c.settles_at > {NOW})"
_VPC_ID = (
    "(select g.vpc_id from cache_subnet_groups as g where g.account_id = c.account_id"
    " and g.region = c.region and g.name = c.subnet_group_name)"
)
# AWS puts what names no security group into the network's default one.
_SECURITY_GROUPS = (
    "coalesce(c.security_group_ids, array(select sg.group_id from security_groups as sg"
    " where (sg.name = 'default' or sg.name like '%-cache')"
    f" and sg.vpc_id = {_VPC_ID} order by sg.name like '%-cache' desc, sg.group_id limit 1))"
)
_SELECT = (
    ", ".join(f"c.{name}" for name in _STORED)
    + f", {STATUS} as status, {MAINTENANCE.format('c')} as maintenance_window,"
    f" {SNAPSHOT.format('c')} as snapshot_window, {_SECURITY_GROUPS} as security_group_ids,"
    f" {_VPC_ID} as vpc_id, substr(md5(c.account_id::text || c.region), 1, 6) as domain"
)
_MEMBER = "coalesce(m.id, c.identifier)"
CLUSTERS = Listing(
    f"{_SELECT}, {_MEMBER} as member_id, coalesce(m.zone, c.availability_zone) as zone,"
    ' m."group" as node_group, coalesce(m."primary", true) as is_primary,'
    " (case when c.members is null then c.num_nodes else 1 end) as nodes",
    "cache_clusters as c left join lateral jsonb_to_recordset(c.members)"
    ' as m (id text, "group" text, zone text, "primary" boolean) on true',
    key=_MEMBER,
    columns={
        "region": "c.region",
        "identifier": "c.identifier",
        "grouped": Column("(c.replication_group_id is not null)", "bool"),
    },
    always=f"c.serverless is null and {ALWAYS}",
)
GROUPS = Listing(
    _SELECT,
    "cache_clusters as c",
    key="c.replication_group_id",
    columns={"region": "c.region", "identifier": "c.identifier"},
    always=f"c.replication_group_id is not null and {ALWAYS}",
)
ROWS = Listing(
    _SELECT,
    "cache_clusters as c",
    key="c.identifier",
    columns={"region": "c.region"},
    always=f"c.serverless is null and {ALWAYS}",
)
SERVERLESS = Listing(
    f"{_SELECT}, (select g.subnet_ids from cache_subnet_groups as g where g.account_id ="
    " c.account_id and g.region = c.region and g.name = c.subnet_group_name) as default_subnets",
    "cache_clusters as c",
    key="c.identifier",
    columns={"region": "c.region"},
    always=f"c.serverless is not null and {ALWAYS}",
)

# What ends by itself: called by the server while it runs, in step with its transition_seconds.
SETTLE = """
with gone as (
    delete from cache_clusters
     where status = 'deleting' and settles_at <= driftcloud_now(account_id)
)
update cache_clusters set status = 'available', settles_at = null
 where status <> 'deleting' and settles_at <= driftcloud_now(account_id)
"""

_CLEAR = f"""
delete from cache_clusters
 where account_id = driftcloud_account() and region = $1 and status = 'deleting'
   and settles_at <= {NOW}
"""
_LOCK = """
select id from cache_clusters
 where account_id = driftcloud_account() and region = $1 and identifier = $2 for update
"""
_DELETE = """
delete from cache_clusters
 where account_id = driftcloud_account() and region = $1 and identifier = $2
"""
_TAKEN = """
select 1 from cache_clusters where account_id = driftcloud_account() and region = $1
   and (identifier = any($2::text[]) or exists (select 1 from jsonb_to_recordset(members)
        as m (id text) where m.id = any($2::text[])))
"""
_TAG = """
insert into resource_tags (account_id, resource_type, resource_id, key, value)
select driftcloud_account(), 'cache_cluster', c.cluster_id, t.key, t.value
  from cache_clusters as c, jsonb_each_text($3::jsonb) as t
 where c.account_id = driftcloud_account() and c.region = $1 and c.identifier = $2
"""
_ZONES = """
select distinct availability_zone from subnets where region = $1 and subnet_id = any($2::text[])
 order by 1
"""


async def with_nodes(db: Database, region: str) -> list[Any]:
    """Every row of a region that runs nodes, by identifier: clusters by themselves and groups."""
    return await ROWS.page(db, region=region)


async def find_cluster(db: Database, region: str, identifier: str) -> Any | None:
    """The cluster of that id, by itself or a member of a group, or None."""
    return await CLUSTERS.one(db, region, identifier)


async def find_group(db: Database, region: str, group_id: str) -> Any | None:
    """The replication group of that id, or None."""
    return await GROUPS.one(db, region, group_id)


async def find_serverless(db: Database, region: str, name: str) -> Any | None:
    """The serverless cache of that name, or None."""
    return await SERVERLESS.one(db, region, name)


async def lock(db: Any, region: str, identifier: str) -> None:
    """Hold a row until the transaction ends, so that what is read of it stays true."""
    await db.fetch(_LOCK, region, identifier)


async def is_taken(db: Any, region: str, identifiers: list[str]) -> bool:
    """Whether a cluster has one of these ids."""
    return bool(await db.fetch(_TAKEN, region, identifiers))


async def zones_of(db: Any, region: str, subnet_ids: list[str]) -> list[str]:
    """The zones in which subnets are."""
    return [row["availability_zone"] for row in await db.fetch(_ZONES, region, subnet_ids)]


async def insert(db: Any, row: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Store a new row with its costs and tags; False when the identifier is taken."""
    await db.write(_CLEAR, row["region"])
    whole = {**priced(row), **row}
    if not await single_rows.insert(db, "cache_clusters", whole):
        return False
    if tags:
        await db.write(_TAG, row["region"], row["identifier"], dict(tags))
    return True


async def update(db: Any, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a row."""
    await single_rows.update(
        db, "cache_clusters", row["region"], "identifier", row["identifier"], changes
    )


async def change(db: Any, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Change columns of a row, and what it costs with them."""
    await update(db, row, {**changes, **priced({**dict(row), **changes})})


async def delete(db: Any, row: Mapping[str, Any], now: datetime, takes: timedelta) -> None:
    """Delete a row, at once or when `takes` is over."""
    if takes:
        await update(db, row, {"status": "deleting", "settles_at": now + takes})
    else:
        await db.write(_DELETE, row["region"], row["identifier"])


def transition(status: str, now: datetime, takes: timedelta) -> dict[str, Any]:
    """The columns of a change that shows as `status` until it is over."""
    if not takes:
        return {"status": "available", "settles_at": None}
    return {"status": status, "settles_at": now + takes}


def priced(row: Mapping[str, Any]) -> dict[str, Any]:
    """What all nodes of a row cost an hour."""
    if row.get("serverless") is not None:
        limits = row["serverless"]
        least = costs.cache_serverless_hourly(
            limits.get("minimum_gb") or 0,
            row["region"],
            engine=row["engine"],
            minimum_ecpu=limits.get("minimum_ecpu") or 0,
        )
        return {"hourly_cost": least}
    hourly = costs.cache_hourly(
        row["node_type"], row["num_nodes"], row["region"], engine=row["engine"]
    )
    return {"hourly_cost": hourly}
