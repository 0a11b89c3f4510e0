"""Key pairs: the public halves of the keys that instances are opened with."""

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
