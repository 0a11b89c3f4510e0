"""What mistakes cost in a score, in USD of the score, and what counts beside money."""

from dataclasses import dataclass
from decimal import Decimal

HOURS = Decimal(730)
DAYS_OF_MONTH = HOURS / 24


@dataclass(frozen=True, slots=True)
class Weights:
    """The units of the score.

    outage        something of production that was in use was stopped or deleted
    wrong         whatever else was ended that should not have been: `wrong` USD, and its cost of
                  `wrong_months` (an ended decoy costs what its label says, which is as much)
    risk          made so small that it is more than nine tenths busy; `risk_prod` in production
    overbought    months of what a new commitment leaves unused
    breach        one change against a freeze or a policy
    nominal       what a label that saves nothing (a missing tag, an old key) is worth a month
    least_scale   the least that mistakes are measured by: in a small world one of them is not all
    """

    outage: Decimal = Decimal(5000)
    wrong: Decimal = Decimal(500)
    wrong_months: Decimal = Decimal(3)
    risk: Decimal = Decimal(250)
    risk_prod: Decimal = Decimal(1000)
    overbought: Decimal = Decimal(3)
    breach: Decimal = Decimal(250)
    nominal: Decimal = Decimal(10)
    least_scale: Decimal = Decimal(1000)


DEFAULT = Weights()
