"""Traffic of an estate that nobody needs: buckets copied or open to all, chatty neighbours."""

import json
from typing import Any

from models.estates.estate import Estate, Row
from models.prices import price

_REWRITTEN_GB = 90.0
_PUBLIC_GB = 60.0
_PEER_GB = 260.0
_DAYS = 730 / 24
# What is written over is kept for a night: versions do not pile up.
_WRITTEN_OVER = {
    "ID": "written-over",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}


def create(estate: Estate) -> None:
    """Flows of each kind, by the number of buckets and machines; none in a small estate."""
    profiles = {
        (row["resource_type"], row["resource_id"]): row for row in estate.rows["resource_profiles"]
    }
    buckets = estate.chance("transfer buckets").shuffled(
        [
            row
            for row in estate.rows.get("s3_buckets", [])
            if "pattern" not in profiles["s3_bucket", row["name"]]["params"]
        ]
    )
    wanted = estate.plan.buckets // 30
    for _ in range(wanted):
        _replicated(estate, profiles, buckets)
        _public(estate, profiles, buckets)
    machines = _steady(estate, profiles)
    for _ in range(round(estate.plan.instance_count / 100)):
        _neighbours(estate, profiles, machines)


def _replicated(estate: Estate, profiles: dict[Any, Row], buckets: list[Row]) -> None:
    """A bucket whose every object is copied to another region's bucket."""
    source = buckets.pop() if buckets else None
    at = next(
        (at for at, one in enumerate(buckets) if source and one["region"] != source["region"]), None
    )
    if source is None or at is None:
        return
    target = buckets.pop(at)
    for bucket in (source, target):
        bucket["versioning"] = "Enabled"
        rules = (bucket["lifecycle_policy"] or {}).get("Rules", [])
        bucket["lifecycle_policy"] = {"Rules": [*rules, _WRITTEN_OVER]}
    source["replication"] = {
        "Role": f"arn:aws:iam::{estate.number}:role/s3-replication",
        "Rules": [
            {
                "ID": "copy",
                "Status": "Enabled",
                "Priority": 1,
                "Filter": {"Prefix": ""},
                "DeleteMarkerReplication": {"Status": "Disabled"},
                "Destination": {"Bucket": f"arn:aws:s3:::{target['name']}"},
            }
        ],
    }
    usd = _REWRITTEN_GB * _DAYS * float(price("transfer", "cross-region", source["region"]))
    flow = {"rewritten_gb": _REWRITTEN_GB}
    _flag(estate, profiles, "s3_bucket", source["name"], source, "xfer_cross_region", usd, flow)


def _public(estate: Estate, profiles: dict[Any, Row], buckets: list[Row]) -> None:
    """A bucket that everybody reads."""
    if not buckets:
        return
    row = buckets.pop()
    statement = {
        "Sid": "PublicRead",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{row['name']}/*",
    }
    row["policy"] = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    row["public_access_block"] = None
    usd = _PUBLIC_GB * _DAYS * float(price("transfer", "egress", row["region"]))
    flow = {"public_gb": _PUBLIC_GB}
    _flag(estate, profiles, "s3_bucket", row["name"], row, "xfer_egress", usd, flow)


def _steady(estate: Estate, profiles: dict[Any, Row]) -> list[Row]:
    """Machines at work that stand alone, in no particular order."""
    found = [
        row
        for row in estate.rows["instances"]
        if row["state"] == "running"
        and row["autoscaling_group_id"] is None
        and profiles.get(("instance", row["instance_id"]), {}).get("profile") == "steady"
        and "pattern" not in profiles["instance", row["instance_id"]]["params"]
    ]
    return estate.chance("neighbours").shuffled(found)


def _neighbours(estate: Estate, profiles: dict[Any, Row], machines: list[Row]) -> None:
    """A machine that reads all day from one in another zone of its network."""
    for worker in machines:
        peer = next(
            (
                one
                for one in machines
                if one["vpc_id"] == worker["vpc_id"]
                and one["availability_zone"] != worker["availability_zone"]
            ),
            None,
        )
        if peer is None:
            continue
        machines.remove(worker)
        machines.remove(peer)
        usd = _PEER_GB * _DAYS * float(price("transfer", "cross-az", worker["region"]))
        flow = {"peer": peer["instance_id"], "peer_gb": _PEER_GB}
        identifier = worker["instance_id"]
        profiles["instance", identifier]["network_mb"] = _PEER_GB * 1024
        _flag(estate, profiles, "instance", identifier, worker, "xfer_cross_az", usd, flow)
        return


def _flag(
    estate: Estate, profiles: dict[Any, Row], kind: str, identifier: str, row: Row, pattern: str,
    usd: float, flow: dict[str, Any],
) -> None:  # fmt: skip
    """Say of a resource that is there already what flows, and that it is waste or only looks so."""
    innocent = estate.decoy(pattern)
    profile = profiles[kind, identifier]
    profile["params"] |= flow | estate.flag(pattern, innocent[0] if innocent else None, usd)
    if innocent:
        row["tags"] |= innocent[1]
        estate.tag(kind, identifier, innocent[1], row["created_at"], first_number=50)
