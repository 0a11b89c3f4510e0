"""A bucket was copied to a second region for a migration that is over, and is copied still."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift.day import Day, Happening
from drift.flows import symptom
from drift.picking import branch, region
from drift.worsening import level

ODDS = 0.01
PATTERN = "xfer_cross_region"
RESOURCE_TYPE = "s3_bucket"
REMEDIES = ("s3:DeleteBucketReplication",)
REVEALED_BY = ("s3:GetBucketReplication", "s3:GetBucketLocation", "ce:GetCostAndUsage")
TRAPS = (
    "A copy in another region may be the plan for a disaster: tags dr and recovery-point.",
    "What has to be kept in a second place by law is read by nobody either.",
    "Replication within a region costs no transfer.",
)

SYMPTOM = symptom("cross-region", "s3_bucket", 20)

_BUCKET = """
INSERT INTO s3_buckets (account_id, name, env, region, tags, created_at, versioning, replication, lifecycle_policy)
VALUES ($1, $2, $3, $4, $5::text::jsonb, $6, 'Enabled', $7::text::jsonb, $8::text::jsonb) ON CONFLICT DO NOTHING"""
_REWRITTEN = """
UPDATE resource_profiles SET params = params || jsonb_build_object('rewritten_gb', $3::float8)
 WHERE account_id = $1 AND resource_type = 's3_bucket' AND resource_id = $2"""
_LIFECYCLE = {
    "Rules": [
        {
            "ID": "old",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": 30},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
        }
    ]
}


def replication(account_number: str, target: str) -> dict[str, object]:
    """A configuration that copies everything to the bucket `target`."""
    return {
        "Role": f"arn:aws:iam::{account_number}:role/s3-replication",
        "Rules": [
            {
                "ID": "migration",
                "Status": "Enabled",
                "Priority": 1,
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
            }
        ],
    }


async def happen(day: Day) -> Happening | None:
    """Two buckets of daily exports: 60 to 200 GB are written over each day and copied."""
    chance = day.random("forgotten_replication")
    name, developer = branch(day, "forgotten_replication")
    place = await region(day, "forgotten_replication")
    other = "us-west-2" if place != "us-west-2" else "eu-west-1"
    source = f"{name}-feed-{day.account_number}"
    target = f"{name}-feed-copy-{day.account_number}"
    rules = replication(day.account_number, target)
    tags = json.dumps({"env": "prod", "created_by": developer})
    for bucket, where, rule in ((target, other, None), (source, place, json.dumps(rules))):
        made = await day.write(
            "s3_buckets", _BUCKET, day.account_id, bucket, "prod", where, tags,
            day.moment("forgotten_replication"), rule, json.dumps(_LIFECYCLE),
        )  # fmt: skip
        if not made:
            return None
        await day.record("s3_bucket", bucket, "lifecycle", None, "created")
        await day.profile("s3_bucket", bucket, "idle", stored_gib=200.0, requests=2000.0)
    gb = float(chance.randint(60, 200))
    await day.write("resource_profiles", _REWRITTEN, day.account_id, source, gb)
    return Happening(f"{source} is still copied to {other}", (("s3_bucket", source),))


async def heal(day: Day, resource_id: str) -> bool:
    """Whoever set the rules up takes them away."""
    return await withdraw(day, resource_id, "replication", "rules")


async def withdraw(day: Day, bucket: str, column: str, was: str) -> bool:
    """What a column of a bucket's allows is taken back; `was` is what it said."""
    ended = await day.write(
        "s3_buckets",
        f"UPDATE s3_buckets SET {column} = NULL WHERE account_id = $1 AND name = $2",
        day.account_id,
        bucket,
    )
    if ended:
        await day.record("s3_bucket", bucket, column, was, None)
    return bool(ended)


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """More is written over each day, and copied."""
    return await level(day, RESOURCE_TYPE, resource_id, "rewritten_gb", most=1000)
