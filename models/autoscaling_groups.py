"""Auto Scaling groups: how many instances of what are wanted, and which ones there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.listing import Column, Database, Listing

# https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
LIFECYCLE = (
    "(case when i.standby then 'Standby' when i.state = 'pending' then 'Pending'"
    " else 'InService' end)"
)
HEALTH = (
    "(case when i.state in ('stopping', 'stopped') then 'Unhealthy'"
    " else coalesce(i.health_status, 'Healthy') end)"
)
_TEMPLATE_NAME = (
    "(select t.name from launch_templates as t where t.launch_template_id = i.launch_template_id)"
)
_MEMBERS = (
    "coalesce((select jsonb_agg(jsonb_build_object('instance_id', i.instance_id,"
    " 'instance_type', i.instance_type, 'availability_zone', i.availability_zone,"
    f" 'lifecycle', {LIFECYCLE}, 'health', {HEALTH}, 'protected', i.protected_from_scale_in,"
    " 'launch_configuration_name', i.launch_configuration_name,"
    f" 'template_id', i.launch_template_id, 'template_name', {_TEMPLATE_NAME},"
    " 'template_version', i.launch_template_version) order by i.instance_id)"
    " from instances as i where i.autoscaling_group_id = g.id and i.state <> 'terminated'),"
    " '[]'::jsonb) as members"
)
_TAGS = (
    "coalesce((select jsonb_agg(jsonb_build_object('key', e.key, 'value', e.value, 'group', g.name,"
    " 'propagate', e.key = any(g.propagated_tag_keys)) order by e.key)"
    " from jsonb_each_text(g.tags) as e), '[]'::jsonb) as shown_tags"
)
# A time inside a text is moved here, since nothing after this knows that it is one.
_SUSPENDED = (
    "coalesce((select jsonb_agg(jsonb_build_object('process', p.name, 'reason',"
    " 'User suspended at ' || to_char((coalesce((g.suspended_at ->> p.name)::timestamptz,"
    " g.created_at) + {shift}) at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))"
    " order by p.name) from unnest(g.suspended_processes) as p(name)), '[]'::jsonb) as suspended"
)
_COLUMNS = (
    "id", "name", "arn", "region", "env", "min_size", "max_size", "desired_capacity",
    "instance_type", "launch_template_id", "launch_template_name", "launch_template_version",
    "launch_configuration_name", "mixed_instances_policy", "options", "enabled_metrics",
    "availability_zones", "subnet_ids", "load_balancer_names", "target_group_arns",
    "health_check_type", "health_check_grace_period", "default_cooldown", "suspended_processes",
    "suspended_at", "scaled_at", "termination_policies", "new_instances_protected",
    "capacity_rebalance", "service_linked_role_arn", "status", "tags", "propagated_tag_keys",
    "created_at", "current_utilization",
)  # fmt: skip

LISTING = Listing(
    ", ".join(f"g.{name}" for name in _COLUMNS) + f", {_MEMBERS}, {_TAGS}, {_SUSPENDED},"
    " array_to_string(g.subnet_ids, ',') as zone_identifier",
    "autoscaling_groups as g",
    key="g.name",
    columns={"region": "g.region", "name": "g.name"},
    tagged="autoscaling_group",
    tagged_by="g.arn",
)

_POSITION = "(g.name || '/' || e.key)"
TAGS = Listing(
    f"{_POSITION} as position, g.name as group, e.key, e.value,"
    " (e.key = any(g.propagated_tag_keys)) as propagate",
    "autoscaling_groups as g cross join lateral jsonb_each_text(g.tags) as e",
    key=_POSITION,
    columns={
        "region": "g.region",
        "group": "g.name",
        "key": "e.key",
        "value": "e.value",
        "propagate": Column("(e.key = any(g.propagated_tag_keys))", "bool"),
    },
)

MEMBERS = Listing(
    "i.instance_id, i.instance_type, i.availability_zone, g.name as group,"
    f" {LIFECYCLE} as lifecycle, upper({HEALTH}) as health,"
    " i.protected_from_scale_in as protected, i.launch_configuration_name,"
    f" i.launch_template_id as template_id, {_TEMPLATE_NAME} as template_name,"
    " i.launch_template_version as template_version, i.autoscaling_group_id as group_id",
    "instances as i join autoscaling_groups as g on g.id = i.autoscaling_group_id",
    key="i.instance_id",
    columns={"region": "i.region", "instance_id": "i.instance_id", "group": "g.name"},
    always="i.state <> 'terminated'",
)

_FIND = f"""
select {", ".join(_COLUMNS)} from autoscaling_groups
 where account_id = driftcloud_account() and region = $1 and name = $2
