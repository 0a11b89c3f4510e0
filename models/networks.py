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

# AWS gives each region of a new account one VPC, a /20 subnet per zone, and one security group
# that trusts its own members. Ids are derived from account and region: made again, they are the
# same ones.
_DEFAULTS = """
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
)
insert into security_groups (id, account_id, group_id, name, description, vpc_id, region,
                             ingress, egress, created_at)
select md5('sg row' || a.account_number || n.region)::uuid, n.account_id, g.group_id, 'default',
       'default VPC security group', n.vpc_id, n.region,
       jsonb_build_array(jsonb_build_object('IpProtocol', '-1', 'IpRanges', '[]'::jsonb,
           'Ipv6Ranges', '[]'::jsonb, 'PrefixListIds', '[]'::jsonb,
           'UserIdGroupPairs', jsonb_build_array(jsonb_build_object(
               'GroupId', g.group_id, 'UserId', a.account_number)))),
       '[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [],
          "PrefixListIds": [], "UserIdGroupPairs": []}]'::jsonb,
       $5::timestamptz
  from network n
  join cloud_accounts a on a.id = n.account_id,
       lateral (select 'sg-' || substr(md5('sg' || a.account_number || n.region), 1, 17))
           as g(group_id)
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
        await connection.execute("select set_config('driftcloud.audit', 'off', true)")
        await connection.execute(
            _DEFAULTS,
            account_id,
            [zone[0] for zone in zones],
            [zone[1] for zone in zones],
            [zone[2] for zone in zones],
            created_at,
        )


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
