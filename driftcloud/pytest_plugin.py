"""The pytest plugin: a server for all tests, and a world of its own for each test that asks.

Nothing is started before a test asks for one of the fixtures. `driftcloud_data_dir` in the ini file
keeps the server's data between runs (under pytest's root directory), so that the worlds of packs
are made once. Where DRIFTCLOUD_URL and DRIFTCLOUD_TOKEN name a server, that one is used.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from driftcloud import Server, World

MARKER = "driftcloud(pack='janitor', seed=1): the world that driftcloud_world plays"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the option of the ini file."""
    parser.addini("driftcloud_data_dir", "folder that keeps driftcloud's data between runs")


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture(scope="session")
def driftcloud_server(request: pytest.FixtureRequest) -> Iterator["Server"]:
    """A driftcloud server for the whole session."""
    from driftcloud import Server

    folder = str(request.config.getini("driftcloud_data_dir"))
    options: dict[str, Any] = {}
    if folder and "DRIFTCLOUD_URL" not in os.environ:
        # a server has its folder to itself, and pytest-xdist has one session a worker
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        options["data_dir"] = request.config.rootpath / folder / worker
    with Server(**options) as server:
        yield server


@pytest.fixture(scope="session")
def _driftcloud_worlds(driftcloud_server: "Server") -> Iterator[dict[tuple[str, int], "World"]]:
    """The worlds of the session by pack and seed: the next test that wants one resets it."""
    worlds: dict[tuple[str, int], World] = {}
    yield worlds
    for world in worlds.values():
        world.delete()


@pytest.fixture
def driftcloud_world(
    request: pytest.FixtureRequest,
    driftcloud_server: "Server",
    _driftcloud_worlds: dict[tuple[str, int], "World"],
) -> "World":
    """A world as it began, of the pack and seed that the test's marker `driftcloud` names."""
    from driftcloud import DriftcloudError

    pack, seed = _wanted(request.node.get_closest_marker("driftcloud"))
    world = _driftcloud_worlds.get((pack, seed))
    if world is not None:
        try:
            world.reset()
            return world
        except DriftcloudError as error:  # a test before this one deleted it
            if error.status >= 500:
                raise
    world = _driftcloud_worlds[pack, seed] = driftcloud_server.episode(pack, seed=seed)
    return world


def _wanted(marker: pytest.Mark | None) -> tuple[str, int]:
    """Pack and seed of a marker."""
    chosen: dict[str, Any] = {"pack": "janitor", "seed": 1}
    if marker is not None:
        if marker.args or marker.kwargs.keys() - chosen.keys():
            raise pytest.UsageError(f"it is {MARKER.partition(':')[0]}, not {marker}")
        chosen.update(marker.kwargs)
    return str(chosen["pack"]), int(chosen["seed"])
