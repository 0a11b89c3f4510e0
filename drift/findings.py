"""Findings: what every scenario's SYMPTOM finds in an account, held against its open labels."""

import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import asyncpg

from drift import scenarios

log = logging.getLogger("driftcloud.drift")

# asyncpg keeps statements of up to 15 KiB prepared.
_MOST_CHARACTERS = 15_000
_PLACES = Decimal("0.0001")

# The types of the parameters are those of their first use. On an ordinary day nearly all that is
# found was found before: what a label says already stays where it is. Python rounds what is left.
_HEAD = "WITH asked AS (SELECT $1::uuid AS account, $2::timestamptz AS now), shown AS ("
_TAIL = """)
SELECT coalesce(s.pattern, l.pattern) AS pattern, coalesce(s.id, l.resource_id) AS id, s.saving,
       s.pattern IS NOT NULL AS shows, l.id AS label, l.seen, l.decoy, l.saving_usd_month AS told
  FROM shown s
  FULL JOIN (SELECT o.* FROM truth.labels o
              WHERE o.account_id = $1 AND o.until IS NULL AND o.pattern = ANY ('{{{patterns}}}')) l
    ON l.pattern = s.pattern AND l.resource_id = s.id
 WHERE l.id IS NULL OR s.pattern IS NULL OR l.seen IS NULL OR abs(l.saving_usd_month
       - CASE WHEN l.decoy IS NULL THEN greatest(0, coalesce(s.saving, 0)) ELSE 0 END) >= 0.00005"""
_ONE = """
SELECT '{pattern}' AS pattern, s.id::text AS id, s.saving::numeric AS saving
  FROM ({symptom}) AS s (id, saving)"""

# Few rows are looked up among many; where many are held against many, both are read as they lie,
# not in the order of an index. To plan seventy symptoms anew would take longer than to look for
# them.
_PLANNING = """SELECT set_config('enable_nestloop', 'on', true), set_config('jit', 'off', true),
    set_config('enable_mergejoin', 'off', true),
    set_config('plan_cache_mode', 'force_generic_plan', true)"""


@dataclass(frozen=True, slots=True)
class Finding:
    """A resource that shows a pattern; `saving` in USD a month, never less than nothing."""

    pattern: str
    resource_id: str
    saving: Decimal


@dataclass(frozen=True, slots=True)
class News:
    """What is not as the labels have it: a finding without one, or that differs from its own.

    `finding` is None where an open label's symptom shows no more; `told` is the saving that the
    label tells of, USD a month.
    """

    pattern: str
    finding: Finding | None
    label: int | None
    seen: date | None
    decoy: str | None
    told: Decimal | None


async def news(
    connection: Any, account_id: uuid.UUID, now: datetime
) -> tuple[list[News], set[str]]:
    """Where findings and open labels differ, and the patterns that could be looked for.

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
    return [_one(row) for row in rows], judged


def _one(row: Any) -> News:
    finding = None
    if row["shows"]:
        saving = max(Decimal(0), row["saving"] or Decimal(0)).quantize(_PLACES)
        finding = Finding(row["pattern"], row["id"], saving)
    return News(row["pattern"], finding, row["label"], row["seen"], row["decoy"], row["told"])


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
        log.exception("symptom failed", extra={"pattern": pattern})
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
        whole = len(_joined([*patterns, pattern], [*parts, part]))
        if parts and whole > _MOST_CHARACTERS:
            yield tuple(patterns), _joined(patterns, parts)
            patterns, parts = [], []
        patterns.append(pattern)
        parts.append(part)
    if parts:
        yield tuple(patterns), _joined(patterns, parts)


def _joined(patterns: list[str], parts: list[str]) -> str:
    return _HEAD + "\nUNION ALL".join(parts) + _TAIL.format(patterns=",".join(patterns))
