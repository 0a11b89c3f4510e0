"""Delivery: the files of an export, put into a bucket month by month.

A file holds one day of the bill, so that a day that is already there need not be written again:
lines are append-only. Dates outside the world are virtual days moved by a shift; when that
changes, so does every date, and all files of a month are written anew. Only the newest two months
are looked at: what is older is closed, as AWS closes a bill.
Source: https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from models import s3_buckets, s3_deliveries, s3_objects
from models.cost_exports import files, rows
from models.cost_exports.layout import Layout
from models.cost_exports.query import Query
from models.cost_exports.rows import Extent
from models.cost_expressions import Categories

NO_BUCKET, NO_PERMISSION, FAILED = "NO_BUCKET", "NO_PERMISSION", "FAILED"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be delivered where: `compression` is GZIP, ZIP or PARQUET.

    `categories` are the account's, `told` the table's configurations.
    """

    arn: str
    bucket: str
    query: Query
    extent: Extent
    compression: str
    layout: Layout
    overwrite: bool
    categories: Categories = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What changes when files of before are no longer right."""
        said = (
            self.bucket, self.query.table.name, self.query.where, str(self.extent),
            self.compression, str(self.layout), str(self.overwrite),
            *(f"{one.name}={one.sql}" for one in self.query.columns),
            *(str(one) for one in self.categories.items()),
            *(str(one) for one in sorted(self.told.items())),
        )  # fmt: skip
        return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class Delivered:
    """One month: what its partition is called, how many rows and files it has now."""

    partition: str
    execution_id: str
    rows: int
    keys: tuple[str, ...]
    failure: str = ""


def months_of(newest: date, shift_days: int) -> list[date]:
    """The first days of the months that are open, in dates of outside: the last two."""
    this = (newest + timedelta(days=shift_days)).replace(day=1)
    return [(this - timedelta(days=1)).replace(day=1), this]


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


async def deliver(
    db: Any, order: Order, known: dict[str, Any], shift_days: int, now: datetime
) -> list[Delivered]:
    """Bring the bucket up to date; `known` is what it has, and is changed to what it has then.

    A month of which nothing changed is not delivered again, unless every delivery is to be a new
    one. Call it in a transaction.
    """
    newest = await rows.newest_day(db)
    if newest is None:
        return []
    months = months_of(newest, shift_days)
    bucket_id, failure = await find_bucket(db, order)
    if failure:
        return [failed(order, months[-1], now, failure)]
    order = replace(order, categories=await rows.named(db, order.query))
    found = []
    for month in months:
        one = await _deliver_month(db, order, bucket_id, known, month, shift_days, now)
        if one is not None:
            found.append(one)
    return found


async def find_bucket(db: Any, order: Order) -> tuple[Any, str]:
    """The id of the bucket, or why there is none to deliver to."""
    bucket = await s3_buckets.find_one(db, order.bucket)
    if bucket is not None:
        return bucket["id"], ""
    return None, NO_PERMISSION if await s3_buckets.is_taken(db, order.bucket) else NO_BUCKET


def failed(order: Order, part: date, now: datetime, failure: str) -> Delivered:
    """What did not come to be."""
    return Delivered(order.layout.partition(part), execution(order, part, now), 0, (), failure)


async def _deliver_month(
    db: Any, order: Order, bucket_id: Any, known: dict[str, Any], month: date, shift_days: int,
    now: datetime,
) -> Delivered | None:  # fmt: skip
    back = timedelta(days=shift_days)
    states = await rows.states(db, month - back, next_month(month) - timedelta(days=1) - back)
    partition = order.layout.partition(month)
    before = known.get(partition) or {}
    if not states and not before:
        return None
    same = before.get("digest") == order.digest and before.get("shift") == shift_days
    files_before: dict[str, Any] = before.get("files") or {}
    if same and {day.isoformat(): state for day, state in states.items()} == {
        day: one["state"] for day, one in files_before.items()
    }:
        return None
    execution_id = execution(order, month, now)
    folder = own_folder(order, execution_id, now)
    written: dict[str, Any] = {}
    for day, state in states.items():
        kept = files_before.get(day.isoformat())
        if same and order.overwrite and kept and kept["state"] == state:
            written[day.isoformat()] = kept
            continue
        number = (day + back - month).days + 1
        key = order.layout.data(month, folder, number, files.EXTENSIONS[order.compression])
        content, held = await _file(db, order, day, shift_days, key)
        await s3_deliveries.put(
            db, bucket_id, key, content, files.CONTENT_TYPES[order.compression], now
        )
        written[day.isoformat()] = {"key": key, "state": state, "rows": held}
    keys = [one["key"] for one in written.values()]
    if order.overwrite:
        stale = {one["key"] for one in files_before.values()} - set(keys)
        await take_away(db, bucket_id, sorted(stale), now)
    await write_manifests(db, order, bucket_id, month, execution_id, folder, keys, now)
    known[partition] = {"digest": order.digest, "shift": shift_days, "files": written}
    total = sum(one["rows"] for one in written.values())
    return Delivered(partition, execution_id, total, tuple(keys))


def own_folder(order: Order, execution_id: str, now: datetime) -> str:
    """Where in a partition files lie: each delivery in a folder of its own, if all are kept."""
    return "" if order.overwrite else f"{now:%Y-%m-%dT%H:%M:%S.000Z}-{execution_id}/"


async def _file(db: Any, order: Order, day: date, shift_days: int, key: str) -> tuple[bytes, int]:
    """The bytes of a day, and how many rows they are."""
    as_text = order.compression != "PARQUET"
    found = await rows.of_day(
        db, order.query, order.extent, day, shift_days, order.categories, as_text=as_text
    )
    name = key.rpartition("/")[2]
    encoded = await asyncio.to_thread(
        files.encode, order.query.columns, found, order.compression, name
    )
    return encoded, len(found)


async def write_manifests(
    db: Any, order: Order, bucket_id: Any, month: date, execution_id: str, folder: str,
    keys: Sequence[str], now: datetime,
) -> None:  # fmt: skip
    """Say what a partition holds now."""
    document = order.layout.manifest(
        order.arn, order.bucket, order.query, month, execution_id, keys, order.compression, now
    )
    content = orjson.dumps(document, option=orjson.OPT_INDENT_2)
    for key in dict.fromkeys(order.layout.manifests(month, folder)):
        await s3_deliveries.put(db, bucket_id, key, content, "application/json", now)


async def take_away(db: Any, bucket_id: Any, keys: Sequence[str], now: datetime) -> None:
    """Delete objects as their bucket's versioning says."""
    if not keys:
        return
    held = await s3_objects.lock(db, bucket_id, keys)
    if held and held["versioning"] == "Enabled":
        markers = [
            hashlib.md5(f"{key}/{now.isoformat()}/gone".encode(), usedforsecurity=False).hexdigest()
            for key in keys
        ]
        await s3_objects.mark(db, bucket_id, keys, markers, now)
    else:
        await s3_objects.delete(db, bucket_id, [(key, "null") for key in keys])


def execution(order: Order, month: date, now: datetime) -> str:
    """The id of one writing of one partition."""
    text = f"{order.arn}/{month}/{now.isoformat()}/{order.digest}"
    return str(uuid.UUID(hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()))
