"""VPC peering connections between VPCs of one account."""

from collections.abc import Mapping
from typing import Any

from models.callers import NOW, NUMBER
from models.listing import Column, Listing

# One that is not accepted within a week is over (API_VpcPeeringConnection).
_DAYS = 7
_EXPIRES = f"c.created_at + interval '{_DAYS} days'"
_STATE = (
    f"(case when c.state = 'pending-acceptance' and {_EXPIRES} <= {NOW}"
    " then 'expired' else c.state end)"
)

LISTING = Listing(
    f"c.*, c.peering_id as id, {_STATE} as shown_state, {NUMBER} as owner,"
    f" case when {_STATE} = 'pending-acceptance' then {_EXPIRES} end as expires_at",
    "vpc_peering_connections as c cross join lateral (select distinct e.region from"
    " (values (c.region), (c.accepter_region)) as e (region)) as place",
    key="c.peering_id",
    columns={
        "region": "place.region",
        "id": "c.peering_id",
        "owner": NUMBER,
        "requester_vpc_id": "c.requester_vpc_id",
        "requester_cidr": "c.requester_cidr",
        "accepter_vpc_id": "c.accepter_vpc_id",
        "accepter_cidr": "c.accepter_cidr",
        "state": _STATE,
        "expires_at": Column(_EXPIRES, "time"),
    },
    tagged="vpc_peering_connection",
    # AWS shows for some hours what is over.
    always=(
        f"(c.state in ('pending-acceptance', 'active') or c.ended_at > {NOW} - interval '2 hours')"
    ),
)
# A connection to a VPC that is not there, or whose addresses are the same, fails.
_INSERT = """
with ends as (
    select v.account_id, v.vpc_id, v.cidr_block, p.vpc_id as peer_id, p.cidr_block as peer_cidr,
           coalesce(p.vpc_id is null or v.vpc_id = p.vpc_id
                    or v.cidr_block::inet && p.cidr_block::inet, true) as fails
      from vpcs as v left join vpcs as p on p.vpc_id = $4 and p.region = $5
     where v.vpc_id = $3 and v.region = $2
)
insert into vpc_peering_connections (account_id, peering_id, region, requester_vpc_id,
       requester_cidr, accepter_vpc_id, accepter_cidr, accepter_region, state, tags, created_at,
       ended_at)
select e.account_id, $1, $2, e.vpc_id, e.cidr_block, $4, e.peer_cidr, $5,
       case when e.fails then 'failed' else 'pending-acceptance' end, $6::jsonb, $7::timestamptz,
       case when e.fails then $7::timestamptz end
  from ends as e
returning peering_id
"""
# $3 the state it goes to, $4 the states it may be in
_MOVE = f"""
with held as (
    select c.id, c.accepter_region, {_STATE} as state from vpc_peering_connections as c
     where c.peering_id = $2 and $1 in (c.region, c.accepter_region) and {{visible}}
       for no key update of c
), done as (
    update vpc_peering_connections as c
       set state = $3, ended_at = case when $3 <> 'active' then $5::timestamptz end
      from held as h
     where c.id = h.id and h.state = any($4::text[])
       and ($3 = 'deleted' or h.accepter_region = $1)
    returning c.id
)
select h.state, h.accepter_region, exists (select from done) as done from held as h
"""
_OPTIONS = """
update vpc_peering_connections as c
   set requester_options = c.requester_options || $3::jsonb,
       accepter_options = c.accepter_options || $4::jsonb
 where c.peering_id = $2 and $1 in (c.region, c.accepter_region) and c.state = 'active'
returning c.requester_options, c.accepter_options
"""


async def insert(
    db: Any, region: str, peering_id: str, vpc_id: str, peer_id: str, peer_region: str,
    tags: Mapping[str, str], now: Any,
) -> bool:  # fmt: skip
    """Store a new connection; False: there is no such VPC to ask from.

    Raises asyncpg's UniqueViolationError where the two are connected, or asked to be.
    """
    return bool(
        await db.write(_INSERT, peering_id, region, vpc_id, peer_id, peer_region, dict(tags), now)
    )


async def move(
    db: Any, region: str, peering_id: str, state: str, before: tuple[str, ...], now: Any
) -> Any | None:
    """Accept, reject or delete; the verdict: its `state`, `accepter_region`, and `done`."""
    sql = _MOVE.format(visible=LISTING.always)
    rows = await db.write(sql, region, peering_id, state, list(before), now)
    return rows[0] if rows else None


async def configure(
    db: Any, region: str, peering_id: str, requester: Mapping[str, Any], accepter: Mapping[str, Any]
) -> Any | None:
    """Change the options of an active connection; both sides' options, None: it is not active."""
    rows = await db.write(_OPTIONS, region, peering_id, dict(requester), dict(accepter))
    return rows[0] if rows else None
