"""Burstable machines: the CPU credits that each type earns, and what more than those costs.

Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
and https://aws.amazon.com/ec2/pricing/on-demand/ (T2/T3/T4g Unlimited Mode Pricing). A credit is a
vCPU's minute. A machine that may go beyond its credits pays for what it used of them in a day above
what it earns in that day; the price of a vCPU's hour is the same for all sizes and regions.
"""

from functools import cache

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
