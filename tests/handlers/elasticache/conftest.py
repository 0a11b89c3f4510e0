"""What tests of ElastiCache share: a client."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def elasticache(cloud: Cloud) -> Any:
    """A boto3 client of ElastiCache in us-east-1."""
    return cloud.client("elasticache")
