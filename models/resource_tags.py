"""Resource tags of EC2's nouns: merged, taken away and listed where the resource itself is.

Tables keep tags in a column of their own, which triggers hold equal to resource_tags (see
sql/027_tags.sql). Writing the column is the cheaper side: one row of one table, whose trigger
writes the tags that changed, instead of a lock, a merge and an echo per tag.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from models.callers import NOW
from models.listing import Listing

MOST_TAGS = 50


class Kind(NamedTuple):
    """Where resources of one type are: their table, the column of their id and its type."""

    table: str
    id_column: str
    id_type: str = "text"
    visible: str = "true"


KINDS = {
    "instance": Kind(
        "instances",
        "instance_id",
        visible=f"(state <> 'terminated' or terminated_at > {NOW} - interval '1 hour')",
    ),
    "volume": Kind("volumes", "volume_id", visible="state <> 'deleted'"),
    "snapshot": Kind("snapshots", "snapshot_id"),
    "elastic_ip": Kind("elastic_ips", "allocation_id"),
    "image": Kind("images", "image_id", visible="account_id = (select driftcloud_account())"),
    "vpc": Kind("vpcs", "vpc_id"),
    "subnet": Kind("subnets", "subnet_id"),
    "security_group": Kind("security_groups", "group_id"),
    "security_group_rule": Kind("security_group_rules", "rule_id"),
    "internet_gateway": Kind("internet_gateways", "internet_gateway_id"),
    "route_table": Kind("route_tables", "route_table_id"),
    "network_acl": Kind("network_acls", "network_acl_id"),
    "dhcp_options": Kind("dhcp_options", "dhcp_options_id"),
    "flow_log": Kind("flow_logs", "flow_log_id"),
    "managed_prefix_list": Kind("managed_prefix_lists", "prefix_list_id"),
    "egress_only_internet_gateway": Kind("egress_only_internet_gateways", "gateway_id"),
    "vpc_peering_connection": Kind("vpc_peering_connections", "peering_id"),
    "nat_gateway": Kind(
        "nat_gateways",
        "nat_gateway_id",
        visible=f"(state <> 'deleted' or deleted_at > {NOW} - interval '1 hour')",
    ),
    "vpc_endpoint": Kind("vpc_endpoints", "vpc_endpoint_id"),
    "launch_template": Kind("launch_templates", "launch_template_id"),
    "key_pair": Kind("key_pairs", "key_pair_id"),
    "network_interface": Kind("network_interfaces", "network_interface_id"),
    "capacity_reservation": Kind("capacity_reservations", "capacity_reservation_id"),
    "spot_request": Kind("spot_requests", "spot_request_id"),
    "transit_gateway": Kind("transit_gateways", "transit_gateway_id"),
    "transit_gateway_attachment": Kind("transit_gateway_attachments", "attachment_id"),
    "commitment": Kind(
        "commitments", "id", "uuid", visible="commitment_type = 'reserved_instance'"
    ),
}

# The rows are locked in one order and judged together: all of them change, or none does. Tags
# that AWS itself puts on a resource do not count.
_MERGE = """
with old as (
    select id, {id}::text as resource_id, coalesce(tags, '{{}}') || $3::jsonb as tags,
           coalesce(tags, '{{}}') @> $3::jsonb as same
      from {table}
     where region = $1 and {id} = any($2::{type}[]) and {visible}
     order by id for no key update
), verdict as (
    select count(*) = cardinality($2::{type}[])
           and coalesce(bool_and((select count(*) from jsonb_object_keys(old.tags) as k
                                   where not starts_with(k, 'aws:')) <= {most}), true) as allowed
      from old
), changed as (
    update {table} as r set tags = old.tags from old, verdict
     where r.id = old.id and verdict.allowed and not old.same
)
select old.resource_id, verdict.allowed from old cross join verdict
"""

# One resource is the usual case, and needs no lock ahead of its change: what this statement leaves
# alone (nothing new, too many tags, no such resource) the other one judges.
_MERGE_ONE = """
update {table} set tags = coalesce(tags, '{{}}') || $3::jsonb
 where region = $1 and {id} = $2::{type} and {visible}
   and not coalesce(tags, '{{}}') @> $3::jsonb
   and (select count(*) from jsonb_object_keys(coalesce(tags, '{{}}') || $3::jsonb) as k
         where not starts_with(k, 'aws:')) <= {most}
