"""What burstable machines pay beyond the credits that they earn."""

from decimal import Decimal

import pytest

from models import burstable, instance_types


@pytest.mark.parametrize(
    ("name", "busy", "platform", "usd"),
    [
        ("t3.large", 0.6, "", "0"),  # a baseline of 30 per cent of two vCPUs
        ("t3.medium", 0.6, "", "0.01"),  # 0.2 vCPUs at 0.05
        ("t4g.medium", 0.6, "", "0.008"),
        ("t3.medium", 0.6, "windows", "0.0192"),
        ("t2.large", 1.6, "", "0.05"),
        ("m5.large", 2.0, "", "0"),
    ],
)
def test_what_exceeds_the_baseline_is_paid(name: str, busy: float, platform: str, usd: str) -> None:
    found = burstable.surplus_hourly(name, busy, platform)
    assert found.quantize(Decimal("0.000001")) == Decimal(usd)


def test_every_burstable_type_earns_credits() -> None:
    types = {name for name in instance_types.names() if name.split(".")[0] in burstable.FAMILIES}
    assert types == set(burstable.credits_an_hour())
