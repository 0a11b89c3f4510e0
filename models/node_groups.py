"""Managed node groups of EKS clusters: Auto Scaling groups whose members are the nodes.

Sizes are those of the Auto Scaling group, whoever changes them; triggers make its members nodes
of the cluster (sql/039_containers.sql).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models import autoscaling_groups, launch_templates, single_rows
from models.autoscaling_capacity import Outcome, set_capacity, settle, shrink
from models.autoscaling_members import Actor, live
from models.callers import NOW
from models.listing import Listing

_COLUMNS = (
    "id", "name", "arn", "region", "env", "instance_types", "ami_type", "capacity_type",
    "disk_size_gib", "node_role_arn", "subnet_ids", "labels", "taints", "update_config",
    "node_repair", "remote_access", "launch_template", "version", "release_version",
    "modified_at", "tags", "created_at", "autoscaling_group_id", "cluster_id",
    "autoscaling_group_name",
)  # fmt: skip
LISTING = Listing(
    ", ".join(f"g.{name}" for name in _COLUMNS)
    + ", c.name as cluster, a.min_size, a.max_size, a.desired_capacity,"
    f" (case when g.settles_at > {NOW} then g.state_transition"
    " when a.id is null then 'DEGRADED' else 'ACTIVE' end) as status",
    "node_groups as g join container_clusters as c on c.id = g.cluster_id"
    " left join autoscaling_groups as a on a.id = g.autoscaling_group_id",
    key="g.name",
    columns={"region": "g.region", "cluster": "c.name"},
    tagged="node_group",
    tagged_by="g.arn",
    always=f"(g.state_transition is distinct from 'DELETING' or g.settles_at > {NOW})",
)
_GROUP = """
select * from autoscaling_groups where account_id = driftcloud_account() and id = $1 for update
"""
_DELETE = "delete from node_groups where id = $1"


async def find(db: Any, region: str, cluster: str, name: str) -> Any | None:
    """The node group of that name, or None."""
    from models.listing import Condition

    rows = await LISTING.page(db, [Condition("cluster", (cluster,))], region=region, ids=[name])
    return rows[0] if rows else None


async def create(
    actor: Actor, row: Mapping[str, Any], group: Mapping[str, Any], template: Mapping[str, Any]
) -> bool:
    """Store a node group with its launch template and Auto Scaling group, and launch its nodes.

    False when the name is taken.
    """
    await launch_templates.insert(actor.db, template)
    await autoscaling_groups.insert(actor.db, group)
    if not await single_rows.insert(actor.db, "node_groups", row):
        return False
    made = await _group(actor, group["id"])
    if made is None:
        raise RuntimeError("the group that was stored a moment ago is gone")
    await settle(actor, made, "", label=f"nodes/{row['name']}")
    return True


async def resize(actor: Actor, group_id: UUID, sizes: Mapping[str, int], reason: str) -> None:
    """Change the sizes of a node group; nodes are launched or ended at once."""
    group = await _group(actor, group_id)
    if group is not None:
        group = await set_capacity(actor, group, sizes)
        await settle(actor, group, reason)


async def delete(actor: Actor, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """End the nodes of a group and delete all that it was made of.

    `changes` say how its row reads while that lasts; without any it is gone at once.
    """
    group = await _group(actor, row["autoscaling_group_id"])
    if group is not None:
        members = await live(actor, group["id"])
        await shrink(actor, group, members, "The node group is being deleted.", Outcome())
        await autoscaling_groups.delete(actor.db, group["id"])
        if group["launch_template_name"] == group["name"]:
            await launch_templates.delete(actor.db, row["region"], group["launch_template_id"])
    if changes:
        await update(actor.db, row["id"], changes)
    else:
        await actor.db.write(_DELETE, row["id"])


async def update(db: Any, key: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of one node group."""
    sets = ", ".join(f'"{name}" = ${n + 2}' for n, name in enumerate(changes))
    await db.write(f"update node_groups set {sets} where id = $1", key, *changes.values())


async def _group(actor: Actor, group_id: UUID | None) -> Any | None:
    rows = await actor.db.fetch(_GROUP, group_id)
    return rows[0] if rows else None
