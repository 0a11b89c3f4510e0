"""Where the tags of ElastiCache's resources are, found by ARN."""

from typing import Any

from models.cache_clusters import ALWAYS

# A kind of resource: its table as `c`, the type and id that resource_tags knows, and what $2 is.
_KINDS = {
    "cluster": (
        "cache_clusters", "cache_cluster", "c.cluster_id",
        f"c.serverless is null and {ALWAYS} and ((c.members is null and c.identifier = $2)"
        " or exists (select 1 from jsonb_to_recordset(c.members) as m (id text) where m.id = $2))",
    ),
    "replicationgroup": (
        "cache_clusters", "cache_cluster", "c.cluster_id",
        f"c.replication_group_id = $2 and {ALWAYS}",
    ),
    "serverlesscache": (
        "cache_clusters", "cache_cluster", "c.cluster_id",
        f"c.serverless is not null and c.identifier = $2 and {ALWAYS}",
    ),
    "snapshot": ("cache_snapshots", "cache_snapshot", "c.arn", "c.identifier = $2"),
    "subnetgroup": ("cache_subnet_groups", "cache_subnet_group", "c.arn", "c.name = $2"),
    "parametergroup": ("cache_parameter_groups", "cache_parameter_group", "c.arn", "c.name = $2"),
    "reserved-instance": (
        "commitments", "commitment", "c.id::text",
        "coalesce(c.reservation_id, c.id::text) = $2 and c.service = 'elasticache'"
        " and c.commitment_type = 'reserved_instance'",
    ),
}  # fmt: skip


async def locate(db: Any, segment: str, region: str, name: str) -> tuple[str, str] | None:
    """The type and id that resource_tags knows a resource by, or None when it is not there."""
    table, kind, column, condition = _KINDS[segment]
    rows = await db.fetch(
        f"select {column} as resource_id from {table} as c"
        f" where c.account_id = driftcloud_account() and c.region = $1 and {condition}",
        region,
        name,
    )
    return (kind, rows[0]["resource_id"]) if rows else None
