"""Scalable targets: capacities between two bounds, with their policies, actions and activities."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing
from models.scaling_policies import CALLERS

_NAMED = "t.service_namespace, t.resource_id, t.dimension"
_OF_TARGET = {
    "namespace": "t.service_namespace",
    "resource_id": "t.resource_id",
    "dimension": "t.dimension",
}
_POSITION = "(t.resource_id || '/' || t.dimension)"
TARGETS = Listing(
    f"{_POSITION} as position, {_NAMED}, t.id, t.arn, t.min_capacity, t.max_capacity, t.role_arn,"
    " t.suspended, t.created_at",
    "scalable_targets as t",
    key=_POSITION,
    columns={"region": "t.region", **_OF_TARGET},
    tagged="scalable_target",
    tagged_by="t.arn",
)
_PLACE = "(t.resource_id || '/' || t.dimension || '/' || p.name)"
POLICIES = Listing(
    f"{_PLACE} as position, {_NAMED}, p.id, p.name, p.arn, p.policy_type, p.data, p.created_at,"
    f" {CALLERS}",
    "target_scaling_policies as p join scalable_targets as t on t.id = p.target_id",
    key=_PLACE,
    columns={"region": "p.region", "name": "p.name", **_OF_TARGET},
)
ACTIONS = Listing(
    f"{_PLACE} as position, {_NAMED}, p.id, p.name, p.arn, p.schedule, p.time_zone, p.start_time,"
    " p.end_time, p.min_capacity, p.max_capacity, p.created_at",
    "target_scheduled_actions as p join scalable_targets as t on t.id = p.target_id",
    key=_PLACE,
    columns={"region": "p.region", "name": "p.name", **_OF_TARGET},
)
# Newest first.
_MOMENT = (
    "(lpad((99999999999999999 - (extract(epoch from t.started_at) * 1000000)::bigint)::text, 17,"
    " '0') || t.activity_id)"
)
ACTIVITIES = Listing(
    f"{_MOMENT} as position, {_NAMED}, t.activity_id::text as activity_id, t.description, t.cause,"
    " t.status_code, t.status_message, t.started_at, t.ended_at",
    "target_scaling_activities as t",
    key=_MOMENT,
    columns={"region": "t.region", **_OF_TARGET},
)

_FIND = """
select * from scalable_targets
 where account_id = driftcloud_account() and region = $1 and service_namespace = $2
   and resource_id = $3 and dimension = $4 for update
"""
_CHANGE = """
update scalable_targets set min_capacity = $2, max_capacity = $3, role_arn = $4, suspended = $5
 where id = $1
"""
_PUT_POLICY = """
insert into target_scaling_policies (account_id, id, target_id, region, name, arn, policy_type,
                                     data, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8)
on conflict (target_id, name) do update set data = excluded.data
returning arn, data
"""
_ACTION = ("id", "target_id", "region", "name", "arn", "schedule", "time_zone", "start_time",
           "end_time", "min_capacity", "max_capacity", "done_until", "created_at")  # fmt: skip
_PUT_ACTION = (
    f"insert into target_scheduled_actions (account_id, {', '.join(_ACTION)})"
    f" values (driftcloud_account(), {', '.join(f'${at + 1}' for at in range(len(_ACTION)))})"
    " on conflict (target_id, name) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _ACTION[5:-1])
)


async def find_one(db: Any, region: str, namespace: str, resource_id: str, dimension: str) -> Any:
    """The target's whole row, held until the transaction ends; None when it is not there."""
    rows = await db.fetch(_FIND, region, namespace, resource_id, dimension)
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new target; False when the capacity has one already."""
    return await single_rows.insert(db, "scalable_targets", row)


async def update(db: Any, key: Any, row: Mapping[str, Any]) -> None:
    """Change the bounds of a target, its role and what of it is suspended."""
    await db.write(
        _CHANGE, key, row["min_capacity"], row["max_capacity"], row["role_arn"], row["suspended"]
    )


async def delete(db: Any, key: Any) -> None:
    """Delete a target with its policies and actions; its activities stay."""
    await db.write("delete from scalable_targets where id = $1", key)


async def arn_exists(db: Database, arn: str) -> bool:
    """Whether a target of that ARN is there."""
    return bool(await db.fetch("select 1 from scalable_targets where arn = $1", arn))


async def policy(db: Database, target_id: Any, name: str) -> Any | None:
    """The policy of that name of a target, or None."""
    rows = await db.fetch(
        "select * from target_scaling_policies where target_id = $1 and name = $2", target_id, name
    )
    return rows[0] if rows else None


async def put_policy(db: Any, row: Mapping[str, Any]) -> Any:
    """Store a policy, in place of the target's one of that name; its ARN and data."""
    columns = ("id", "target_id", "region", "name", "arn", "policy_type", "data", "created_at")
    [stored] = await db.write(_PUT_POLICY, *(row[name] for name in columns))
    return stored


async def action(db: Database, target_id: Any, name: str) -> Any | None:
    """The scheduled action of that name of a target, or None."""
    rows = await db.fetch(
        "select * from target_scheduled_actions where target_id = $1 and name = $2", target_id, name
    )
    return rows[0] if rows else None


async def put_action(db: Any, row: Mapping[str, Any]) -> None:
    """Store an action, in place of the target's one of that name."""
    await db.write(_PUT_ACTION, *(row[name] for name in _ACTION))


async def drop(db: Any, table: str, target_id: Any, name: str) -> bool:
    """Delete a policy or an action (`table` comes from code); False when there is none."""
    return bool(
        await db.write(
            f"delete from {table} where target_id = $1 and name = $2 returning id", target_id, name
        )
    )
