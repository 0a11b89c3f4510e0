"""Files of trails: calls as CloudTrail puts them into an account's bucket, gzipped JSON.

A file holds the calls of a few minutes of one region:
AWSLogs/<account>/CloudTrail/<region>/<date>/<account>_CloudTrail_<region>_<time>_<unique>.json.gz
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html).
"""

import asyncio
import gzip
import hashlib
import itertools
import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import orjson

from emulator import api, ids, operations
from emulator.context import Context, Principal
from models import trail_events, trails

if TYPE_CHECKING:
    from emulator.server import Server

log = logging.getLogger("driftcloud.trail_files")

# CloudTrail's files come about every five minutes.
EVERY_SECONDS: Final = 300.0
MOST: Final = 5_000
# Every so many rounds, what is older than the event history is dropped.
FORGOTTEN_EVERY: Final = 12


async def run(server: "Server") -> None:
    """Deliver for as long as the server runs."""
    for round_ in itertools.count(1):
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await deliver(server)
            if round_ % FORGOTTEN_EVERY == 0:
                async with server.database.owner() as connection:
                    await trail_events.forget(connection)
        except Exception:
            log.warning("files of trails could not be delivered", exc_info=True)


async def deliver(server: "Server") -> int:
    """Put what happened since the last time into the buckets of all trails; how many files."""
    await server.trail.flush()
    files = 0
    async with server.database.owner() as connection, connection.transaction():
        for trail in await trails.logging(connection):
            files += await _deliver(server, connection, trail)
    return files


async def _deliver(server: "Server", connection: Any, trail: Mapping[str, Any]) -> int:
    region = None if trail["multi_region"] else trail["region"]
    rows = await trail_events.between(
        connection, trail["account_id"], region, trail["since"], trail["now"], MOST
    )
    rows = [row for row in rows if _wanted(trail, row)]
    shift = await server.clocks.shift(trail["account_id"], datetime.now(UTC))
    files = 0
    for place, group in groupby(sorted(rows, key=lambda row: str(row["region"])),
                                key=lambda row: str(row["region"])):  # fmt: skip
        records = [trail_events.record(row, shift) for row in group]
        await _put(server, trail, place, records, trail["now"] + shift)
        files += 1
    await trails.delivered(connection, trail["id"], trail["now"], files > 0)
    return files


def _wanted(trail: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether one of the trail's selectors chooses a call."""
    selectors = trail["event_selectors"]
    if selectors is None:
        return True
    kind = "ReadOnly" if row["read_only"] else "WriteOnly"
    return any(
        one.get("IncludeManagementEvents", True)
        and one.get("ReadWriteType", "All") in ("All", kind)
        and row["event_source"] not in one.get("ExcludeManagementEventSources", ())
        for one in selectors
    )


async def _put(
    server: "Server",
    trail: Mapping[str, Any],
    region: str,
    records: Sequence[Mapping[str, Any]],
    at: datetime,
) -> None:
    """One file, put as S3 puts any object."""
    number = trail["account_number"]
    operation = api.service("s3").operations["PutObject"]
    handler = operations.find("s3", operation)
    if handler is None:
        raise RuntimeError("S3 takes no objects")
    prefix = f"{trail['s3_key_prefix']}/" if trail["s3_key_prefix"] else ""
    content = orjson.dumps({"Records": records})
    # the same calls make the same file: its name's unique part follows from them
    unique = hashlib.blake2b(content, digest_size=8).hexdigest()
    name = f"{number}_CloudTrail_{region}_{at:%Y%m%dT%H%MZ}_{unique}.json.gz"
    key = f"{prefix}AWSLogs/{number}/CloudTrail/{region}/{at:%Y/%m/%d}/{name}"
    ctx = Context(
        request_id=ids.request_id(), method="PUT", path=f"/{trail['s3_bucket_name']}/{key}",
        query="", headers={}, body=gzip.compress(content, mtime=0),
        service="s3", protocol="rest_xml", operation=operation, region=trail["region"],
    )  # fmt: skip
    ctx._server = server
    ctx._principal = Principal(
        access_key_id="", client_id=uuid.UUID(int=0), account_id=trail["account_id"],
        account_number=number, name="cloudtrail.amazonaws.com", scopes=("*",),
        arn="arn:aws:iam::aws:service/cloudtrail.amazonaws.com", user_id="AWSService",
    )  # fmt: skip
    ctx.shift = await server.clocks.shift(trail["account_id"], ctx.wall)
    ctx._db = server.database.session(trail["account_id"], "")
    ctx.params = {
        "Bucket": trail["s3_bucket_name"], "Key": key, "ContentType": "application/json",
        "ContentEncoding": "gzip",
    }  # fmt: skip
    await handler(ctx, ctx.params)
