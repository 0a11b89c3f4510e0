"""What tests of RDS share: a client."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def rds(cloud: Cloud) -> Any:
    """A boto3 client of RDS in us-east-1."""
    return cloud.client("rds")
