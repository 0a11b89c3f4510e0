"""Key pairs: the public halves of the keys that instances are opened with."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.listing import Database, Listing

LISTING = Listing(
    "k.key_pair_id, k.name, k.fingerprint, k.key_type, k.public_key, k.tags, k.created_at",
    "key_pairs as k",
    key="k.key_pair_id",
    columns={
        "region": "k.region",
        "key_pair_id": "k.key_pair_id",
        "fingerprint": "k.fingerprint",
        "name": "k.name",
    },
    tagged="key_pair",
)


async def exists(db: Database, region: str, name: str) -> bool:
    """Whether the region has a key pair of that name."""
    rows = await db.fetch("select 1 from key_pairs where region = $1 and name = $2", region, name)
    return bool(rows)


async def insert(db: Any, row: Mapping[str, Any]) -> bool:
    """Store a new key pair; False when the region has one of that name."""
    return await single_rows.insert(db, "key_pairs", row)


async def delete(db: Any, region: str, name: str | None, key_pair_id: str | None) -> str | None:
    """Delete the key pair of that name, or of that id; its id, None where there was none."""
    rows = await db.write(
        "delete from key_pairs where account_id = (select driftcloud_account()) and region = $1"
        " and ($2::text is null or name = $2) and ($3::text is null or key_pair_id = $3)"
        " returning key_pair_id",
        region, name, key_pair_id,
    )  # fmt: skip
    return rows[0]["key_pair_id"] if rows else None
