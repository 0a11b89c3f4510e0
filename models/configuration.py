"""Configuration items: resources as AWS Config names them, and how they came to be so."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from models.resource_tags import KINDS


class Kind(NamedTuple):
    """A type of AWS Config: the type of our own, and the table, id and name columns of it."""

    own: str
    table: str
    id_column: str
    name_column: str = "null"
    visible: str = "true"


def _ec2(own: str, name: str = "null") -> Kind:
    kind = KINDS[own]
    return Kind(own, kind.table, kind.id_column, name, kind.visible)


TYPES = {
    "AWS::EC2::Instance": _ec2("instance"),
    "AWS::EC2::Volume": _ec2("volume"),
    "AWS::EC2::EIP": _ec2("elastic_ip"),
    "AWS::EC2::SecurityGroup": _ec2("security_group", "name"),
    "AWS::EC2::VPC": _ec2("vpc"),
    "AWS::EC2::Subnet": _ec2("subnet"),
    "AWS::EC2::NatGateway": _ec2("nat_gateway"),
    "AWS::EC2::VPCEndpoint": _ec2("vpc_endpoint"),
    "AWS::EC2::LaunchTemplate": _ec2("launch_template", "name"),
    "AWS::RDS::DBInstance": Kind("rds_instance", "rds_instances", "db_instance_id", "identifier"),
    "AWS::RDS::DBCluster": Kind("rds_cluster", "rds_clusters", "arn", "identifier"),
    "AWS::RDS::DBSnapshot": Kind("rds_snapshot", "rds_snapshots", "arn", "identifier"),
    "AWS::S3::Bucket": Kind("s3_bucket", "s3_buckets", "name", "name"),
    "AWS::Lambda::Function": Kind("lambda_function", "lambda_functions", "arn", "name"),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": Kind(
        "load_balancer", "load_balancers", "lb_arn", "name"
    ),
    "AWS::AutoScaling::AutoScalingGroup": Kind(
        "autoscaling_group", "autoscaling_groups", "arn", "name"
    ),
    "AWS::CloudWatch::Alarm": Kind("alarm", "alarms", "arn", "name"),
}
# Of which of them the id in AWS Config is the name, and not what the ARN ends with.
NAMED = frozenset({"AWS::Lambda::Function", "AWS::RDS::DBCluster", "AWS::RDS::DBSnapshot"})

_LISTED = """
select '{type}'::text as type, {shown}::text as id, {name} as name, r.region, {own}::text as own_id
  from {table} as r where r.region = $1 and {visible} and r.account_id = driftcloud_account()
"""
_HISTORY = """
select e.field_name, e.old_value, e.new_value, e.changed_at, e.change_source, e.id
  from resource_change_events as e
 where e.account_id = (select driftcloud_account()) and e.resource_type = $1
   and e.resource_id = $2 and ($3::timestamptz is null or e.changed_at >= $3)
   and ($4::timestamptz is null or e.changed_at <= $4)
 order by e.changed_at desc, e.id
"""


def _listed(kind_name: str) -> str:
    kind = TYPES[kind_name]
    own = f"r.{kind.id_column}"
    name = "null::text" if kind.name_column == "null" else f"r.{kind.name_column}"
    return _LISTED.format(
        type=kind_name,
        shown=name if kind_name in NAMED else own,
        name=name,
        own=own,
        table=kind.table,
        visible=kind.visible,
    )


_WHOLE = """
select '{type}'::text as type, {shown}::text as id, ({name})::text as name, r.region,
       {own}::text as own_id, to_jsonb(r) - 'id' - 'account_id' as configuration,
       coalesce((select jsonb_object_agg(t.key, t.value) from resource_tags as t
                  where t.account_id = r.account_id and t.resource_type = '{kind}'
                    and t.resource_id = {own}::text), '{{}}') as tags
  from {table} as r
 where r.region = $region and {visible} and r.account_id = (select driftcloud_account())
"""


def whole(kind_name: str) -> str:
    """The statement that shows all resources of a type with their configuration and tags.

    `$region` stands where the region is bound.
    """
    kind = TYPES[kind_name]
    own = f"r.{kind.id_column}"
    name = "null::text" if kind.name_column == "null" else f"r.{kind.name_column}"
    return _WHOLE.format(
        type=kind_name,
        kind=kind.own,
        shown=name if kind_name in NAMED else own,
        name=name,
        own=own,
        table=kind.table,
        visible=kind.visible,
    )


async def listed(db: Any, region: str, kinds: Sequence[str]) -> list[Any]:
    """Resources of these types in a region (type, id, name, region, own_id), by type and id."""
    if not kinds:
        return []
    sql = " union all ".join(_listed(kind) for kind in sorted(set(kinds)))
    rows: list[Any] = await db.fetch(f"select * from ({sql}) as r order by type, id", region)
    return rows


async def found(db: Any, region: str, kinds: Sequence[str], ids: Sequence[str]) -> list[Any]:
    """Those of the resources of these types that there are, with configuration and tags."""
    if not kinds:
        return []
    sql = " union all ".join(whole(kind) for kind in sorted(set(kinds)))
    rows: list[Any] = await db.fetch(
        f"select * from ({sql.replace('$region', '$1')}) as r where id = any($2::text[])",
        region, list(ids),
    )  # fmt: skip
    return rows


async def counts(db: Any, region: str, kinds: Sequence[str]) -> list[Any]:
    """How many resources of these types a region has, the most first."""
    if not kinds:
        return []
    sql = " union all ".join(_listed(kind) for kind in sorted(set(kinds)))
    rows: list[Any] = await db.fetch(
        f"select type, count(*) as count from ({sql}) as r group by type order by count desc, type",
        region,
    )
    return rows


async def history(
    db: Any, own_type: str, own_id: str, earliest: Any = None, latest: Any = None
) -> list[Any]:
    """The changes of a resource, the newest first, that fell between two moments."""
    rows: list[Any] = await db.fetch(_HISTORY, own_type, own_id, earliest, latest)
    return rows
