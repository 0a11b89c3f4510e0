"""What an account has said of EC2 in a region, beside EBS's encryption."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from models.listing import Database

_FIND = """
select s.serial_console_access, s.snapshot_block_public_access, s.metadata_defaults
  from ec2_settings as s
 where s.account_id = (select driftcloud_account()) and s.region = $1
"""
_PUT = """
insert into ec2_settings (account_id, region, {column}) values (driftcloud_account(), $1, $2)
on conflict (account_id, region) do update set {column} = excluded.{column}
"""
_METADATA = """
insert into ec2_settings (account_id, region, metadata_defaults)
values (driftcloud_account(), $1, $2::jsonb)
on conflict (account_id, region) do update
   set metadata_defaults = ec2_settings.metadata_defaults - $3::text[] || excluded.metadata_defaults
"""
_SERIAL_CONSOLE = _PUT.format(column="serial_console_access")
_SNAPSHOTS = _PUT.format(column="snapshot_block_public_access")


class Settings(NamedTuple):
    """Whether serial consoles may be used, and how far snapshots are kept from everybody.

    `metadata` are options of the metadata service, by member, that new instances have where
    nothing else is said.
    """

    serial_console: bool = False
    snapshots: str = "unblocked"
    metadata: Mapping[str, Any] = MappingProxyType({})


async def find(db: Database, region: str) -> Settings:
    """What was said, or what is so where nothing was."""
    rows = await db.fetch(_FIND, region)
    return Settings(*rows[0]) if rows else Settings()


async def allow_serial_console(db: Any, region: str, wanted: bool) -> None:
    """Let serial consoles of instances be used, or not."""
    await db.write(_SERIAL_CONSOLE, region, wanted)


async def block_snapshots(db: Any, region: str, state: str) -> None:
    """Keep snapshots from everybody: those shared anew, all, or none."""
    await db.write(_SNAPSHOTS, region, state)


async def default_metadata(
    db: Any, region: str, options: Mapping[str, Any], unsaid: Sequence[str]
) -> None:
    """Say options of the metadata service for new instances; of those `unsaid`, nothing more."""
    await db.write(_METADATA, region, dict(options), list(unsaid))
