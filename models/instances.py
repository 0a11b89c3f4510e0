"""Instances: virtual machines, their states and what a change of state takes along."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from models import draws
from models.callers import NOW
from models.instance_columns import COLUMNS, NAMELESS, STATE_NUMBER, TRANSITION, placed
from models.listing import Database, Listing

_PLACED = ("vpc_id", "subnet_id", "network_interface_id", "private_ip_address")
_SHOWN = (
    "instance_id", "name", "instance_type", "region", "state", "launch_time", "availability_zone",
    "public_ip_address", "source_dest_check", "image_id", "architecture", "platform",
    "platform_details", "usage_operation", "root_device_name", "key_name",
    "iam_instance_profile_arn", "metadata_options", "launch_options", "monitoring",
    "ebs_optimized", "hibernation", "disable_api_termination", "disable_api_stop",
    "shutdown_behavior", "tenancy",
    "instance_lifecycle", "reservation_id", "launch_index", "client_token", "state_reason_code",
    "state_reason_message", "state_changed_at", "created_at", "tags", "added_interfaces",
    "has_elastic_ip",
)  # fmt: skip

# json, not jsonb: these are only read back as text, which takes a quarter less.
_DEVICES = (
    "coalesce((select json_agg(json_build_object("
    "'device', v.attach_device, 'volume_id', v.volume_id,"
    " 'attach_time', v.attach_time, 'delete_on_termination', v.delete_on_termination)"
    " order by v.attach_device) from volumes as v where v.attached_instance_id = i.instance_id),"
    " '[]')"
)
# Few sets of groups serve many instances: joined this way, PostgreSQL reads each set once. They are
# told of in the order that the instance has them, so that a revision is the same under any plan.
_HELD = (
    "left join lateral (select {columns} from unnest(i.security_group_ids) as h(id))"
    " as held on true"
)
_GROUPS_REVISION = (
    "string_agg((select concat(g.xmin, g.ctid) from security_groups as g where g.group_id = h.id),"
    " '') as revision"
)
_GROUPS = (
    "(select json_agg(json_build_object('id', g.group_id, 'name', g.name) order by g.group_id)"
    " from security_groups as g where g.group_id = any(i.security_group_ids)) as groups, "
    + _GROUPS_REVISION
)
_GROUP_IDS = placed("i.security_group_ids", "'{}'")
_SHOWN_GROUPS = placed("held.groups", "'[]'")
# The account is the same for every row, so that this is looked up once.
_OWNER = "(select a.account_number from cloud_accounts as a where a.id = driftcloud_account())"
_VPC = "left join vpcs as n on n.vpc_id = i.vpc_id"
# The versions of all the rows that an instance is shown from.
_REVISION = (
    "concat(i.xmin, i.ctid, '/', n.xmin, n.ctid, '/', held.revision, '/',"
    " (select string_agg(concat(v.xmin, v.ctid), '' order by v.volume_id)"
    " from volumes as v where v.attached_instance_id = i.instance_id))"
)


LISTING = Listing(
    ", ".join(f"i.{name}" for name in _SHOWN)
    + "".join(f", {placed(f'i.{name}')} as {name}" for name in _PLACED)
    + f", {_GROUP_IDS} as security_group_ids, {_SHOWN_GROUPS} as groups"
    + f", {STATE_NUMBER} as state_number, {TRANSITION} as transition_reason,"
    + f" {_DEVICES} as devices, {NAMELESS} as nameless,"
    + f" {_OWNER} as owner_number",
    f"instances as i {_VPC} {_HELD.format(columns=_GROUPS)}",
    key="i.instance_id",
    columns=COLUMNS,
    tagged="instance",
    # AWS shows a terminated instance for about an hour.
    always=(f"(i.state <> 'terminated' or i.terminated_at > {NOW} - interval '1 hour')"),
    revision=_REVISION,
    revised=f"instances as i {_VPC} {_HELD.format(columns=_GROUPS_REVISION)}",
    also="i.reservation_id",
)

# Every change of state is one statement: the old rows are locked in id order and judged
# together, and when one may not change none does (`refused`). What hangs on an instance goes
# along: its address is billed while the instance does not run, its node leaves the cluster.
_OLD = """
with old as (
    select id, instance_id, state, disable_api_stop, disable_api_termination, instance_lifecycle
      from instances as i
     where region = $1 and instance_id = any($2::text[]) and {visible}
     order by id for update
),
verdict as (
    select count(*) = cardinality($2::text[])
           and not coalesce(bool_or(state <> all({from_states}) or {protected}), false) as allowed
      from old
),
"""
_TOLD = """
select old.instance_id, old.state as previous, old.disable_api_stop,
       old.disable_api_termination, verdict.allowed
  from old cross join verdict order by old.instance_id
