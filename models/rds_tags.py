"""Where the tags of RDS's resources are, found by ARN."""

from typing import Any

# Where a kind of resource is: its table, the type and the id that resource_tags knows it by.
_KINDS = {
    "db": ("rds_instances", "rds_instance", "db_instance_id", "identifier", "true"),
    "cluster": ("rds_clusters", "rds_cluster", "arn", "identifier", "true"),
    "snapshot": ("rds_snapshots", "rds_snapshot", "arn", "identifier", "source_type = 'instance'"),
    "cluster-snapshot": (
        "rds_snapshots", "rds_snapshot", "arn", "identifier", "source_type = 'cluster'"),
    "subgrp": ("rds_subnet_groups", "rds_subnet_group", "arn", "name", "true"),
    "pg": ("rds_parameter_groups", "rds_parameter_group", "arn", "name", "level = 'instance'"),
    "cluster-pg": (
        "rds_parameter_groups", "rds_parameter_group", "arn", "name", "level = 'cluster'"),
    "ri": ("commitments", "commitment", "id::text", "coalesce(reservation_id, id::text)",
           "commitment_type = 'reserved_instance' and service = 'rds'"),
}  # fmt: skip


def knows(segment: str) -> bool:
    """Whether resources with this word in their ARN have tags here."""
    return segment in _KINDS


async def locate(
    db: Any, segment: str, region: str, name: str, *, lock: bool = False
) -> tuple[str, str] | None:
    """The type and id that resource_tags knows a resource by, or None when it is not there.

    `lock` holds it until the transaction ends.
    """
    table, resource_type, id_column, name_column, condition = _KINDS[segment]
    rows = await db.fetch(
        f"select {id_column} as resource_id from {table}"
        f" where account_id = driftcloud_account() and region = $1 and {name_column} = $2"
        f" and {condition}" + (" for no key update" if lock else ""),
        region,
        name,
    )
    return (resource_type, rows[0]["resource_id"]) if rows else None
