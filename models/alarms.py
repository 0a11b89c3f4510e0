"""Alarms: their configuration, their state, and what is remembered of both."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from models import alarm_actions, scaling_calls
from models.listing import Column, Listing
from models.metrics import evaluation
from models.metrics.evaluation import Judged, Transition
from models.scaling_calls import Call

ACCOUNT = "(select driftcloud_account())"
# Whoever lets policies of groups do what alarms call them for.
Scale = Callable[[Call], Awaitable[None]]

CONFIGURATION = (
    "description", "namespace", "metric_name", "dimensions", "metrics", "statistic",
    "extended_statistic", "unit", "period_seconds", "evaluation_periods", "datapoints_to_alarm",
    "threshold", "threshold_metric_id", "comparison_operator", "treat_missing_data",
    "low_sample_count", "actions_enabled", "ok_actions", "alarm_actions",
    "insufficient_data_actions",
)  # fmt: skip
_SHOWN = (
    "name", "arn", *CONFIGURATION, "state_value", "state_reason", "state_reason_data",
    "state_updated_at", "state_transitioned_at", "configured_at",
)  # fmt: skip

LISTING = Listing(
    ", ".join(f"a.{name}" for name in _SHOWN),
    "alarms as a",
    key="a.name",
    always=f"a.account_id = {ACCOUNT}",
    columns={
        "region": "a.region",
        "name": "a.name",
        "state": "a.state_value",
        "namespace": "a.namespace",
        "metric": "a.metric_name",
        "action": Column(
            "exists (select 1 from unnest(a.ok_actions || a.alarm_actions"
            " || a.insufficient_data_actions) as one(value) where one.value {match})"
        ),
    },
)

_POSITION = "(to_char(h.at at time zone 'utc', 'YYYYMMDDHH24MISSUS') || h.id)"
_HISTORY = f"""
select {_POSITION} as position, h.alarm_name, h.at, h.item_type, h.summary, h.data
  from alarm_history as h
 where h.account_id = {ACCOUNT} and h.region = $1 and ($2::text is null or h.alarm_name = $2)
   and ($3::text is null or h.item_type = $3) and ($4::timestamptz is null or h.at >= $4)
   and ($5::timestamptz is null or h.at <= $5) and ($6::text is null or {_POSITION} {{after}} $6)
 order by h.at {{order}}, h.id {{order}} limit $7
"""
HISTORY = {
    True: _HISTORY.format(after=">", order="asc"),
    False: _HISTORY.format(after="<", order="desc"),
}

_PLACES = ", ".join(f"${at}" for at in range(6, 6 + len(CONFIGURATION)))
PUT = f"""
with put as (
    insert into alarms as a (account_id, region, name, arn, configured_at, evaluated_at,
                             state_updated_at, state_transitioned_at, tags,
                             {", ".join(CONFIGURATION)})
    values (driftcloud_account(), $1, $2, $3, $4::timestamptz,
            $4::timestamptz - make_interval(secs => $5), $4::timestamptz, $4::timestamptz,
            ${6 + len(CONFIGURATION)}, {_PLACES})
        on conflict (account_id, region, name) do update
       set configured_at = excluded.configured_at, evaluated_at = excluded.evaluated_at,
           {", ".join(f"{name} = excluded.{name}" for name in CONFIGURATION)}
    returning a.name, (xmax = 0) as created
)
insert into alarm_history (account_id, region, alarm_name, at, item_type, summary, data)
select driftcloud_account(), $1, p.name, $4::timestamptz, 'ConfigurationUpdate',
       format('Alarm "%s" %s', p.name, case when p.created then 'created' else 'updated' end),
       jsonb_build_object('version', '1.0', 'type', case when p.created then 'Create'
                          else 'Update' end)::text
  from put as p
"""

DELETE = f"""
with gone as (
    delete from alarms where account_id = {ACCOUNT} and region = $1 and name = any($2::text[])
    returning name
)
insert into alarm_history (account_id, region, alarm_name, at, item_type, summary, data)
select driftcloud_account(), $1, g.name, $3, 'ConfigurationUpdate',
       format('Alarm "%s" deleted', g.name), '{{"version": "1.0", "type": "Delete"}}'
  from gone as g
