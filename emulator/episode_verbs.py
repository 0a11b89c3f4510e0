"""The operator's verbs about episodes, made as those of `control` are."""

from typing import Annotated

from emulator.control import Answer, World

Name = Annotated[str, "the episode, or main"]
Episode = Annotated[str, "the episode"]
Wished = Annotated[str, "what to call it; default: drawn from pack and seed"]


async def episode_start(
    world: World,
    pack: Annotated[str, "what it is about: janitor, rightsizer, freeze-week, full, …"],
    *,
    seed: Annotated[int, "same pack and seed, same world"] = 1,
    name: Wished = "",
) -> Answer:
    """Start an episode: a world of its own, with access keys of its own at the same endpoint."""
    from emulator import episodes

    return await episodes.start(world, pack, seed=seed, name=name)


async def episode_advance(
    world: World, episode: Episode, *, days: Annotated[int, "how many virtual days"] = 1
) -> Answer:
    """Let days go by in an episode; its time stands still otherwise."""
    from emulator import episodes

    return await episodes.advance(world, episode, days=days)


async def episode_finish(world: World, episode: Episode) -> Answer:
    """End an episode with its score: it can be looked at, and changes are refused.

    The world in which nobody did anything, which scores compare it with, is dropped.
    """
    from emulator import episodes, scores

    ended = await episodes.finish(world, episode)
    return {**ended, "score": await scores.final(world, episode)}


async def episode_fork(world: World, origin: Name, *, name: Wished = "") -> Answer:
    """Copy a world as it is now; the copy and its origin never see each other.

    What is copied is kept for resets and scores. The database that is played in is made of it when
    the first client, or command, opens the episode.
    """
    from emulator import episodes

    return await episodes.fork(world, origin, name=name)


async def episode_diff(
    world: World, one: Name, other: Annotated[str, "the world to compare it with"]
) -> Answer:
    """What differs between two worlds: resources added, gone and changed, and monthly cost."""
    from emulator import episode_differences

    return await episode_differences.between(world, one, other)


async def episode_reset(world: World, episode: Episode) -> Answer:
    """Let an episode be again what it began as, at once; its access keys stay good."""
    from emulator import episodes

    return await episodes.reset(world, episode)


async def episode_show(world: World, episode: Episode) -> Answer:
    """The access keys of an episode and where it is played, as start told them."""
    from emulator import episodes

    return await episodes.show(world, episode)


async def episode_list(world: World) -> Answer:
    """The episodes: what they are about, where they came from, how far they are."""
    from emulator import episodes

    return await episodes.every(world)


async def episode_delete(world: World, episode: Episode) -> Answer:
    """Delete an episode with all that happened in it."""
    from emulator import episodes

    return await episodes.delete(world, episode)
