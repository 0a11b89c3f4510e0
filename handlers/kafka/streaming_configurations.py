"""Configurations of Kafka brokers: every change is a revision of its own.

Source: https://docs.aws.amazon.com/msk/1.0/apireference/configurations.html.
"""

import re
from datetime import datetime
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.kafka.refusals import bad_request, not_found, page
from models import draws, streaming_configurations, streaming_kafka

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*")


async def create_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new configuration with its first revision."""
    name, versions = params["Name"], params.get("KafkaVersions") or []
    if not _NAME.fullmatch(name):
        raise bad_request("The configuration name is not valid.", "name")
    unknown = [one for one in versions if one not in streaming_kafka.ACTIVE]
    if unknown:
        raise bad_request(f"Unsupported KafkaVersion [{unknown[0]}].", "kafkaVersions")
    key = draws.uuid4()
    row = {
        "name": name,
        "region": ctx.region,
        "arn": arn(ctx, "kafka", f"configuration/{name}/{key}-{key.int % 25 + 1}"),
        "description": params.get("Description") or "",
        "kafka_versions": versions,
        "revisions": [_revision(ctx, params)],
        "created_at": ctx.now,
    }
    async with ctx.db.transaction():
        if not await streaming_configurations.insert(ctx.db, row):
            raise AwsError(
                "ConflictException",
                f"A configuration with the name {name} already exists.",
                InvalidParameter="name",
            )
    return {
        "Arn": row["arn"],
        "CreationTime": ctx.now,
        "LatestRevision": _latest(row),
        "Name": name,
        "State": "ACTIVE",
    }


async def update_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One more revision, which is the newest from now on."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        revisions = [*row["revisions"], _revision(ctx, params)]
        await streaming_configurations.revise(ctx.db, ctx.region, row["arn"], revisions)
    return {"Arn": row["arn"], "LatestRevision": _latest({"revisions": revisions})}


async def describe_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A configuration with its newest revision."""
    return _shown(await _find(ctx, params))


async def describe_configuration_revision(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One revision, with what it sets."""
    row, number = await _find(ctx, params), params["Revision"]
    if not 1 <= number <= len(row["revisions"]):
        raise not_found("The configuration has no such revision.", "revision")
    found = row["revisions"][number - 1]
    return {
        "Arn": row["arn"],
        "CreationTime": datetime.fromisoformat(found["created_at"]),
        "Description": found["description"],
        "Revision": number,
        "ServerProperties": found["properties"].encode(),
    }


async def list_configurations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The configurations of the region."""
    asked = page(ctx, params)
    rows = await streaming_configurations.LISTING.page(
        ctx.db, region=ctx.region, after=asked.after, limit=asked.fetch
    )
    shown, token = asked.cut(rows, "arn")
    return {"Configurations": [_shown(row) for row in shown], "NextToken": token}


async def delete_configuration(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a configuration that no cluster uses, with all its revisions."""
    async with ctx.db.transaction():
        row = await _find(ctx, params)
        if not await streaming_configurations.delete(ctx.db, ctx.region, row["arn"]):
            raise bad_request(
                "The configuration is in use by one or more clusters. Dissociate it from them"
                " first.",
                "arn",
            )
    return {"Arn": row["arn"], "State": "DELETING"}


async def _find(ctx: Context, params: dict[str, Any]) -> Any:
    row = await streaming_configurations.find_one(ctx.db, ctx.region, params["Arn"])
    if row is None:
        raise not_found("The configuration does not exist.", "arn")
    return row


def _revision(ctx: Context, params: dict[str, Any]) -> dict[str, str]:
    try:
        properties = params["ServerProperties"].decode()
    except UnicodeDecodeError:
        raise bad_request("The server properties are not valid.", "serverProperties") from None
    return {
        "description": params.get("Description") or "",
        "properties": properties,
        "created_at": ctx.now.isoformat(),
    }


def _latest(row: Any) -> dict[str, Any]:
    newest = row["revisions"][-1]
    return {
        "CreationTime": datetime.fromisoformat(newest["created_at"]),
        "Description": newest["description"],
        "Revision": len(row["revisions"]),
    }


def _shown(row: Any) -> dict[str, Any]:
    return {
        "Arn": row["arn"],
        "CreationTime": row["created_at"],
        "Description": row["description"],
        "KafkaVersions": list(row["kafka_versions"]),
        "LatestRevision": _latest(row),
        "Name": row["name"],
        "State": "ACTIVE",
    }
