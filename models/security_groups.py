"""Security groups: who may talk to whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.callers import NUMBER
from models.listing import Column, Database, Listing

_ARN = f"('arn:aws:ec2:' || g.region || ':' || {NUMBER} || ':security-group/' || g.group_id)"


def _rule(egress: bool, expression: str) -> str:
    """A condition on any rule of one side."""
    return (
        "exists (select 1 from security_group_rules as r where r.group_id = g.group_id"
        f" and r.is_egress = {'true' if egress else 'false'} and {expression} {{match}})"
    )


def _rules(side: str, egress: bool) -> dict[str, str]:
    told = {
        "cidr": "r.cidr_ipv4",
        "ipv6_cidr": "r.cidr_ipv6",
        "from_port": "r.from_port::text",
        "to_port": "r.to_port::text",
        "protocol": "r.ip_protocol",
        "prefix_list_id": "r.prefix_list_id",
        "group_id": "r.referenced_group_id",
        "user_id": "r.referenced_account",
        "group_name": (
            "(select o.name from security_groups as o where o.group_id = r.referenced_group_id)"
        ),
    }
    return {f"{side}_{name}": _rule(egress, expression) for name, expression in told.items()}


LISTING = Listing(
    "g.group_id, g.name, g.description, g.vpc_id, g.ingress, g.egress,"
    f" {_ARN} as arn, {NUMBER} as owner, g.tags, g.region",
    "security_groups as g",
    key="g.group_id",
    columns={
        "region": "g.region",
        "group_id": "g.group_id",
        "name": "g.name",
        "description": "g.description",
        "vpc_id": "g.vpc_id",
        "owner": Column(NUMBER),
        **_rules("ingress", False),
        **_rules("egress", True),
    },
    tagged="security_group",
)

INSERT = """
insert into security_groups (account_id, group_id, name, description, vpc_id, region,
                             egress, tags, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8)
on conflict do nothing
returning group_id
"""

# In use: by a machine, an endpoint or a database, or named in another group's rules.
_IN_USE = """
exists (select 1 from instances as i
         where i.vpc_id = g.vpc_id and i.state <> 'terminated'
           and g.group_id = any(i.security_group_ids))
 or exists (select 1 from vpc_endpoints as e
             where e.vpc_id = g.vpc_id and g.group_id = any(e.security_group_ids))
 or exists (select 1 from network_interfaces as o
             where o.vpc_id = g.vpc_id and g.group_id = any(o.security_group_ids))
 or exists (select 1 from load_balancers as b where g.group_id = any(b.security_group_ids))
 or exists (select 1 from security_group_rules as r
             join security_groups as o on o.group_id = r.group_id
             where r.referenced_group_id = g.group_id and r.group_id <> g.group_id
               and o.vpc_id is not distinct from g.vpc_id)
"""
DELETE = f"""
delete from security_groups as g
 where g.group_id = $1 and g.region = $2 and g.name <> 'default' and not ({_IN_USE})
returning g.group_id
"""


def trusting_itself(group_id: str, account_number: str) -> list[dict[str, Any]]:
    """The ingress of a default group: everything, from the group's own members."""
    return [
        {
            "IpProtocol": "-1",
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [{"GroupId": group_id, "UserId": account_number}],
        }
    ]


# Rules that name groups of other VPCs, and the peering that leads there, if it still does.
_ACROSS = """
select r.referenced_group_id, g.group_id, g.vpc_id, c.peering_id, p.vpc_id as peer_vpc_id
  from security_group_rules as r
  join security_groups as g on g.group_id = r.group_id
  left join security_groups as p on p.group_id = r.referenced_group_id
  left join vpc_peering_connections as c on c.state = 'active'
       and (c.requester_vpc_id, c.accepter_vpc_id) in ((g.vpc_id, p.vpc_id), (p.vpc_id, g.vpc_id))
 where r.referenced_group_id is not null and g.vpc_id is distinct from p.vpc_id
"""
_REFERENCES = f"""
select distinct a.referenced_group_id, a.vpc_id, a.peering_id from ({_ACROSS}) as a
 where a.referenced_group_id = any($1::text[]) and a.peering_id is not null order by 1, 2
"""
STALE = Listing(
    "g.group_id, g.name, g.description, g.vpc_id",
    "security_groups as g",
    key="g.group_id",
    columns={"region": "g.region", "vpc_id": "g.vpc_id"},
    always=f"exists (select from ({_ACROSS}) as a where a.group_id = g.group_id"
    " and a.peering_id is null)",
)
_STALE_RULES = f"""
select r.*, a.peer_vpc_id,
       (select c.peering_id from vpc_peering_connections as c
         where a.peer_vpc_id in (c.requester_vpc_id, c.accepter_vpc_id)
           and a.vpc_id in (c.requester_vpc_id, c.accepter_vpc_id)
         order by c.created_at desc limit 1) as last_peering
  from security_group_rules as r
  join ({_ACROSS}) as a on a.group_id = r.group_id
       and a.referenced_group_id = r.referenced_group_id and a.peering_id is null
 where r.group_id = any($1::text[]) order by r.group_id, r.place, r.rule_id
"""


async def stale_rules(db: Any, group_ids: Sequence[str]) -> list[Any]:
    """The rules of these groups whose peers are out of reach."""
    rows: list[Any] = await db.fetch(_STALE_RULES, list(group_ids))
    return rows


async def find_one(db: Database, region: str, group_id: str) -> Any | None:
    """The security group of that id, or None."""
    return await LISTING.one(db, region, group_id)


async def references(db: Any, group_ids: Sequence[str]) -> list[Any]:
    """Which VPCs that are peered with groups' own have rules that name them."""
    rows: list[Any] = await db.fetch(_REFERENCES, list(group_ids))
    return rows


async def find_default(db: Any, vpc_id: str) -> str | None:
    """The id of the VPC's default group, or None."""
    group_id: str | None = await db.fetchval(
        "select group_id from security_groups where vpc_id = $1 and name = 'default'", vpc_id
    )
    return group_id


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group; False when the VPC has one of that name."""
    names = ("group_id", "name", "description", "vpc_id", "region", "egress", "tags", "created_at")
    return bool(await db.write(INSERT, *(row[name] for name in names)))


async def delete(db: Any, region: str, group_id: str) -> bool:
    """Delete a group that nothing uses; False when it is not there, a default one or in use."""
    return bool(await db.write(DELETE, group_id, region))
