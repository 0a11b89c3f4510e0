"""A client of S3, a bucket, and days that pass."""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from drift import engine
from drift.day import Knobs
from tests.fixtures.server import Cloud

FIRST = date(2026, 6, 1)


@pytest.fixture
def s3(cloud: Cloud) -> Any:
    """A boto3 client of S3 in us-east-1."""
    return cloud.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    """A bucket of a name that nobody else has."""
    name = f"orders-{uuid.uuid4().hex[:16]}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def tick(cloud: Cloud) -> Callable[..., None]:
    """Lets calm days pass; the first one is FIRST."""
    database = cloud.running.server.database
    # days are counted by what is billed by the hour, so there must be something of the kind
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=1)

    async def pass_days(days: int) -> None:
        knobs = Knobs(mess=0, growth=0)
        async with database.owner() as connection:
            for _ in range(days):
                await engine.history(connection, cloud.account.id, FIRST, 1, knobs=knobs)
        cloud.running.server.clocks.forget()

    def run(days: int = 1) -> None:
        cloud.running.run(pass_days(days))

    return run