"""

_STOP = (
    _OLD
    + """
changed as (
    update instances as i
       set state = case when $5 > interval '0' then 'stopping' else 'stopped' end,
           settled_state = case when $5 > interval '0' then 'stopped' end,
           settles_at = case when $5 > interval '0' then $3::timestamptz + $5::interval end,
           state_changed_at = $3, state_reason_code = 'Client.UserInitiatedShutdown',
           state_reason_message = 'Client.UserInitiatedShutdown: User initiated shutdown',
           state_transition_reason = 'User initiated',
           current_cpu = 0, current_memory = 0,
           public_ip_address = (select e.public_ip from elastic_ips as e
                                 where e.associated_instance_id = i.instance_id limit 1)
      from old, verdict
     where i.id = old.id and verdict.allowed and old.state in ('pending', 'running')
    returning i.instance_id
),
addresses as (
    update elastic_ips set hourly_cost = $4
     where associated_instance_id = any(array(select instance_id from changed))
       and hourly_cost <> $4
),
nodes as (
    update container_nodes set state = 'stopped'
     where instance_id = any(array(select instance_id from changed))
)"""
    + _TOLD
)

_START = (
    _OLD
    + """
changed as (
    update instances as i
       set state = case when $5 > interval '0' then 'pending' else 'running' end,
           settled_state = case when $5 > interval '0' then 'running' end,
           settles_at = case when $5 > interval '0' then $3::timestamptz + $5::interval end,
           state_changed_at = $3, launch_time = $3, last_active_at = $3,
           state_reason_code = null, state_reason_message = null,
           state_transition_reason = null,
           public_ip_address = coalesce(
               (select e.public_ip from elastic_ips as e
                 where e.associated_instance_id = i.instance_id limit 1),
               (select host('3.80.0.1'::inet
                            + mod(('x' || substr(md5(i.instance_id || $6::text), 1, 15))
                                  ::bit(60)::bigint, 100 * 65536 - 2))
                  from subnets as s
                 where s.subnet_id = i.subnet_id and s.map_public_ip_on_launch))
      from old, verdict
     where i.id = old.id and verdict.allowed and old.state in ('stopped', 'stopping')
    returning i.instance_id
),
addresses as (
    update elastic_ips set hourly_cost = $4
     where associated_instance_id = any(array(select instance_id from changed))
       and hourly_cost <> $4
),
nodes as (
    update container_nodes set state = 'running'
     where instance_id = any(array(select instance_id from changed))
)"""
    + _TOLD
)

# What is marked delete_on_termination goes with the instance; the rest stays behind, unattached:
# that is how zombie volumes and idle addresses come to be.
_TERMINATE = (
    _OLD
    + """
