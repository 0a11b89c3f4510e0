"""For a launch day a function gets provisioned concurrency; the day passes, the setting stays."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.symptoms import KEPT, RUN, SECONDS_RUN, WARM
from drift.worsening import columns, one

ODDS = 0.04
PATTERN = "lambda_pc_unused"
RESOURCE_TYPE = "lambda_function"
REMEDIES = (
    "lambda:DeleteProvisionedConcurrencyConfig",
    "lambda:PutProvisionedConcurrencyConfig",
)
REVEALED_BY = ("lambda:ListProvisionedConcurrencyConfigs", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A payment that has to answer within moments (tag slo) must not start cold.",
    "The peak counts, not the mean: keep as many as are busy at once.",
)

# Keeping warm is saved; running costs its full rate again. One that nobody calls is dead.
SYMPTOM = f"""
SELECT f.arn, coalesce(f.current_provisioned_mb, f.provisioned_concurrency * f.memory_mb) / 1024.0 * 2628000 * {KEPT}
       - {SECONDS_RUN} * f.memory_mb / 1024.0 * ({RUN} - {WARM}) AS saving
  FROM lambda_functions f
 WHERE f.account_id = $1 AND f.provisioned_concurrency > 0 AND $2::timestamptz IS NOT NULL AND f.invocations_7d > 0
   AND f.invocations_7d * f.avg_duration_ms_7d / 1000.0 / 86400 < f.provisioned_concurrency * 0.1"""

_FUNCTIONS = """
SELECT arn AS key, arn, name, coalesce(provisioned_concurrency, 0) AS old FROM lambda_functions
 WHERE account_id = $1 AND coalesce(provisioned_concurrency, 0) = 0 AND invocations_7d > 0
   AND invocations_7d * avg_duration_ms_7d / 1000.0 / 86400 < 0.5"""


async def happen(day: Day) -> Happening | None:
    """10 to 50 environments kept warm for a function that needs less than one."""
    function = await pick(day, "unused_provisioned_concurrency", "lambda_function", _FUNCTIONS)
    if function is None:
        return None
    new = day.random("unused_provisioned_concurrency").choice((10, 20, 25, 50))
    await day.write(
        "lambda_functions",
        """UPDATE lambda_functions SET provisioned_concurrency = $3
            WHERE account_id = $1 AND arn = $2""",
        day.account_id, function["arn"], new,
    )  # fmt: skip
    await day.record("lambda_function", function["arn"], "provisioned_concurrency",
                     str(function["old"]), str(new))  # fmt: skip
    return Happening(
        f"{function['name']} keeps {new} environments warm", (("lambda_function", function["arn"]),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Half as many again are kept warm, for the next launch day."""
    return await warm_more(day, resource_id)


async def warm_more(day: Day, arn: str) -> Happening | None:
    """Half as many environments again of a function, 150 at most."""
    function = await one(day, "lambda_functions", "arn", arn)
    if function is None or not 0 < (function["provisioned_concurrency"] or 0) <= 100:
        return None
    slots = function["provisioned_concurrency"]
    values = {"provisioned_concurrency": slots + max(1, slots // 2)}
    return await columns(day, "lambda_functions", "arn", RESOURCE_TYPE, function, values)
