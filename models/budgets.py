"""Budgets, and the notifications that belong to them."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from typing import Any

from models import single_rows

_OWN = "account_id = (select driftcloud_account())"
_SHOWN = (
    "id, name, arn, budget_type, time_unit, starts_at, ends_at, limit_amount, limit_unit, planned_limits,"
    " auto_adjust, auto_adjusted_at, cost_filters, filter_expression, cost_types, metric, wall_calendar, modified_at"
)
_LIST = f"select {_SHOWN} from budgets where {_OWN} and ($1::text is null or name > $1) order by name limit $2::int"
_FIND = f"select {_SHOWN} from budgets where {_OWN} and name = $1"
_FIND_ARN = f"select {_SHOWN} from budgets where {_OWN} and arn = $1"
_DELETE = f"delete from budgets where {_OWN} and name = $1 returning id"
_COUNT = f"select count(*) from budgets where {_OWN}"

_NOTIFICATION = (
    "id, budget_id, kind, operator, threshold, threshold_type, subscribers, state, period_start"
)
_NOTIFICATIONS = f"""
select {_NOTIFICATION} from budget_notifications where {_OWN} and budget_id = any($1::uuid[])
 order by budget_id, kind, operator, threshold, threshold_type"""
_ADD = """
insert into budget_notifications (account_id, budget_id, kind, operator, threshold, threshold_type, subscribers)
values (driftcloud_account(), $1, $2, $3, $4, $5, $6::jsonb) on conflict do nothing returning id"""
_CHANGE = f"""
update budget_notifications n set kind = $2, operator = $3, threshold = $4, threshold_type = $5, state = 'OK', period_start = null
 where {_OWN} and id = $1 and not exists (
       select from budget_notifications o where o.budget_id = n.budget_id and o.id <> n.id
          and (o.kind, o.operator, o.threshold, o.threshold_type) = ($2, $3, $4::float8, $5)) returning id"""
_SUBSCRIBE = f"update budget_notifications set subscribers = $2::jsonb where {_OWN} and id = $1"
_STATES = f"""
update budget_notifications n set state = s.state, period_start = s.period
  from unnest($1::uuid[], $2::text[], $3::date[]) as s (id, state, period)
 where {_OWN} and n.id = s.id and (n.state, n.period_start) is distinct from (s.state, s.period)
returning n.id"""
_REMOVE = f"delete from budget_notifications where {_OWN} and id = $1"


async def find(db: Any, name: str) -> Any | None:
    """The budget of a name, or None."""
    return await db.fetchrow(_FIND, name)


async def find_arn(db: Any, arn: str) -> Any | None:
    """The budget of an ARN, or None."""
    return await db.fetchrow(_FIND_ARN, arn)


async def listed(db: Any, *, after: str | None = None, limit: int | None = None) -> list[Any]:
    """The account's budgets by name."""
    rows: list[Any] = await db.fetch(_LIST, after, limit)
    return rows


async def count(db: Any) -> int:
    """How many budgets the account has."""
    return int(await db.fetchval(_COUNT))


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new budget; False when its name is taken."""
    return await single_rows.insert(db, "budgets", row)


async def update(db: Any, budget_id: Any, changes: Mapping[str, Any]) -> None:
    """Change columns of a budget."""
    sets = ", ".join(f"{name} = ${n + 2}" for n, name in enumerate(changes))
    await db.write(
        f"update budgets set {sets} where {_OWN} and id = $1", budget_id, *changes.values()
    )


async def delete(db: Any, name: str) -> bool:
    """Delete a budget with its notifications and actions; False when it is not there."""
    return bool(await db.write(_DELETE, name))


async def notifications(db: Any, budget_ids: Sequence[Any]) -> list[Any]:
    """The notifications of budgets, in one order."""
    rows: list[Any] = await db.fetch(_NOTIFICATIONS, list(budget_ids))
    return rows


async def add_notification(
    db: Any, budget_id: Any, said: Sequence[Any], subscribers: Sequence[Mapping[str, str]]
) -> bool:
    """Store a notification, `said` as kind, operator, threshold and its type; False: there is one."""
    return bool(await db.write(_ADD, budget_id, *said, list(subscribers)))


async def change_notification(db: Any, notification_id: Any, said: Sequence[Any]) -> bool:
    """Let a notification say something else; False when another says it already."""
    return bool(await db.write(_CHANGE, notification_id, *said))


async def subscribe(
    db: Any, notification_id: Any, subscribers: Sequence[Mapping[str, str]]
) -> None:
    """Who is told from now on."""
    await db.write(_SUBSCRIBE, notification_id, list(subscribers))


async def remove_notification(db: Any, notification_id: Any) -> None:
    """Delete a notification with its subscribers."""
    await db.write(_REMOVE, notification_id)


async def set_states(db: Any, states: Sequence[tuple[Any, str, Any]]) -> set[Any]:
    """Keep ids, states, and the first day of the period that they are of; gives the ids that turned.

    Of two that judge at once, one alone finds that something turned.
    """
    ids, values, periods = zip(*states, strict=True)
    rows = await db.write(_STATES, list(ids), list(values), list(periods))
    return {row["id"] for row in rows}
