"""Backfills: past days of the ledger told apart anew by the tags that are active now."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.days.cost_daily import ROLLUP
from drift.statement import Statement

AFTER = ("cost_daily",)

_WAITING = Statement("""
SELECT min(backfill_from) AS since FROM cost_tag_backfills
 WHERE account_id = :account AND status = 'PROCESSING'""")

# What a resource bears now; of one that is gone, what its lines bore.
_NEW = """
    SELECT l.id, l.date, l.tag_set, n.tags, (SELECT sum(hashtextextended(k.key || chr(31) || k.value, 0))::text
                                               FROM jsonb_each_text(n.tags) k) AS digest
      FROM (SELECT * FROM cost_lines_daily
             WHERE account_id = :account AND date >= :since AND resource_id IS NOT NULL) l
      LEFT JOIN cost_tag_sets s ON s.id = l.tag_set
      LEFT JOIN (SELECT resource_type, resource_id, jsonb_object_agg(key, value) AS tags FROM resource_tags
                  WHERE account_id = :account GROUP BY 1, 2) r
             ON r.resource_type = l.resource_type AND r.resource_id = l.resource_id
     CROSS JOIN LATERAL (SELECT jsonb_object_agg(t.key, t.value) AS tags
                           FROM jsonb_each_text(coalesce(r.tags, s.tags)) t
                           JOIN cost_allocation_tags a ON a.account_id = :account AND a.key = t.key
                            AND a.status = 'Active') n"""

_SETS = Statement(
    """
WITH told AS ({new})
INSERT INTO cost_tag_sets (account_id, digest, tags)
SELECT DISTINCT ON (digest) :account, digest, tags FROM told WHERE digest IS NOT NULL ORDER BY digest
    ON CONFLICT DO NOTHING""",
    new=_NEW,
)
_LINES = Statement(
    """
WITH told AS ({new})
UPDATE cost_lines_daily l SET tag_set = s.id
  FROM told t LEFT JOIN cost_tag_sets s ON s.account_id = :account AND s.digest = t.digest
 WHERE l.account_id = :account AND l.date = t.date AND l.id = t.id AND l.tag_set IS DISTINCT FROM s.id""",
    new=_NEW,
)
_FORGET = Statement("DELETE FROM cost_daily WHERE account_id = :account AND date >= :since")
_DAILY = Statement(
    "INSERT INTO cost_daily ({columns}) {select} AND date >= :since {groups}", **ROLLUP
)
_DONE = Statement("""
UPDATE cost_tag_backfills SET status = 'SUCCEEDED', completed_at = greatest(requested_at, :end - interval '1 day')
 WHERE account_id = :account AND status = 'PROCESSING'""")


async def write(day: Day) -> None:
    """Nothing: histories are written with the tags that they have."""


async def live(day: Day) -> None:
    """Do what was asked for since yesterday."""
    [row] = await day.fetch(_WAITING)
    if row["since"] is None:
        return
    for table, statement in (
        ("cost_tag_sets", _SETS), ("cost_lines_daily", _LINES), ("cost_daily", _FORGET),
        ("cost_daily", _DAILY), ("cost_tag_backfills", _DONE),
    ):  # fmt: skip
        await day.apply(table, statement, since=row["since"])