returning {id}
"""

# $3: keys to take away whatever their value, $4: keys with the value that they must have; with
# both null everything goes but AWS's own.
_REMOVE = """
with old as (
    select id, {id}::text as resource_id, tags as before,
           coalesce((select jsonb_object_agg(e.key, e.value) from jsonb_each(tags) as e
                      where not case when $3::text[] is null and $4::jsonb is null
                                     then not starts_with(e.key, 'aws:')
                                     else e.key = any(coalesce($3::text[], '{{}}'))
                                          or coalesce($4::jsonb -> e.key = e.value, false) end),
                    '{{}}') as tags
      from {table}
     where region = $1 and {id} = any($2::{type}[]) and {visible}
     order by id for no key update
), changed as (
    update {table} as r set tags = old.tags from old
     where r.id = old.id and old.tags <> old.before
       and (select count(*) from old) = cardinality($2::{type}[])
)
select resource_id from old
"""


# Types of which some resource has a tag, found one after the other in an index; and a tag of each
# of the keys $1.
_TAGGED_TYPES = """
with recursive found as (
    (select resource_type as name from resource_tags
      where account_id = (select driftcloud_account()) order by resource_type limit 1)
    union all
    select (select t.resource_type from resource_tags as t
             where t.account_id = (select driftcloud_account()) and t.resource_type > f.name
             order by t.resource_type limit 1) from found as f where f.name is not null
)
select name from found
 where name is not null and not exists (
       select from unnest($1::text[]) as wanted (key)
        where not exists (select from resource_tags as t
                           where t.account_id = (select driftcloud_account())
                             and t.resource_type = found.name and t.key = wanted.key))
 order by name
"""
# $2 and $3: the id and key to go on after. Both tables have an index in this order, so that a page
# reads no more than it shows.
_PAGE = """
select '{name}' as resource_type, t.resource_id, t.key, t.value,
       '{name}/' || t.resource_id || '/' || t.key as position
  from (select {id}::text as id from {table}
         where region = $1 and {visible} and {id}::text >= $2) as r
  join resource_tags as t on t.resource_type = '{name}' and t.resource_id = r.id
 where (r.id, t.key) > ($2, $3) order by r.id, t.key limit $4::int
"""


def _statements(text: str) -> dict[str, str]:
    return {
        name: text.format(
            name=name,
            table=kind.table,
            id=kind.id_column,
            type=kind.id_type,
            visible=kind.visible,
            most=MOST_TAGS,
        )
        for name, kind in KINDS.items()
    }


MERGE = _statements(_MERGE)
MERGE_ONE = _statements(_MERGE_ONE)
REMOVE = _statements(_REMOVE)
PAGE = _statements(_PAGE)

_POSITION = "(t.resource_id || '/' || t.key)"


@lru_cache(maxsize=64)
def listing(types: tuple[str, ...]) -> Listing:
    """The tags of resources of these types; the fewer, the sooner the statement is planned."""
    resources = " union all ".join(
        f"select '{name}'::text as type, {kind.id_column}::text as id, region from {kind.table}"
        f" where {kind.visible}"
        for name, kind in KINDS.items()
        if name in types
    )
    return Listing(
        f"{_POSITION} as position, t.resource_type, t.resource_id, t.key, t.value",
        f"({resources}) as r join resource_tags as t on t.resource_type = r.type"
        " and t.resource_id = r.id",
        key=_POSITION,
        columns={
            "region": "r.region",
            "resource_id": "r.id",
            "resource_type": "r.type",
            "key": "t.key",
            "value": "t.value",
        },
    )


async def tagged_types(db: Any, keys: Sequence[str] = ()) -> list[str]:
    """The types of which the account has resources with tags, of each of these keys, in order."""
    return [row["name"] for row in await db.fetch(_TAGGED_TYPES, list(keys))]


async def page(db: Any, region: str, after: str | None, limit: int | None) -> list[Any]:
    """Tags of all resources of a region by type, id and key, after a row's `position`."""
    last, _, rest = (after or "").partition("/")
    resource_id, _, key = rest.partition("/")
    rows: list[Any] = []
    for name in await tagged_types(db):
        if name in PAGE and name >= last and (limit is None or len(rows) < limit):
            start = (resource_id, key) if name == last else ("", "")
            left = None if limit is None else limit - len(rows)
            rows += await db.fetch(PAGE[name], region, *start, left)
    return rows


async def merge(
    db: Any, resource_type: str, region: str, ids: Sequence[str], tags: Mapping[str, str]
) -> tuple[set[str], bool]:
    """Put tags on all of these resources, or on none.

    Gives the ids that were found, and whether it was done: not when one was missing or would
    have more than MOST_TAGS tags.
    """
    wanted = sorted(set(ids))
    if len(wanted) == 1 and await db.attempt(
        MERGE_ONE[resource_type], region, wanted[0], dict(tags)
    ):
        return set(wanted), True
    rows = await db.write(MERGE[resource_type], region, wanted, dict(tags))
    return {row["resource_id"] for row in rows}, bool(rows) and rows[0]["allowed"]


async def remove(
    db: Any,
    resource_type: str,
    region: str,
    ids: Sequence[str],
    keys: Sequence[str] | None,
    pairs: Mapping[str, str] | None,
) -> set[str]:
    """Take tags off all of these resources, or off none; the ids that were found.

    `keys` go whatever their value, `pairs` only with that value; both None: all of them.
    """
    wanted = sorted(set(ids))
    given = (None if keys is None else list(keys), None if pairs is None else dict(pairs))
    rows = await db.write(REMOVE[resource_type], region, wanted, *given)
    return {row["resource_id"] for row in rows}
