"""A project ends, and its bucket is left with all that was in it."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.scenarios.s3_cold_standard import make
from drift.symptoms import BUCKET_DAYS, DEAD

ODDS = 0.01
PATTERN = "s3_dead_bucket"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:PutBucketLifecycleConfiguration", "s3:DeleteBucket")
REVEALED_BY = ("s3:ListBuckets", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "Backups are written once and read when all else is lost: no request is as it should be.",
    "What has to be kept (tag retention=7y) is kept whether anybody reads it or not.",
)

# A month of it, as it was billed on the newest day.
SYMPTOM = f"""
SELECT b.name, n.estimated_storage_cost * 30 AS saving
  FROM s3_buckets b {BUCKET_DAYS}
 WHERE b.account_id = $1 AND $2::timestamptz IS NOT NULL AND {DEAD} AND n.estimated_storage_cost > 0"""


async def happen(day: Day) -> Happening | None:
    """The results of a proof of concept, copied there on its last day."""
    stored = round(day.random("s3_dead_bucket").uniform(200, 2000), 1)
    bucket = await make(day, "s3_dead_bucket", "poc", "dead", env="dev", stored=stored, requests=0)
    if bucket is None:
        return None
    return Happening(f"nobody asks {bucket} for anything", (("s3_bucket", bucket),))
