"""An archive is copied into a bucket of the dearest class, and from then on hardly ever read."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift.day import Day, Happening
from drift.picking import branch, region
from drift.rates import literal
from drift.symptoms import BUCKET_DAYS, COLD, MOVED_ON
from drift.worsening import exports

ODDS = 0.02
PATTERN = "s3_cold_standard"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:PutBucketLifecycleConfiguration",)
REVEALED_BY = (
    "s3:ListBuckets",
    "s3:GetBucketLifecycleConfiguration",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "What an audit reads in full once a quarter (tag workload=quarterly-audit) pays for every GB that comes back.",
    "Each object that moves is paid for once, on the day it moves.",
    "GLACIER_IR is paid for 90 days at least: nothing that is soon deleted belongs there.",
)

# A rule that moves everything to GLACIER_IR at once does so on the next day.
SYMPTOM = f"""
SELECT b.name, n.storage_gb_standard
       * ({literal("b.region", "standard")} - {literal("b.region", "cold")}) AS saving
  FROM s3_buckets b {BUCKET_DAYS}
 WHERE b.account_id = $1 AND $2::timestamptz IS NOT NULL AND {COLD} AND NOT {MOVED_ON}"""


async def make(
    day: Day, scenario: str, use: str, profile: str, *, env: str, stored: float, requests: float
) -> str | None:
    """A bucket without rules; its name, None where that is taken."""
    name, developer = branch(day, scenario)
    bucket = f"{name}-{use}-{env}-{day.account_number}"
    made = await day.write(
        "s3_buckets",
        """INSERT INTO s3_buckets (id, account_id, name, env, region, tags, created_at)
           VALUES (md5('bucket' || $2)::uuid, $1, $2, $3, $4, $5::text::jsonb, $6) ON CONFLICT DO NOTHING""",
        day.account_id, bucket, env, await region(day, scenario),
        json.dumps({"env": env, "created_by": developer}), day.moment(scenario),
    )  # fmt: skip
    if not made:
        return None
    await day.profile("s3_bucket", bucket, profile, stored_gib=stored, requests=requests)
    await day.record("s3_bucket", bucket, "lifecycle", None, "created")
    return bucket


async def happen(day: Day) -> Happening | None:
    """Some hundred GB, and a few requests a day."""
    chance = day.random("s3_cold_standard")
    stored = round(chance.uniform(400, 3000), 1)
    bucket = await make(
        day, "s3_cold_standard", "archive", "cold",
        env="prod", stored=stored, requests=chance.uniform(5, 25),
    )  # fmt: skip
    if bucket is None:
        return None
    return Happening(f"hardly anybody reads {bucket}", (("s3_bucket", bucket),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another archive is added to, day by day."""
    return await exports(day, resource_id)
