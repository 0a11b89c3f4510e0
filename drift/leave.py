"""Leave to act: what owners let be optimised without being asked, as tags tell it."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from typing import Any

# Tables that say it in a column; for the others of these, a tag does.
_COLUMNS = ("instances", "autoscaling_groups", "rds_instances")
_TAGGED = (
    ("cache_cluster", "cache_clusters", "cluster_id"),
    ("container_cluster", "container_clusters", "arn"),
    ("managed_service", "managed_services", "arn"),
    ("sagemaker_resource", "sagemaker_resources", "arn"),
    ("streaming_cluster", "streaming_clusters", "arn"),
)
_ALLOW = """
UPDATE {table} SET optimization_policy = 'auto_safe'
 WHERE account_id = $1 AND optimization_policy = 'recommend_only' AND ($2 OR env <> 'prod')"""
_TAG = """
INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value)
SELECT t.account_id, '{kind}', t.{key}, 'optimization_policy', 'auto_safe' FROM {table} t
 WHERE t.account_id = $1 AND ($2 OR t.env <> 'prod')
ON CONFLICT (resource_type, resource_id, key) DO NOTHING"""


async def give(connection: Any, account_id: uuid.UUID, *, everywhere: bool = False) -> None:
    """Let everything outside of production be changed, or `everywhere`, unless its policy is ignore.

    `connection` is an asyncpg connection of the owner role.
    """
    async with connection.transaction():
        await connection.execute("SELECT set_config('driftcloud.source', 'drift_engine', true)")
        for table in _COLUMNS:
            await connection.execute(_ALLOW.format(table=table), account_id, everywhere)
        for kind, table, key in _TAGGED:
            await connection.execute(
                _TAG.format(kind=kind, table=table, key=key), account_id, everywhere
            )
