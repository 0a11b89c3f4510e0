"""Findings: what every scenario's SYMPTOM finds in an account, in a few statements."""

import json
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

import asyncpg

from drift import scenarios

log = logging.getLogger("driftcloud.drift")

# asyncpg keeps statements of up to 15 KiB prepared.
_MOST_CHARACTERS = 14_000
_PLACES = Decimal("0.0001")

# The types of the parameters are those of their first use.
_HEAD = "WITH asked AS (SELECT $1::uuid AS account, $2::timestamptz AS now)"
_ONE = """
SELECT '{pattern}' AS pattern, s.id::text AS id, s.saving::numeric AS saving
  FROM ({symptom}) AS s (id, saving)"""

# Few rows are looked up among many. To plan seventy symptoms anew would take longer than to look
# for them.
_PLANNING = """SELECT set_config('enable_nestloop', 'on', true), set_config('jit', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)"""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource that shows a pattern; `saving` in USD a month, never less than nothing."""

    pattern: str
    resource_id: str
    saving: Decimal


async def found(
    connection: Any, account_id: uuid.UUID, now: datetime
) -> tuple[dict[Key, Finding], set[str]]:
    """All findings by pattern and resource id, and the patterns that could be looked for.

    A symptom that stumbles over the account's data is logged and left out; the others are found.
    """
    await connection.execute(_PLANNING)
    judged: set[str] = set()
    rows: list[Any] = []
    for patterns, sql in _statements():
        try:
            async with connection.transaction():
                rows += await connection.fetch(sql, account_id, now)
            judged |= set(patterns)
        except asyncpg.DataError:
            for pattern in patterns:
                single = await _alone(connection, pattern, account_id, now)
                if single is not None:
                    rows += single
                    judged.add(pattern)
    return {(row["pattern"], row["id"]): _finding(row) for row in rows}, judged


def _finding(row: Any) -> Finding:
    saving = max(Decimal(0), row["saving"] or Decimal(0)).quantize(_PLACES)
    return Finding(row["pattern"], row["id"], saving)


async def _alone(
    connection: Any, pattern: str, account_id: uuid.UUID, now: datetime
) -> list[Any] | None:
    """What one symptom finds; None where it stumbles."""
    ((_, sql),) = _chunks({pattern: scenarios.by_pattern()[pattern].SYMPTOM})
    try:
        async with connection.transaction():
            rows: list[Any] = await connection.fetch(sql, account_id, now)
            return rows
    except asyncpg.DataError:
        log.exception(json.dumps({"event": "symptom_failed", "pattern": pattern}))
        return None


@cache
def _statements() -> tuple[tuple[tuple[str, ...], str], ...]:
    """Symptoms side by side, as many to a statement as stay prepared."""
    return tuple(_chunks({name: one.SYMPTOM for name, one in scenarios.by_pattern().items()}))


def _chunks(every: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    patterns: list[str] = []
    parts: list[str] = []
    for pattern, symptom in every.items():
        part = _ONE.format(pattern=pattern, symptom=symptom)
        if parts and len(_HEAD) + sum(map(len, parts)) + len(part) > _MOST_CHARACTERS:
            yield tuple(patterns), _HEAD + "\nUNION ALL".join(parts)
            patterns, parts = [], []
        patterns.append(pattern)
        parts.append(part)
    if parts:
        yield tuple(patterns), _HEAD + "\nUNION ALL".join(parts)
