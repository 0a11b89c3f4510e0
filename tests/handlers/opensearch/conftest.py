"""What tests of OpenSearch share: a client."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def search(cloud: Cloud) -> Any:
    """A boto3 client of OpenSearch in us-east-1."""
    return cloud.client("opensearch")