changed as (
    update instances as i
       set state = 'terminated', terminated_at = $3, state_changed_at = $3,
           settled_state = null, settles_at = null,
           state_reason_code = 'Client.UserInitiatedShutdown',
           state_reason_message = 'Client.UserInitiatedShutdown: User initiated shutdown',
           state_transition_reason = 'User initiated',
           current_cpu = 0, current_memory = 0, public_ip_address = null,
           autoscaling_group_id = null
      from old, verdict
     where i.id = old.id and verdict.allowed and old.state <> 'terminated'
    returning i.instance_id
),
gone as (
    delete from volumes
     where attached_instance_id = any(array(select instance_id from changed))
       and delete_on_termination
    returning volume_id
),
left_behind as (
    update volumes
       set state = 'available', attached_instance_id = null, attach_device = null,
           attach_time = null, last_used_at = $3
     where attached_instance_id = any(array(select instance_id from changed))
       and not delete_on_termination
),
addresses as (
    update elastic_ips
       set state = 'unassociated', associated_instance_id = null, association_id = null,
           association_time = null, network_interface_id = null, private_ip_address = null,
           hourly_cost = $4
     where associated_instance_id = any(array(select instance_id from changed))
),
nodes as (
    delete from container_nodes where instance_id = any(array(select instance_id from changed))
)"""
    + _TOLD
)


def _statement(text: str, from_states: Sequence[str], protected: str) -> str:
    states = "'{" + ",".join(from_states) + "}'::text[]"
    return text.format(from_states=states, protected=protected, visible=LISTING.always)


STARTABLE = ("stopped", "running", "pending")
STOP = _statement(_STOP, ("running", "pending", "stopping", "stopped"), "disable_api_stop")
START = _statement(_START, STARTABLE, "false")
TERMINATE = _statement(
    _TERMINATE,
    ("pending", "running", "stopping", "stopped", "terminated"),
    "(disable_api_termination or disable_api_stop)",
)
# A group ends its members whatever EC2's own verb would say.
TERMINATE_MEMBERS = _statement(
    _TERMINATE, ("pending", "running", "stopping", "stopped", "terminated"), "false"
)


async def find_one(db: Database, region: str, instance_id: str) -> Any | None:
    """The instance of that id, or None; a terminated one is found for an hour."""
    return await LISTING.one(db, region, instance_id)


async def change_state(
    db: Any,
    statement: str,
    region: str,
    instance_ids: Sequence[str],
    now: datetime,
    address_hourly: Decimal,
    *takes: timedelta,
) -> list[Any]:
    """Run STOP, START or TERMINATE on instances, on all of them or on none.

    `address_hourly` is what an elastic IP then costs; `takes` how long stopping or starting
    lasts. Gives a row for each instance found: its previous state and whether the change was
    `allowed`.
    """
    # what a started machine's public address is drawn from
    drawn = (draws.hexadecimal(16),) if statement is START else ()
    rows: list[Any] = await db.write(
        statement, region, sorted(set(instance_ids)), now, address_hourly, *takes, *drawn
    )
    return rows


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a new instance; the keys of `row` are columns of the table."""
    names = list(row)
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(f"${n + 1}" for n in range(len(names)))
    await db.write(
        f"insert into instances (account_id, {columns}) values (driftcloud_account(), {values})",
        *(row[name] for name in names),
    )


async def update(db: Any, region: str, instance_id: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one instance; False when it is not there."""
    sets = ", ".join(f'"{name}" = ${n + 3}' for n, name in enumerate(changes))
    sql = (
        f"update instances set {sets} where region = $1 and instance_id = $2 returning instance_id"
    )
    return bool(await db.write(sql, region, instance_id, *changes.values()))


SETTLE = """
update instances
   set state = settled_state, settled_state = null, settles_at = null
 where settles_at is not null and settles_at <= driftcloud_now(account_id)
"""


async def set_monitoring(
    db: Any, region: str, instance_ids: Sequence[str], state: str
) -> list[str]:
    """Turn detailed monitoring on or off, for all of the instances or none; the ids found."""
    rows = await db.write(
        "with old as (select id, instance_id from instances where region = $1"
        " and instance_id = any($2::text[]) and state <> 'terminated' order by id for update),"
        " changed as (update instances as i set monitoring = $3 from old where i.id = old.id"
        " and (select count(*) from old) = cardinality($2::text[]))"
        " select instance_id from old order by instance_id",
        region,
        sorted(set(instance_ids)),
        state,
    )
    return [row["instance_id"] for row in rows]
