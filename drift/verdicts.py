"""Verdicts: how labels of the truth are opened, seen and ended, many at a time."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import uuid
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from types import ModuleType
from typing import Any

from drift import scenarios
from drift.findings import Finding
from models.decoys import DECOYS

# What ending a decoy costs, in USD of the score: three months of it, and the trouble.
HARM_MONTHS, HARM_USD = 3, 500
HOURS_A_MONTH = 730
# A mean of seven days follows what ended the waste this late.
LATE_DAYS = 8

_ENDS = ("Delete", "Terminate", "Release", "Cancel", "Deregister", "Disassociate")
_STOPS = ("Stop", "Pause", "Suspend", "Disable")
_BUYS = ("Purchase", "CreateSavingsPlan", "ModifyReserved", "ReturnSavingsPlan", "CreateReserved")
_TAGS = ("CreateTags", "AddTags", "TagResource", "PutBucketTagging", "CreateOrUpdateTags")


def reach(remedies: Sequence[str]) -> int:
    """How far the mildest remedy goes: 0 ends the resource, 1 stops it, 2 changes it, 3 its price."""
    operation = remedies[0].partition(":")[2] if remedies else ""
    if operation.startswith(_ENDS):
        return 0
    if operation.startswith(_STOPS):
        return 1
    return 3 if operation.startswith(_BUYS) else 2


def _about(patterns: Iterable[str]) -> str:
    """Of each pattern, as JSON: resource type, remedies, decoys, and the patterns akin to it."""
    return "{" + ",".join(f"{json.dumps(name)}:{_about_one(name)}" for name in patterns) + "}"


@cache
def _about_one(pattern: str) -> str:
    module = scenarios.by_pattern()[pattern]
    about = {
        "type": module.RESOURCE_TYPE,
        "remedies": list(module.REMEDIES),
        "akin": akin(pattern),
        "decoys": [
            {"reason": decoy.reason, "tags": dict(decoy.tags)}
            for one in akin(pattern)
            for decoy in DECOYS.get(one, ())
        ],
    }
    return json.dumps(about)


@cache
def akin(pattern: str) -> list[str]:
    """A pattern, and those of the same resource type that an operation ends or stops as well.

    What must not be ended or stopped for one pattern's reason must not be for another's either.
    """
    one = scenarios.by_pattern()[pattern]
    return [
        name
        for name, other in scenarios.by_pattern().items()
        if name == pattern
        or (other.RESOURCE_TYPE == one.RESOURCE_TYPE and _rough(other) & _rough(one))
    ]


def _rough(scenario: ModuleType) -> set[str]:
    """The remedies of a scenario that end or stop a resource."""
    return {one for one in scenario.REMEDIES if one.partition(":")[2].startswith(_ENDS + _STOPS)}


@cache
def _tagging() -> list[str]:
    """Patterns that tags end."""
    return [
        name
        for name, module in scenarios.by_pattern().items()
        if any(one.partition(":")[2].startswith(_TAGS) for one in module.REMEDIES)
    ]


# $1 account, $2 patterns, $3 ids, $4 savings, $5 about, $6 today, $7 first unsettled day,
# $8 whether it is seen, $9 the reason if it is known.
_ADD = f"""
INSERT INTO truth.labels AS old (account_id, pattern, resource_type, resource_id, since, seen, decoy,
    remedies, saving_usd_month, harm_usd, owner)
