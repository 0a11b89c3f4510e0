"""Flow logs: what is told of the traffic of networks, and where."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.callers import NUMBER
from models.listing import Listing

LISTING = Listing(
    f"f.*, f.flow_log_id as id, {NUMBER} as owner",
    "flow_logs as f",
    key="f.flow_log_id",
    columns={
        "region": "f.region",
        "id": "f.flow_log_id",
        "resource_id": "f.resource_id",
        "traffic_type": "f.traffic_type",
        "log_destination_type": "f.log_destination_type",
        "log_group_name": "f.log_group_name",
        "delivery": "'SUCCESS'::text",
    },
    tagged="flow_log",
)
# Where resources are of which flow can be told, by API_CreateFlowLogs's ResourceType.
_TABLES = {
    "VPC": "select from vpcs as t where t.vpc_id = a.id and t.region = $1",
    "Subnet": "select from subnets as t where t.subnet_id = a.id and t.region = $1",
    "NetworkInterface": (
        "select from network_interfaces as t where t.network_interface_id = a.id and t.region = $1"
        " union all select from instances as t where t.network_interface_id = a.id"
        " and t.region = $1 and t.state <> 'terminated'"
    ),
    "TransitGateway": (
        "select from transit_gateways as t where t.transit_gateway_id = a.id and t.region = $1"
        " and t.state <> 'deleted'"
    ),
    "TransitGatewayAttachment": (
        "select from transit_gateway_attachments as t where t.attachment_id = a.id"
        " and t.region = $1 and t.state <> 'deleted'"
    ),
}
_INSERT = """
with asked as (
    select a.id, a.flow_log_id, exists ({table}) as there
      from unnest($2::text[], $3::text[]) as a (id, flow_log_id)
), done as (
    insert into flow_logs (account_id, flow_log_id, region, resource_id, traffic_type,
           log_destination_type, log_destination, log_group_name, role_arn, log_format,
           max_aggregation_interval, destination_options, tags, created_at)
    select driftcloud_account(), a.flow_log_id, $1, a.id, f.traffic_type, f.log_destination_type,
           f.log_destination, f.log_group_name, f.role_arn, f.log_format,
           f.max_aggregation_interval, f.destination_options, $5::jsonb, $6::timestamptz
      from asked as a,
           jsonb_to_record($4::jsonb) as f (traffic_type text, log_destination_type text,
               log_destination text, log_group_name text, role_arn text, log_format text,
               max_aggregation_interval int, destination_options jsonb)
     where a.there
        on conflict do nothing
    returning flow_log_id
)
select a.id, a.there, d.flow_log_id from asked as a left join done as d using (flow_log_id)
"""
_DELETE = """
with named as (
    select f.id, f.flow_log_id from flow_logs as f
     where f.region = $1 and f.flow_log_id = any($2::text[])
), done as (
    delete from flow_logs as f using named as n
     where f.id = n.id and (select count(*) from named) = cardinality($2::text[])
)
select flow_log_id from named
"""


async def insert(
    db: Any, region: str, kind: str, resources: Mapping[str, str], row: Mapping[str, Any],
    tags: Mapping[str, str], now: Any,
) -> list[Any]:  # fmt: skip
    """Store flow logs of resources of one kind, ids of flow logs by ids of resources.

    For each resource: its `id`, whether it is `there`, and the `flow_log_id`, null where one of
    the same destination was there before.
    """
    rows: list[Any] = await db.write(
        _INSERT.format(table=_TABLES[kind]), region, list(resources), list(resources.values()),
        dict(row), dict(tags), now,
    )  # fmt: skip
    return rows


async def delete(db: Any, region: str, flow_log_ids: Sequence[str]) -> set[str]:
    """Delete flow logs, all of them or none; the ids that are there."""
    rows = await db.write(_DELETE, region, sorted(set(flow_log_ids)))
    return {row["flow_log_id"] for row in rows}
