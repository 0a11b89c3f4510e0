"""A finding: one resource, how it is used, what could be done and what that saves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models.costs.money import DAYS_PER_MONTH, quantise

ZERO = Decimal(0)
LOOK_BACK_DAYS = 14
# AWS asks for thirty hours of metrics before it judges.
LEAST_DAYS = 2
# What a recommended machine must be able to do beyond the peak that was seen.
HEADROOM_PERCENT = 20
IDLE_CPU_PERCENT = 5
IDLE_NETWORK_MB = 5


@dataclass(frozen=True, slots=True)
class Saving:
    """What a month costs now and then, USD on demand; `charged` is the share that is charged."""

    before: Decimal
    after: Decimal
    charged: Decimal = Decimal(1)

    @property
    def monthly(self) -> Decimal:
        """What is saved by the price list."""
        return quantise(max(self.before - self.after, ZERO))

    @property
    def discounted(self) -> Decimal:
        """What is saved of what is really charged: nothing where a commitment covers all."""
        return quantise(self.monthly * self.charged)

    @property
    def percent(self) -> Decimal:
        """How much of today's price."""
        return quantise(self.monthly / self.before * 100) if self.before else ZERO

    @property
    def percent_discounted(self) -> Decimal:
        """How much of today's price discounts leave to be saved."""
        return quantise(self.discounted / self.before * 100) if self.before else ZERO


@dataclass(frozen=True, slots=True)
class Option:
    """Something else that the resource could be; `configuration` in the words of its kind.

    `projected` is the peak use it would see, by metric; `risk` AWS's measure from 0, very low,
    to 4, very high; `differences` of the platform as Compute Optimizer names them.
    """

    configuration: Mapping[str, Any]
    projected: Mapping[str, float]
    saving: Saving
    risk: float = 0
    differences: tuple[str, ...] = ()
    effort: str = "VeryLow"


@dataclass(frozen=True, slots=True)
class Idleness:
    """Why a resource is of no use to anybody, and what its end saves."""

    verdict: str  # Idle | Unattached | Unused
    words: str
    saving: Saving
    days: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of one resource.

    `verdict` and `reasons` are Compute Optimizer's. `row` has id, arn, region, name, tags and
    what its kind's statement reads beside; `observed` is its use by metric.
    """

    kind: str
    row: Mapping[str, Any]
    verdict: str = "Optimized"
    reasons: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    observed: Mapping[str, float] = field(default_factory=dict)
    risk: float = 0
    idle: Idleness | None = None
    days: int = LOOK_BACK_DAYS

    @property
    def id(self) -> str:
        """The resource's id in its own service."""
        return str(self.row["id"])

    @property
    def arn(self) -> str:
        """The resource's ARN."""
        return str(self.row["arn"])

    @property
    def region(self) -> str:
        """Where it is."""
        return str(self.row["region"])

    @property
    def tags(self) -> dict[str, str]:
        """Its tags."""
        return dict(self.row["tags"] or {})

    @property
    def best(self) -> Option | None:
        """The option that saves most."""
        return self.options[0] if self.options else None


def charged_share(row: Mapping[str, Any]) -> Decimal:
    """The share of the newest day's price that was charged: 1 of what is not on a bill yet."""
    listed: Decimal | None = row["listed"]
    charged: Decimal = row["charged"] or ZERO
    if not listed:
        return Decimal(1)
    return min(max(charged / listed, ZERO), Decimal(1))


def month_of_days(daily: Decimal) -> Decimal:
    """A month of something billed by the GB-month, as its daily lines count it."""
    return quantise(daily * DAYS_PER_MONTH)


def risk_of(peak: float) -> float:
    """How likely a machine with this projected peak use, in percent, falls short: 0 to 4."""
    steps = ((60, 0.0), (75, 1.0), (85, 2.0), (95, 3.0))
    return next((risk for limit, risk in steps if peak <= limit), 4.0)


def rating(risk: float) -> str:
    """A performance risk in a word."""
    return ("VeryLow", "Low", "Medium", "High", "High")[int(min(risk, 4))]
