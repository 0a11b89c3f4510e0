"""Rules of listeners: which requests go where, in which order."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from models import single_rows
from models.listing import Listing

# In order of priority, the default rule last.
LISTING = Listing(
    "r.id, r.arn, r.listener_id, r.priority, r.conditions, r.actions, r.transforms, r.tags,"
    " r.target_group_arns, lpad(coalesce(r.priority, 999999)::text, 6, '0') || r.arn as place,"
    " l.arn as listener_arn, l.protocol, b.type, b.lb_arn",
    "listener_rules as r join listeners as l on l.id = r.listener_id"
    " join load_balancers as b on b.id = l.load_balancer_id",
    key="(lpad(coalesce(r.priority, 999999)::text, 6, '0') || r.arn)",
    columns={"region": "r.region", "arn": "r.arn", "listener_arn": "l.arn"},
    tagged="listener_rule",
    tagged_by="r.arn",
)
_ARNS = Listing(
    "r.id, r.arn, r.listener_id, r.priority, r.conditions, r.actions, r.transforms, r.tags,"
    " l.arn as listener_arn, l.protocol, b.type, b.lb_arn",
    "listener_rules as r join listeners as l on l.id = r.listener_id"
    " join load_balancers as b on b.id = l.load_balancer_id",
    key="r.arn",
    columns={"region": "r.region"},
)
_RANK = """
update listener_rules as r set priority = w.priority
  from unnest($1::uuid[], $2::int[]) as w(id, priority)
 where r.id = w.id and r.account_id = driftcloud_account()
"""


async def find(db: Any, region: str, arns: Sequence[str], *, lock: bool = False) -> list[Any]:
    """The rules of these ARNs; `lock` holds their listeners until the transaction ends."""
    if lock:
        await db.fetch(
            "select l.id from listeners as l where l.account_id = driftcloud_account() and l.id in"
            " (select r.listener_id from listener_rules as r where r.region = $1"
            " and r.arn = any($2::text[])) order by l.id for no key update",
            region,
            list(arns),
        )
    return await _ARNS.page(db, region=region, ids=list(arns))


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new rule; False when its listener has one of that priority."""
    return await single_rows.insert(db, "listener_rules", row)


async def update(db: Any, region: str, arn: str, changes: Mapping[str, Any]) -> bool:
    """Change columns of one rule; False when it is not there."""
    return await single_rows.update(db, "listener_rules", region, "arn", arn, changes)


async def set_default_actions(
    db: Any, listener_id: UUID, actions: list[dict[str, Any]], target_group_arns: list[str]
) -> None:
    """Change what a listener does with requests that no other rule matches."""
    await db.write(
        "update listener_rules set actions = $2, target_group_arns = $3"
        " where listener_id = $1 and priority is null",
        listener_id,
        actions,
        target_group_arns,
    )


async def priorities(db: Any, listener_id: UUID) -> dict[int, UUID]:
    """The rules of a listener by priority, without the default one."""
    rows = await db.fetch(
        "select id, priority from listener_rules where listener_id = $1 and priority is not null",
        listener_id,
    )
    return {row["priority"]: row["id"] for row in rows}


async def rank(db: Any, ranks: Mapping[UUID, int]) -> None:
    """Give rules other priorities, which no rule beside them has; in a transaction."""
    keys = list(ranks)
    # Two rules may change places: first they leave theirs, then they take the new ones.
    await db.write(_RANK, keys, [-ranks[key] for key in keys])
    await db.write(_RANK, keys, [ranks[key] for key in keys])


async def delete(db: Any, region: str, arn: str) -> bool:
    """Delete a rule; False when it is not there or a default one."""
    return bool(
        await db.write(
            "delete from listener_rules where account_id = driftcloud_account() and region = $1"
            " and arn = $2 and priority is not null returning id",
            region,
            arn,
        )
    )
