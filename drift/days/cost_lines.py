"""Cost lines: the bill of the day, made of what every other module wrote of it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.ledger import SOURCES
from drift.ledger.source import ACTIVE_TAGS, DIGEST
from drift.statement import Statement
from models.cost_allocation_tags import HANDLING, HEADS

# The bill comes after everything that costs.
AFTER = ("*",)

# Keys that an account brings with it count from its first day on; those that come later wait
# until somebody activates them, as AWS has it. What tells how a resource is to be handled tells
# not who pays for it: every such key would divide a bill further, and add it up slower. There are a
# few hundred keys among all tags: the index is asked for one after the other.
_KEYS = Statement("""
WITH RECURSIVE known AS (
    (SELECT resource_type, key FROM resource_tags WHERE account_id = :account
      ORDER BY resource_type, key LIMIT 1)
    UNION ALL
    SELECT n.resource_type, n.key
      FROM known k CROSS JOIN LATERAL (
           SELECT t.resource_type, t.key FROM resource_tags t
            WHERE t.account_id = :account AND (t.resource_type, t.key) > (k.resource_type, k.key)
            ORDER BY t.resource_type, t.key LIMIT 1) n
)
INSERT INTO cost_allocation_tags AS a (account_id, key, type, status, updated_date, used_date)
SELECT :account, t.key, CASE WHEN starts_with(t.key, 'aws:') THEN 'AWSGenerated' ELSE 'UserDefined' END,
       CASE WHEN f.known OR t.key ^@ ANY (:heads) OR t.key = ANY (:handling)
            THEN 'Inactive' ELSE 'Active' END, :date, :date
  FROM (SELECT DISTINCT key FROM known) t
 CROSS JOIN (SELECT EXISTS (SELECT FROM cost_allocation_tags WHERE account_id = :account) AS known) f
    ON CONFLICT (account_id, key) DO UPDATE SET used_date = excluded.used_date""")

# Sets are known by the sum of their tags' hashes, which needs no order: to build and sort them all
# would take longer than the rest of the bill.
_SETS = Statement(
    """
WITH fresh AS (
    SELECT DISTINCT ON (d.digest) d.*
      FROM (SELECT t.resource_type, t.resource_id, {digest} AS digest {active} GROUP BY 1, 2) d
     WHERE NOT EXISTS (SELECT FROM cost_tag_sets s
                        WHERE s.account_id = :account AND s.digest = d.digest)
     ORDER BY d.digest, d.resource_type, d.resource_id
)
INSERT INTO cost_tag_sets (account_id, digest, tags)
SELECT :account, f.digest, (SELECT jsonb_object_agg(t.key, t.value) {active}
           AND t.resource_type = f.resource_type AND t.resource_id = f.resource_id)
  FROM fresh f""",
    digest=DIGEST,
    active=ACTIVE_TAGS,
)

_STATEMENTS = tuple((source, source.statement()) for source in SOURCES)

# Which resource types have a row of the day, each looked up by itself.
_BEGUN = Statement("""
SELECT max(date) IS NOT DISTINCT FROM :date AS done,
       ARRAY(SELECT k.kind FROM unnest(:kinds::text[]) AS k (kind)
              WHERE (SELECT true FROM metrics_daily m
                      WHERE m.account_id = :account AND m.resource_type = k.kind AND m.date = :date LIMIT 1)) AS kinds
  FROM cost_lines_daily WHERE account_id = :account AND date <= :date""")


async def write(day: Day) -> None:
    """The lines of everything that cost something, at the prices of demand."""
    [row] = await day.fetch(_BEGUN, kinds=[source.kind for source in SOURCES])
    if row["done"]:
        return
    await day.apply("cost_allocation_tags", _KEYS, handling=list(HANDLING), heads=list(HEADS))
    await day.apply("cost_tag_sets", _SETS)
    for source, statement in _STATEMENTS:
        if source.kind in row["kinds"] or not source.of_metrics:
            await day.apply("cost_lines_daily", statement)
