"""Innocence: one happening in eight only looks like waste, and says why to a careful eye."""

from types import ModuleType

from drift import verdicts
from drift.day import Day, Happening
from models.decoys import DECOYS, Decoy

# The tags' columns follow by trigger.
_TAG = """
INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value, created_at)
SELECT $1, $2, r.id, t.key, t.value, $6
  FROM unnest($3::text[]) AS r (id), unnest($4::text[], $5::text[]) AS t (key, value)
    ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value"""


# What is waste already does not become innocent by another mess.
_WASTED = """
SELECT l.resource_id FROM truth.labels l
 WHERE l.account_id = $1 AND l.resource_type = $2 AND l.pattern = ANY ($3::text[])
   AND l.until IS NULL AND l.decoy IS NULL"""


async def happen(day: Day, name: str, scenario: ModuleType) -> tuple[Happening | None, str | None]:
    """Let a scenario happen; with it the reason where it is a decoy, made by a draw of its own.

    A decoy is told by its tags (models/decoys.py) or, where the scenario has `innocent`, by its
    metrics or history.
    """
    draw = day.random(f"decoy/{name}")
    tagged = DECOYS.get(scenario.PATTERN, ()) if scenario.RESOURCE_TYPE != "account" else ()
    choices = [*tagged, *([None] if hasattr(scenario, "innocent") else [])]
    if draw.random() >= day.knobs.decoys or not choices:
        return await scenario.happen(day), None
    decoy = draw.choice(choices)
    if decoy is None:
        return await scenario.innocent(day), str(scenario.INNOCENT)
    kind, akin = scenario.RESOURCE_TYPE, verdicts.akin(scenario.PATTERN)
    wasted = await day.connection.fetch(_WASTED, day.account_id, kind, akin)
    day.passed_over = frozenset(row["resource_id"] for row in wasted)
    try:
        happening: Happening | None = await scenario.happen(day)
    finally:
        passed_over, day.passed_over = day.passed_over, frozenset()
    if happening is None:  # all that there is to pick is waste already
        return await scenario.happen(day), None
    if not await _excuse(day, kind, happening, decoy, passed_over):
        return happening, None
    return happening, decoy.reason


async def _excuse(
    day: Day, kind: str, happening: Happening, decoy: Decoy, wasted: frozenset[str]
) -> bool:
    """Tag the culprits as a decoy's; False where one of them is waste of such a kind already."""
    ids = [one for kind_, one in happening.resources if kind_ == kind]
    if wasted.intersection(ids):
        return False
    await day.write(
        "resource_tags", _TAG, day.account_id, kind, ids,
        list(decoy.tags), list(decoy.tags.values()), day.start,
    )  # fmt: skip
    return True
