"""Burstable machines: the CPU credits that each type earns, and what more than those costs.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
and https://aws.amazon.com/ec2/pricing/on-demand/ (T2/T3/T4g Unlimited Mode Pricing). A credit is a
vCPU's minute. A machine that may go beyond its credits pays for what it used of them in a day above
what it earns in that day; the price of a vCPU's hour is the same for all sizes and regions.
"""

from decimal import Decimal
from functools import cache

from models.prices import price

FAMILIES = ("t2", "t3", "t3a", "t4g")
_HOURLY = {
    "nano": 6, "micro": 12, "small": 24, "medium": 24, "large": 36, "xlarge": 96, "2xlarge": 192,
}  # fmt: skip
_HOURLY_OF_T2 = {
    "nano": 3, "micro": 6, "small": 12, "medium": 24, "large": 36, "xlarge": 54, "2xlarge": 81,
}  # fmt: skip
# What a machine's platform details begin with where a vCPU's hour is dearer.
DEARER = "Windows"


@cache
def credits_an_hour() -> dict[str, int]:
    """Instance type → credits earned in an hour."""
    return {
        f"{family}.{size}": credits
        for family in FAMILIES
        for size, credits in (_HOURLY_OF_T2 if family == "t2" else _HOURLY).items()
    }


def vcpu_hour(instance_type: str, platform: str = "") -> Decimal:
    """USD for an hour of a vCPU beyond what a burstable type earns; `platform` in any spelling."""
    if DEARER.lower() in platform.lower():
        return price("credits", "windows")
    return price("credits", instance_type.partition(".")[0])


def surplus_hourly(instance_type: str, vcpus: float, platform: str = "") -> Decimal:
    """USD an hour that a type costs besides while so many of its vCPUs are busy all day.

    0 for what is not burstable; of a machine that may go beyond its credits.
    """
    earned = credits_an_hour().get(instance_type)
    if earned is None:
        return Decimal(0)
    beyond = Decimal(str(max(0.0, vcpus - earned / 60)))
    return beyond * vcpu_hour(instance_type, platform)
