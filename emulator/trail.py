"""The trail of API calls: entered with the change that a call makes, completed right after it.

An entry rides on the call's own writing statement, or on its transaction's COMMIT, so that it is
there if and only if the change is, and no round trip is added. What was answered, and calls that
were refused or wrote nothing, follow in batches: they are told within the second. Until then they
stand in a journal on the disk, written before the answer leaves (see emulator/trail_journal.py).
An entry without a response is of a call that nobody had an answer to.
"""

import asyncio
import base64
import contextlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from emulator import ids, trail_records
from emulator.context import Context
from emulator.errors import AwsError
from emulator.trail_journal import Journal
from models import event_outbox, trail_events

if TYPE_CHECKING:
    from emulator.api import Operation
    from emulator.database.database import Database

log = logging.getLogger("driftcloud.trail")

FLUSH_SECONDS: Final = 0.2
BATCH: Final = 200
# What waits while the database is away; beyond it the oldest are given up.
MOST_WAITING: Final = 20_000
DENIED: Final = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"))
# Services whose calls are told in one region, wherever they were sent to.
_GLOBAL: Final = frozenset(
    ("account", "budgets", "ce", "cloudfront", "iam", "organizations", "route53", "savingsplans",
     "support")
)  # fmt: skip
# What moves data and changes no resource is no management event: the history leaves it out
# (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html)
_DATA: Final[dict[str, frozenset[str]]] = {
    "s3": frozenset(
        ("AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload",
         "DeleteObject", "DeleteObjectTagging", "DeleteObjects", "PutObject", "PutObjectAcl",
         "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
         "SelectObjectContent", "UploadPart", "UploadPartCopy", "CreateSession")
    ),
    "lambda": frozenset(("Invoke", "InvokeAsync", "InvokeWithResponseStream")),
    "sqs": frozenset(
        ("ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage",
         "DeleteMessageBatch", "ReceiveMessage", "SendMessage", "SendMessageBatch")
    ),
    "sns": frozenset(("Publish", "PublishBatch")),
    "kinesis": frozenset(("PutRecord", "PutRecords")),
    "logs": frozenset(("PutLogEvents",)),
    "events": frozenset(("PutEvents",)),
    "cloudwatch": frozenset(("PutMetricData",)),
}  # fmt: skip
# What CloudTrail itself counts among reads, though it is kept here.
_READ_ONLY: Final = frozenset(("AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"))


class _Told(NamedTuple):
    """A whole entry: its JSON, which journal and database are given, and the way to its client's
    times."""

    row: dict[str, Any]
    text: orjson.Fragment
    shift: timedelta


def _told(row: dict[str, Any], shift: timedelta) -> _Told:
    return _Told(row, orjson.Fragment(orjson.dumps(row)), shift)


