"""What tests of Kinesis share: a client."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def kinesis(cloud: Cloud) -> Any:
    """A boto3 client of Kinesis in us-east-1."""
    return cloud.client("kinesis")
