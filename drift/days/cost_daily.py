"""Daily costs: the lines of the bill added up over resources, which is what cost reports read."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.statement import Statement

AFTER = ("commitments", "cost_lines")

# What makes rows of the lines of some days: a condition goes between `select` and `groups`.
ROLLUP = {
    "columns": """account_id, date, region, availability_zone, service, usage_type, operation,
    instance_type, engine, platform, tag_set, record_type, commitment_id, usage_amount, usage_unit,
    on_demand_cost, unblended_cost, amortized_cost, resources""",
    "select": """SELECT account_id, date, region, availability_zone, service, usage_type, operation, instance_type,
       engine, platform, tag_set, record_type, commitment_id, sum(usage_amount), usage_unit,
       sum(on_demand_cost), sum(unblended_cost), sum(amortized_cost), count(*)
  FROM cost_lines_daily l
 WHERE account_id = :account""",
    "groups": """GROUP BY account_id, date, region, availability_zone, service, usage_type, operation,
       instance_type, engine, platform, tag_set, record_type, commitment_id, usage_unit""",
}
_WRITE = Statement(
    """INSERT INTO cost_daily ({columns}) {select} AND date = :date
   AND (SELECT max(date) FROM cost_daily
         WHERE account_id = :account AND date <= :date) IS DISTINCT FROM :date {groups}""",
    **ROLLUP,
)


async def write(day: Day) -> None:
    """One row for each combination that reports can tell apart."""
    await day.apply("cost_daily", _WRITE)
