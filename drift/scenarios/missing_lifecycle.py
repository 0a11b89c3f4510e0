"""A team exports its data into a new bucket, and no rule ever moves or ends any of it."""

import json

from drift.day import Day, Happening
from drift.picking import branch, region

ODDS = 0.05
PATTERN = "s3_no_lifecycle"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:PutBucketLifecycleConfiguration",)

SYMPTOM = """
SELECT b.name, u.storage_gb_standard * 0.6 * (0.023 - 0.0125) AS saving FROM s3_buckets b
  JOIN LATERAL (SELECT d.storage_gb_standard FROM s3_bucket_usage_daily d WHERE d.bucket_id = b.id
                 ORDER BY d.date DESC LIMIT 1) u ON true
 WHERE b.account_id = $1 AND u.storage_gb_standard > 50 AND $2::timestamptz IS NOT NULL
   AND (b.lifecycle_policy IS NULL OR b.lifecycle_policy IN ('{}', '[]', '{"Rules": []}'))"""


async def happen(day: Day) -> Happening | None:
    """A bucket with a first export in it, that grows from the next day on."""
    chance = day.random("missing_lifecycle")
    name, developer = branch(day, "missing_lifecycle")
    env = chance.choice(("prod", "prod", "staging", "dev"))
    bucket = f"{name}-exports-{env}-{day.account_number}"
    made = await day.write(
        "s3_buckets",
        """INSERT INTO s3_buckets (account_id, name, env, region, tags, created_at)
           VALUES ($1, $2, $3, $4, $5::text::jsonb, $6) ON CONFLICT DO NOTHING""",
        day.account_id, bucket, env, await region(day, "missing_lifecycle"),
        json.dumps({"env": env, "created_by": developer}), day.moment("missing_lifecycle"),
    )  # fmt: skip
    if not made:
        return None
    stored = round(chance.uniform(80, 600), 1)
    await day.profile("s3_bucket", bucket, "steady", stored_gib=stored)
    await day.record("s3_bucket", bucket, "lifecycle", None, "created")
    return Happening(f"{bucket} keeps every export for ever", (("s3_bucket", bucket),))
