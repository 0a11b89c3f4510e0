"""Healing and worsening: waste does not stand still, an owner comes back or a leak goes on.

How waste of a resource's type usually heals is here; a scenario may know better (`heal`). How it gets
worse, if it does, its scenario knows (`worsen`). What an agent changed in the last seven days is left
alone, and so are decoys.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

import logging
from typing import Any

from drift import scenarios, truth
from drift.day import Day, Happening
from drift.noise import noise
from drift.picking import untouched

log = logging.getLogger("driftcloud.drift")

# Odds a day for each label: a fifth heals within two months, and about as much gets worse.
HEAL_ODDS = 0.004
WORSEN_ODDS = 0.004

_OPEN = """
SELECT l.pattern, l.resource_type, l.resource_id FROM truth.labels l
 WHERE l.account_id = $1 AND l.until IS NULL AND l.decoy IS NULL AND l.seen < $2
   AND driftcloud_noise($3, l.resource_id, '/goes on/' || l.pattern) < $4
 ORDER BY l.pattern, l.resource_id"""

# Work comes back to what fell idle; its levels are drawn anew on the next day.
_WORK = """
UPDATE resource_profiles SET profile = 'steady', load = NULL, memory_gib = NULL, network_mb = NULL,
       connections = NULL, requests = NULL
 WHERE account_id = $1 AND resource_type = $2 AND resource_id = $3
   AND profile IN ('idle', 'gpu_idle', 'oversized', 'dead')"""

# What one looks at, sees that nobody needs it, and lets go: type, its table and id, when it may go.
_LEFT_OVER = {
    "elastic_ip": ("elastic_ips", "allocation_id", "state = 'unassociated'"),
    "volume": ("volumes", "volume_id", "state = 'available'"),
    "snapshot": ("snapshots", "snapshot_id", "NOT EXISTS (SELECT FROM images i WHERE i.account_id = r.account_id AND i.block_device_mappings::text LIKE '%' || r.snapshot_id || '%')"),
}  # fmt: skip


async def go_on(day: Day) -> None:
    """Let some of the account's waste heal and some get worse; none where mess is off."""
    odds = (HEAL_ODDS + WORSEN_ODDS) * day.knobs.mess
    if not odds:
        return
    rows = await day.connection.fetch(_OPEN, day.account_id, day.date, day.seed, odds)
    for row in rows:
        kind, identifier = row["resource_type"], row["resource_id"]
        if not await untouched(day, kind, [identifier]):
            continue
        draw = noise(day.seed, identifier, "/goes on/" + row["pattern"])
        better = draw < HEAL_ODDS * day.knobs.mess
        try:
            async with day.connection.transaction():
                if better:
                    await _heal(day, row)
                else:
                    await worsen(day, row["pattern"], identifier)
        except Exception:
            day.machines.clear()  # what was launched is undone
            log.exception("healing failed", extra={"pattern": row["pattern"], **day.named})


async def _heal(day: Day, row: Any) -> None:
    scenario: Any = scenarios.by_pattern().get(row["pattern"])
    kind, identifier = row["resource_type"], row["resource_id"]
    if hasattr(scenario, "heal"):
        await scenario.heal(day, identifier)
    elif kind in _LEFT_OVER:
        table, column, free = _LEFT_OVER[kind]
        if await day.write(
            table,
            f"DELETE FROM {table} r WHERE r.account_id = $1 AND r.{column} = $2 AND {free}",
            day.account_id, identifier,
        ):  # fmt: skip
            await day.record(kind, identifier, "lifecycle", "created", "deleted")
    elif await day.write("resource_profiles", _WORK, day.account_id, kind, identifier):
        await day.record(kind, identifier, "workload", "ended", "in use")


async def worsen(day: Day, pattern: str, resource_id: str) -> Happening | None:
    """One step more of the same, as its scenario knows it; what joins it is labelled at once."""
    scenario = scenarios.by_pattern()[pattern]
    if not hasattr(scenario, "worsen"):
        return None
    happening: Happening | None = await scenario.worsen(day, resource_id)
    if happening is not None:
        await truth.enter(day, scenario.__name__.rpartition(".")[2], happening)
    return happening
