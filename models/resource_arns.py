"""Resources of every type by their ARN: what has tags, and which row an ARN means.

`driftcloud_resource_types` says where resources are. A type whose id is its ARN needs no word
here; every other has one line in WRITTEN that says how its ARN is written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from models.resource_tags import KINDS, tagged_types

# What no tagging service knows by an ARN of its own.
WITHOUT_ARN = frozenset({"container_node"})


# What EC2's ARNs call the types that have no ARN of their own.
EC2_KINDS = {
    "instance": "instance",
    "volume": "volume",
    "snapshot": "snapshot",
    "elastic_ip": "elastic-ip",
    "vpc": "vpc",
    "subnet": "subnet",
    "security_group": "security-group",
    "security_group_rule": "security-group-rule",
    "internet_gateway": "internet-gateway",
    "route_table": "route-table",
    "network_acl": "network-acl",
    "dhcp_options": "dhcp-options",
    "flow_log": "vpc-flow-log",
    "managed_prefix_list": "prefix-list",
    "egress_only_internet_gateway": "egress-only-internet-gateway",
    "vpc_peering_connection": "vpc-peering-connection",
    "image": "image",
    "launch_template": "launch-template",
    "nat_gateway": "natgateway",
    "vpc_endpoint": "vpc-endpoint",
    "key_pair": "key-pair",
    "network_interface": "network-interface",
    "capacity_reservation": "capacity-reservation",
    "transit_gateway_attachment": "transit-gateway-attachment",
    "spot_request": "spot-instances-request",
    "transit_gateway": "transit-gateway",
}
# The ARN of a row `r` whose id is none, in SQL; $1 is the account's number.
WRITTEN = {
    name: f"'arn:aws:ec2:' || r.region || ':' || $1::text || ':{kind}/' || {{id}}"
    for name, kind in EC2_KINDS.items()
} | {
    "commitment": "r.arn",
    "rds_instance": "r.arn",
    "cache_cluster": "r.arn",
    "s3_bucket": "'arn:aws:s3:::' || {id}",
}
# Where an ARN without a region belongs; what is global is answered from us-east-1.
REGIONS = {"s3_bucket": "r.region"}
GLOBAL = "us-east-1"

# $2 region, $3 and $4 the type and id to go on after, $5 a regular expression of ARNs,
# $6 tag filters, $7 ARNs: each null where nothing is asked.
_BRANCH = """
(select '{type}'::text as type, r.id, r.arn, r.tags
   from (select {id} as id, {arn} as arn, {tags} as tags, {region} as region
           from {table} as r where {visible}) as r
  where r.region = $2 and r.tags <> '{{}}' and '{type}' >= $3
    and r.id > case when '{type}' = $3 then $4 else '' end
    and ($5::text is null or r.arn ~ $5) and ($7::text[] is null or r.arn = any($7))
    and not exists (
        select from jsonb_array_elements($6::jsonb) as f
         where not (r.tags ? (f ->> 'Key')
                    and (coalesce(f -> 'Values', '[]') = '[]'
                         or f -> 'Values' ? (r.tags ->> (f ->> 'Key')))))
  order by r.id limit $8::int)"""
_TAGS = (
    "coalesce((select jsonb_object_agg(t.key, t.value) from resource_tags as t"
    " where t.resource_type = '{type}' and t.resource_id = {id}), '{{}}')"
)
# The row of an ARN, tagged or not: $2 region, $3 the ids that ARNs may mean, $4 the ARNs.
_FIND = """
select '{type}'::text as type, r.id, r.arn
  from (select {id} as id, {arn} as arn, {region} as region
          from {table} as r where {visible} and {key} = any($3::text[])) as r
 where r.region = $2 and r.arn = any($4::text[])"""
_NAMES = """
select {what} as name from (select {tags} as tags, {arn} as arn, {region} as region
                              from {table} as r where {visible}) as r
 where r.region = $2"""

# All rows are put in one statement; a resource that would have too many tags keeps what it has.
_PUT = """
with wanted as (
    select type, id from unnest($1::text[], $2::text[]) as w (type, id)
), judged as (
    select w.type, w.id,
           (select count(*) <= $4::int
              from (select t.key from resource_tags as t
                     where t.resource_type = w.type and t.resource_id = w.id
                       and t.account_id = (select driftcloud_account())
                     union select jsonb_object_keys($3::jsonb)) as k
             where not starts_with(k.key, 'aws:')) as allowed
      from wanted as w
), put as (
    insert into resource_tags (account_id, resource_type, resource_id, key, value)
    select driftcloud_account(), j.type, j.id, t.key, t.value
      from judged as j cross join jsonb_each_text($3::jsonb) as t
     where j.allowed order by j.type, j.id, t.key
    on conflict (resource_type, resource_id, key) do update set value = excluded.value
     where resource_tags.value <> excluded.value
)
select type, id, allowed from judged
"""
_TAKE = """
delete from resource_tags as t using unnest($1::text[], $2::text[]) as w (type, id)
 where t.resource_type = w.type and t.resource_id = w.id and t.key = any($3::text[])
   and t.account_id = (select driftcloud_account())
"""
_TYPES = """
select resource_type, table_name, id_column, tags_column from driftcloud_resource_types
 order by resource_type
