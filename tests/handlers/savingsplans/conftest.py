"""What tests of savings plans share."""

from typing import Any

import pytest

from tests.fixtures.server import Cloud


@pytest.fixture
def plans(cloud: Cloud) -> Any:
    return cloud.client("savingsplans")
