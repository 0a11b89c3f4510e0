"""Security group rules: each one protocol and range of ports, open to one peer.

Triggers hold the permissions of groups, as security_groups has them, equal to these rows
(sql/069_network_parts.sql). Each operation is one statement that judges all it is asked before it
changes anything.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from models.callers import NUMBER
from models.listing import Column, Listing

# The members that tell a peer, and how they are kept.
PEERS = {
    "IpRanges": ("CidrIp", "cidr_ipv4"),
    "Ipv6Ranges": ("CidrIpv6", "cidr_ipv6"),
    "PrefixListIds": ("PrefixListId", "prefix_list_id"),
    "UserIdGroupPairs": ("GroupId", "referenced_group_id"),
}
# What makes a rule the same as another, whatever is said of it.
SAME = (
    "ip_protocol", "from_port", "to_port", "cidr_ipv4", "cidr_ipv6", "prefix_list_id",
    "referenced_group_id",
)  # fmt: skip
_ARN = f"('arn:aws:ec2:' || r.region || ':' || {NUMBER} || ':security-group-rule/' || r.rule_id)"
_SHOWN = (
    "r.rule_id, r.group_id, r.is_egress, r.ip_protocol, coalesce(r.from_port, -1) as from_port,"
    " coalesce(r.to_port, -1) as to_port, r.cidr_ipv4, r.cidr_ipv6, r.prefix_list_id,"
    " r.referenced_group_id, r.referenced_account, r.description, r.tags,"
    f" {NUMBER} as owner, {_ARN} as arn"
)

LISTING = Listing(
    _SHOWN,
    "security_group_rules as r",
    key="r.rule_id",
    columns={
        "region": "r.region",
        "rule_id": "r.rule_id",
        "group_id": Column("r.group_id"),
    },
    tagged="security_group_rule",
)

_ROW = """
(rule_id text, ip_protocol text, from_port int, to_port int, cidr_ipv4 text, cidr_ipv6 text,
 prefix_list_id text, referenced_group_id text, referenced_account text, description text,
 foreign_list boolean, place int)
"""
_EQUAL = (
    f"({', '.join(f'r.{name}' for name in SAME)})"
    f" is not distinct from ({', '.join(f'w.{name}' for name in SAME)})"
)
# $1 region, $2 group, $3 side, $4 what is asked. The group is held until the statement ends.
_ASKED = f"""
with held as (
    select g.account_id, g.group_id, g.region, g.vpc_id, coalesce(v.is_default, false) as lenient
      from security_groups as g left join vpcs as v on v.vpc_id = g.vpc_id
     where g.account_id = (select driftcloud_account()) and g.region = $1 and g.group_id = $2
       for no key update of g
), wanted as (
    select w.* from jsonb_to_recordset($4::jsonb) as w {_ROW}
), own as (
    select r.* from security_group_rules as r where r.group_id = $2 and r.is_egress = $3
)"""
# Peers that are not there, or of a network that is not the group's own nor peered with it.
_STRANGERS = """
    (select min(w.referenced_group_id) from wanted as w, held as h
      where w.referenced_group_id <> h.group_id and not exists (
            select from security_groups as p
             where p.group_id = w.referenced_group_id
               and (p.region = h.region and p.vpc_id is not distinct from h.vpc_id
                    or exists (select from vpc_peering_connections as c
                                where c.state = 'active'
                                  and (p.vpc_id, h.vpc_id) in (
                                      (c.requester_vpc_id, c.accepter_vpc_id),
                                      (c.accepter_vpc_id, c.requester_vpc_id)))))) as stranger,
    (select min(w.prefix_list_id) from wanted as w, held as h
      where not w.foreign_list and not exists (
            select from managed_prefix_lists as l
             where l.prefix_list_id = w.prefix_list_id and l.region = h.region)) as no_list"""
_TOLD = """
select j.*, exists (select from held) as found,
       exists (select from security_groups as p
                where p.group_id = j.stranger and p.region = $1) as stranger_known,
       (select jsonb_agg(to_jsonb(d) order by d.rule_id) from done as d) as done
  from judged as j
