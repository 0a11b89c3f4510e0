"""What every test may ask for."""

from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.server",
    "tests.fixtures.days",
    "tests.fixtures.tidy",
]

# How long an example takes is for the machine to say: a busy one must not fail a true property.
settings.register_profile("driftcloud", deadline=None)
settings.load_profile("driftcloud")
