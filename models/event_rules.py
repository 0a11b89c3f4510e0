"""Rules of event buses, and their targets."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.listing import Condition, Database, Listing

_OWN = "r.account_id = (select driftcloud_account())"
LISTING = Listing(
    "r.id, r.name, r.arn, r.pattern, r.schedule, r.status, r.description, r.role_arn, r.bus_name",
    "event_rules as r",
    key="r.name",
    columns={
        "region": "r.region",
        "bus_name": "r.bus_name",
        "name": "r.name",
        "target": "exists (select 1 from event_targets as t where t.rule_id = r.id"
        " and t.arn {match})",
    },
    tagged="event_rule",
    tagged_by="r.arn",
    always=_OWN,
)
TARGETS = Listing(
    "t.target_id, t.definition",
    "event_targets as t join event_rules as r on r.id = t.rule_id",
    key="t.target_id",
    columns={"region": "r.region", "bus_name": "r.bus_name", "rule": "r.name"},
    always=_OWN,
)
_PUT = """
insert into event_rules as r (account_id, region, bus_name, name, arn, pattern, schedule, status,
                              description, role_arn, tags, created_at)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11)
on conflict (account_id, region, bus_name, name) do update
   set pattern = excluded.pattern, schedule = excluded.schedule, status = excluded.status,
       description = excluded.description, role_arn = excluded.role_arn
returning r.arn
"""
_SET_STATUS = f"""
update event_rules as r set status = $4
 where {_OWN} and r.region = $1 and r.bus_name = $2 and r.name = $3 returning r.id
"""
_DELETE = f"""
delete from event_rules as r
 where {_OWN} and r.region = $1 and r.bus_name = $2 and r.name = $3
   and not exists (select 1 from event_targets as t where t.rule_id = r.id)
returning r.id
"""
_PUT_TARGETS = """
insert into event_targets (account_id, rule_id, target_id, arn, definition)
select driftcloud_account(), $1, t ->> 'Id', t ->> 'Arn', t
  from jsonb_array_elements($2::jsonb) as g (t)
on conflict (rule_id, target_id) do update
   set arn = excluded.arn, definition = excluded.definition
returning target_id
"""
_REMOVE_TARGETS = """
delete from event_targets
 where account_id = driftcloud_account() and rule_id = $1 and target_id = any($2::text[])
returning target_id
"""
_TARGET_IDS = "select target_id from event_targets where rule_id = $1"
# What deliveries need: enabled rules with a pattern, and their targets.
_ACTIVE = f"""
select r.name, r.arn, r.pattern, coalesce((select jsonb_agg(t.definition order by t.target_id)
          from event_targets as t where t.rule_id = r.id), '[]') as targets
  from event_rules as r
 where {_OWN} and r.region = $1 and r.bus_name = $2 and r.pattern is not null
   and r.status <> 'DISABLED'
 order by r.name
"""
# What the schedule of a rule gives to: its own targets, if it is still enabled.
_SCHEDULED = f"""
select r.id, r.name, r.arn, coalesce((select jsonb_agg(t.definition order by t.target_id)
          from event_targets as t where t.rule_id = r.id), '[]') as targets
  from event_rules as r
 where {_OWN} and r.id = any($1::uuid[]) and r.status <> 'DISABLED'
 order by r.arn
"""


async def find(db: Database, region: str, bus: str, name: str) -> Any | None:
    """The rule of that name on a bus; None where there is none."""
    rows = await LISTING.page(
        db, [Condition("bus_name", (bus,))], region=region, ids=[name], limit=1
    )
    return rows[0] if rows else None


async def put(db: Any, row: Mapping[str, Any]) -> str:
    """Make a rule, or give one its new description; its ARN. Tags are for new rules only."""
    columns = ("region", "bus_name", "name", "arn", "pattern", "schedule", "status",
               "description", "role_arn", "tags", "created_at")  # fmt: skip
    rows = await db.write(_PUT, *(row[name] for name in columns))
    return str(rows[0]["arn"])


async def set_status(db: Any, region: str, bus: str, name: str, status: str) -> bool:
    """Enable or disable a rule; False when it is not there."""
    return bool(await db.write(_SET_STATUS, region, bus, name, status))


async def delete(db: Any, region: str, bus: str, name: str) -> bool:
    """Delete a rule without targets; False when it is not there or has some."""
    return bool(await db.write(_DELETE, region, bus, name))


async def target_ids(db: Database, rule_id: Any) -> set[str]:
    """The ids of a rule's targets."""
    return {row["target_id"] for row in await db.fetch(_TARGET_IDS, rule_id)}


async def put_targets(db: Any, rule_id: Any, targets: Sequence[Mapping[str, Any]]) -> None:
    """Add targets, or describe anew those of the same ids."""
    await db.write(_PUT_TARGETS, rule_id, [dict(one) for one in targets])


async def remove_targets(db: Any, rule_id: Any, ids: Sequence[str]) -> set[str]:
    """Remove targets; the ids of those that were there."""
    return {row["target_id"] for row in await db.write(_REMOVE_TARGETS, rule_id, list(ids))}


async def active(db: Database, region: str, bus: str) -> list[Any]:
    """The enabled rules of a bus that have a pattern: name, arn, pattern, targets."""
    return await db.fetch(_ACTIVE, region, bus)


async def scheduled(db: Database, rule_ids: Sequence[Any]) -> list[Any]:
    """Those of these rules that are enabled: id, name, arn, targets."""
    return await db.fetch(_SCHEDULED, list(rule_ids))