returning alarm_name
"""

ENABLE = f"""
update alarms set actions_enabled = $3
 where account_id = {ACCOUNT} and region = $1 and name = any($2::text[])
"""

_DUE = f"""
select a.id, a.name, a.evaluated_at, a.configured_at, a.state_value, a.state_reason_data,
       {{columns}}
  from alarms as a
 where a.account_id = {ACCOUNT} and ($1::text is null or a.region = $1)
   and a.threshold is not null and a.comparison_operator in ({{operators}})
   and a.evaluated_at <= $2::timestamptz
                         - make_interval(secs => least(coalesce(a.period_seconds, 60), 3600))
 order by a.evaluated_at limit 500
"""
DUE = _DUE.format(
    operators=", ".join(f"'{name}'" for name in sorted(evaluation.COMPARISONS)),
    columns=", ".join(["a.region", *(f"a.{name}" for name in CONFIGURATION)]),
)

# Whoever finds that another has been here meanwhile leaves everything as it is.
SETTLE = f"""
with given as (
    select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                         $6::timestamptz[]) as g (id, seen_at, state, reason, data, changed_at)
), settled as (
    update alarms as a
       set evaluated_at = $7, state_value = coalesce(g.state, a.state_value),
           state_reason = coalesce(g.reason, a.state_reason),
           state_reason_data = case when g.state is null then a.state_reason_data else g.data end,
           state_updated_at = coalesce(g.changed_at, a.state_updated_at),
           state_transitioned_at = coalesce(g.changed_at, a.state_transitioned_at)
      from given as g
     where a.account_id = {ACCOUNT} and a.id = g.id and a.evaluated_at = g.seen_at
    returning a.id, a.region, a.name
), told as (
    insert into alarm_history (account_id, region, alarm_name, at, item_type, summary, data)
    select driftcloud_account(), s.region, s.name, h.at, h.item_type, h.summary, h.data
      from unnest($8::uuid[], $9::timestamptz[], $10::text[], $11::text[], $12::text[])
           as h (id, at, item_type, summary, data)
      join settled as s on s.id = h.id
)
select id from settled
"""

_FIND = f"""
select a.id, a.name, a.evaluated_at, a.state_value, a.state_reason, a.state_reason_data,
       a.actions_enabled, a.ok_actions, a.alarm_actions, a.insufficient_data_actions,
       a.dimensions, a.threshold
  from alarms as a where a.account_id = {ACCOUNT} and a.region = $1 and a.name = $2
"""

_EXISTS = f"select true from alarms as a where a.account_id = {ACCOUNT} and a.arn = $1"

_ACTIONS = {
    "OK": "ok_actions",
    "ALARM": "alarm_actions",
    "INSUFFICIENT_DATA": "insufficient_data_actions",
}


async def put(
    db: Any, region: str, name: str, arn: str, now: datetime, row: Mapping[str, Any],
    tags: Mapping[str, str],
) -> None:  # fmt: skip
    """Create an alarm, or overwrite its configuration; `row` has every column of CONFIGURATION.

    It is judged on the period that ended last, at the next look.
    """
    period = float(row["period_seconds"] or 300)
    values = [row[column] for column in CONFIGURATION]
    await db.write(PUT, region, name, arn, now, period, *values, dict(tags))


async def exists(db: Any, arn: str) -> bool:
    """Whether there is an alarm of that ARN."""
    return bool(await db.fetchval(_EXISTS, arn))


async def delete(db: Any, region: str, names: Sequence[str], now: datetime) -> set[str]:
    """Delete alarms; the names of those that there were."""
    rows = await db.write(DELETE, region, list(names), now)
    return {row["alarm_name"] for row in rows}


async def enable(db: Any, region: str, names: Sequence[str], enabled: bool) -> None:
    """Let the alarms' actions happen, or not."""
    await db.write(ENABLE, region, list(names), enabled)


async def refresh(
    db: Any, region: str | None, now: datetime, scale: Scale | None, *, again: bool = False
) -> None:
    """Evaluate the alarms of a region (None: of all) whose next period has ended.

    `scale` answers what they call policies of groups for (None: nobody does); with `again`,
    those that go on call once more.
    """
    due = await db.fetch(DUE, region, now)
    found = [(alarm, await evaluation.replay(db, alarm["region"], alarm, now)) for alarm in due]
    if found:
        await _settle(db, found, now, scale, again=again)


