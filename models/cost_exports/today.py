"""Delivery of tables that tell what is today: one file in the folder of the day.

Their past cannot be told again. A folder bears the date that a client sees, for whom the newest
virtual day is always today: that folder is brought up to date, those of earlier days stay.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Any

from models import s3_deliveries
from models.cost_exports import delivery, files, recommendations, rows
from models.cost_exports.delivery import Delivered, Order


async def deliver(
    db: Any, order: Order, account: str, known: dict[str, Any], shift_days: int, now: datetime
) -> list[Delivered]:
    """Bring the bucket of account number `account` up to date; the rest is as in `delivery`."""
    day = (now + timedelta(days=shift_days)).date()
    bucket_id, failure = await delivery.find_bucket(db, order)
    if failure:
        return [delivery.failed(order, day, now, failure)]
    told = await recommendations.today(db, account, now, shift_days, order.told)
    found = await rows.of_today(db, order.query, told, as_text=order.compression != "PARQUET")
    partition = order.layout.partition(day)
    # the moment at which all is said is no change of what is said
    said = [{**one, "last_refresh_timestamp": ""} for one in told]
    state = hashlib.blake2b(repr((order.digest, said)).encode(), digest_size=12).hexdigest()
    before = known.get(partition) or {}
    if before.get("state") == state:
        return []
    execution_id = delivery.execution(order, day, now)
    folder = delivery.own_folder(order, execution_id, now)
    key = order.layout.data(day, folder, 1, files.EXTENSIONS[order.compression])
    content = await asyncio.to_thread(
        files.encode, order.query.columns, found, order.compression, key.rpartition("/")[2]
    )
    kind = files.CONTENT_TYPES[order.compression]
    await s3_deliveries.put(db, bucket_id, key, content, kind, now)
    if order.overwrite and before.get("key") not in (None, key):
        await delivery.take_away(db, bucket_id, [before["key"]], now)
    await delivery.write_manifests(db, order, bucket_id, day, execution_id, folder, [key], now)
    known[partition] = {"state": state, "key": key}
    return [Delivered(partition, execution_id, len(found), (key,))]
