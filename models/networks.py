"""Networks: the default VPC of every region, and the networks that an account builds itself."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

Row = dict[str, Any]

DEFAULT_CIDR = "172.31.0.0/16"

EVERYWHERE_OUT = [
    {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [],
    }
]

# AWS gives each region of a new account one VPC with its way out, a /20 subnet per zone, and one
# security group that trusts its own members. Ids are derived from account and region: made again,
# they are the same ones. Where triggers would give a network its parts they find them here.
# Rules have the ids that sql/069_network_parts.sql gives to such rules: made of the group, the
# direction and what they tell. So has `place`, their order: 1001 is the first range of addresses of
# the first permission, 1601 the first group.
_RULE_ID = "'sgr-0' || left(md5(g.group_id || {told}), 16)"
_IN, _OUT = (
    _RULE_ID.format(told=told)
    for told in (
        "'/False/(''-1'', None, None, ''UserIdGroupPairs'', ' || quote_literal(g.group_id) || ')'",
        "'/True/(''-1'', None, None, ''IpRanges'', ''0.0.0.0/0'')'",
    )
)
_DEFAULTS = f"""
with place as (
    select a.id as account_id, a.account_number as number, z.region, z.zone, z.zone_id,
           row_number() over (partition by z.region order by z.zone) - 1 as at
      from cloud_accounts a,
           unnest($2::text[], $3::text[], $4::text[]) as z(region, zone, zone_id)
     where a.id = $1
), network as (
    insert into vpcs (id, account_id, vpc_id, region, cidr_block, is_default, created_at)
    select distinct md5('vpc row' || number || region)::uuid, account_id,
           'vpc-' || substr(md5('vpc' || number || region), 1, 17), region,
           '172.31.0.0/16', true, $5::timestamptz
      from place
    on conflict do nothing
    returning account_id, vpc_id, region
), ground as (
    insert into subnets (id, account_id, subnet_id, vpc_id, region, cidr_block, availability_zone,
                         availability_zone_id, default_for_az, map_public_ip_on_launch, created_at)
    select md5('subnet row' || p.number || p.zone)::uuid, p.account_id,
           'subnet-' || substr(md5('subnet' || p.number || p.zone), 1, 17), n.vpc_id,
           p.region, '172.31.' || (p.at * 16) || '.0/20', p.zone, p.zone_id, true, true,
           $5::timestamptz
      from place p join network n using (region)
    on conflict do nothing
), gateway as (
    insert into internet_gateways (id, account_id, internet_gateway_id, vpc_id, region, created_at)
    select md5('igw row' || vpc_id)::uuid, account_id, driftcloud_part_id('igw', vpc_id), vpc_id,
           region, $5::timestamptz
      from network
    on conflict do nothing
), way as (
    insert into route_tables (id, account_id, route_table_id, vpc_id, region, main_association_id,
                              routes, created_at)
    select md5('rtb row' || vpc_id)::uuid, account_id, driftcloud_part_id('rtb', vpc_id), vpc_id,
           region, driftcloud_part_id('rtbassoc', vpc_id), driftcloud_first_routes(true, vpc_id),
           $5::timestamptz
      from network
    on conflict do nothing
), acl as (
    insert into network_acls (id, account_id, network_acl_id, vpc_id, region, is_default, entries,
                              created_at)
    select md5('acl row' || vpc_id)::uuid, account_id, driftcloud_part_id('acl', vpc_id), vpc_id,
           region, true, driftcloud_first_entries(), $5::timestamptz
      from network
    on conflict do nothing
), guard as (
    select a.account_number as number, n.*,
           'sg-' || substr(md5('sg' || a.account_number || n.region), 1, 17) as group_id
      from network n join cloud_accounts a on a.id = n.account_id
), rule as (
    insert into security_group_rules (id, account_id, rule_id, group_id, region, is_egress,
                                      ip_protocol, cidr_ipv4, referenced_group_id,
                                      referenced_account, place, created_at)
    select md5('sgr row' || r.rule_id)::uuid, g.account_id, r.rule_id, g.group_id, g.region,
           r.is_egress, '-1', case when r.is_egress then '0.0.0.0/0' end,
           case when not r.is_egress then g.group_id end,
           case when not r.is_egress then g.number end,
           case when r.is_egress then 1001 else 1601 end, $5::timestamptz
      from guard g, lateral (values (false, {_IN}), (true, {_OUT})) as r(is_egress, rule_id)
    on conflict do nothing
)
insert into security_groups (id, account_id, group_id, name, description, vpc_id, region,
                             ingress, egress, created_at)
