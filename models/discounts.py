"""What commitments cost: reserved instances, savings plans, spot and the enterprise discount.

The fractions off on-demand are prices/commitments.csv, AWS's typical ones per kind, term and
payment, the same in every region. Money is USD, quantised to four decimals, half up.
"""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

from models import prices
from models.costs.money import HOURS_PER_MONTH, quantise

PAYMENTS = ("no-upfront", "partial-upfront", "all-upfront")
UPFRONT_SHARE = {"no-upfront": Decimal(0), "partial-upfront": Decimal("0.5")}


@dataclass(frozen=True, slots=True)
class Offer:
    """A commitment to one node of a price: what is paid, and when."""

    kind: str
    term_months: int
    payment: str
    upfront: Decimal  # once, at the start
    recurring_hourly: Decimal  # every hour of the term, used or not
    effective_hourly: Decimal  # both, spread over the term's hours

    @property
    def hours(self) -> int:
        """Hours of the term: 8760 a year."""
        return self.term_months * HOURS_PER_MONTH


@cache
def discount(kind: str, term_months: int = 12, payment: str = "no-upfront") -> Decimal:
    """Fraction off on-demand. Kinds: ec2-standard, ec2-convertible, rds-standard,
    elasticache-standard, opensearch-standard, savings-compute, savings-ec2,
    savings-sagemaker, savings-database, spot, edp. KeyError for what is not sold.
    """
    column = PAYMENTS.index(payment) if payment in PAYMENTS else -1
    if column < 0:
        raise KeyError(payment)
    terms = _table()
    return terms[(kind, 0)][column] if (kind, 0) in terms else terms[(kind, term_months)][column]


def kinds() -> tuple[tuple[str, int], ...]:
    """Every (kind, term in months) that is sold."""
    return tuple(_table())


def offer(
    on_demand_hourly: Decimal, kind: str, term_months: int = 12, payment: str = "no-upfront"
) -> Offer:
    """What a commitment to something costing `on_demand_hourly` costs.

    Partial upfront pays half of the term's total at the start, all upfront everything.
    """
    effective = on_demand_hourly * (1 - discount(kind, term_months, payment))
    share = UPFRONT_SHARE.get(payment, Decimal(1))
    hours = term_months * HOURS_PER_MONTH
    return Offer(
        kind=kind,
        term_months=term_months,
        payment=payment,
        upfront=quantise(effective * share * hours),
        recurring_hourly=quantise(effective * (1 - share)),
        effective_hourly=quantise(effective),
    )


def reserved_hourly(
    instance_type: str,
    region: str = prices.HOME_REGION,
    *,
    offering_class: str = "standard",
    term_months: int = 12,
    payment: str = "no-upfront",
) -> Decimal:
    """The effective hourly cost of a reserved Linux instance."""
    usd = prices.price("ec2", instance_type, region)
    return offer(usd, f"ec2-{offering_class}", term_months, payment).effective_hourly


def savings_plan_rate(
    on_demand_hourly: Decimal,
    plan: str = "compute",
    term_months: int = 12,
    payment: str = "no-upfront",
) -> Decimal:
    """What an hour of usage draws from a savings plan's hourly commitment.

    `plan` is compute, ec2, sagemaker or database.
    """
    return offer(on_demand_hourly, f"savings-{plan}", term_months, payment).effective_hourly


def spot_hourly(on_demand_hourly: Decimal) -> Decimal:
    """The usual spot price."""
    return quantise(on_demand_hourly * (1 - discount("spot")))


@cache
def _table() -> dict[tuple[str, int], tuple[Decimal, ...]]:
    path = Path(prices.__file__).with_name("commitments.csv")
    lines = (line.split(",") for line in path.read_text(encoding="utf-8").splitlines()[1:])
    return {(c[0], int(c[1])): tuple(Decimal(x) for x in c[2:]) for c in lines}
