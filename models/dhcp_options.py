"""DHCP options: the set that AWS has for all VPCs of a region, and those of the account."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NUMBER
from models.listing import Listing

# The set that AWS itself makes has a derived id; there is one for each account and region.
BORN = f"('dopt-' || substr(md5('dopt' || {NUMBER} || {{region}}), 1, 17))"
_BORN = BORN.format(region="v.region")
_SETS = f"""
select distinct {_BORN} as id, v.region,
       jsonb_build_object('domain-name', jsonb_build_array(case v.region when 'us-east-1'
           then 'ec2.internal' else v.region || '.compute.internal' end),
           'domain-name-servers', jsonb_build_array('AmazonProvidedDNS')) as configurations,
       '{{}}'::jsonb as tags
  from vpcs as v where v.dhcp_options_id = 'default'
union all
select o.dhcp_options_id, o.region, o.configurations, o.tags from dhcp_options as o
"""
LISTING = Listing(
    f"d.id, d.region, d.configurations, d.tags, {NUMBER} as owner",
    f"({_SETS}) as d",
    key="d.id",
    columns={
        "region": "d.region",
        "id": "d.id",
        "owner": NUMBER,
        "key": "exists (select 1 from jsonb_object_keys(d.configurations) as k where k {match})",
        "value": (
            "exists (select 1 from jsonb_each(d.configurations) as e,"
            " jsonb_array_elements_text(e.value) as one where one {match})"
        ),
    },
    tagged="dhcp_options",
)

_DELETE = """
delete from dhcp_options as o
 where o.region = $1 and o.dhcp_options_id = $2
   and not exists (select from vpcs as v where v.dhcp_options_id = o.dhcp_options_id
                                           and v.region = o.region)
returning o.id
"""
# What the VPC is to have: a set of the account's, AWS's own set, or none.
_ASSOCIATE = f"""
with wanted as (
    select case when $3 = 'default' then 'none'
                when $3 = {BORN.format(region="$1::text")} then 'default'
                else (select o.dhcp_options_id from dhcp_options as o
                       where o.region = $1 and o.dhcp_options_id = $3) end as id
), done as (
    update vpcs as v set dhcp_options_id = w.id from wanted as w
     where v.region = $1 and v.vpc_id = $2 and w.id is not null
    returning v.id
)
select w.id is not null as there, exists (select from done) as done from wanted as w
"""


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new set."""
    await single_rows.insert(db, "dhcp_options", row)


async def delete(db: Any, region: str, options_id: str) -> bool:
    """Delete a set; False when it is not there, AWS's own or used by a VPC."""
    return bool(await db.write(_DELETE, region, options_id))


async def associate(db: Any, region: str, vpc_id: str, options_id: str) -> Any:
    """Let a VPC use a set (`default`: none); whether the set is `there` and it was `done`."""
    [verdict] = await db.write(_ASSOCIATE, region, vpc_id, options_id)
    return verdict
