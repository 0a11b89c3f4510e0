"""Commitments of an estate: reservations and savings plans against its own steady usage."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from models import prices, rds_reserved_offerings, reserved_offerings, savings_plan_offerings
from models.discounts import discount, offer
from models.estates.chance import Chance
from models.estates.estate import Estate

_COVERAGE = 0.50
_UNDERUSED = 0.60

Usage = dict[tuple[str, str], float]


def create(estate: Estate) -> None:
    """Commitments up to the plan's count.

    The first is a reservation of a family that shrank since (used to 60 %), the second a compute
    savings plan that brings coverage to a half, the third reserves databases, and the others
    fully used reservations of other families, the last of which ends within a month.
    """
    machines, databases = _usage(estate)
    total = sum(machines.values())
    by_size = sorted(machines.items(), key=lambda item: -item[1])
    count = estate.plan.commitments
    reserved = 0.0
    # a family of middling size: the smaller ones are gone before a reservation would show
    (family, region), usage = by_size[min(len(by_size) - 1, 3)]
    _reservation(
        estate, 0, family, region, usage * _reserved() / _UNDERUSED, "commit_underused", usage
    )
    reserved += usage
    rest = [item for item in by_size[:8] if item[0] != (family, region)]
    wanted = max(0, count - 3)
    for at, ((family, region), usage) in enumerate(rest[:wanted], start=3):
        part = min(usage * 0.3, total * 0.1)
        _reservation(
            estate, at, family, region, part * _reserved(), None, part, last=at == count - 1
        )
        reserved += part
    if count > 1:
        room = max(total * _COVERAGE - reserved, total * 0.1)
        _savings_plan(estate, room * _planned())
    if count > 2 and databases:
        (family, region), usage = max(databases.items(), key=lambda item: item[1])
        _reservation(
            estate, 2, family, region, usage * 0.5 * _reserved("rds"), None, usage, service="rds"
        )
    for at in range(3 + len(rest[:wanted]), count):
        _savings_plan(estate, total * 0.01 * _planned(), number=at)


def _usage(estate: Estate) -> tuple[Usage, Usage]:
    """On-demand USD an hour of what runs, by family and region: machines, databases."""
    machines: Usage = defaultdict(float)
    databases: Usage = defaultdict(float)
    for row in estate.rows.get("instances", []):
        if row["state"] == "running":
            family = row["instance_type"].partition(".")[0]
            machines[family, row["region"]] += float(row["hourly_cost"])
    for row in estate.rows.get("rds_instances", []):
        if row["state"] == "available" and not row["engine"].startswith("aurora"):
            family = row["instance_class"].split(".")[1]
            databases[family, row["region"]] += float(row["hourly_cost"])
    return machines, databases


def _reservation(
    estate: Estate, at: int, family: str, region: str, hourly: float, pattern: str | None,
    usage: float, *, service: str = "ec2", last: bool = False,
) -> None:  # fmt: skip
    """Enough reserved machines of a family for `hourly` USD: the nearest whole number."""
    chance = estate.chance("commitment", at)
    node = f"{family}.large" if service == "ec2" else f"db.{family}.large"
    on_demand = prices.price(service, node if service == "ec2" else f"{node}/mysql", region)
    terms = offer(on_demand, f"{service}-standard")
    each = float(terms.recurring_hourly)
    machines = max(1, round(hourly / each))
    amount = terms.recurring_hourly * machines
    started = estate.end.date() - timedelta(days=(365 - 21) if last else chance.whole(90, 250))
    row = _row(
        estate, chance, "reserved_instance", f"{service} {node} {region}", amount, started, 12
    )
    row |= {
        "arn": estate.arn(service, region, f"reserved-instances/{row['id']}"),
        "service": service,
        "offering_id": _offering_id(service, region, node),
        "offering_class": "standard",
        "payment_option": "No Upfront",
        "instance_type": node,
        "instance_family": family,
        "instance_count": machines,
        "tenancy": "default",
        "region": region,
        "product_description": "Linux/UNIX" if service == "ec2" else "mysql",
        "fixed_price": terms.upfront,
        "usage_price": Decimal(0),
        "recurring_hourly": terms.recurring_hourly,
    }
    pattern = "commit_expiring" if last and pattern is None else pattern
    unused = (
        max(0.0, float(amount) - usage * _reserved(service))
        if pattern == "commit_underused"
        else 0.0
    )
    estate.profile(
        "commitment", str(row["id"]), "underused" if unused else "steady", pattern=pattern,
        saving=unused * 730,
    )  # fmt: skip


def _offering_id(service: str, region: str, node: str) -> str:
    """What of that service's offerings was bought: a year of the node, nothing upfront."""
    if service == "ec2":
        return reserved_offerings.Offering(region, node).offering_id
    found = rds_reserved_offerings.offerings(
        region,
        instance_class=node,
        product="mysql",
        multi_az=False,
        seconds=rds_reserved_offerings.YEAR_SECONDS,
        payment="No Upfront",
    )
    exact = (one for one in found if one.product == "mysql")
    return next((one.offering_id for one in exact), "")


def _reserved(service: str = "ec2") -> float:
    """What a standard reservation of a year leaves of the price."""
    return 1 - float(discount(f"{service}-standard"))


def _planned() -> float:
    """What a compute savings plan of a year leaves of the price."""
    return 1 - float(discount("savings-compute"))


def _savings_plan(estate: Estate, hourly: float, number: int = 1) -> None:
    chance = estate.chance("commitment", "plan", number)
    amount = Decimal(str(round(hourly, 3)))
    started = estate.end.date() - timedelta(days=chance.whole(60, 300))
    row = _row(
        estate, chance, "savings_plan", "Compute savings plan, any region", amount, started, 12
    )
    row |= {
        "arn": f"arn:aws:savingsplans::{estate.number}:savingsplan/{row['id']}",
        "service": "savingsplans",
        "offering_id": savings_plan_offerings.Offering("Compute").offering_id,
        "plan_type": "Compute",
        "payment_option": "No Upfront",
        "recurring_hourly": amount,
        "fixed_price": Decimal(0),
    }
    estate.profile("commitment", str(row["id"]), "steady")


def _row(
    estate: Estate,
    chance: Chance,
    kind: str,
    scope: str,
    amount: Decimal,
    started: date,
    months: int,
) -> dict[str, object]:
    ends = started + timedelta(days=365 * months // 12)
    key = chance.key()
    tags = {"team": "platform", "cost-center": "CC-3010", "owner": estate.company.owners[-1].email}
    begin = datetime.combine(started, time(), UTC)
    row: dict[str, object] = {
        "id": key,
        "account_id": estate.account_id,
        "commitment_type": kind,
        "scope": scope,
        "term_months": months,
        "hourly_commitment_amount": amount,
        "start_date": started,
        "end_date": ends,
        "created_at": begin,
        "start_time": begin,
        "end_time": datetime.combine(ends, time(), UTC),
        "tags": tags,
        **dict.fromkeys(_COLUMNS),
    }
    estate.tag("commitment", str(key), tags, begin)
    return estate.add("commitments", row)


_COLUMNS = (
    "arn", "service", "offering_id", "offering_class", "plan_type", "payment_option",
    "instance_type", "instance_family", "instance_count", "tenancy", "region",
    "product_description", "fixed_price", "usage_price", "recurring_hourly",
)  # fmt: skip
