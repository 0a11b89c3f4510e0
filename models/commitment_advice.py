"""Advice on commitments: what a purchase would have saved over the days that were.

Every day of the look-back is settled again, by the ledger's own rules, with the commitments that
the account has now; what they leave is what a new one could cover. Amounts are USD an hour: a day
is the ledger's smallest piece of time, and its hours are alike.
"""

# ruff: noqa: E501 - the lines of SQL read better whole

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from models.coverage import HOURS, Usage, is_eligible, settle
from models.discounts import Offer
from models.savings_plan_offerings import Offering

MONTH_HOURS = 730
STEP = Decimal("0.001")  # of what may be committed to
ZERO = Decimal(0)

_USAGE = """
select l.date, a.account_number, driftcloud_eligible(l.service, l.usage_type, l.usage_unit) as service,
       coalesce(l.instance_type, '') as type, l.region, coalesce(l.platform, '') as platform,
       coalesce(l.engine, '') as engine, l.usage_type like '%Multi-AZUsage:%' as multi,
       sum(l.on_demand_cost) as usd
  from cost_daily l
  join (select * from driftcloud_billed_accounts()) a on a.id = l.account_id
 where l.account_id = any (array(select driftcloud_paid_accounts())) and a.account_number = any ($1::text[])
   and l.date >= $2 and l.date < $3 and l.record_type in ('Usage', 'DiscountedUsage', 'SavingsPlanCoveredUsage')
   and driftcloud_eligible(l.service, l.usage_type, l.usage_unit) is not null
 group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 3, 4, 5, 6, 7, 8
"""
# Days on which there was a bill at all: those without use count, too.
_DAYS = """
select distinct l.date, a.account_number from cost_daily l
  join (select * from driftcloud_billed_accounts()) a on a.id = l.account_id
 where l.account_id = any (array(select driftcloud_paid_accounts())) and a.account_number = any ($1::text[])
   and l.date >= $2 and l.date < $3
"""
# In the order in which the ledger lets them cover (drift/days/commitments.py).
_OWNED = """
select c.*, c.hourly_commitment_amount as amount, coalesce(c.instance_count, 1) as count, a.account_number
  from driftcloud_paid_commitments() c
  join (select * from driftcloud_billed_accounts()) a on a.id = c.account_id
 where a.account_number = any ($1::text[]) and c.commitment_type <> 'edp'
   and c.state in ('active', 'queued') and c.end_date > $2
 order by c.commitment_type, coalesce(c.plan_type, '') = 'Compute', c.start_date,
       c.hourly_commitment_amount, c.id
"""
_ACCOUNTS = "select account_number from driftcloud_billed_accounts() order by account_number"


@dataclass(slots=True)
class Part:
    """A day's use of one kind that a reservation tells apart; `left` is what nothing covers."""

    usage: Usage
    platform: str
    engine: str
    multi: bool
    usd: Decimal

    @property
    def left(self) -> Decimal:
        """Its share of what of the usage is left, USD a day."""
        return self.usd * self.usage.left / self.usage.usd if self.usage.usd else ZERO


@dataclass(slots=True)
class Day:
    """The use of one day that commitments may cover, settled with those the account has."""

    date: date
    usage: list[Usage] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Account:
    """An account's days and what it has bought."""

    number: str
    days: Sequence[Day]
    owned: Sequence[Any]


async def accounts(db: Any) -> list[str]:
    """The numbers of the accounts on the bill."""
    return [row["account_number"] for row in await db.fetch(_ACCOUNTS)]


async def load(
    db: Any, numbers: Sequence[str], first: date, after: date, today: date,
    excluded: Sequence[str] = (),
) -> list[Account]:  # fmt: skip
    """The days from `first` to before `after` of accounts, settled with what they own now.

    What is `excluded` (ids) counts as not bought.
    """
    listed = list(numbers)
    rows = await db.fetch(_USAGE, listed, first, after, plan="custom")
    present = await db.fetch(_DAYS, listed, first, after, plan="custom")
    owned = await db.fetch(_OWNED, listed, today)
    found = []
    for number in listed:
        mine = [one for one in owned if one["account_number"] == number]
        mine = [one for one in mine if str(one["id"]) not in excluded]
        days = {row["date"]: Day(row["date"]) for row in present if row["account_number"] == number}
        _fill(days, [row for row in rows if row["account_number"] == number])
        for day in days.values():
            for one in mine:
                settle(one, day.usage)
        found.append(Account(number, [days[at] for at in sorted(days)], mine))
    return found


def _fill(days: Mapping[date, Day], rows: Sequence[Any]) -> None:
    for row in rows:
        day = days[row["date"]]
        key = (row["service"], row["type"], row["region"])
        last = day.usage[-1] if day.usage else None
        if last is None or (last.service, last.type, last.region) != key:
            last = Usage(*key, ZERO)
            day.usage.append(last)
        last.usd += row["usd"]
        day.parts.append(Part(last, row["platform"], row["engine"], row["multi"], row["usd"]))


