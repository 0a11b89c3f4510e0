"""A function writes what calls it again, and calls itself around the clock until somebody stops it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import level, one

ODDS = 0.01
PATTERN = "cost_anomaly"
RESOURCE_TYPE = "lambda_function"
REMEDIES = ("lambda:PutFunctionConcurrency", "lambda:DeleteFunction")
REVEALED_BY = ("cloudwatch:GetMetricStatistics", "ce:GetAnomalies", "ce:GetCostAndUsage")
TRAPS = (
    "A campaign that was announced brings as many calls: tag campaign.",
    "A Monday after a weekend costs more than the days before it.",
    "Fees that fall due with the month are no spike.",
)

# The newest day against the cheapest of the month before: only what costs much is looked at twice.
SYMPTOM = """
SELECT m.resource_id, (m.estimated_daily_cost - h.usual) * 730 / 24 AS saving
  FROM (SELECT max(c.date) AS date FROM metrics_daily c
         WHERE c.account_id = $1 AND c.date > $2::timestamptz::date - 3 AND c.date <= $2::timestamptz::date) n
  JOIN metrics_daily m ON m.account_id = $1 AND m.resource_type = 'lambda_function' AND m.date = n.date
       AND m.estimated_daily_cost > 10
 CROSS JOIN LATERAL (
       SELECT min(p.estimated_daily_cost) AS usual FROM metrics_daily p
        WHERE p.resource_type = 'lambda_function' AND p.resource_id = m.resource_id
          AND p.date BETWEEN n.date - 30 AND n.date - 1) h
 WHERE m.estimated_daily_cost > 10 + 4 * h.usual"""

_FUNCTIONS = """
SELECT f.arn AS key, f.arn, f.name, p.requests, p.duration_ms, f.memory_mb FROM lambda_functions f
  JOIN resource_profiles p ON p.account_id = f.account_id AND p.resource_type = 'lambda_function'
       AND p.resource_id = f.arn AND p.requests IS NOT NULL AND p.duration_ms > 0
 WHERE f.account_id = $1 AND f.reserved_concurrency IS NULL"""

_LOOP = """
UPDATE resource_profiles SET profile = 'loop', requests = $3, duration_ms = greatest(duration_ms, 200)
 WHERE account_id = $1 AND resource_type = 'lambda_function' AND resource_id = $2"""


async def happen(day: Day) -> Happening | None:
    """As many calls as cost 60 to 120 USD a day, and at least twenty times what they were."""
    from models.prices import price

    function = await pick(day, "function_in_a_loop", "lambda_function", _FUNCTIONS)
    if function is None:
        return None
    seconds = max(function["duration_ms"], 200) / 1000
    gib = (function["memory_mb"] or 128) / 1024
    each = float(price("lambda", "requests")) + seconds * gib * float(
        price("lambda", "duration-x86_64")
    )
    usd = day.random("function_in_a_loop").uniform(60, 120)
    calls = max(function["requests"] * 20, usd / each)
    await day.write("resource_profiles", _LOOP, day.account_id, function["arn"], calls)
    await day.record("lambda_function", function["arn"], "release", "stable", "calls itself")
    return Happening(f"{function['name']} calls itself", (("lambda_function", function["arn"]),))


async def heal(day: Day, resource_id: str) -> bool:
    """The release is rolled back."""
    ended = await day.write(
        "resource_profiles",
        "UPDATE resource_profiles SET profile = 'steady', requests = NULL"
        " WHERE account_id = $1 AND resource_type = 'lambda_function' AND resource_id = $2"
        " AND profile = 'loop'",
        day.account_id,
        resource_id,
    )
    if ended:
        await day.record("lambda_function", resource_id, "release", "calls itself", "stable")
    return bool(ended)


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The loop grows."""
    function = await one(day, "lambda_functions", "arn", resource_id)
    if function is None or (function["estimated_monthly_cost"] or 0) > 10_000:
        return None
    return await level(day, RESOURCE_TYPE, resource_id, "requests", most=5e8)
