"""Network ACLs: what goes in and out of subnets, by numbered entries."""

from collections.abc import Mapping
from typing import Any

from models.callers import NUMBER
from models.listing import Column, Listing

_LINK = "coalesce(s.network_acl_association_id, driftcloud_part_id('aclassoc', s.subnet_id))"
# All that no entry allows is denied, by an entry that all ACLs have and none can lose.
_LAST = ", ".join(
    f'"{side}/32767": {{"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "deny"}}'
    for side in ("in", "out")
)
_ACLS = f"""
select a.network_acl_id as id, a.vpc_id, a.region, a.is_default, a.tags,
       (select jsonb_agg(e.value || jsonb_build_object('Egress', e.key like 'out/%',
                   'RuleNumber', split_part(e.key, '/', 2)::int)
                   order by e.key like 'out/%' desc, split_part(e.key, '/', 2)::int)
          from jsonb_each(a.entries || '{{{_LAST}}}') as e) as entries,
       coalesce((
           select jsonb_agg(jsonb_build_object('id', {_LINK}, 'acl', a.network_acl_id, 'subnet',
                      s.subnet_id) order by s.subnet_id)
             from subnets as s
            where s.network_acl_id = a.network_acl_id
               or (a.is_default and s.network_acl_id is null and s.vpc_id = a.vpc_id)),
           '[]') as associations
  from network_acls as a
"""


def _any(key: str) -> str:
    return (
        "exists (select 1 from jsonb_array_elements(a.associations) as one"
        f" where one ->> '{key}' {{match}})"
    )


def _entry(path: str) -> str:
    return (
        "exists (select 1 from jsonb_array_elements(a.entries) as one"
        f" where one #>> '{{{{{path}}}}}' {{match}})"
    )


LISTING = Listing(
    f"a.id, a.vpc_id, a.region, a.is_default, a.entries, a.associations, a.tags, {NUMBER} as owner",
    f"({_ACLS}) as a",
    key="a.id",
    columns={
        "region": "a.region",
        "id": "a.id",
        "vpc_id": "a.vpc_id",
        "owner": NUMBER,
        "default": Column("a.is_default", "bool"),
        "association_id": _any("id"),
        "subnet_id": _any("subnet"),
        "cidr": _entry("CidrBlock"),
        "ipv6_cidr": _entry("Ipv6CidrBlock"),
        "icmp_code": _entry("IcmpTypeCode,Code"),
        "icmp_type": _entry("IcmpTypeCode,Type"),
        "from_port": _entry("PortRange,From"),
        "to_port": _entry("PortRange,To"),
        "protocol": _entry("Protocol"),
        "number": _entry("RuleNumber"),
        "action": _entry("RuleAction"),
        "egress": _entry("Egress"),
    },
    tagged="network_acl",
)

_INSERT = """
insert into network_acls (account_id, network_acl_id, vpc_id, region, tags, created_at)
select v.account_id, $3, v.vpc_id, v.region, $4, $5
  from vpcs as v where v.region = $1 and v.vpc_id = $2
returning network_acl_id
"""
_DELETE = """
delete from network_acls as a
 where a.region = $1 and a.network_acl_id = $2 and not a.is_default
   and not exists (select from subnets as s where s.network_acl_id = a.network_acl_id)
returning a.id
"""
# $3 the key of the entry, $4 the entry (null: it goes), $5 whether it must be there before, $6 the
# most entries of its side
_PUT = """
with held as (
    select a.id, a.entries ? $3::text as present,
           (select count(*) from jsonb_object_keys(a.entries) as k
             where split_part(k, '/', 1) = split_part($3::text, '/', 1)) as total
      from network_acls as a where a.region = $1 and a.network_acl_id = $2
       for no key update
), done as (
    update network_acls as a
       set entries = case when $4::jsonb is null then a.entries - $3::text
                          else a.entries || jsonb_build_object($3::text, $4::jsonb) end
      from held as h
     where a.id = h.id and h.present = $5::boolean and (h.present or h.total < $6::int)
    returning a.id
)
select h.present, h.total, exists (select from done) as done from held as h
"""
# $2 association, $3 ACL, $4 the new association
_ASSOCIATE = f"""
with judged as (
    select a.network_acl_id, a.is_default, s.id, a.vpc_id = s.vpc_id as near
      from network_acls as a
      left join subnets as s on s.region = $1 and {_LINK} = $2
     where a.region = $1 and a.network_acl_id = $3
), done as (
    update subnets as s
       set network_acl_id = case when not j.is_default then j.network_acl_id end,
           network_acl_association_id = $4
      from judged as j where s.id = j.id and j.near
    returning s.id
)
select j.id is not null as found, j.near, exists (select from done) as done from judged as j
"""


async def insert(
    db: Any, region: str, vpc_id: str, acl_id: str, tags: Mapping[str, str], now: Any
) -> bool:
    """Store a new ACL of a VPC, which lets nothing through; False: there is no such VPC."""
    return bool(await db.write(_INSERT, region, vpc_id, acl_id, dict(tags), now))


async def delete(db: Any, region: str, acl_id: str) -> bool:
    """Delete an ACL; False when it is not there, a default one or used by a subnet."""
    return bool(await db.write(_DELETE, region, acl_id))


async def put(
    db: Any, region: str, acl_id: str, key: str, entry: Mapping[str, Any] | None, *,
    present: bool, most: int,
) -> Any | None:  # fmt: skip
    """Put an entry (None: remove it) where one is, or is not, `present`.

    The verdict: whether one was `present`, how many its side had in `total`, whether it was
    `done`. None: there is no such ACL.
    """
    given = None if entry is None else dict(entry)
    rows = await db.write(_PUT, region, acl_id, key, given, present, most)
    return rows[0] if rows else None


async def associate(
    db: Any, region: str, association_id: str, acl_id: str, made: str
) -> Any | None:
    """Let the subnet of an association use another ACL.

    The verdict: whether there is such an association (`found`), of the ACL's VPC (`near`), and
    whether it was `done`. None: there is no such ACL.
    """
    rows = await db.write(_ASSOCIATE, region, association_id, acl_id, made)
    return rows[0] if rows else None
