"""Scores of episodes: what was done in one, against what would have become of it."""

from typing import Any

from emulator import episodes, tallies
from emulator.control import Answer, ControlError, World
from models import episodes as register
from models import scores


async def score(world: World, episode: str, *, history: bool) -> Answer:
    """The score of an episode as it stands; or those that it, or any, was given before."""
    if history:
        async with world.database.owner() as connection:
            return [dict(row) for row in await scores.history(connection, episode)]
    return await score_episode(world, episode or await _newest(world))


async def score_episode(world: World, episode: str, *, final: bool = False) -> dict[str, Any]:
    """Score an episode and keep the score; with `final` it ends with this one.

    A finished episode has its final score: it is reckoned anew only for `final`.
    """
    row = await episodes.find(world, episode)
    if row["state"] == "finished" and not final:
        async with world.database.owner() as connection:
            kept = await scores.final(connection, row)
        if kept is not None:
            return kept
    found = await _reckoned(world, row)
    told = {"episode": row["id"], "pack": row["pack"], "seed": row["seed"], **found.as_json()}
    async with world.database.owner() as connection:
        final = final or row["state"] == "finished"
        await scores.add(connection, row, day=found.last_day, score=told, final=final)
    if row["state"] == "finished":
        await episodes.forget_counterfactual(world, row["id"])
    return told


async def final(world: World, episode: str) -> float | None:
    """The points that an episode ends with; None where no day ever went by in its world."""
    row = await episodes.find(world, episode)
    if row["begun_on"] is None:
        return None
    points: float = (await score_episode(world, episode, final=True))["score"]
    return points


# What only a comparison with the world in which nothing was done tells.
QUICK_LEAVES_OUT = (
    "outages, things in use that were stopped or ended, machines made too small and commitments"
    " bought in vain: without --quick the score counts their harm too"
)


async def quick(world: World, episode: str) -> dict[str, Any]:
    """The score as the answer key alone tells it: nothing is compared, and nothing kept."""
    from drift import packs
    from drift.score import quick

    row = await episodes.find(world, episode or await _newest(world))
    if row["begun_on"] is None:
        raise ControlError(f"in the episode {row['id']} no day has gone by yet: there is no score")
    patterns = getattr(packs.by_name().get(row["pack"] or ""), "PATTERNS", None)
    async with (
        episodes.opened(world, row["id"]) as inside,
        inside.database.owner() as connection,
    ):
        found = await quick.score(connection, begun_on=row["begun_on"], patterns=patterns)
    return {
        "episode": row["id"],
        "score": float(found.points),
        "captured_usd_month": round(float(found.tally.captured_usd_month), 2),
        "available_usd_month": round(float(found.available.usd_month), 2),
        "right": found.tally.right,
        "wrong": found.tally.wrong,
        "harm_usd": round(float(found.tally.harm_usd), 2),
        "breaches": found.tally.breaches,
        "left_out": QUICK_LEAVES_OUT,
    }


async def _reckoned(world: World, row: Any) -> Any:
    from drift import packs
    from drift.score import scoring

    if row["begun_on"] is None:
        raise ControlError(f"in the episode {row['id']} no day has gone by yet: there is no score")
    pack = packs.by_name().get(row["pack"] or "")
    async with (
        episodes.counterfactual(world, row["id"]) as without,
        episodes.opened(world, row["id"]) as inside,
        inside.database.owner() as actual,
        without.database.owner() as other,
    ):
        await tallies.gather(actual)
        try:
            return await scoring.score(
                actual,
                other,
                begun_on=row["begun_on"],
                patterns=getattr(pack, "PATTERNS", None),
                wanted=getattr(pack, "GOALS", ()),
            )
        except scoring.NotAlikeError as error:
            raise ControlError(
                f"the episode {row['id']} cannot be compared with what would have become of it:"
                f" {error}"
            ) from None


async def _newest(world: World) -> str:
    async with world.database.owner() as connection:
        every = await register.every(connection)
    if not every:
        raise ControlError("there is no episode to score; driftcloud episode start makes one")
    return str(every[-1]["id"])
