"""Episodes as a server keeps them: what nobody has any more is cleared away."""

from emulator.episode_servers import clear, sweep
from tests.fixtures.server import RunningServer


def test_what_killed_commands_left_is_dropped_and_what_is_being_made_stays(
    running: RunningServer,
) -> None:
    world = running.server.world
    copies, home = world.database.copies, world.database.name
    left, being_made, other = f"{home}_at_left", f"{home}_ep_made", f"{home}_ep_made_if"

    async def round_() -> set[str]:
        await clear(world)
        await sweep(world)
        return await copies.names(f"{home}_") & {left, being_made, other}

    async def clear_twice() -> tuple[set[str], set[str]]:
        for name in (left, being_made, other):
            await copies.create(name)
        async with copies.alone("MADE"):
            first = await round_()
        return first, await round_()

    assert running.run(clear_twice()) == ({being_made, other}, {other})
    running.run(copies.drop(other))
