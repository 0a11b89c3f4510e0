"""Container clusters: those of ECS and those of EKS, each as its own API lists them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import single_rows
from models.callers import NOW
from models.container_services import PLACED, ROLLING
from models.listing import Database, Listing

_COMMON = (
    "id", "name", "arn", "region", "env", "version", "created_at", "state_transition",
    "settles_at", "control_plane_hourly_cost",
)  # fmt: skip
_ECS = (
    "container_insights", "configuration", "capacity_providers", "capacity_strategy",
    "connect_namespace",
)  # fmt: skip
_EKS = (
    "role_arn", "vpc_id", "subnet_ids", "security_group_ids", "endpoint_public",
    "endpoint_private", "public_access_cidrs", "log_types", "encryption_key_arn",
    "authentication_mode", "support_type", "service_cidr", "zonal_shift", "deletion_protection",
)  # fmt: skip
_STATUS = f"(case when c.settles_at > {NOW} then c.state_transition else c.status end) as status"
_TAGS = (
    "(select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    " where t.resource_type = 'container_cluster' and t.resource_id = c.arn) as tags"
)
_HERE = "s.cluster_id = c.id and s.status = 'ACTIVE'"
_ALONE = "from container_tasks as t where t.cluster_id = c.id and t.stopped_at is null"


def _of_services(what: str, launch_type: str | None = None) -> str:
    only = f" and s.launch_type = '{launch_type}'" if launch_type else ""
    return f"(select {what} from container_services as s where {_HERE}{only})"


def _tasks(running: bool, launch_type: str | None = None) -> str:
    """The running, or pending, tasks of a cluster: its services' and those run by themselves."""
    rolling = f"exists ({ROLLING})"
    chosen = f"not {rolling}" if running else rolling
    only = f" and t.launch_type = '{launch_type}'" if launch_type else ""
    settled = "is not true" if running else "is true"
    services = _of_services(f"coalesce(sum({PLACED}) filter (where {chosen}), 0)", launch_type)
    alone = f"(select count(*) {_ALONE}{only} and (t.settles_at > {NOW}) {settled})"
    return f"({services} + {alone})::int"


ECS = Listing(
    ", ".join(f"c.{name}" for name in (*_COMMON, *_ECS))
    + f", {_STATUS}, {_TAGS}, {_of_services('count(*)::int')} as services,"
    f" {_of_services('count(*)::int', 'EC2')} as ec2_services,"
    f" {_of_services('count(*)::int', 'FARGATE')} as fargate_services,"
    f" {_tasks(True)} as running, {_tasks(False)} as pending,"
    f" {_tasks(True, 'EC2')} as ec2_running, {_tasks(False, 'EC2')} as ec2_pending,"
    f" {_tasks(True, 'FARGATE')} as fargate_running,"
    f" {_tasks(False, 'FARGATE')} as fargate_pending,"
    " (select count(*) from container_nodes as n where n.cluster_id = c.id"
    "   and n.state = 'running')::int as nodes",
    "container_clusters as c",
    key="c.name",
    columns={"region": "c.region", "status": "c.status"},
    tagged="container_cluster",
    tagged_by="c.arn",
    always="c.orchestrator = 'ecs'",
)
ECS_ARNS = Listing(
    "c.name, c.arn",
    "container_clusters as c",
    key="c.name",
    columns={"region": "c.region", "status": "c.status"},
    always="c.orchestrator = 'ecs' and c.status = 'ACTIVE'",
)
# A cluster that is deleting is there until that is over.
_THERE = (
    "c.orchestrator = 'eks' and (c.state_transition is distinct from 'DELETING'"
    f" or c.settles_at > {NOW})"
)
_GROUP = (
    "(select g.group_id from security_groups as g where g.vpc_id = c.vpc_id"
    " and g.name = 'default' limit 1) as cluster_security_group_id"
)
EKS = Listing(
    ", ".join(f"c.{name}" for name in (*_COMMON, *_EKS)) + f", {_STATUS}, {_TAGS}, {_GROUP}",
    "container_clusters as c",
    key="c.name",
    columns={"region": "c.region"},
    tagged="container_cluster",
    tagged_by="c.arn",
    always=_THERE,
)
EKS_NAMES = Listing(
    "c.name", "container_clusters as c", key="c.name", columns={"region": "c.region"},
    always=_THERE,
)  # fmt: skip
_FIND = """
select id, name, arn, region, env, status, state_transition, settles_at, version
  from container_clusters
 where account_id = driftcloud_account() and region = $1 and orchestrator = $2 and name = $3
"""
_UPDATE = "update container_clusters set {sets} where id = $1"
_DELETE = "delete from container_clusters where id = $1"
_COUNT = "select driftcloud_count_nodes(array[$1::uuid])"


async def find(
    db: Database, region: str, orchestrator: str, name: str, *, lock: bool = False
) -> Any | None:
    """The cluster of that name, whatever its status; locked, changes of it wait."""
    rows = await db.fetch(_FIND + (" for update" if lock else ""), region, orchestrator, name)
    return rows[0] if rows else None


async def listed(db: Database, listing: Listing, region: str, names: Sequence[str]) -> list[Any]:
    """The clusters of these names, as a listing has them."""
    return await listing.page(db, region=region, ids=names)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new cluster; False when its ARN is taken."""
    return await single_rows.insert(db, "container_clusters", row)


async def update(db: Any, cluster_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of one cluster."""
    if changes:
        sets = ", ".join(f'"{name}" = ${n + 2}' for n, name in enumerate(changes))
        await db.write(_UPDATE.format(sets=sets), cluster_id, *changes.values())


async def delete(db: Any, cluster_id: UUID) -> None:
    """Delete a cluster with all that was in it."""
    await db.write(_DELETE, cluster_id)


async def count_nodes(db: Any, cluster_id: UUID) -> None:
    """Bring the cluster's sizes and estimated cost into step with its nodes."""
    await db.write(_COUNT, cluster_id)


def transition(status: str, now: datetime, takes: timedelta) -> dict[str, Any]:
    """The columns of a cluster that reads `status` for a while; none where that takes no time."""
    if not takes:
        return {"state_transition": None, "settles_at": None}
    return {"state_transition": status, "settles_at": now + takes}


def costs(hourly: Decimal) -> dict[str, Any]:
    """The columns of a new cluster without nodes that tell its cost."""
    return {
        "control_plane_hourly_cost": hourly,
        "estimated_hourly_cost": hourly,
        "desired_nodes": 0,
        "min_nodes": 0,
        "max_nodes": 0,
    }
