"""A function is deployed and kept warm for a launch that never comes: nobody ever calls it."""

from drift.day import Day, Happening
from drift.scenarios.lambda_mem import create
from drift.scenarios.unused_provisioned_concurrency import warm_more

ODDS = 0.01
PATTERN = "lambda_dead"
RESOURCE_TYPE = "lambda_function"
REMEDIES = ("lambda:DeleteProvisionedConcurrencyConfig", "lambda:DeleteFunction")
REVEALED_BY = (
    "lambda:ListFunctions",
    "lambda:ListProvisionedConcurrencyConfigs",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "A monthly job (tag schedule=monthly) is not called in most weeks.",
    "A handler of disaster recovery (tag dr=true) is called on the worst day only.",
)

# The estimate is that of thirty days.
SYMPTOM = """
SELECT arn, estimated_monthly_cost / 30 * 730 / 24 AS saving FROM lambda_functions
 WHERE account_id = $1 AND invocations_7d = 0 AND estimated_monthly_cost > 0
   AND created_at <= $2::timestamptz - interval '7 days'"""


async def happen(day: Day) -> Happening | None:
    """Some environments of 1 GB that wait for their first call."""
    slots = day.random("lambda_dead").choice((5, 8, 10, 20))
    arn = await create(day, "lambda_dead", "For the launch", memory_mb=1024, slots=slots)
    if arn is None:
        return None
    await day.profile("lambda_function", arn, "dead", requests=0, duration_ms=120)
    return Happening(
        f"nobody calls {arn.rpartition(':')[2]}, kept warm {slots} times",
        (("lambda_function", arn),),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """More of it is kept warm, for a launch that is now said to be large."""
    return await warm_more(day, resource_id)
