"""A function is deployed from a template with three times the memory that its work takes."""

# ruff: noqa: E501 - the lines of SQL read better whole

from typing import Any

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.symptoms import RUN, SECONDS_RUN
from drift.worsening import columns, one

ODDS = 0.02
PATTERN = "lambda_mem"
RESOURCE_TYPE = "lambda_function"
REMEDIES = ("lambda:UpdateFunctionConfiguration",)
REVEALED_BY = (
    "lambda:ListFunctions",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetLambdaFunctionRecommendations",
)
TRAPS = (
    "A CPU-bound function (tag workload=cpu-bound) takes as much longer as it is given less memory: "
    "its GB-seconds stay the same.",
    "A function with provisioned concurrency pays for its memory first of all there.",
)
INNOCENT = "cpu_bound"
ENOUGH_MB = 512

# What running costs less with 512 MB; whose duration follows its memory saves nothing.
SYMPTOM = f"""
SELECT f.arn, {SECONDS_RUN} * (f.memory_mb - {ENOUGH_MB}) / 1024.0 * {RUN} AS saving
  FROM lambda_functions f
 WHERE f.account_id = $1 AND f.memory_mb >= 1024 AND f.avg_duration_ms_7d > 0 AND f.avg_duration_ms_7d < 300
   AND f.invocations_7d > 1000 AND coalesce(f.provisioned_concurrency, 0) = 0
   AND coalesce(f.max_memory_used_mb, 0) <= {ENOUGH_MB} AND $2::timestamptz IS NOT NULL"""

_INSERT = """
INSERT INTO lambda_functions (id, account_id, name, env, region, memory_mb, timeout_seconds, provisioned_concurrency,
    description, code_size, created_at, last_modified)
VALUES (md5('function' || $1::uuid || $2 || $4)::uuid, $1, $2, $3, $4, $5, 30, $6, $7, 2100000, $8, $8)
ON CONFLICT DO NOTHING RETURNING arn"""


async def create(
    day: Day, scenario: str, description: str, *, memory_mb: int, slots: int = 0
) -> str | None:
    """A function of a developer's; its ARN, None where the name is taken."""
    name, developer = branch(day, scenario)
    arn: str | None = await day.connection.fetchval(
        _INSERT, day.account_id, f"{name}-handler", "dev", await region(day, scenario), memory_mb,
        slots, description, day.moment(scenario),
    )  # fmt: skip
    if arn is None:
        return None
    day.written["lambda_functions"] += 1
    await tag(day, "lambda_function", arn, {"created_by": developer, "env": "dev"})
    await day.record("lambda_function", arn, "lifecycle", None, "created")
    return arn


async def happen(day: Day) -> Happening | None:
    """A function of 3008 MB that is called a lot and does little each time."""
    return await _deploy(day, "steady", {})


async def innocent(day: Day) -> Happening | None:
    """The same, but all of its time is spent in computing."""
    return await _deploy(day, "cpu_bound", {"workload": "cpu-bound"})


async def _deploy(day: Day, profile: str, tags: dict[str, str]) -> Happening | None:
    chance = day.random("lambda_mem")
    memory: Any = chance.choice((1536, 2048, 3008))
    arn = await create(day, "lambda_mem", "From the template", memory_mb=memory)
    if arn is None:
        return None
    await day.profile(
        "lambda_function", arn, profile,
        requests=chance.randint(40, 400) * 1000, duration_ms=chance.uniform(80, 220),
    )  # fmt: skip
    await day.write("resource_profiles", _MEASURED, day.account_id, arn, memory)
    await tag(day, "lambda_function", arn, tags)
    return Happening(f"{arn.rpartition(':')[2]} has {memory} MB", (("lambda_function", arn),))


# With how much memory a call takes as long as the profile says.
_MEASURED = """
UPDATE resource_profiles SET params = params || jsonb_build_object('memory_mb', $3::int)
 WHERE account_id = $1 AND resource_type = 'lambda_function' AND resource_id = $2"""


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """It is slow one day, and gets a GB more."""
    function = await one(day, "lambda_functions", "arn", resource_id)
    if function is None or not 0 < function["memory_mb"] <= 5120:
        return None
    values = {"memory_mb": function["memory_mb"] + 1024}
    return await columns(day, "lambda_functions", "arn", RESOURCE_TYPE, function, values)
