"""What every test may ask for."""

import os
import time

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.shared_models",
    "tests.fixtures.server",
    "tests.fixtures.days",
    "tests.fixtures.tidy",
]

# How long an example takes is for the machine to say: a busy one must not fail a true property.
# The same examples at every run, unless a seed asks for others.
settings.register_profile(
    "driftcloud", deadline=None, derandomize="DRIFTCLOUD_TEST_SEED" not in os.environ
)
settings.load_profile("driftcloud")

# Whose modules take longest begin first, so that in the end no worker is left alone with one.
FIRST = ("waste", "driftcloud", "bench", "journeys", "drift", "test_operations_served.py")

# Nearly every test is done within this time.
MIDNIGHT_SECONDS = 15.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the modules in the order in which they are handed to workers."""
    ranks = {room: rank for rank, room in enumerate(FIRST)}

    def rank(item: pytest.Item) -> int:
        room = item.nodeid.partition("::")[0].removeprefix("tests/").partition("/")[0]
        return ranks.get(room, len(FIRST))

    items.sort(key=rank)


def pytest_runtest_setup() -> None:
    """Let midnight pass first: the newest day is shown as today, so then its hours begin anew."""
    left = 86_400 - time.time() % 86_400
    if left < MIDNIGHT_SECONDS:
        time.sleep(left)