SELECT $1, f.pattern, f.kind, f.id, CASE WHEN $7::date IS NULL THEN $6::date ELSE coalesce((
           SELECT max(e.changed_at)::date FROM resource_change_events e
            WHERE e.account_id = $1 AND e.resource_type = f.kind AND e.resource_id = f.id
              AND e.changed_at >= $7::date AND e.field_name NOT LIKE 'tags%'), $7::date) END,
       CASE WHEN $8 THEN $6::date END, d.reason,
       ARRAY(SELECT jsonb_array_elements_text(f.about -> 'remedies')),
       CASE WHEN d.reason IS NULL THEN f.saving ELSE 0 END,
       CASE WHEN d.reason IS NULL THEN 0 ELSE {HARM_MONTHS} * greatest(f.saving, c.usd) + {HARM_USD} END,
       t.tags ->> (CASE WHEN t.tags ? 'owner' THEN 'owner' WHEN t.tags ? 'Owner' THEN 'Owner' ELSE 'created_by' END)
  FROM (SELECT u.pattern, u.id, u.saving, u.about, u.about ->> 'type' AS kind
          FROM (SELECT o.*, (SELECT $5::text::jsonb) -> o.pattern AS about
                  FROM unnest($2::text[], $3::text[], $4::numeric[]) AS o (pattern, id, saving) OFFSET 0) u) f
  LEFT JOIN LATERAL (SELECT jsonb_object_agg(g.key, g.value) AS tags FROM resource_tags g
        WHERE g.resource_type = f.kind AND g.resource_id = f.id AND g.account_id = $1) t ON true
  LEFT JOIN LATERAL (SELECT coalesce($9, (
            SELECT x ->> 'reason' FROM jsonb_array_elements(f.about -> 'decoys') x
             WHERE t.tags @> (x -> 'tags') LIMIT 1), (
            SELECT min(l.decoy) FROM truth.labels l
             WHERE l.account_id = $1 AND l.resource_type = f.kind AND l.resource_id = f.id
               AND l.decoy IS NOT NULL AND l.pattern = ANY (
                   ARRAY(SELECT jsonb_array_elements_text(f.about -> 'akin'))))) AS reason) d ON true
  LEFT JOIN LATERAL (SELECT m.estimated_daily_cost / 24 * {HOURS_A_MONTH} AS usd FROM metrics_daily m
        WHERE d.reason IS NOT NULL AND m.account_id = $1 AND m.resource_type = f.kind AND m.resource_id = f.id
        ORDER BY m.date DESC LIMIT 1) c ON true
 WHERE NOT EXISTS (SELECT FROM truth.labels l WHERE l.account_id = $1 AND l.pattern = f.pattern
          AND l.resource_type = f.kind AND l.resource_id = f.id AND l.until IS NULL)
    ON CONFLICT (account_id, pattern, resource_type, resource_id, since)
    DO UPDATE SET until = NULL, ended_by = NULL, saving_usd_month = excluded.saving_usd_month"""


async def add(
    connection: Any,
    account_id: uuid.UUID,
    fresh: Sequence[Finding],
    *,
    today: date,
    since: date | None = None,
    seen: bool = False,
    decoy: str | None = None,
) -> None:
    """Open labels; what has one is left alone, what ended on the day it began goes on.

    With `since`, days from it on were not looked at: a label begins with the newest change of its
    resource since then, or on that day.
    """
    if not fresh:
        return
    await connection.execute(
        _ADD, account_id, [one.pattern for one in fresh], [one.resource_id for one in fresh],
        [one.saving for one in fresh], _about({one.pattern: None for one in fresh}), today, since, seen, decoy,
    )  # fmt: skip


_SEE = f"""
UPDATE truth.labels l SET seen = coalesce(l.seen, $3),
       remedies = CASE WHEN l.remedies = '{{}}' THEN ARRAY(
           SELECT jsonb_array_elements_text((SELECT $4::text::jsonb) -> l.pattern -> 'remedies')) ELSE l.remedies END,
       saving_usd_month = CASE WHEN l.decoy IS NULL THEN f.saving ELSE 0 END,
       harm_usd = CASE WHEN l.decoy IS NULL THEN 0 ELSE {HARM_USD} + {HARM_MONTHS} * greatest(f.saving, (
           SELECT m.estimated_daily_cost / 24 * {HOURS_A_MONTH} FROM metrics_daily m
            WHERE m.account_id = l.account_id AND m.resource_type = l.resource_type
              AND m.resource_id = l.resource_id ORDER BY m.date DESC LIMIT 1)) END
  FROM unnest($1::bigint[], $2::numeric[]) AS f (id, saving) WHERE l.id = f.id"""


async def see(connection: Any, shown: Sequence[tuple[int, Decimal]], today: date) -> None:
    """What shows its symptom, by the label's key, and what its remedy would save now."""
    if shown:
        await connection.execute(
            _SEE,
            [key for key, _ in shown],
            [saving for _, saving in shown],
            today,
            _about(scenarios.by_pattern()),
        )


