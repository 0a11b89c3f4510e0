"""Kept estates: what an estate became is kept beside the caches, to be there again in a second.

The same plan, seed and days give the same estate and the same history, so what was made once need
not be made again. A file is named after all that its rows follow from, the code included.
"""

import hashlib
import io
import json
import logging
import os
import struct
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from emulator.caches import cache_folder, digest
from models import accounts, belongings
from models.estates import keeping, users
from models.estates.creating import Created
from models.estates.plans import Plan

log = logging.getLogger(__name__)

_MAGIC = b"driftcloud estate\n"
_HEAD = struct.Struct("!II")  # bytes of the table of contents, checksum of all that follows
_KEPT_FILES = 8


@dataclass(frozen=True, slots=True)
class KeptEstate:
    """Where an estate is kept, or would be, and the accounts that it is made in."""

    file: Path
    account_ids: tuple[uuid.UUID, ...]

    async def lay(self, connection: Any, progress: keeping.Progress) -> list[Created] | None:
        """Put the estate into its accounts, in one transaction; None where it is not kept."""
        try:
            made, kept = _read(self.file)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.warning("the kept estate %s is damaged (%s): it is made anew", self.file, error)
            self.file.unlink(missing_ok=True)
            return None
        async with connection.transaction():
            if not await keeping.lay(connection, self.account_ids, kept, progress):
                return None
            await belongings.silence(connection)
            for one in made:
                await users.write(connection, one.account_id, one.account_number, one.users)
        os.utime(self.file)
        return made

    async def keep(self, connection: Any, made: Sequence[Created]) -> None:
        """Keep what was made, unless somebody touched it, it is too large, or has no place."""
        events = sum(one.rows.get("resource_change_events", 0) for one in made)
        kept = await keeping.take(connection, self.account_ids, events)
        if kept is None:
            return
        try:
            _write(self.file, made, kept)
            _forget_others(self.file.parent)
        except OSError as error:
            log.warning("the estate is not kept: %s", error)


async def possible(connection: Any, plan: Plan) -> bool:
    """Whether an estate made now would be like any other: its accounts are empty, and alone.

    They are not while other accounts have what its numbers or names could meet, nor where somebody
    gave an account an id of his own.
    """
    ids = _ids(plan)
    found = [await accounts.find(connection, one.number) for one in plan.accounts]
    if any(one is not None and one.id not in ids for one in found):
        return False
    empty = [await accounts.is_empty(connection, one) for one in ids]
    return all(empty) and await keeping.alone(connection, ids)


async def place(
    connection: Any, plan: Plan, *, seed: int, days: int, until: date, draws: str
) -> KeptEstate | None:
    """Where an estate is kept, or would be; None where there is no folder for it.

    What its accounts have already goes into the name, as it stays with the estate. `draws` is what
    random ids follow from.
    """
    ids = _ids(plan)
    before = sorted((await keeping.counts(connection, ids)).items())
    follows = (digest("models", "drift", "sql"), plan, seed, days, until, draws, before)
    name = hashlib.sha256(repr(follows).encode()).hexdigest()[:20]
    try:
        return KeptEstate(cache_folder() / f"estate-{name}", ids)
    except OSError:
        return None


def _ids(plan: Plan) -> tuple[uuid.UUID, ...]:
    return tuple(accounts.id_of(one.number) for one in plan.accounts)


def _write(file: Path, made: Sequence[Created], kept: keeping.Kept) -> None:
    contents = {
        "accounts": [asdict(one) for one in made],
        "large": [[one.name, one.columns, len(one.rows)] for one in kept.large],
        "small": kept.small,
    }
    table = json.dumps(contents, default=str).encode()
    body = b"".join((table, *(one.rows for one in kept.large), kept.records))
    half = file.with_name(f"{file.name}.{os.getpid()}.half")
    try:
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(_MAGIC + _HEAD.pack(len(table), zlib.crc32(body)) + body)
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


def _read(file: Path) -> tuple[list[Created], keeping.Kept]:
    """What a file keeps; ValueError when it is not what was written."""
    content = io.BytesIO(file.read_bytes())
    if content.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("it is none")
    head = content.read(_HEAD.size)
    size, checksum = _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0)
    if zlib.crc32(content.getbuffer()[content.tell() :]) != checksum:
        raise ValueError("its checksum differs")
    told = json.loads(content.read(size))
    large = tuple(
        keeping.KeptTable(name, tuple(columns), content.read(size))
        for name, columns, size in told["large"]
    )
    small = {name: tuple(columns) for name, columns in told["small"].items()}
    made = [
        Created(**{
            **one,
            "account_id": uuid.UUID(one["account_id"]),
            "first_day": date.fromisoformat(one["first_day"]),
        })
        for one in told["accounts"]
    ]  # fmt: skip
    return made, keeping.Kept(large, small, content.read())


def _forget_others(folder: Path) -> None:
    """Drop those that were not used for longest, so that the cache stays small."""
    files = sorted(folder.glob("estate-*"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in files[_KEPT_FILES:]:
        old.unlink(missing_ok=True)
