"""Search domains: rows of managed_services, whether OpenSearch's or Elasticsearch's."""

from collections.abc import Mapping, Sequence
from typing import Any

from models import managed_services
from models.callers import NUMBER
from models.listing import Database, Listing
from models.managed_services import STATUS, THERE

SERVICE_TYPES = ("opensearch", "elasticsearch", "es")
_DEFAULT_VERSION = (
    "(case r.service_type when 'opensearch' then 'OpenSearch_2.19' else 'Elasticsearch_7.10' end)"
)

# Columns that cost something when they change, and the volume's speed.
CONFIGURED = (
    "instance_type",
    "node_count",
    "storage_gib",
    "storage_type",
    "iops",
    "throughput_mibps",
    "dedicated_master_type",
    "dedicated_master_count",
    "warm_type",
    "warm_count",
)

# The end of an endpoint's name follows from the domain, as AWS draws it once for all time.
_HOST = (
    "(r.name || '-' || substr(md5(r.id::text) || md5(r.arn), 1, 26) || '.' || r.region"
    " || '.es.amazonaws.com')"
)
# Rows that others than the API made do not say over how many zones.
_ZONES = (
    "(case when r.multi_az then coalesce(r.availability_zone_count,"
    " case when r.node_count % 3 = 0 then 3 else 2 end) end)"
)
_VOLUME = "(case when r.storage_gib > 0 then coalesce(r.storage_type, 'gp3') end)"

LISTING = Listing(
    f"r.id, r.name, r.arn, r.region, r.env, r.service_type, {NUMBER} as account_number,"
    " (case when position('.' in r.instance_type) > 0 then regexp_replace(r.instance_type,"
    " '[.](search|elasticsearch)$', '') || '.search' end) as instance_type, r.node_count,"
    f" r.multi_az, {_ZONES} as availability_zone_count,"
    f" coalesce(r.engine_version, {_DEFAULT_VERSION}) as engine_version, {STATUS} as status,"
    f" r.settles_at, r.storage_gib, {_VOLUME} as storage_type, r.iops, r.throughput_mibps,"
    " r.dedicated_master_type, r.dedicated_master_count, r.warm_type, r.warm_count,"
    " r.cold_storage, r.settings, r.state_change, r.state_options,"
    f" r.state_upgrades, r.hourly_cost, r.avg_memory_7d, r.created_at, {_HOST} as host",
    "managed_services as r",
    key="r.name",
    columns={"region": "r.region", "service_type": "r.service_type", "arn": "r.arn"},
    always=f"r.service_type in {SERVICE_TYPES} and {THERE}",
)


async def find_one(db: Database, region: str, name: str) -> Any | None:
    """The domain of that name, or None."""
    return await LISTING.one(db, region, name)


async def find_all(db: Database, region: str, names: Sequence[str]) -> list[Any]:
    """The domains of these names, in the order of their names."""
    return await LISTING.page(db, region=region, ids=list(names))


async def insert(db: Any, row: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    """Store a new domain with its tags; False when the name is taken."""
    return await managed_services.insert(db, row, tags)
