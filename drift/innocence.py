"""Innocence: one happening in eight only looks like waste, and says why to a careful eye."""

from types import ModuleType

from drift.day import Day, Happening
from models.decoys import DECOYS

# The tags' columns follow by trigger.
_TAG = """
INSERT INTO resource_tags (account_id, resource_type, resource_id, key, value, created_at)
SELECT $1, $2, r.id, t.key, t.value, $6
  FROM unnest($3::text[]) AS r (id), unnest($4::text[], $5::text[]) AS t (key, value)
    ON CONFLICT (resource_type, resource_id, key) DO UPDATE SET value = excluded.value"""


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
    happening: Happening | None = await scenario.happen(day)
    if happening is not None:
        ids = [one for kind, one in happening.resources if kind == scenario.RESOURCE_TYPE]
        await day.write(
            "resource_tags", _TAG, day.account_id, scenario.RESOURCE_TYPE, ids,
            list(decoy.tags), list(decoy.tags.values()), day.start,
        )  # fmt: skip
    return happening, decoy.reason
