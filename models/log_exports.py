"""Exports of log groups: tasks, and the objects that they put into a bucket.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html. Under
the prefix stands a file that tried whether the bucket can be written to; under that and the id of
the task, a folder for each stream, with the events in gzipped files, one in a line behind its time.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from models import log_events, s3_buckets, s3_deliveries, single_rows
from models.listing import Database, Listing

_STATUS = (
    "case when t.status = 'RUNNING' and t.settles_at <= driftcloud_now(t.account_id)"
    " then 'COMPLETED' else t.status end"
)
LISTING = Listing(
    "t.task_id, t.name, t.log_group_name, t.from_at, t.to_at, t.destination,"
    " t.destination_prefix, t.created_at, t.completed_at, t.settles_at,"
    f" {_STATUS} as status",
    "log_export_tasks as t",
    key="t.task_id",
    columns={"region": "t.region", "status": _STATUS},
    always="t.account_id = (select driftcloud_account())",
)
_CANCEL = """
update log_export_tasks as t set status = 'CANCELLED', settles_at = null, completed_at = $3
 where t.account_id = driftcloud_account() and t.region = $1 and t.task_id = $2
   and t.status = 'RUNNING' and t.settles_at > $3 returning t.id
"""
_ACTIVE = """
select task_id from log_export_tasks
 where account_id = driftcloud_account() and region = $1 and status in ('PENDING', 'RUNNING')
   and settles_at > $2
"""
TESTED, TEST_TEXT = "aws-logs-write-test", b"Permission Check Successful"
# So many events are read at once, and one file holds so many bytes before a new one begins.
_CHUNK = 5_000
MOST_BYTES_OF_FILE = 32 << 20


class _Files:
    """The files of one stream while they are written; `done` are those that are full."""

    def __init__(self) -> None:
        self.done: list[bytes] = []
        self._begin()

    def _begin(self) -> None:
        # with gzip's header, whose time is not set: the same events are the same bytes
        self._gzip = zlib.compressobj(wbits=31)
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, line: str) -> None:
        """Add a line; what it fills is closed."""
        text = line.encode()
        self._parts.append(self._gzip.compress(text))
        self._size += len(text)
        if self._size >= MOST_BYTES_OF_FILE:
            self.close()
            self._begin()

    def close(self) -> None:
        """End the file that is being written."""
        if self._size:
            self.done.append(b"".join((*self._parts, self._gzip.flush())))
            self._size = 0


async def bucket_id(db: Database, name: str) -> Any | None:
    """The id of the caller's bucket of this name, or None."""
    found = await s3_buckets.find_one(db, name)
    return None if found is None else found["id"]


async def begin(
    db: Any, row: Mapping[str, Any], group_id: Any, to: Any, shift: timedelta, now: datetime
) -> None:
    """Store a new task, and put what it exports into the bucket with the id `to`; in a transaction.

    The times in the files are the client's: the world's moved by `shift`.
    """
    await single_rows.insert(db, "log_export_tasks", row)
    prefix = row["destination_prefix"]
    await s3_deliveries.put(db, to, f"{prefix}/{TESTED}", TEST_TEXT, "text/plain", now)
    for stream, files in (await _written(db, row, group_id, shift)).items():
        folder = f"{prefix}/{row['task_id']}/{stream.replace('/', '-')}"
        for number, content in enumerate(files):
            await s3_deliveries.put(
                db, to, f"{folder}/{number:06}.gz", content, "application/x-gzip", now
            )


async def _written(
    db: Any, row: Mapping[str, Any], group_id: Any, shift: timedelta
) -> dict[str, list[bytes]]:
    """The files of each stream that has events from `from_at` to `to_at`, both included."""
    streams: dict[str, _Files] = {}
    position = None
    while True:
        found = await log_events.of_group(
            db,
            group_id,
            start=row["from_at"],
            end=row["to_at"] + timedelta(milliseconds=1),
            position=position,
            streams=None,
            prefix=row["stream_prefix"] or "",
            limit=_CHUNK,
        )
        for one in found:
            at = (one["at"] + shift).isoformat(timespec="milliseconds")
            line = f"{at.removesuffix('+00:00')}Z {one['message']}\n"
            streams.setdefault(one["stream"], _Files()).write(line)
        if len(found) < _CHUNK:
            break
        position = (found[-1]["at"], found[-1]["id"])
    for files in streams.values():
        files.close()
    return {name: files.done for name, files in streams.items()}


async def is_active(db: Database, region: str, now: Any) -> bool:
    """Whether an export is under way."""
    return bool(await db.fetch(_ACTIVE, region, now))


async def cancel(db: Any, region: str, task_id: str, now: Any) -> bool:
    """End an export that is under way; False when none is. What it has put stays."""
    return bool(await db.write(_CANCEL, region, task_id, now))
