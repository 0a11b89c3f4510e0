"""What a report can be filtered and grouped by: tag keys that costs of some days bear."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

_KEYS = """
SELECT k AS key_0, sum(u.amount) AS metric_0
  FROM unnest($1::integer[], $2::numeric[]) AS u (id, amount)
  JOIN cost_tag_sets s ON s.id = u.id CROSS JOIN jsonb_object_keys(s.tags) k
 WHERE s.account_id = ANY (ARRAY(SELECT driftcloud_paid_accounts()))
 GROUP BY 1 ORDER BY 1"""


async def tag_keys(db: Any, sets: Sequence[tuple[int, Decimal]]) -> list[Any]:
    """The keys of sets of tags, `key_0`, each with the sum of the amounts given, `metric_0`."""
    ids, amounts = [one for one, _ in sets], [amount for _, amount in sets]
    rows: list[Any] = await db.fetch(_KEYS, ids, amounts)
    return rows
