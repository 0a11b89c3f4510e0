"""What an EKS cluster has beside nodes: Fargate profiles, add-ons, access entries and updates."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models import single_rows
from models.callers import NOW
from models.listing import Column, Database, Listing


def _part(table: str, columns: str, key: str, tagged: str) -> Listing:
    """Parts of a table that has a state_transition; what is deleting is gone when that is over."""
    return Listing(
        f"{columns}, p.id, p.arn, p.tags, p.created_at, c.name as cluster,"
        f" (case when p.settles_at > {NOW} then p.state_transition else 'ACTIVE' end) as status",
        f"{table} as p join container_clusters as c on c.id = p.cluster_id",
        key=key,
        columns={"region": "p.region", "cluster": "c.name"},
        tagged=tagged,
        tagged_by="p.arn",
        always="(p.state_transition is distinct from 'DELETING'" + f" or p.settles_at > {NOW})",
    )


FARGATE_PROFILES = _part(
    "fargate_profiles", "p.name, p.pod_role_arn, p.subnet_ids, p.selectors", "p.name",
    "fargate_profile",
)  # fmt: skip
ADDONS = _part(
    "cluster_addons", "p.name, p.version, p.role_arn, p.configuration, p.modified_at", "p.name",
    "cluster_addon",
)  # fmt: skip
ACCESS_ENTRIES = Listing(
    "p.principal_arn, p.arn, p.groups, p.username, p.kind, p.modified_at, p.tags, p.created_at,"
    " p.id, c.name as cluster",
    "cluster_access_entries as p join container_clusters as c on c.id = p.cluster_id",
    key="p.principal_arn",
    columns={"region": "p.region", "cluster": "c.name"},
    tagged="cluster_access_entry",
    tagged_by="p.arn",
)
UPDATES = Listing(
    f"u.id, u.kind, u.params, u.created_at, (u.settles_at > {NOW}) is true as in_progress",
    "cluster_updates as u join container_clusters as c on c.id = u.cluster_id",
    key="u.id::text",
    columns={
        "region": "c.region",
        "cluster": "c.name",
        "node_group": "coalesce(u.node_group, '')",
        "addon": "coalesce(u.addon, '')",
        "id": Column("u.id::text"),
    },
)
TABLES = ("fargate_profiles", "cluster_addons", "cluster_access_entries")


async def insert(db: Any, table: str, row: Mapping[str, Any]) -> bool:
    """Store a part; False when the name is taken."""
    return await single_rows.insert(db, table, row)


async def update(db: Any, table: str, key: UUID, changes: Mapping[str, Any]) -> None:
    """Change columns of a part."""
    sets = ", ".join(f'"{name}" = ${n + 2}' for n, name in enumerate(changes))
    await db.write(f"update {table} set {sets} where id = $1", key, *changes.values())


async def delete(db: Any, table: str, key: UUID) -> None:
    """Delete a part."""
    await db.write(f"delete from {table} where id = $1", key)


async def find(db: Database, listing: Listing, region: str, cluster: str, name: str) -> Any | None:
    """The part of that name in a cluster, or None."""
    from models.listing import Condition

    rows = await listing.page(db, [Condition("cluster", (cluster,))], region=region, ids=[name])
    return rows[0] if rows else None
