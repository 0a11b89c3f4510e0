"""Tasks of ECS clusters: those run by themselves, and those that follow from services.

A service's tasks are numbered within its deployment: the first as many numbers as it runs, less
those that were stopped one by one. The id of a task follows from deployment and number, so that
it stays the same from request to request, and so does the container instance it is on.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from models import single_rows
from models.callers import NOW
from models.container_services import PLACED, SOURCE
from models.listing import Listing

# Container instances are dealt out in turn.
_NODES = f"""
select n.cluster_id, array_agg(n.instance_id order by n.instance_id) as ids,
       array_agg(coalesce(i.availability_zone, n.region || 'a') order by n.instance_id) as zones
  from container_nodes as n left join instances as i on i.instance_id = n.instance_id
 where n.state = 'running' and n.status = 'ACTIVE'
   and n.cluster_id in (select k.id from container_clusters as k where k.orchestrator = 'ecs')
   and {NOW} is not null
 group by n.cluster_id
"""
_AT = "1 + (w.number + abs(hashtext(s.name))) % cardinality(m.ids)"
_SUBNET = "s.network -> 'awsvpcConfiguration' -> 'subnets'"
_ZONE = (
    "coalesce((select b.availability_zone from subnets as b where b.subnet_id ="
    f" {_SUBNET} ->> (w.number % greatest(jsonb_array_length({_SUBNET}), 1))), s.region || 'a')"
)
_OF_SERVICES = f"""
select md5(w.deployment::text || '/' || w.number) as task_id, c.id as cluster_id,
       c.name as cluster, c.arn as cluster_arn, s.region, s.env, 'service:' || s.name as group_name,
       s.name as service, w.definition as task_definition_arn, s.launch_type,
       case when s.capacity_strategy is not null
            then s.capacity_strategy -> 0 ->> 'capacityProvider' end as capacity_provider,
       case when s.launch_type = 'EC2' then m.ids[{_AT}] end as instance_id,
       case when s.launch_type = 'EC2' then m.zones[{_AT}] else {_ZONE} end as availability_zone,
       s.task_cpu as cpu, s.task_memory_mb as memory_mb,
       'ecs-svc/' || (('x' || substr(md5(w.deployment::text), 1, 15))::bit(60)::bigint
                      + 1000000000000000000) as started_by,
       '{{}}'::jsonb as overrides, coalesce((s.options -> 'enableExecuteCommand')::boolean, false)
           as execute_command,
       w.created_at, w.settles_at, null::timestamptz as stopped_at, null as stop_code,
       null as stopped_reason, w.number, s.id as service_id,
       case s.options ->> 'propagateTags' when 'SERVICE' then
            (select jsonb_object_agg(t.key, t.value) from resource_tags as t
              where t.resource_type = 'container_service' and t.resource_id = s.arn)
            when 'TASK_DEFINITION' then (select f.tags from task_definitions as f
              where f.arn = w.definition) end as tags
  from {SOURCE} left join nodes as m on m.cluster_id = c.id
 cross join lateral (
       (select d.id as deployment, d.task_definition_arn as definition, d.created_at, d.settles_at,
               x.number
          from generate_series(1, {PLACED} + cardinality(s.stopped_task_numbers)) as x(number)
         where x.number <> all (s.stopped_task_numbers) order by x.number limit {PLACED})
       union all
       select o.id, o.task_definition_arn, o.created_at, null, x.number
         from generate_series(1, case when o.id is null then 0 else o.desired_count end)
           as x(number)
       ) as w
 where s.status = 'ACTIVE'
"""
_ALONE = """
select t.task_id, c.id, c.name, c.arn, t.region, t.env, t.group_name,
       case when starts_with(t.group_name, 'service:') then substr(t.group_name, 9) end,
       t.task_definition_arn, t.launch_type, t.capacity_provider, t.instance_id,
       t.availability_zone, t.cpu, t.memory_mb, t.started_by, t.overrides, t.execute_command,
       t.created_at, t.settles_at, t.stopped_at, t.stop_code, t.stopped_reason, null, null, t.tags
  from container_tasks as t join container_clusters as c on c.id = t.cluster_id
"""
_STATUS = (
    "(case when t.stopped_at is not null then 'STOPPED'"
    f" when t.settles_at > {NOW} then case when {NOW} < t.created_at"
    " + (t.settles_at - t.created_at) / 2 then 'PROVISIONING' else 'PENDING' end"
    " else 'RUNNING' end)"
)
_DESIRED = "(case when t.stopped_at is not null then 'STOPPED' else 'RUNNING' end)"
_FAMILY = "(split_part(split_part(t.task_definition_arn, '/', 2), ':', 1))"

LISTING = Listing(
    f"t.*, {_STATUS} as last_status, {_DESIRED} as desired_status,"
    " md5(t.cluster_id::text || t.instance_id) as container_instance_id,"
    " coalesce(f.definition -> 'containerDefinitions', '[]') as containers,"
    " f.cpu as task_cpu, f.memory as task_memory",
    f"(with nodes as materialized ({_NODES}) {_OF_SERVICES} union all {_ALONE}) as t"
    " left join task_definitions as f on f.arn = t.task_definition_arn",
    key="t.task_id",
    columns={
        "region": "t.region",
        "cluster": "t.cluster",
        "service": "t.service",
        "family": _FAMILY,
        "started_by": "t.started_by",
        "desired_status": _DESIRED,
        "launch_type": "t.launch_type",
        "container_instance": "md5(t.cluster_id::text || t.instance_id)",
    },
    tagged="container_task",
)
_STOP = """
update container_tasks
   set stopped_at = $3, stop_code = $4, stopped_reason = $5, settles_at = null
 where cluster_id = $1 and task_id = $2 and stopped_at is null
"""
_REPLACE = """
update container_services set stopped_task_numbers = stopped_task_numbers || $2::int where id = $1
"""


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a task."""
    return await single_rows.insert(db, "container_tasks", row)


async def stop(
    db: Any, cluster_id: UUID, task_id: str, now: datetime, code: str, reason: str
) -> None:
    """Stop a task that was run by itself."""
    await db.write(_STOP, cluster_id, task_id, now, code, reason)


async def replace(db: Any, service_id: UUID, number: int) -> None:
    """Let a service run another task in the place of the one of that number."""
    await db.write(_REPLACE, service_id, number)