"""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """Where the resources of one type are, and how their ARNs are written."""

    name: str
    table: str
    id_column: str
    tags_column: bool

    @property
    def parts(self) -> dict[str, str]:
        """The fragments of SQL that stand for this type in a statement over all of them."""
        own = f"r.{self.id_column}::text"
        arn = WRITTEN.get(self.name, "{id}").format(id=own)
        kind = KINDS.get(self.name)
        tags = "coalesce(r.tags, '{}')" if self.tags_column else _TAGS
        return {
            "type": self.name,
            "table": self.table,
            "id": own,
            "arn": arn,
            # what an ARN or its last part is compared with
            "key": "r.arn" if arn == "r.arn" else own,
            "region": REGIONS.get(
                self.name, f"coalesce(nullif(split_part({arn}, ':', 4), ''), '{GLOBAL}')"
            ),
            "tags": tags if self.tags_column else tags.format(type=self.name, id=own),
            "visible": kind.visible if kind else "true",
        }

    def can_match(self, pattern: str | None, number: str, region: str) -> bool:
        """Whether an ARN of this type can match; of types whose rows bear their ARNs it may."""
        kind = EC2_KINDS.get(self.name)
        if pattern is None or kind is None:
            return True
        return re.match(pattern, f"arn:aws:ec2:{region}:{number}:{kind}/") is not None


Types = tuple[ResourceType, ...]
_TYPES_AT_ONCE = 6


async def types(db: Any) -> Types:
    """Every type of resource that has ARNs, in the order of lists."""
    return tuple(
        ResourceType(*row)
        for row in await db.fetch(_TYPES)
        if row["resource_type"] not in WITHOUT_ARN
    )


async def _tagged_types(db: Any, keys: Sequence[str] = ()) -> list[ResourceType]:
    """Those of which the account has resources with tags of these keys; no others are asked."""
    tagged_ones = frozenset(await tagged_types(db, keys))
    return [kind for kind in await types(db) if kind.name in tagged_ones]


@lru_cache(maxsize=64)
def _everywhere(branch: str, kinds: Types, more: tuple[tuple[str, str], ...] = ()) -> str:
    """A statement over all types: lists of tags, and what an ARN means."""
    return " union all ".join(branch.format(**kind.parts, **dict(more)) for kind in kinds)


async def tagged(
    db: Any,
    number: str,
    region: str,
    *,
    after: tuple[str, str] = ("", ""),
    pattern: str | None = None,
    filters: Sequence[Mapping[str, Any]] = (),
    arns: Sequence[str] | None = None,
    limit: int,
) -> list[Any]:
    """Resources that have tags (type, id, arn, tags), in the order of type and id.

    A few types at once, until there are enough.
    """
    known = await _tagged_types(db, [one["Key"] for one in filters])
    kinds = [one for one in known if one.can_match(pattern, number, region)]
    given = None if arns is None else list(arns)
    rows: list[Any] = []
    for start in range(0, len(kinds), _TYPES_AT_ONCE):
        some = tuple(kinds[start : start + _TYPES_AT_ONCE])
        if some[-1].name < after[0]:
            continue
        rows += await db.fetch(
            f"select * from ({_everywhere(_BRANCH, some)}) as u"
            " where $1::text is not null order by u.type, u.id limit $8::int",
            number, region, *after, pattern, list(filters), given, limit - len(rows),
        )  # fmt: skip
        if len(rows) >= limit:
            break
    return rows


async def find(db: Any, number: str, region: str, arns: Sequence[str]) -> dict[str, Any]:
    """The type and id of each of the ARNs that there is."""
    tails = [arn.split(":", 5)[-1] for arn in arns]
    ids = {*arns, *tails, *(tail.rpartition("/")[2] for tail in tails)}
    sql = _everywhere(_FIND, await types(db))
    rows = await db.fetch(sql, number, region, sorted(ids), list(arns))
    return {row["arn"]: (row["type"], row["id"]) for row in rows}


async def keys(db: Any, number: str, region: str, after: str, limit: int) -> list[Any]:
    """The keys of all tags in a region, as `name`, in order."""
    what = (("what", "jsonb_object_keys(r.tags)"),)
    kinds = tuple(await _tagged_types(db))
    if not kinds:
        return []
    sql = f"select distinct name from ({_everywhere(_NAMES, kinds, what)}) as n"
    rows: list[Any] = await db.fetch(
        f"{sql} where $1::text is not null and name > $3 order by name limit $4::int",
        number, region, after, limit,
    )  # fmt: skip
    return rows


async def values(
    db: Any, number: str, region: str, key: str, after: str | None, limit: int
) -> list[Any]:
    """The values that tags of one key have in a region, as `name`, in order."""
    what = (("what", "r.tags ->> $5"),)
    kinds = tuple(await _tagged_types(db, [key]))
    if not kinds:
        return []
    sql = f"select distinct name from ({_everywhere(_NAMES, kinds, what)}) as n"
    rows: list[Any] = await db.fetch(
        f"{sql} where $1::text is not null and ($3::text is null or name > $3)"
        " and name is not null order by name limit $4::int",
        number, region, after, limit, key,
    )  # fmt: skip
    return rows


async def put(
    db: Any, resources: Sequence[tuple[str, str]], tags: Mapping[str, str], most: int
) -> set[tuple[str, str]]:
    """Put tags on resources by type and id; those that would have more than `most` are told."""
    rows = await db.write(
        _PUT, [kind for kind, _ in resources], [one for _, one in resources], dict(tags), most
    )
    return {(row["type"], row["id"]) for row in rows if not row["allowed"]}


async def take(db: Any, resources: Sequence[tuple[str, str]], tag_keys: Sequence[str]) -> None:
    """Take tags off resources by type and id; what one does not have is not missed."""
    names = [kind for kind, _ in resources], [one for _, one in resources]
    await db.write(_TAKE, *names, list(tag_keys))