select md5('sg row' || g.number || g.region)::uuid, g.account_id, g.group_id, 'default',
       'default VPC security group', g.vpc_id, g.region,
       jsonb_build_array(jsonb_build_object('IpProtocol', '-1', 'IpRanges', '[]'::jsonb,
           'Ipv6Ranges', '[]'::jsonb, 'PrefixListIds', '[]'::jsonb,
           'UserIdGroupPairs', jsonb_build_array(jsonb_build_object(
               'GroupId', g.group_id, 'UserId', g.number)))),
       '[{{"IpProtocol": "-1", "IpRanges": [{{"CidrIp": "0.0.0.0/0"}}], "Ipv6Ranges": [],
          "PrefixListIds": [], "UserIdGroupPairs": []}}]'::jsonb,
       $5::timestamptz
  from guard g
on conflict do nothing
"""


async def create_defaults(
    connection: Any,
    account_id: uuid.UUID,
    zones: Sequence[tuple[str, str, str]],
    created_at: datetime,
) -> None:
    """Give the account a default network in every region of `zones` that has none yet.

    `zones` are (region, zone, zone id) as of `regions.py`, sixteen a region at most.
    `connection` is an asyncpg connection of the owner role. They are no event: nobody made them.
    """
    async with connection.transaction():
        # what refers to what, and every part of a network, are the statement's own work
        await connection.execute(
            "select set_config('driftcloud.audit', 'off', true), driftcloud_unchecked(true)"
        )
        await connection.execute(
            _DEFAULTS,
            account_id,
            [zone[0] for zone in zones],
            [zone[1] for zone in zones],
            [zone[2] for zone in zones],
            created_at,
        )
        await connection.execute("select driftcloud_unchecked(false)")


async def furnish(connection: Any, account_id: uuid.UUID) -> None:
    """Give the account's networks, written in bulk, the gateways, tables and rules they imply."""
    await connection.execute("select driftcloud_furnish_networks($1)", account_id)


def default_vpc_id(number: str, region: str) -> str:
    """The id of an account's default VPC in a region."""
    return _derived("vpc", number + region)


def default_subnet_id(number: str, zone: str) -> str:
    """The id of an account's default subnet in an availability zone."""
    return _derived("subnet", number + zone)


def default_security_group_id(number: str, region: str) -> str:
    """The id of an account's default security group in a region."""
    return _derived("sg", number + region)


def _derived(prefix: str, of: str) -> str:
    from hashlib import md5

    digest = md5((prefix + of).encode(), usedforsecurity=False).hexdigest()
    return f"{prefix}-{digest[:17]}"


def permission(
    protocol: str, port: int, *, cidrs: Sequence[str] = (), groups: Sequence[tuple[str, str]] = ()
) -> Row:
    """One IpPermission: a port open to CIDR blocks and to (group id, account number) pairs."""
    return {
        "IpProtocol": protocol,
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": cidr} for cidr in cidrs],
        "Ipv6Ranges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [{"GroupId": group, "UserId": number} for group, number in groups],
    }


def tiers(number: str, cidr: str, group_id: Callable[[str], str]) -> dict[str, Row]:
    """The usual security groups of a three-tier network, by role, each trusting the one before.

    `group_id` names the group of a role; `cidr` is the network's own block.
    """
    ids = {role: group_id(role) for role in ("lb", "web", "app", "db", "cache", "nodes", "bastion")}

    def trusts(port: int, *roles: str) -> Row:
        return permission("tcp", port, groups=[(ids[role], number) for role in roles])

    world = ["0.0.0.0/0"]
    ssh = trusts(22, "bastion")
    ingress: dict[str, list[Row]] = {
        "lb": [permission("tcp", 80, cidrs=world), permission("tcp", 443, cidrs=world)],
        "web": [trusts(8080, "lb"), ssh],
        "app": [trusts(8080, "web", "lb"), ssh],
        "db": [trusts(5432, "app", "nodes"), trusts(3306, "app", "nodes")],
        "cache": [trusts(6379, "app", "nodes")],
        "nodes": [permission("-1", -1, cidrs=[cidr])],
        "bastion": [permission("tcp", 22, cidrs=["198.51.100.0/24"])],
    }
    return {
        role: {"group_id": ids[role], "ingress": rules, "egress": EVERYWHERE_OUT}
        for role, rules in ingress.items()
    }
