"""Events of caches, as the audit of their rows tells them."""

from datetime import datetime
from typing import Any

from models.cache_clusters import ALWAYS
from models.listing import Database

_EVENTS = f"""
select e.id::text as id, e.changed_at as at, e.new_value,
       coalesce(c.replication_group_id, c.identifier) as identifier,
       (case when c.replication_group_id is null then 'cache-cluster' else 'replication-group' end)
           as source_type, e.field_name
  from resource_change_events as e
  join cache_clusters as c on c.cluster_id = e.resource_id and c.account_id = e.account_id
 where e.account_id = (select driftcloud_account()) and e.resource_type = 'cache_cluster'
   and c.region = $1 and c.serverless is null and {ALWAYS}
   and e.changed_at between $2 and $3 and e.field_name = any($4::text[])
 order by e.changed_at, e.id
"""
# The changes that AWS makes events of, and their words.
MESSAGES = {
    "lifecycle": "created",
    "node_type": "Finished scaling to node type {}",
    "num_nodes": "Finished modifying number of nodes to {}",
    "engine_version": "Finished upgrading to engine version {}",
    "automatic_failover": "Automatic failover has been turned {}",
}


async def between(db: Database, region: str, start: datetime, end: datetime) -> list[Any]:
    """The events of the region's caches in a span of the world's time, oldest first."""
    return await db.fetch(_EVENTS, region, start, end, list(MESSAGES))
