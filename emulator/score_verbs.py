"""The operator's verb about scores, made as those of `control` are."""

from typing import Annotated

from emulator.control import Answer, World


async def score(
    world: World,
    episode: Annotated[str, "the episode; default: the newest"] = "",
    *,
    history: Annotated[bool, "every score that was given before, in place of a new one"] = False,
    quick: Annotated[bool, "only what the answer key tells, at once; it is not kept"] = False,
) -> Answer:
    """How well an episode was played: savings, precision, harm, breaches, calls, by principal.

    It is compared with a copy of what it began as, in which nobody does anything. A running episode
    keeps that second database from its first score on, and each score adds the days since; it is
    dropped when the episode is finished, reset or deleted.
    """
    from emulator import scores

    if quick and not history:
        return await scores.quick(world, episode)
    return await scores.score(world, episode, history=history)