class Entry:
    """One call on its way into the trail."""

    __slots__ = ("columns", "ctx", "error", "resources", "result", "written")

    def __init__(self, ctx: Context) -> None:
        operation, principal = ctx.operation, ctx.principal
        if operation is None:
            raise RuntimeError("the operation is unknown before the request is routed")
        user, username = trail_records.identity(principal)
        self.ctx = ctx
        self.written = False
        self.error: AwsError | None = None
        self.result: Any = None
        # the resources that parameters and answer name, and their types
        self.resources: dict[str, str] = {}
        self.columns: dict[str, Any] = {
            "account_id": principal.account_id,
            "region": "us-east-1" if ctx.service in _GLOBAL else ctx.region,
            "event_time": ctx.now,
            "event_id": ids.request_id(),
            "event_source": event_source(operation),
            "event_name": operation.name,
            "username": username,
            "access_key_id": principal.access_key_id,
            "event": {
                "userIdentity": user,
                "sourceIPAddress": ctx.source_address or "127.0.0.1",
                "userAgent": ctx.headers.get("user-agent", ""),
                "requestParameters": trail_records.request_parameters(ctx, self.resources),
                "requestID": ctx.request_id,
                "recipientAccountId": principal.account_number,
            },
        }

    def joined(self, sql: str, args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """The statement with this entry in it, while it is not written yet."""
        text = None if self.written else trail_events.joined(sql, len(args))
        if text is None:
            return sql, args
        self.written = True
        return text, (*args, *trail_events.arguments_of(self.columns))

    def joined_where_changed(self, sql: str, args: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
        """The statement with this entry beside the row that it changes, if it does.

        Whoever runs it says afterwards whether the entry is `written`.
        """
        if self.written:
            return sql, args
        text = trail_events.joined_where_changed(sql, len(args))
        return text, (*args, *trail_events.arguments_of(self.columns))

    def before_commit(self) -> str:
        """The statement to be sent with COMMIT; empty when the entry is written already."""
        if self.written:
            return ""
        self.written = True
        text = base64.b64encode(orjson.dumps(self.columns)).decode()
        return f"select driftcloud_enter_trail('{text}'); "

    def row(self) -> dict[str, Any]:
        """The whole entry, with what came of the call."""
        response = None
        if self.error is None:
            response = trail_records.response_elements(self.ctx, self.result, self.resources)
        return self.columns | {
            "read_only": _is_read_only(self.ctx.operation),
            "error_code": self._error_code(),
            "error_message": self.error.message if self.error else None,
            "resource_names": list(self.resources),
            "resource_types": list(self.resources.values()),
            "response": response,
        }

    def _error_code(self) -> str | None:
        """The code; EC2's is told with whose fault it was."""
        if self.error is None:
            return None
        if self.ctx.service != "ec2":
            return self.error.code
        return f"{'Server' if (self.error.status or 400) >= 500 else 'Client'}.{self.error.code}"


@cache
def event_source(operation: "Operation") -> str:
    """The service as CloudTrail calls it: ec2.amazonaws.com."""
    service = operation.service
    prefix = service.endpoint_prefix
    return f"{service.signing_name if '.' in prefix else prefix}.amazonaws.com"


@cache
def _reads(operation: "Operation | None") -> bool:
    from emulator import operations

    return operation is not None and operations.reads(operation)


@cache
def _is_read_only(operation: "Operation | None") -> bool:
    return _reads(operation) or (operation is not None and operation.name in _READ_ONLY)


@cache
def is_kept(operation: "Operation") -> bool:
    """Whether calls of an operation are entered when they are served: all that change something."""
    return operation.name not in _DATA.get(operation.service.name, ()) and not _reads(operation)


class Trail:
    """The entries of a process that are still to be completed."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._journal: Journal | None = None
        self._waiting: list[_Told] = []
        self._flushing = asyncio.Lock()

    def begin(self, ctx: Context) -> Entry | None:
        """The entry of a call that may change something, to ride on its statements; None: none."""
        return Entry(ctx) if ctx.operation is not None and is_kept(ctx.operation) else None

    def answered(self, entry: Entry, result: Any) -> None:
        """A call was served: `result` is what the handler gave."""
        entry.result = result
        self._wait(entry)

    def refused(self, ctx: Context, error: AwsError) -> None:
        """A call was refused; of those that only read, the denied ones are told."""
        entry = ctx._db.entry if ctx._db is not None else None
        if entry is None:
            if ctx._principal is None or ctx.operation is None:
                return
            kept = is_kept(ctx.operation)
            if not kept and not (error.code in DENIED and _reads(ctx.operation)):
                return
            entry = Entry(ctx)
        entry.error = error
        self._wait(entry)

    def _wait(self, entry: Entry) -> None:
        try:
            told = _told(entry.row(), entry.ctx.shift)
        except Exception:
            # a call is not undone because it cannot be told
            log.exception("a call cannot be told", extra={"request_id": entry.ctx.request_id})
            return
        if len(self._waiting) >= MOST_WAITING:
            del self._waiting[: MOST_WAITING // 10]
            log.warning("the trail cannot be written: entries are given up")
        elif self._journal is not None:
            self._journal.note(told.text, told.shift.total_seconds())
        self._waiting.append(told)

    async def keep_journal(self, folder: Path) -> None:
        """Keep a journal from now on; tell what killed processes left in theirs."""
        try:
            self._journal = Journal(folder)
        except OSError:
            log.warning("the trail has no journal in %s", folder, exc_info=True)
            return
        for left in self._journal.left():
            try:
                await self._recover(left.entries())
                left.done()
            except Exception:
                log.warning("a journal of the trail could not be read", exc_info=True)
            finally:
                left.close()

    async def _recover(self, entries: Sequence[tuple[float, dict[str, Any]]]) -> None:
        for start in range(0, len(entries), BATCH):
            part = entries[start : start + BATCH]
            await self._write([_told(row, timedelta(seconds=shift)) for shift, row in part])

    def end_journal(self) -> None:
        """Keep it no longer."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    async def run(self) -> None:
        """Complete entries for as long as the server runs."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._waiting:
                with contextlib.suppress(Exception):
                    await self.flush()

    async def flush(self) -> None:
        """Write what waits."""
        async with self._flushing:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                try:
                    await self._write(batch)
                except BaseException:
                    self._waiting[:0] = batch
                    raise
            if self._journal is not None:
                self._journal.settled()

    async def _write(self, batch: Sequence[_Told]) -> None:
        async with self._database.owner() as connection:
            wanted = await trail_events.settle(connection, [told.text for told in batch])
            if not wanted:
                return
            heard = [
                (told.row, told.shift)
                for told in batch
                if (told.row["account_id"], told.row["region"]) in wanted
                and not told.row["read_only"]
            ]
            if heard:
                await event_outbox.add(
                    connection,
                    [event_outbox.of_call(row, trail_events.record(row, shift))
                     for row, shift in heard],
                )  # fmt: skip
