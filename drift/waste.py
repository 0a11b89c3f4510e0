"""The waste of an account as it is now: what each scenario's SYMPTOM finds, and what only looks so.

A decoy shows the same symptom and is innocent for a reason that a careful eye can see: its tags,
its metrics or its history. This is the answer key: no client of the API reads it.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from drift import scenarios

_CENT = Decimal("0.01")
_NOW = "SELECT driftcloud_now($1)"

# Of every resource found: why it is innocent, since when it is waste, and whose it is.
_ABOUT = """
SELECT f.id, p.params ->> 'decoy' AS decoy, h.since, t.owner
  FROM unnest($3::text[]) AS f (id)
  LEFT JOIN resource_profiles p ON p.account_id = $1 AND p.resource_type = $2 AND p.resource_id = f.id
  LEFT JOIN LATERAL (SELECT min(d.date) AS since FROM drift_happenings d
                      WHERE d.account_id = $1 AND d.resource_type = $2 AND d.resource_id = f.id) h ON true
  LEFT JOIN LATERAL (SELECT min(g.value) AS owner FROM resource_tags g
                      WHERE g.account_id = $1 AND g.resource_type = $2 AND g.resource_id = f.id
                        AND g.key IN ('owner', 'Owner')) t ON true"""


@dataclass(frozen=True, slots=True)
class Waste:
    """A resource that shows a symptom; with `decoy`, why it is innocent all the same.

    `since` is the day on which the mess was made; None: it came with the estate, or with a client.
    """

    pattern: str
    resource_type: str
    resource_id: str
    monthly_saving: Decimal
    since: date | None
    decoy: str | None
    owner: str | None
    remedies: tuple[str, ...]


async def found(connection: Any, account_id: uuid.UUID) -> list[Waste]:
    """Everything in the account that shows a symptom, the dearest first.

    `connection` is an asyncpg connection of the owner role.
    """
    now = await connection.fetchval(_NOW, account_id)
    every: list[Waste] = []
    for module in scenarios.by_name().values():
        savings = {
            row[0]: Decimal(row["saving"] or 0).quantize(_CENT)
            for row in await connection.fetch(module.SYMPTOM, account_id, now)
        }
        about = await connection.fetch(_ABOUT, account_id, module.RESOURCE_TYPE, list(savings))
        every += [
            Waste(
                module.PATTERN,
                module.RESOURCE_TYPE,
                row["id"],
                max(Decimal(0), savings[row["id"]]),
                row["since"],
                row["decoy"],
                row["owner"],
                module.REMEDIES,
            )
            for row in about
        ]
    return sorted(every, key=lambda one: (-one.monthly_saving, one.pattern, one.resource_id))


def total(every: list[Waste]) -> Decimal:
    """What could be saved in a month, USD: a resource found by two patterns is saved once."""
    best: dict[tuple[str, str], Decimal] = {}
    for one in every:
        if one.decoy is None:
            key = (one.resource_type, one.resource_id)
            best[key] = max(best.get(key, Decimal(0)), one.monthly_saving)
    return sum(best.values(), Decimal(0))
