"""What tests of Lambda share: a client, and calm days."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud

FIRST = date(2026, 6, 1)
CALM = Knobs(mess=0)


@pytest.fixture
def lambdas(cloud: Cloud) -> Any:
    """A boto3 client of Lambda in us-east-1."""
    return cloud.client("lambda")


@pytest.fixture
def tick(cloud: Cloud) -> Callable[[], None]:
    """Lets a calm day pass; the first one is FIRST, a Monday."""
    database = cloud.running.server.database

    async def pass_day() -> None:
        async with database.owner() as connection:
            begun = "select 1 from metrics_daily where account_id = $1 limit 1"
            if await connection.fetchval(begun, cloud.account.id):
                await engine.tick(connection, cloud.account.id, knobs=CALM)
            else:
                await engine.history(connection, cloud.account.id, FIRST, 1, knobs=CALM)
        cloud.running.server.clocks.forget()

    return lambda: cloud.running.run(pass_day())
