"""Container instances of ECS clusters: nodes that are EC2 instances."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.listing import Column, Database, Listing

CONTAINER_INSTANCE_ID = "md5(n.cluster_id::text || n.instance_id)"
LISTING = Listing(
    f"{CONTAINER_INSTANCE_ID} as container_instance_id, n.cluster_id, n.instance_id,"
    " n.instance_type, n.region, n.status, n.state, n.gpu_count, n.created_at, c.name as cluster,"
    " c.arn as cluster_arn, i.image_id, i.availability_zone, i.subnet_id, i.vpc_id, i.architecture,"
    " (select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    "   where t.resource_type = 'container_node' and t.resource_id = n.instance_id) as tags",
    "container_nodes as n join container_clusters as c on c.id = n.cluster_id"
    " left join instances as i on i.instance_id = n.instance_id",
    key=CONTAINER_INSTANCE_ID,
    columns={
        "region": "n.region",
        "cluster": "c.name",
        "status": "n.status",
        "instance_type": "n.instance_type",
        "image_id": "i.image_id",
        "zone": "i.availability_zone",
        "instance_id": "n.instance_id",
        "agent_connected": Column("(n.state = 'running')", "bool"),
    },
    tagged="container_node",
    tagged_by="n.instance_id",
    always="c.orchestrator = 'ecs'",
)
_SET = "update container_nodes set status = $3 where cluster_id = $1 and instance_id = any($2)"
_REMOVE = "delete from container_nodes where cluster_id = $1 and instance_id = $2"
_ADD = """
insert into container_nodes (cluster_id, instance_id, instance_type, region, state, hourly_cost,
                             gpu_hourly_cost, gpu_count, has_gpu, created_at)
select $1, i.instance_id, i.instance_type, i.region, 'running', i.hourly_cost, i.gpu_hourly_cost,
       i.gpu_count, i.has_gpu, $3
  from instances as i
 where i.account_id = driftcloud_account() and i.instance_id = $2 and i.region = $4
   and i.state in ('running', 'pending')
   and not exists (select from container_nodes as n where n.instance_id = i.instance_id)
returning instance_id
"""


async def set_status(db: Any, cluster_id: UUID, instance_ids: Sequence[str], status: str) -> None:
    """Let tasks be placed on nodes, or drain them."""
    await db.write(_SET, cluster_id, list(instance_ids), status)


async def remove(db: Any, cluster_id: UUID, instance_id: str) -> None:
    """Take an instance out of its cluster; it goes on running, and costs what it did."""
    await db.write(_REMOVE, cluster_id, instance_id)


async def add(db: Any, cluster_id: UUID, instance_id: str, now: Any, region: str) -> bool:
    """Make a running instance of the caller's a node; False: it is none, or is a node already."""
    return bool(await db.write(_ADD, cluster_id, instance_id, now, region))


async def of_cluster(db: Database, region: str, cluster: str) -> list[Any]:
    """The nodes of an ECS cluster that tasks may be placed on, in their order."""
    from models.listing import Condition

    where = [Condition("cluster", (cluster,)), Condition("status", ("ACTIVE",)),
             Condition("agent_connected", (True,))]  # fmt: skip
    return await LISTING.page(db, where, region=region)
