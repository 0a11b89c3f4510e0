"""The lines of the bill that exported tables are made of, and what all of them derive from one.

$1 and $2 are the first and last virtual day, $3 by how many days dates are moved on their way
out, $4 how many periods a day is divided into (1, or 24 for hours). Fees belong to no hour and
stay whole. The parts of a line add up to it, to the last digit: each is the difference of two
rounded running sums.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from models.cost_exports import categories
from models.price_list.product import SKU_SQL
from models.price_list.terms import ON_DEMAND, PER_UNIT

WHOLE = "('RIFee', 'Fee', 'SavingsPlanUpfrontFee', 'Tax', 'Credit', 'Refund', 'EdpDiscount')"

_RANGE = "account_id IN (SELECT driftcloud_paid_accounts()) AND date BETWEEN $1::date AND $2::date"
_KEYS = """account_id, date, region, availability_zone, service, product_code, usage_type, operation,
    instance_type, engine, platform, tag_set, record_type, commitment_id, usage_unit"""
LINES = f"SELECT *, date + $3::int AS day FROM cost_lines_daily WHERE {_RANGE}"
# The same without resources: what they used together.
TOGETHER = f"""SELECT {_KEYS}, date + $3::int AS day, min(id) AS id, NULL::text AS resource_id,
    NULL::text AS resource_type, sum(usage_amount) AS usage_amount, sum(on_demand_cost) AS on_demand_cost,
    sum(unblended_cost) AS unblended_cost, sum(amortized_cost) AS amortized_cost
  FROM cost_lines_daily WHERE {_RANGE} GROUP BY {_KEYS}"""
SOURCE = f"""
({{lines}}) l
  JOIN driftcloud_billed_accounts() a ON a.id = l.account_id
 CROSS JOIN driftcloud_payer() p
 CROSS JOIN LATERAL (SELECT CASE WHEN l.record_type IN {WHOLE} THEN 1 ELSE $4::int END AS n) k
 CROSS JOIN LATERAL generate_series(0, k.n - 1) h (i)
  LEFT JOIN driftcloud_paid_commitments() c ON c.id = l.commitment_id
  LEFT JOIN cost_tag_sets t ON t.id = l.tag_set AND t.account_id = l.account_id
 {categories.SOURCE}
"""
ORDER = "l.date, l.account_id, l.id, h.i"


def part(column: str) -> str:
    """What of an amount of the line falls into the period."""
    return f"(round(l.{column} * (h.i + 1) / k.n, 8) - round(l.{column} * h.i / k.n, 8))"


USAGE, LISTED = part("usage_amount"), part("on_demand_cost")
UNBLENDED, AMORTIZED = part("unblended_cost"), part("amortized_cost")

START = "(l.day + h.i * interval '24 hours' / k.n)"
END = "(l.day + (h.i + 1) * interval '24 hours' / k.n)"
PERIOD_START = "date_trunc('month', l.day::timestamp)"
PERIOD_END = "(date_trunc('month', l.day::timestamp) + interval '1 month')"
IDENTITY = "md5(l.account_id::text || l.date::text || l.id::text || '/' || h.i || '/' || k.n)"
TAGS = "nullif(coalesce(t.tags, '{}'), '{}')"
ARN = "coalesce(c.arn, c.id::text)"

IS_PLAN = "l.record_type LIKE 'SavingsPlan%'"
IS_RESERVED = "l.record_type IN ('DiscountedUsage', 'RIFee', 'Fee')"
IS_USE = "l.record_type IN ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')"
IS_SPOT = "l.usage_type LIKE '%SpotUsage:%'"
SKU = f"CASE WHEN {IS_USE} AND NOT {IS_SPOT} THEN {SKU_SQL} END"
RATE_CODE = f"CASE WHEN {IS_USE} AND NOT {IS_SPOT} THEN {SKU_SQL} || '.{ON_DEMAND}.{PER_UNIT}' END"


def iso(moment: str) -> str:
    """An instant as text."""
    return f'to_char({moment}, \'YYYY-MM-DD"T"HH24:MI:SS"Z"\')'


def per_unit(cost: str, amount: str = USAGE) -> str:
    """A cost by the unit, null where nothing was used."""
    return f"round({cost} / nullif({amount}, 0), 10)"


def given(condition: str, sql: str) -> str:
    """An expression where a condition holds, else null."""
    return f"CASE WHEN {condition} THEN {sql} END"
