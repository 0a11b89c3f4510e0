"""A bucket was opened to everybody for a demonstration, and half the internet downloads from it."""

import json

from drift.day import Day, Happening
from drift.flows import symptom
from drift.picking import branch, region
from drift.scenarios.forgotten_replication import withdraw
from drift.worsening import level

ODDS = 0.01
PATTERN = "xfer_egress"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:PutPublicAccessBlock", "s3:DeleteBucketPolicy")
REVEALED_BY = ("s3:GetBucketPolicyStatus", "s3:GetBucketPolicy", "ce:GetCostAndUsage")
TRAPS = (
    "What customers download is the product: tags public and product.",
    "A website may be public on purpose; it is cached, not closed.",
)

SYMPTOM = symptom("egress", "s3_bucket", 300)

_BUCKET = """
INSERT INTO s3_buckets (account_id, name, env, region, tags, created_at, policy, lifecycle_policy)
VALUES ($1, $2, 'dev', $3, $4::text::jsonb, $5, $6, $7::text::jsonb) ON CONFLICT DO NOTHING"""
_PUBLIC = """
UPDATE resource_profiles SET params = params || jsonb_build_object('public_gb', $3::float8)
 WHERE account_id = $1 AND resource_type = 's3_bucket' AND resource_id = $2"""
_LIFECYCLE = {
    "Rules": [
        {
            "ID": "parts",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}


def open_to_all(bucket: str) -> str:
    """A bucket policy by which everybody may read."""
    statement = {
        "Sid": "PublicRead",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


async def happen(day: Day) -> Happening | None:
    """A bucket of 30 GB that is read 200 to 350 GB a day."""
    name, developer = branch(day, "public_downloads")
    bucket = f"{name}-demo-data-{day.account_number}"
    made = await day.write(
        "s3_buckets", _BUCKET, day.account_id, bucket, await region(day, "public_downloads"),
        json.dumps({"env": "dev", "created_by": developer}), day.moment("public_downloads"),
        open_to_all(bucket), json.dumps(_LIFECYCLE),
    )  # fmt: skip
    if not made:
        return None
    await day.record("s3_bucket", bucket, "lifecycle", None, "created")
    await day.profile("s3_bucket", bucket, "idle", stored_gib=30.0, requests=50_000.0)
    gb = float(day.random("public_downloads").randint(200, 350))
    await day.write("resource_profiles", _PUBLIC, day.account_id, bucket, gb)
    return Happening(f"everybody reads {bucket}", (("s3_bucket", bucket),))


async def heal(day: Day, resource_id: str) -> bool:
    """Whoever opened it closes it."""
    return await withdraw(day, resource_id, "policy", "public")


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Word gets around, and more is downloaded."""
    return await level(day, RESOURCE_TYPE, resource_id, "public_gb", most=2000)