"""
_DELETE = "delete from autoscaling_groups where id = $1"
_SUSPEND = """
update autoscaling_groups
   set suspended_processes = (select array_agg(distinct name order by name)
           from unnest(suspended_processes || $2::text[]) as one(name)),
       suspended_at = (select jsonb_object_agg(name, $3::timestamptz)
           from unnest($2::text[]) as one(name)) || suspended_at
 where id = $1
"""
_RESUME = """
update autoscaling_groups
   set suspended_processes = (select coalesce(array_agg(name order by name), '{}')
           from unnest(suspended_processes) as one(name) where name <> all ($2::text[])),
       suspended_at = suspended_at - $2::text[]
 where id = $1
"""
# Tags that AWS itself puts on a resource do not count.
_TAG = """
update autoscaling_groups
   set tags = coalesce(tags, '{}') || $3::jsonb,
       propagated_tag_keys = (select coalesce(array_agg(distinct key order by key), '{}')
           from unnest(propagated_tag_keys || $4::text[]) as one(key)
          where key <> all ($5::text[]))
 where account_id = driftcloud_account() and region = $1 and name = $2
   and (select count(*) from jsonb_object_keys(coalesce(tags, '{}') || $3::jsonb) as k
         where not starts_with(k, 'aws:')) <= $6
returning id
"""
_UNTAG = """
update autoscaling_groups
   set tags = tags - $3::text[],
       propagated_tag_keys = (select coalesce(array_agg(key order by key), '{}')
           from unnest(propagated_tag_keys) as one(key) where key <> all ($3::text[]))
 where account_id = driftcloud_account() and region = $1 and name = $2
"""


async def find(db: Database, region: str, name: str, *, lock: bool = False) -> Any | None:
    """The group of that name, or None; locked, changes of it wait for the transaction's end."""
    rows = await db.fetch(_FIND + (" for update" if lock else ""), region, name)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new group, the keys of `row` being columns; False when the name is taken."""
    names = list(row)
    columns = ", ".join(names)
    values = ", ".join(f"${n + 1}" for n in range(len(names)))
    return bool(
        await db.write(
            f"insert into autoscaling_groups (account_id, {columns})"
            f" values (driftcloud_account(), {values})"
            " on conflict (account_id, region, name) do nothing returning id",
            *(row[name] for name in names),
        )
    )


async def update(db: Any, group_id: Any, changes: Mapping[str, Any]) -> None:
    """Change columns of one group."""
    if changes:
        sets = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(changes))
        await db.write(
            f"update autoscaling_groups set {sets} where id = $1", group_id, *changes.values()
        )


async def delete(db: Any, group_id: Any) -> None:
    """Delete a group; instances that are still its members become free ones."""
    await db.write(_DELETE, group_id)


async def suspend(db: Any, group_id: Any, processes: Sequence[str], now: datetime) -> None:
    """Suspend processes of a group; those that are so already keep their time."""
    await db.write(_SUSPEND, group_id, list(processes), now)


async def resume(db: Any, group_id: Any, processes: Sequence[str]) -> None:
    """Let suspended processes of a group go on."""
    await db.write(_RESUME, group_id, list(processes))


async def tag(
    db: Any, region: str, name: str, tags: Mapping[str, str], passed_on: Sequence[str], most: int
) -> bool:
    """Put tags on a group, of which the keys `passed_on` pass to members at launch.

    False when there is no such group, or it would have more than `most` tags.
    """
    kept = [key for key in tags if key not in passed_on]
    return bool(await db.write(_TAG, region, name, dict(tags), list(passed_on), kept, most))


async def untag(db: Any, region: str, name: str, keys: Sequence[str]) -> None:
    """Take tags off a group."""
    await db.write(_UNTAG, region, name, list(keys))