"""
AUTHORIZE = f"""{_ASKED}, judged as (
    select {_STRANGERS},
           (select min(w.place) from wanted as w, own as r where {_EQUAL}) as twice,
           (select count(*) from own) + (select count(*) from wanted) as total
), done as (
    insert into security_group_rules as r (account_id, group_id, region, is_egress, rule_id,
                                           {", ".join(SAME)}, referenced_account, description,
                                           place, tags, created_at)
    select h.account_id, h.group_id, h.region, $3, w.rule_id,
           {", ".join(f"w.{name}" for name in SAME)}, w.referenced_account, w.description,
           w.place + coalesce((select max(r.place) from own as r), 0), $5::jsonb, $6::timestamptz
      from held as h, wanted as w, judged as j
     where j.stranger is null and j.no_list is null and j.twice is null and j.total <= $7::int
    returning {_SHOWN}
)
{_TOLD}"""
# $5: whether rules are named by id. Of a group in a default VPC, what is not there is only told.
REVOKE = f"""{_ASKED}, met as (
    select w.place, r.id from wanted as w, own as r
     where case when $5::boolean then r.rule_id = w.rule_id else {_EQUAL} end
), judged as (
    select null::text as stranger, (select h.lenient from held as h) as lenient,
           (select array_agg(w.place order by w.place) from wanted as w
             where w.place not in (select m.place from met as m)) as missing
), done as (
    delete from security_group_rules as r using met as m, judged as j
     where r.id = m.id and (j.missing is null or (j.lenient and not $5::boolean))
    returning {_SHOWN}
)
{_TOLD}"""
# Both sides of the group: $3 is not asked.
MODIFY = f"""{_ASKED}, judged as (
    select {_STRANGERS},
           (select array_agg(w.rule_id) from wanted as w
             where not exists (select from security_group_rules as r
                                where r.group_id = $2 and r.rule_id = w.rule_id)) as missing
), done as (
    update security_group_rules as r
       set {", ".join(f"{name} = w.{name}" for name in SAME)},
           referenced_account = w.referenced_account, description = w.description
      from held as h, wanted as w, judged as j
     where r.group_id = h.group_id and r.rule_id = w.rule_id and $3::boolean is null
       and j.stranger is null and j.no_list is null and j.missing is null
    returning {_SHOWN}
)
{_TOLD}"""
DESCRIBE = f"""{_ASKED}, met as (
    select w.place, w.description, r.id from wanted as w, own as r
     where case when $5::boolean then r.rule_id = w.rule_id else {_EQUAL} end
), judged as (
    select null::text as stranger,
           (select array_agg(w.place order by w.place) from wanted as w
             where w.place not in (select m.place from met as m)) as missing
), done as (
    update security_group_rules as r set description = m.description
      from met as m, judged as j where r.id = m.id and j.missing is null
    returning {_SHOWN}
)
{_TOLD}"""


async def authorize(
    db: Any, region: str, group_id: str, egress: bool, wanted: Sequence[Mapping[str, Any]],
    tags: Mapping[str, str], now: Any, most: int,
) -> Any:  # fmt: skip
    """Add rules to a side of a group: all of them or none.

    The verdict: `found`, `stranger` and `no_list` (a peer that may not be named), `twice` (the
    place of one that is there), `total` (above `most`: too many), and what was `done`. Raises
    asyncpg's UniqueViolationError when another adds the same at the same time.
    """
    args = (region, group_id, egress, list(wanted), dict(tags), now, most)
    [verdict] = await db.write(AUTHORIZE, *args)
    return verdict


async def revoke(
    db: Any, region: str, group_id: str, egress: bool, wanted: Sequence[Mapping[str, Any]],
    *, by_id: bool,
) -> Any:  # fmt: skip
    """Take rules from a side of a group; `missing` are the places of those that are not there."""
    [verdict] = await db.write(REVOKE, region, group_id, egress, list(wanted), by_id)
    return verdict


async def modify(db: Any, region: str, group_id: str, wanted: Sequence[Mapping[str, Any]]) -> Any:
    """Let rules, by id, say something else; `missing` are the ids of those that are not there."""
    [verdict] = await db.write(MODIFY, region, group_id, None, list(wanted))
    return verdict


async def describe(
    db: Any, region: str, group_id: str, egress: bool, wanted: Sequence[Mapping[str, Any]],
    *, by_id: bool,
) -> Any:  # fmt: skip
    """Say something else of rules; `missing` are the places of those that are not there."""
    [verdict] = await db.write(DESCRIBE, region, group_id, egress, list(wanted), by_id)
    return verdict


def permissions(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The permissions that rules come to: those of one protocol and range of ports are one."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for rule in rules:
        key = (rule["ip_protocol"], rule["from_port"], rule["to_port"])
        if key not in found:
            found[key] = {"IpProtocol": key[0], **{name: [] for name in PEERS}}
            if key[1] is not None:
                found[key] |= {"FromPort": key[1], "ToPort": key[2]}
        for name, (member, column) in PEERS.items():
            if rule.get(column):
                entry = {member: rule[column], "Description": rule.get("description")}
                if name == "UserIdGroupPairs":
                    entry["UserId"] = rule.get("referenced_account")
                found[key][name].append({k: v for k, v in entry.items() if v})
    return list(found.values())
