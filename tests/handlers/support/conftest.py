"""What tests of recommendations share: an account that there is something to say of."""

import pytest

from tests.fixtures.server import Cloud
from tests.handlers.compute_optimizer.advised import Advised


@pytest.fixture
def advised(cloud: Cloud) -> Advised:
    """An account of the test's own."""
    return Advised(cloud)
