"""What an account has said of EBS in a region: encryption of everything new, and its key."""

from typing import Any

from models.listing import Database

_FIND = """
select s.encryption_by_default, s.kms_key_id from ebs_settings as s
 where s.account_id = (select driftcloud_account()) and s.region = $1
"""
_ENCRYPT = """
insert into ebs_settings (account_id, region, encryption_by_default)
values (driftcloud_account(), $1, $2)
on conflict (account_id, region) do update
   set encryption_by_default = excluded.encryption_by_default
"""
_KEY = """
insert into ebs_settings (account_id, region, kms_key_id) values (driftcloud_account(), $1, $2)
on conflict (account_id, region) do update set kms_key_id = excluded.kms_key_id
"""


async def find(db: Database, region: str) -> tuple[bool, str | None]:
    """Whether new volumes are encrypted, and the key for it; None: the one of AWS's own."""
    rows = await db.fetch(_FIND, region)
    return (rows[0]["encryption_by_default"], rows[0]["kms_key_id"]) if rows else (False, None)


async def encrypt(db: Any, region: str, wanted: bool) -> None:
    """Let new volumes be encrypted unasked, or not."""
    await db.write(_ENCRYPT, region, wanted)


async def set_key(db: Any, region: str, kms_key_id: str | None) -> None:
    """Say which key is used where none is named."""
    await db.write(_KEY, region, kms_key_id)
