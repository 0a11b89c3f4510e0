"""Services of ECS clusters and their deployments; the tasks follow from them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from models.callers import NOW
from models.listing import Column, Database, Listing

# How many replicas there are machines for: EC2 tasks need a container instance.
PLACED = (
    "(case when s.status <> 'ACTIVE' then 0 when s.launch_type = 'EC2' and not exists (select"
    " from container_nodes as n where n.cluster_id = s.cluster_id and n.state = 'running'"
    " and n.status = 'ACTIVE') then 0 else s.replica_count end)"
)
# A service rolls out while its newest deployment has not settled.
ROLLING = (
    "select from container_deployments as d where d.service_id = s.id"
    f" and d.settles_at > {NOW}"
)  # fmt: skip
_NEWEST = (
    "left join lateral (select d.* from container_deployments as d where d.service_id = s.id"
    " order by d.created_at desc, d.id limit 1) as d on true"
)
_BEFORE = (
    "left join lateral (select o.* from container_deployments as o where o.service_id = s.id"
    " and o.id <> d.id order by o.created_at desc, o.id limit 1) as o"
    f" on d.settles_at > {NOW} and s.status = 'ACTIVE'"
)
SOURCE = (
    "container_services as s join container_clusters as c on c.id = s.cluster_id"
    f" and c.orchestrator = 'ecs' {_NEWEST} {_BEFORE}"
)
_COLUMNS = (
    "id", "name", "arn", "region", "env", "status", "launch_type", "replica_count",
    "task_definition_arn", "capacity_strategy", "network", "load_balancers", "options",
    "created_at", "cluster_id", "architecture", "stopped_task_numbers",
)  # fmt: skip
_DEPLOYMENT = ("id", "task_definition_arn", "created_at", "settles_at", "desired_count")

LISTING = Listing(
    ", ".join(f"s.{name}" for name in _COLUMNS)
    + ", c.arn as cluster_arn, c.name as cluster_name,"
    + ", ".join(f" d.{name} as new_{name}, o.{name} as old_{name}" for name in _DEPLOYMENT)
    + f", {PLACED} as placed, coalesce(d.settles_at > {NOW}, false) as rolling,"
    " (select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    "   where t.resource_type = 'container_service' and t.resource_id = s.arn) as tags",
    SOURCE,
    key="s.name",
    columns={
        "region": "s.region",
        "cluster": "c.name",
        "launch_type": "s.launch_type",
        "scheduling": "coalesce(s.options ->> 'schedulingStrategy', 'REPLICA')",
    },
    tagged="container_service",
    tagged_by="s.arn",
)
ARNS = Listing(
    "s.name, s.arn",
    "container_services as s join container_clusters as c on c.id = s.cluster_id",
    key="s.name",
    columns=LISTING.columns,
    always="c.orchestrator = 'ecs' and s.status = 'ACTIVE'",
)
DEPLOYMENTS = Listing(
    "d.id, d.task_definition_arn, d.desired_count, d.created_at, d.settles_at, s.arn as service,"
    " s.name as service_name, c.name as cluster_name, c.arn as cluster_arn, s.status,"
    f" {PLACED} as placed, coalesce(d.settles_at > {NOW}, false) as rolling,"
    " d.id = (select e.id from container_deployments as e where e.service_id = s.id"
    "   order by e.created_at desc, e.id limit 1) as newest,"
    " (select e.id from container_deployments as e where e.service_id = s.id"
    "   and e.created_at < d.created_at order by e.created_at desc, e.id limit 1)"
    "   as before_id",
    "container_deployments as d join container_services as s on s.id = d.service_id"
    " join container_clusters as c on c.id = s.cluster_id",
    key="d.id::text",
    columns={
        "region": "s.region",
        "service": "s.name",
        "cluster": "c.name",
        "created_at": Column("d.created_at", "time"),
    },
)
_FIND = """
select s.*, c.name as cluster_name from container_services as s
  join container_clusters as c on c.id = s.cluster_id
 where c.id = $1 and s.name = $2
"""
_INSERT = """
insert into container_services ({columns}) values ({values}) on conflict do nothing returning id
"""
_DEPLOY = """
with before as (
    update container_deployments as d set desired_count = $6
     where d.service_id = $3 and d.id = (select e.id from container_deployments as e
           where e.service_id = $3 order by e.created_at desc, e.id limit 1)
)
insert into container_deployments (id, account_id, service_id, task_definition_arn, desired_count,
                                   settles_at, created_at)
values ($1, driftcloud_account(), $3, $4, $2, $5, $7)
"""
_SETTLE = "update container_deployments set settles_at = $2 where service_id = $1"
_FORGET = "delete from container_services where id = $1"
_TARGETS = """
select tg.arn from target_groups as tg
 where tg.account_id = driftcloud_account() and tg.arn = any($1::text[])
"""


async def find(db: Database, cluster_id: UUID, name: str, *, lock: bool = False) -> Any | None:
    """The service of that name, whatever its status; locked, changes of it wait."""
    rows = await db.fetch(_FIND + (" for update of s" if lock else ""), cluster_id, name)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new service, which has its first deployment with that; False: the name is taken."""
    columns = ", ".join(row)
    values = ", ".join(f"${n + 1}" for n in range(len(row)))
    sql = _INSERT.format(columns=columns, values=values)
    return bool(await db.write(sql, *row.values()))


async def update(db: Any, service_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of one service."""
    if changes:
        sets = ", ".join(f'"{name}" = ${n + 2}' for n, name in enumerate(changes))
        await db.write(
            f"update container_services set {sets} where id = $1", service_id, *changes.values()
        )


async def deploy(
    db: Any, service: Mapping[str, Any], definition: str, count: int, now: datetime,
    takes: timedelta,
) -> None:  # fmt: skip
    """Begin a new deployment; the one before keeps the count that it had."""
    settles = now + takes if takes else None
    await db.write(
        _DEPLOY, uuid4(), count, service["id"], definition, settles, service["replica_count"], now
    )


async def settle(db: Any, service_id: UUID, until: datetime) -> None:
    """Let the first deployment of a new service last until then."""
    await db.write(_SETTLE, service_id, until)


async def forget(db: Any, service_id: UUID) -> None:
    """Delete the row of a service that is INACTIVE."""
    await db.write(_FORGET, service_id)


async def target_groups(db: Database, arns: list[str]) -> set[str]:
    """Those of the target groups that the caller has."""
    return {row["arn"] for row in await db.fetch(_TARGETS, arns)}
