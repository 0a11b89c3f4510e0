"""What an account uses of RDS's quotas in a region."""

from typing import Any

from models.rds_reservations import LISTING

_OWN = "{0}.account_id = (select driftcloud_account()) and {0}.region = $1"
_I, _G, _S, _N, _C = (_OWN.format(one) for one in "igsnc")
_USED = f"""
select (select count(*) from rds_instances as i where {_I}) as instances,
       (select coalesce(sum(i.allocated_storage_gib), 0)::int from rds_instances as i
         where {_I} and i.cluster_identifier is null) as storage_gib,
       (select coalesce(max(o.count), 0)::int from (select count(*) from rds_instances as i
         where {_I} and i.replica_of is not null group by i.replica_of) as o) as replicas,
       (select count(*) from rds_clusters as c where {_C}) as clusters,
       (select count(*) from rds_parameter_groups as g
         where {_G} and g.level = 'instance') as parameter_groups,
       (select count(*) from rds_parameter_groups as g
         where {_G} and g.level = 'cluster') as cluster_parameter_groups,
       (select count(*) from rds_subnet_groups as n where {_N}) as subnet_groups,
       (select coalesce(max(cardinality(n.subnet_ids)), 0) from rds_subnet_groups as n
         where {_N}) as subnets,
       (select count(*) from rds_snapshots as s
         where {_S} and s.source_type = 'instance') as snapshots,
       (select count(*) from rds_snapshots as s
         where {_S} and s.source_type = 'cluster')
           as cluster_snapshots
"""


async def used(db: Any, region: str) -> dict[str, int]:
    """How many there are of what RDS counts; storage in GiB, of databases outside of clusters."""
    row = await db.fetchrow(_USED, region)
    reserved = await LISTING.page(db, region=region)
    return {**dict(row), "reserved": len(reserved)}
