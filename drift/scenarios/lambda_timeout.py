"""A call takes too long one day, and the timeout is set to the longest there is, to be on the safe side."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.worsening import again

ODDS = 0.01
PATTERN = "lambda_timeout"
RESOURCE_TYPE = "lambda_function"
REMEDIES = ("lambda:UpdateFunctionConfiguration",)
REVEALED_BY = ("lambda:ListFunctions", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A batch (tag workload=long-batch) takes its fifteen minutes now and then, whatever its mean is.",
    "A timeout costs nothing as long as nothing hangs: this is a risk, no spend.",
)

SYMPTOM = """
SELECT arn, 0::numeric AS saving FROM lambda_functions
 WHERE account_id = $1 AND timeout_seconds = 900 AND avg_duration_ms_7d < 30000
   AND $2::timestamptz IS NOT NULL"""

_FUNCTIONS = """
SELECT arn AS key, name, timeout_seconds AS old FROM lambda_functions
 WHERE account_id = $1 AND timeout_seconds < 900 AND avg_duration_ms_7d < 30000
   AND state_transition IS NULL"""


async def happen(day: Day) -> Happening | None:
    """900 seconds for a function that answers within moments."""
    function = await pick(day, "lambda_timeout", "lambda_function", _FUNCTIONS)
    if function is None:
        return None
    await day.write(
        "lambda_functions",
        "UPDATE lambda_functions SET timeout_seconds = 900 WHERE account_id = $1 AND arn = $2",
        day.account_id, function["key"],
    )  # fmt: skip
    await day.record(
        "lambda_function", function["key"], "timeout_seconds", str(function["old"]), "900"
    )
    return Happening(
        f"{function['name']} may hang for 15 minutes", (("lambda_function", function["key"]),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The same is done to the next function."""
    return await again(day, PATTERN, resource_id, happen)
