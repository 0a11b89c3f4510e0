"""Buckets of an estate, what they hold on the first day, and their lifecycle rules."""

import json
from typing import Any

from models.estates.chance import Chance
from models.estates.estate import Estate
from models.prices import price

_USES = {
    "assets": 4, "logs": 5, "backups": 4, "exports": 3, "datalake": 3, "uploads": 3,
    "artifacts": 3, "terraform-state": 1, "reports": 2, "training-data": 2,
}  # fmt: skip
_PROFILES = {"backups": "backup", "exports": "cold", "reports": "cold", "training-data": "cold"}
# GB on the first day, by share: a few lakes hold most of it.
_STOCK = {400: 6, 1_400: 6, 3_500: 5, 8_000: 4, 19_000: 3, 32_000: 1}
# Buckets of projects that ended, of all of them.
_DEAD = 0.07
# GB of what is hardly read, where no rule moves it.
_MOST_COLD = 2_500
# Requests a day for each GB, of what is in use.
_ASKED = (6, 40)


def create(estate: Estate) -> None:
    """Every bucket; the plan's share of them without any lifecycle rule."""
    count = estate.plan.buckets
    chance = estate.chance("buckets")
    without = estate.flags("lifecycle", count, estate.shares.buckets_without_lifecycle)
    uses, stock = chance.deck(count, _USES), chance.deck(count, _STOCK)
    regions, environments = estate.regions("buckets", count), estate.share_out("buckets", count)
    bare = estate.untagged("buckets", count)
    ended = [at for at in range(count) if without[at] and uses[at] != "backups"]
    ended = chance.shuffled(ended)[: round(count * _DEAD)]
    for at in range(count):
        own = estate.chance("bucket", at)
        owner = estate.company.owner(own)
        env, region = environments[at], regions[at]
        name = f"{estate.company.name}-{owner.service}-{uses[at]}-{env}-{at + 1:03d}"
        if f"bucket/{name}" in estate.taken:
            name = f"{name}-{estate.number}"
        held = stock[at] * own.between(0.8, 1.2) * (1 if env == "prod" else 0.5)
        if without[at] and uses[at] in _PROFILES:
            held = min(held, _MOST_COLD * own.between(0.8, 1.2))
        profile = "dead" if at in ended else _PROFILES.get(uses[at], "steady")
        pattern, saved = _waste(profile, region) if without[at] and held > 100 else (None, 0.0)
        innocent = estate.decoy(pattern) if pattern else None
        tags = estate.tags(own, owner, env, "", bare=bare[at], **(innocent[1] if innocent else {}))
        born = estate.before(own, 30, 900)
        estate.add(
            "s3_buckets",
            {
                "id": own.key(),
                "account_id": estate.account_id,
                "name": name,
                "env": env,
                "region": region,
                "lifecycle_policy": {} if without[at] else _rules(own.whole(0, 2)),
                "tags": tags,
                "created_at": born,
                "optimization_policy": "recommend_only" if own.happens(0.3) else "auto_safe",
                "versioning": own.pick((None, None, "Enabled", "Suspended")),
                "encryption": _ENCRYPTION,
                "public_access_block": _PRIVATE if own.happens(0.9) else None,
                **_configurations(own, name, uses[at], env),
            },
        )
        estate.tag("s3_bucket", name, tags, born)
        estate.profile(
            "s3_bucket", name, profile, pattern=pattern, saving=held * saved,
            decoy=innocent[0] if innocent else None, stored_gib=round(held, 2),
            **_asked(own, profile, held),
        )  # fmt: skip


def _asked(own: Chance, profile: str, held: float) -> dict[str, Any]:
    """Requests a day of what is in use; of the rest the first day knows how few."""
    return {"requests": held * own.between(*_ASKED)} if profile == "steady" else {}


def _waste(profile: str, region: str) -> tuple[str, float]:
    """What a bucket without rules is, and what is saved of a GB that it held at first."""
    standard = price("s3", "STANDARD", region)
    if profile == "dead":
        return "s3_dead_bucket", float(standard)
    if profile == "steady":
        return "s3_no_lifecycle", float(standard - price("s3", "STANDARD_IA", region))
    return "s3_cold_standard", float(standard - price("s3", "GLACIER_IR", region))


_ENCRYPTION = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": False,
        }
    ]
}
_PRIVATE = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def _configurations(own: Chance, name: str, use: str, env: str) -> dict[str, Any]:
    """What else was set up: transport over TLS alone, CORS for browsers, analyses of lakes."""
    lake = use in ("datalake", "training-data")
    return {
        "replication": None,
        "policy": _tls_only(name) if env == "prod" and own.happens(0.6) else None,
        "cors": _CORS if use in ("assets", "uploads") else None,
        "intelligent_tiering": {"archive": _ARCHIVE} if lake and own.happens(0.3) else {},
        "analytics": {"classes": _ANALYSIS} if lake and own.happens(0.4) else {},
        "inventory": {"weekly": _inventory(name)} if lake and own.happens(0.3) else {},
    }


def _tls_only(name: str) -> str:
    arn = f"arn:aws:s3:::{name}"
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _inventory(name: str) -> dict[str, Any]:
    destination = {"Bucket": f"arn:aws:s3:::{name}", "Format": "Parquet", "Prefix": "inventory"}
    return {
        "Id": "weekly",
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Weekly"},
        "OptionalFields": ["Size", "LastModifiedDate", "StorageClass"],
        "Destination": {"S3BucketDestination": destination},
    }


_CORS = {"CORSRules": [{"AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"]}]}
_ARCHIVE = {
    "Id": "archive",
    "Status": "Enabled",
    "Tierings": [{"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}],
}
_ANALYSIS: dict[str, Any] = {"Id": "classes", "StorageClassAnalysis": {}}


def _rules(choice: int) -> dict[str, Any]:
    """A lifecycle configuration as S3 words it."""
    tier = {"ID": "tier-down", "Status": "Enabled", "Filter": {"Prefix": ""}}
    if choice == 0:
        return {"Rules": [{**tier, "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}]}]}
    steps = [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 90, "StorageClass": "GLACIER_IR"},
    ]
    if choice == 1:
        return {"Rules": [{**tier, "Transitions": steps}]}
    expire = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": "tmp/"},
        "Expiration": {"Days": 365},
    }
    return {"Rules": [{**tier, "Transitions": steps}, expire]}
