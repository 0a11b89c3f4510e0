"""Taking a manual snapshot of a database or a cluster."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from models import rds_snapshots

_SAME = (
    "env",
    "engine",
    "engine_version",
    "storage_type",
    "storage_encrypted",
    "kms_key_id",
    "db_name",
    "master_username",
    "port",
    "subnet_group_name",
    "iam_authentication",
)
_OF_INSTANCE = (
    "instance_class",
    "allocated_storage_gib",
    "iops",
    "storage_throughput",
    "license_model",
    "availability_zone",
)
SEGMENTS = {"instance": "snapshot", "cluster": "cluster-snapshot"}


async def take(
    ctx: Context,
    source: Any,
    identifier: str,
    tags: Mapping[str, str],
    source_type: str = "instance",
) -> None:
    """Store the snapshot of a row of rds_instances or rds_clusters

    Its tags go along where it says so.
    """
    inherited = dict(source["tags"]) if source["copy_tags_to_snapshot"] else {}
    group = source["subnet_group"]
    row = {
        **{name: source[name] for name in _SAME},
        **({name: source[name] for name in _OF_INSTANCE} if source_type == "instance" else {}),
        "allocated_storage_gib": source["allocated_storage_gib"]
        if source_type == "instance"
        else 1,
        "source_identifier": source["identifier"],
        "source_resource_id": source["resource_id"],
        "source_created_at": source["created_at"],
        "vpc_id": group["vpc_id"] if group else None,
        "original_created_at": ctx.now,
        "tags": {key: value for key, value in inherited.items() if not key.startswith("aws:")}
        | dict(tags),
    }
    await store(ctx, row, identifier, source_type)


async def store(ctx: Context, row: dict[str, Any], identifier: str, source_type: str) -> None:
    """Store a new snapshot, which is complete when its transition is over."""
    lasts = timedelta(seconds=ctx.server.settings.transition_seconds)
    whole = row | {
        "identifier": identifier,
        "region": ctx.region,
        "source_type": source_type,
        "arn": arn(ctx, "rds", f"{SEGMENTS[source_type]}:{identifier}"),
        "created_at": ctx.now,
        "completed_at": ctx.now + lasts,
    }
    if not await rds_snapshots.insert(ctx.db, whole):
        code = {
            "instance": "DBSnapshotAlreadyExists",
            "cluster": "DBClusterSnapshotAlreadyExistsFault",
        }
        raise AwsError(
            code[source_type],
            f"Cannot create the snapshot because a snapshot with the identifier {identifier}"
            " already exists.",
        )
