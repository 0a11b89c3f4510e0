"""Deliveries: objects that a service of AWS's puts into an account's bucket."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models import s3_contents, s3_objects


async def put(
    db: Any,
    bucket_id: Any,
    key: str,
    content: bytes,
    content_type: str,
    now: datetime,
    **headers: str,
) -> None:
    """An object of the bucket's owner, as PutObject would store it; in a transaction.

    `headers` in PutObject's member names (ContentEncoding). What was put is the same again in a
    world that is replayed: its ids follow from key and time.
    """
    held = await s3_objects.lock(db, bucket_id, [key])
    digest = hashlib.md5(f"{key}/{now.isoformat()}".encode(), usedforsecurity=False).hexdigest()
    row: Mapping[str, Any] = {
        "id": uuid.UUID(
            hashlib.md5(f"{bucket_id}/{digest}".encode(), usedforsecurity=False).hexdigest()
        ),
        "bucket_id": bucket_id,
        "key": key,
        "version_id": digest if held and held["versioning"] == "Enabled" else "null",
        "size_bytes": len(content),
        "etag": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "storage_class": "STANDARD",
        "headers": {"ContentType": content_type, **headers},
        "metadata": {},
        "checksums": {},
        "encryption": {"ServerSideEncryption": "AES256"},
        "object_tags": {},
        "acl": None,
        "part_sizes": None,
        "retention_mode": None,
        "retain_until": None,
        "legal_hold": False,
        "last_modified": now,
    }
    await s3_objects.put(db, row)
    await s3_contents.insert(db, "object_id", row["id"], content)
