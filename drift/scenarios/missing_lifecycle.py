"""A team exports its data into a new bucket, and no rule ever moves or ends any of it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.rates import literal
from drift.scenarios.s3_cold_standard import make
from drift.symptoms import BUCKET_DAYS, COLD, DEAD, RULED
from drift.worsening import exports

ODDS = 0.05
PATTERN = "s3_no_lifecycle"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:PutBucketLifecycleConfiguration",)
REVEALED_BY = (
    "s3:ListBuckets",
    "s3:GetBucketLifecycleConfiguration",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Objects below 128 KB (tag object-size=small) do not move, and would be dearer if they did.",
    "What is read every day pays for each GB that Infrequent Access gives back.",
)

# What is older than thirty days by tomorrow moves to STANDARD_IA: what was there thirty days before,
# or, where no day reaches back so far, the first day's stock as if it had come evenly until then.
SYMPTOM = f"""
SELECT b.name, greatest(0, least(n.storage_gb_standard, coalesce(o.held, f.held * greatest(0, least(1,
           1 - (29 - (n.date - f.date)) / greatest(1, f.date - b.created_at::date)::numeric)))
           - n.storage_gb_ia - n.storage_gb_glacier))
       * ({literal("b.region", "standard")} - {literal("b.region", "warm")}) AS saving
  FROM s3_buckets b {BUCKET_DAYS}
  LEFT JOIN LATERAL (SELECT d.storage_gb_standard + d.storage_gb_ia + d.storage_gb_glacier AS held
                       FROM s3_bucket_usage_daily d WHERE d.bucket_id = b.id AND d.date = n.date - 29) o ON true
  JOIN LATERAL (SELECT d.date, d.storage_gb_standard + d.storage_gb_ia + d.storage_gb_glacier AS held
                  FROM s3_bucket_usage_daily d WHERE d.bucket_id = b.id ORDER BY d.date LIMIT 1) f ON true
 WHERE b.account_id = $1 AND n.storage_gb_standard > 50 AND $2::timestamptz IS NOT NULL
   AND NOT {RULED} AND NOT {COLD} AND NOT {DEAD}"""


async def happen(day: Day) -> Happening | None:
    """A bucket with a first export in it, that is read a lot and grows from the next day on."""
    chance = day.random("missing_lifecycle")
    env = chance.choice(("prod", "prod", "staging", "dev"))
    stored = round(chance.uniform(80, 600), 1)
    bucket = await make(
        day, "missing_lifecycle", "exports", "steady",
        env=env, stored=stored, requests=stored * chance.uniform(10, 60),
    )  # fmt: skip
    if bucket is None:
        return None
    return Happening(f"{bucket} keeps every export for ever", (("s3_bucket", bucket),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another job exports into it."""
    return await exports(day, resource_id)
