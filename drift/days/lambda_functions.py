"""Lambda functions: requests, GB-seconds, and concurrency that is paid for while nobody calls."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day
from drift.profiles import statement, unprofiled
from drift.statement import there_is

OCCASION = there_is("lambda_functions")

# Who reserves no concurrency at all lets nobody call it: every call is throttled.
# A call; a GB-second of running, less where concurrency is kept warm; one of keeping it warm.
_RATES = rates.of(
    "f.region", "call", "run", "run_arm", "run_warm", "run_warm_arm", "kept", "kept_arm"
)
_PRICED = """q.call::float8 AS call, CASE
        WHEN f.architecture = 'arm64' AND f.provisioned_concurrency > 0 THEN q.run_warm_arm
        WHEN f.architecture = 'arm64' THEN q.run_arm
        WHEN f.provisioned_concurrency > 0 THEN q.run_warm ELSE q.run END::float8 AS run,
    CASE f.architecture WHEN 'arm64' THEN q.kept_arm ELSE q.kept END::float8
        * CASE WHEN f.provisioned_concurrency > 0
               THEN coalesce(f.current_provisioned_mb, f.provisioned_concurrency * f.memory_mb)
               ELSE 0 END / 1024 * 86400 AS provisioned"""

# A row that already knows its cost but not its calls gets the calls that explain the cost.
_FILL = statement(
    """
INSERT INTO resource_profiles AS old (account_id, resource_type, resource_id, profile, requests, duration_ms)
SELECT :account, 'lambda_function', r.id, r.profile,
       CASE WHEN r.profile IN ('idle', 'dead') THEN 0
            WHEN r.calls > 0 THEN r.calls / 7
            WHEN r.cost > r.provisioned * 30 THEN
                (r.cost - r.provisioned * 30) / 30 / (r.call + r.duration / 1000 * r.gb * r.run)
            WHEN r.env = 'prod' THEN 2000 + 300000 * driftcloud_noise(:world, r.id, '/requests') ^ 3
            ELSE 50 + 6000 * driftcloud_noise(:world, r.id, '/requests') ^ 2 END, r.duration
  FROM (SELECT f.arn AS id, f.env, coalesce(p.profile, 'steady') AS profile,
               f.memory_mb / 1024::float8 AS gb, coalesce(f.invocations_7d, 0)::float8 AS calls,
               coalesce(f.estimated_monthly_cost, 0)::float8 AS cost,
               {priced},
               CASE WHEN f.avg_duration_ms_7d > 0 THEN f.avg_duration_ms_7d::float8
                    ELSE 30 + 900 * driftcloud_noise(:world, f.arn, '/duration') ^ 2 END AS duration
          FROM lambda_functions f {rates}
          LEFT JOIN resource_profiles p ON p.account_id = :account
               AND p.resource_type = 'lambda_function' AND p.resource_id = f.arn
         WHERE f.account_id = :account AND p.requests IS NULL) r
ON CONFLICT (account_id, resource_type, resource_id) DO UPDATE SET
    requests = coalesce(old.requests, excluded.requests),
    duration_ms = coalesce(old.duration_ms, excluded.duration_ms)""",
    occasion=unprofiled("lambda_function", "lambda_functions", "arn", "requests"),
    rates=_RATES,
    priced=_PRICED,
)

# A CPU's share follows the memory: what only computes takes as much longer as it has less of it.
_WRITE = statement(
    """
{insert} jsonb_build_object(
       'w', round(d.w * 10000)::int * 0.0001, 'invocations', d.calls,
       'duration', driftcloud_hundredths(d.duration),
       'errors', floor((d.calls - d.asked) * 0.002)::bigint + d.failed, 'throttles', d.throttles,
       'concurrency_max', least(ceil(d.calls * d.duration / 1000 / 86400 * 4)::bigint, d.reserved),
       'provisioned', d.slots,
       'provisioned_cost', round(d.provisioned::numeric, 4),
       'type', d.type, 'env', d.env, 'region', d.region),
       least(d.provisioned + d.calls * (d.call + d.duration / 1000 * d.gb * d.run), 99999999)
  FROM (SELECT u.*, CASE WHEN u.reserved = 0 THEN u.asked ELSE u.asked + u.called END AS calls,
               CASE WHEN u.reserved = 0 THEN u.called ELSE 0 END AS throttles
          FROM (SELECT r.*, {usage_walk} AS w,
                       round(p.requests * {busy}
                           * (0.85 + 0.3 * driftcloud_noise(:seed, r.id, '/requests')))::bigint AS called,
                       p.duration_ms * CASE WHEN p.profile = 'cpu_bound'
                               THEN coalesce((p.params ->> 'memory_mb')::float8, r.mb) / r.mb ELSE 1 END
                           * (0.95 + 0.1 * driftcloud_noise(:seed, r.id, '/duration')) AS duration
                  FROM (SELECT f.arn AS id, f.env, f.region, f.architecture AS type,
                               f.memory_mb::float8 AS mb, f.memory_mb / 1024::float8 AS gb,
                               f.current_invocations AS asked,
                               f.current_invocation_errors AS failed,
                               f.reserved_concurrency AS reserved,
                               coalesce(f.provisioned_concurrency, 0) AS slots, {priced}
                          FROM lambda_functions f {rates} WHERE f.account_id = :account) r
                       {yesterday} {profile} OFFSET 0) u) d
{once}""",
    kind="lambda_function",
    rates=_RATES,
    priced=_PRICED,
)

# What clients asked for is in the day's row now.
_TAKEN = statement("""
UPDATE lambda_functions SET current_invocations = 0, current_invocation_errors = 0
 WHERE account_id = :account AND current_invocations > 0""")

# What was to be read no longer is gone when its time is over.
_FORGOTTEN = statement(
    """
DELETE FROM lambda_event_source_mappings
 WHERE account_id = :account AND state_transition = 'Deleting' AND settles_at < :end""",
    occasion=there_is("lambda_event_source_mappings", "state_transition = 'Deleting'"),
)

# The estimate of a month is thirty times the newest day.
_LIVE = statement("""
UPDATE lambda_functions f SET invocations_7d = round(k.first), avg_duration_ms_7d = k.second,
       estimated_monthly_cost = least(m.estimated_daily_cost * 30, 99999999),
       max_concurrency_7d = least((m.metric_payload -> 'concurrency_max')::bigint, 2147483647)
  FROM driftcloud_week(:account, 'lambda_function', :since, :date, 'invocations', 'duration') k
  JOIN metrics_daily m ON m.account_id = :account AND m.resource_type = 'lambda_function'
       AND m.resource_id = k.resource_id AND m.date = :date
 WHERE f.arn = k.resource_id AND f.account_id = :account""")


async def write(day: Day) -> None:
    """A day of every function."""
    await day.apply("resource_profiles", _FILL)
    await day.apply("metrics_daily", _WRITE)
    await day.apply("lambda_functions", _TAKEN)
    await day.apply("lambda_event_source_mappings", _FORGOTTEN)


async def live(day: Day) -> None:
    """What the rows of `day.since` up to this day leave in the table itself."""
    await day.apply("lambda_functions", _LIVE)
