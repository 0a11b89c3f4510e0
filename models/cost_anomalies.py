"""Cost anomalies: days on end that cost more than a monitor expected."""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

_SHOWN = (
    "a.anomaly_id, m.arn as monitor_arn, a.dimension_value, a.starts_on, a.ends_on, a.max_score, a.current_score,"
    " a.max_impact, a.total_impact, a.total_actual, a.total_expected, a.root_causes, a.feedback"
)
POSITION = "to_char(a.starts_on, 'YYYYMMDD') || a.anomaly_id"
_TEXT = "'YYYY-MM-DD\"T00:00:00Z\"'"
_OWN = "a.account_id = (select driftcloud_account())"
_COMPARED = """case $6::text when 'EQUAL' then a.total_impact = $7::numeric
         when 'GREATER_THAN_OR_EQUAL' then a.total_impact >= $7 when 'LESS_THAN_OR_EQUAL' then a.total_impact <= $7
         when 'GREATER_THAN' then a.total_impact > $7 when 'LESS_THAN' then a.total_impact < $7
         when 'BETWEEN' then a.total_impact between $7 and $8::numeric else true end"""
_LIST = f"""
select {_SHOWN}, {POSITION} as position, to_char(a.starts_on + $10::int, {_TEXT}) as first_text,
       to_char(a.ends_on + $10::int, {_TEXT}) as last_text
  from cost_anomalies a join anomaly_monitors m on m.id = a.monitor_id
 where {_OWN} and a.starts_on <= $2 and a.ends_on >= $1 and ($3::text is null or m.arn = $3)
   and ($4::text is null or a.feedback = $4) and ($5::text is null or {POSITION} > $5) and {_COMPARED}
 order by {POSITION} limit $9::int"""
_FEEDBACK = (
    f"update cost_anomalies a set feedback = $2 where {_OWN} and a.anomaly_id = $1 returning id"
)
_NAMES = (
    "anomaly_id", "monitor_id", "dimension_value", "starts_on", "ends_on", "max_score", "current_score", "max_impact",
    "total_impact", "total_actual", "total_expected", "root_causes",
)  # fmt: skip
_SETS = ", ".join(f"{name} = excluded.{name}" for name in _NAMES[4:])
_PUT = f"""
insert into cost_anomalies (account_id, {", ".join(_NAMES)})
values (driftcloud_account(), {", ".join(f"${n + 1}" for n in range(len(_NAMES)))})
    on conflict (monitor_id, dimension_value, starts_on) do update set {_SETS}
returning anomaly_id, (xmax = 0) as fresh"""
_RECENT = f"""
select {_SHOWN} from cost_anomalies a join anomaly_monitors m on m.id = a.monitor_id
 where {_OWN} and a.ends_on >= $1 order by {POSITION}"""
_TOLD = """
select about, address from cost_alerts
 where account_id = (select driftcloud_account()) and source = 'anomaly' and about = any($1::text[])"""


async def listed(
    db: Any,
    first: date,
    last: date,
    *,
    monitor: str | None = None,
    feedback: str | None = None,
    after: str | None = None,
    impact: tuple[str, float, float | None] | None = None,
    limit: int | None = None,
    shift_days: int = 0,
) -> list[Any]:
    """Anomalies with a day from `first` to `last`, oldest first; `impact` compares their total.

    `first_text` and `last_text` are their days in a calendar that is `shift_days` ahead.
    """
    operator, low, high = impact or (None, None, None)
    filters = (first, last, monitor, feedback, after, operator, low, high)
    rows: list[Any] = await db.fetch(_LIST, *filters, limit, shift_days, plan="custom")
    return rows


async def recent(db: Any, since: date) -> list[Any]:
    """Anomalies that lasted until a day or longer."""
    rows: list[Any] = await db.fetch(_RECENT, since)
    return rows


async def give_feedback(db: Any, anomaly_id: str, feedback: str) -> bool:
    """Say whether an anomaly was one; False when it is not there."""
    return bool(await db.write(_FEEDBACK, anomaly_id, feedback))


async def put(db: Any, row: Mapping[str, Any]) -> bool:
    """Store an anomaly as it is known today; True when it was not known before."""
    rows = await db.write(_PUT, *(row[name] for name in _NAMES))
    return bool(rows[0]["fresh"])


async def told(db: Any, anomaly_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Who was told of which anomalies already: pairs of anomaly and address."""
    return {(row["about"], row["address"]) for row in await db.fetch(_TOLD, list(anomaly_ids))}