@dataclass(frozen=True, slots=True)
class Hours:
    """USD on demand an hour of each day: in all, what is covered now, and what is left."""

    dates: Sequence[date]
    total: Sequence[Decimal]
    left: Sequence[Decimal]

    @property
    def count(self) -> int:
        """How many hours the look-back has."""
        return HOURS * len(self.left)


def hours_for(account: Account, plan: Offering) -> Hours:
    """What the plan could cover."""
    sought = {
        "commitment_type": "savings_plan",
        "plan_type": plan.plan,
        "scope": "",
        "region": plan.region or None,
        "instance_family": plan.family or None,
    }
    usable = [[one for one in day.usage if is_eligible(sought, one)] for day in account.days]
    return Hours(
        [day.date for day in account.days],
        [sum((one.usd for one in day), ZERO) / HOURS for day in usable],
        [sum((one.left for one in day), ZERO) / HOURS for day in usable],
    )


def best_commitment(hours: Hours, share: Decimal) -> Decimal:
    """The commitment that saves most, USD an hour: the steady hour, in thousandths of a USD.

    Savings grow with the commitment as long as more than `share` of the days would use all of it,
    so that one of the days' own amounts is the best.
    """
    amounts = sorted({(left * share).quantize(STEP, ROUND_DOWN) for left in hours.left})
    best, most = ZERO, ZERO
    for amount in amounts:
        saved = sum((min(left, amount / share) - amount for left in hours.left), ZERO)
        if saved > most:
            best, most = amount, saved
    return best


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a commitment would have done over the look-back; USD."""

    hours: Hours
    share: Decimal
    commitment: Decimal

    @property
    def covered(self) -> Sequence[Decimal]:
        """What of each day's hour it covers, on demand."""
        room = self.commitment / self.share
        return [min(left, room) for left in self.hours.left]

    @property
    def demand(self) -> Decimal:
        """What is left without it."""
        return HOURS * sum(self.hours.left, ZERO)

    @property
    def cost(self) -> Decimal:
        """What it costs."""
        return self.commitment * self.hours.count

    @property
    def remaining(self) -> Decimal:
        """What is left with it."""
        return self.demand - HOURS * sum(self.covered, ZERO)

    @property
    def saved(self) -> Decimal:
        """What it saves."""
        return self.demand - self.cost - self.remaining

    @property
    def monthly(self) -> Decimal:
        """The same in a month of 730 hours."""
        return self.saved / self.hours.count * MONTH_HOURS if self.hours.count else ZERO

    @property
    def utilisation(self) -> Decimal:
        """How much of it is used, of 100."""
        return 100 * HOURS * sum(self.covered, ZERO) * self.share / self.cost if self.cost else ZERO


@dataclass(frozen=True, slots=True)
class Group:
    """What one reservation may cover: a family (of search nodes, a type) under one system."""

    service: str
    region: str
    family: str
    platform: str
    engine: str
    multi: bool


def groups(account: Account, service: str) -> dict[Group, tuple[str, list[Decimal]]]:
    """What is left of a service's use: per group, its dearest type and USD an hour of each day."""
    left: dict[Group, dict[str, list[Decimal]]] = {}
    for at, day in enumerate(account.days):
        for part in day.parts:
            usage = part.usage
            if usage.service != service or "." not in usage.type:
                continue
            family = usage.type if service == "opensearch" else usage.family
            key = Group(service, usage.region, family, part.platform, part.engine, part.multi)
            days = left.setdefault(key, {}).setdefault(usage.type, [ZERO] * len(account.days))
            days[at] += part.left / HOURS
    found = {}
    for key, types in left.items():
        dearest = max(sorted(types), key=lambda name: sum(types[name], ZERO))
        found[key] = (dearest, [sum(one, ZERO) for one in zip(*types.values(), strict=True)])
    return found


@dataclass(frozen=True, slots=True)
class Purchase:
    """So many reservations of an offer against USD an hour of each day."""

    offer: Offer
    share: Decimal
    count: int
    hourly: Sequence[Decimal]

    @property
    def room(self) -> Decimal:
        """What they cover, USD on demand an hour."""
        return self.count * self.offer.effective_hourly / self.share

    @property
    def covered(self) -> Decimal:
        """What they would have covered, USD on demand an hour on average."""
        return sum((min(one, self.room) for one in self.hourly), ZERO) / len(self.hourly)

    @property
    def saved(self) -> Decimal:
        """What they save an hour on average."""
        return self.covered - self.count * self.offer.effective_hourly


def best_purchase(offer: Offer, share: Decimal, hourly: Sequence[Decimal]) -> Purchase:
    """As many reservations as save most; none may be."""
    each = offer.effective_hourly / share
    numbers = {int(one / each) + more for one in hourly for more in (0, 1)} | {0}
    tried = [Purchase(offer, share, number, hourly) for number in sorted(numbers)]
    return max(tried, key=lambda one: one.saved)