async def set_state(
    db: Any, region: str, name: str, state: str, reason: str, data: str | None, now: datetime,
    scale: Scale,
) -> bool:  # fmt: skip
    """Put an alarm into a state until it is evaluated again; whether there is such an alarm."""
    alarm = await db.fetchrow(_FIND, region, name)
    if alarm is None:
        return False
    change = Transition(now, alarm["state_value"], state, reason, data or "")
    await _settle(db, [(alarm, Judged([change]))], now, scale)
    return True


async def history(
    db: Any, region: str, *, name: str | None, item_type: str | None, start: datetime | None,
    end: datetime | None, ascending: bool, after: str | None, limit: int | None,
) -> list[Any]:  # fmt: skip
    """Items of the history, `position` being what `after` continues from."""
    rows: list[Any] = await db.fetch(
        HISTORY[ascending], region, name, item_type, start, end, after, limit, plan="custom"
    )
    return rows


async def _settle(
    db: Any, found: Sequence[tuple[Any, Judged]], now: datetime, scale: Scale | None, *,
    again: bool = False,
) -> None:  # fmt: skip
    """Keep what was found, and let the alarms act on it, all together or not at all."""
    acting = [
        (alarm, action)
        for alarm, judged in found
        for action in alarm_actions.due(alarm, judged.changes, _ACTIONS)
    ]
    calling = [
        (alarm, call)
        for alarm, judged in found
        for call in alarm_actions.calls(alarm, judged.changes, _ACTIONS, judged.newest, again=again)
    ]
    if not acting and not calling:
        await _keep(db, found, now)
        return
    async with db.transaction():
        # What another look has settled meanwhile, that one has acted on.
        settled = await _keep(db, found, now)
        for alarm, action in acting:
            if alarm["id"] in settled:
                await alarm_actions.perform(db, alarm, action, now)
        for alarm, call in calling:
            if scale is not None and alarm["id"] in settled:
                await scale(call)


async def _keep(db: Any, found: Sequence[tuple[Any, Judged]], now: datetime) -> set[Any]:
    """Store states and history; the ids of the alarms that nobody else had settled meanwhile."""
    newest = [judged.changes[-1] if judged.changes else None for _, judged in found]
    named = {
        action
        for alarm, judged in found
        for change in judged.changes
        for action in alarm[_ACTIONS[change.new]]
    }
    unknown = await scaling_calls.unknown(db, sorted(named))
    items = [item for alarm, judged in found for item in _items(alarm, judged.changes, unknown)]
    rows = await db.write(
        SETTLE,
        [alarm["id"] for alarm, _ in found],
        [alarm["evaluated_at"] for alarm, _ in found],
        [one.new if one else None for one in newest],
        [one.reason if one else None for one in newest],
        [(one.data or None) if one else None for one in newest],
        [one.at if one else None for one in newest],
        now,
        *([item[at] for item in items] for at in range(5)),
    )
    return {row["id"] for row in rows}


def _items(
    alarm: Any, changes: Sequence[Transition], unknown: frozenset[str]
) -> list[tuple[Any, ...]]:
    """Rows of history: each change, and the actions that it caused."""
    found: list[tuple[Any, ...]] = []
    for change in changes:
        if change.new == change.old:
            continue
        data = orjson.dumps(
            {
                "version": "1.0",
                "oldState": {"stateValue": change.old},
                "newState": {
                    "stateValue": change.new,
                    "stateReason": change.reason,
                    "stateReasonData": orjson.Fragment(change.data or "null")
                    if _is_json(change.data)
                    else change.data,
                },
            }
        ).decode()
        summary = f"Alarm updated from {change.old} to {change.new}"
        found.append((alarm["id"], change.at, "StateUpdate", summary, data[:4095]))
        if alarm["actions_enabled"]:
            # microseconds later, so that it is shown after its cause
            for place, action in enumerate(alarm[_ACTIONS[change.new]], 1):
                at = change.at + timedelta(microseconds=place)
                state, summary = alarm_actions.outcome(action, unknown)
                told = orjson.dumps({"actionState": state, "notificationResource": action})
                found.append((alarm["id"], at, "Action", summary[:255], told.decode()))
    return found


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