# Whose change was the last before it was over. What drift did when the mess was made ended nothing;
# tags end nothing but what tags are missing from.
_END = """
UPDATE truth.labels l SET until = $2, ended_by = coalesce((
       SELECT e.change_source FROM resource_change_events e
        WHERE e.resource_type = l.resource_type AND e.resource_id = l.resource_id AND e.account_id = $1
          AND e.changed_at >= greatest(l.since, $2::date - $4::int)
          AND (e.change_source <> 'drift_engine' OR e.changed_at >= l.since + 1)
          AND (e.field_name NOT LIKE 'tags%' OR l.pattern = ANY ($5::text[]))
        ORDER BY e.changed_at DESC, e.change_source LIMIT 1), 'itself')
 WHERE l.id = ANY ($3::bigint[])
RETURNING l.id, l.pattern, l.resource_id, l.since, l.ended_by"""

_REACHED = """
UPDATE truth.labels l SET ended_by = e.change_source
  FROM (SELECT e.change_source FROM resource_change_events e
          JOIN unnest($3::text[], $4::text[]) AS r (kind, id) ON e.resource_type = r.kind AND e.resource_id = r.id
         WHERE e.account_id = $1 AND e.changed_at >= $5::date AND e.field_name NOT LIKE 'tags%'
         ORDER BY e.changed_at DESC LIMIT 1) e
 WHERE l.id = $2"""


async def end(connection: Any, account_id: uuid.UUID, over: Sequence[int], today: date) -> None:
    """What is over, by the labels' keys: by whom, the trail of changes says."""
    if not over:
        return
    every = scenarios.by_pattern()
    ended = await connection.fetch(_END, account_id, today, list(over), LATE_DAYS, _tagging())
    for row in ended:
        scenario = every[row["pattern"]]
        if row["ended_by"] == "itself" and hasattr(scenario, "REACHES"):
            near = await connection.fetch(scenario.REACHES, account_id, row["resource_id"])
            kinds, ids = [one[0] for one in near], [one[1] for one in near]
            await connection.execute(_REACHED, account_id, row["id"], kinds, ids, row["since"])


_END_GONE = f"""
UPDATE truth.labels l SET until = $2, ended_by = e.change_source,
       harm_usd = CASE WHEN l.decoy IS NULL THEN 0 ELSE greatest(l.harm_usd, {HARM_USD} + {HARM_MONTHS} * (
           SELECT m.estimated_daily_cost / 24 * {HOURS_A_MONTH} FROM metrics_daily m
            WHERE m.account_id = l.account_id AND m.resource_type = l.resource_type
              AND m.resource_id = l.resource_id ORDER BY m.date DESC LIMIT 1)) END
  FROM unnest($1::bigint[]) AS u (id) JOIN truth.labels o ON o.id = u.id
  JOIN LATERAL (SELECT c.change_source FROM resource_change_events c
         WHERE c.resource_type = o.resource_type AND c.resource_id = o.resource_id
           AND c.account_id = o.account_id AND c.changed_at >= o.since
           AND (c.field_name = 'lifecycle' AND c.new_value = 'deleted'
                OR c.field_name = 'state' AND c.new_value IN ('terminated', 'deleted'))
         ORDER BY c.changed_at DESC LIMIT 1) e ON true
 WHERE l.id = u.id"""


async def end_gone(connection: Any, unseen: Sequence[int], today: date) -> None:
    """Those of the labels whose resource is gone before its symptom showed."""
    if unseen:
        await connection.execute(_END_GONE, list(unseen), today)
