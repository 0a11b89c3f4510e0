"""Coverage: which use a commitment pays for, in what order, and at which share of the price.

Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/sp-applying.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/apply_ri.html. Reservations come first, then
the savings plans of an instance family, then those of all compute.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from models import discounts

HOURS = 24
_CENT = Decimal("0.0001")


@dataclass(slots=True)
class Usage:
    """A day's use of one type in one region: USD on demand, of which `taken` is covered."""

    service: str
    type: str
    region: str
    usd: Decimal
    taken: Decimal = Decimal(0)

    @property
    def left(self) -> Decimal:
        """What nothing covers yet."""
        return self.usd - self.taken

    @property
    def family(self) -> str:
        """m5 of m5.xlarge and of db.m5.large."""
        parts = self.type.split(".")
        return parts[1] if parts[0] in ("db", "cache", "ml") and len(parts) > 1 else parts[0]


@dataclass(frozen=True, slots=True)
class Cover:
    """From where to where on the axis of a usage a commitment reaches, USD on demand.

    `before` is what the commitment covers ahead of this.
    """

    usage: Usage
    low: Decimal
    high: Decimal
    before: Decimal


@dataclass(slots=True)
class Settled:
    """What a commitment did in a day."""

    share: Decimal
    covers: list[Cover] = field(default_factory=list)


def is_eligible(commitment: Any, usage: Usage) -> bool:
    """Whether the commitment applies: by its columns, else by what its scope says."""
    scope = _scope(commitment)
    region = commitment["region"]
    if commitment["commitment_type"] == "savings_plan":
        plan = _plan(commitment)
        if plan == "compute":
            return usage.service in ("ec2", "fargate", "lambda")
        if plan == "sagemaker":
            return usage.type.startswith("ml.")
        if plan == "database":
            return usage.service in ("rds", "elasticache")
        family = commitment["instance_family"]
        return (
            usage.service == "ec2"
            and family in (None, usage.family)
            and region in (None, usage.region)
        )
    service = _service(commitment)
    if usage.service != service or region not in (None, usage.region):
        return False
    if service == "opensearch":
        # "Reserved Instances apply to the exact instance type": no sizes of a family count.
        return bool(usage.type == commitment["instance_type"])
    wanted = commitment["instance_family"] or (commitment["instance_type"] or "")
    if not wanted:
        named = [word for word in scope.replace("/", " ").replace(":", " ").split() if "." in word]
        return not named or usage.type in named or any(_same_family(word, usage) for word in named)
    return wanted in (usage.family, usage.type) or _same_family(wanted, usage)


def _same_family(name: str, usage: Usage) -> bool:
    """Linux reservations of a region are size-flexible within their family."""
    return "." in name and Usage("", name, "", Decimal(0)).family == usage.family


def _plan(commitment: Any) -> str:
    """compute, ec2instance, sagemaker or database."""
    named = commitment["plan_type"]
    return str(named or ("EC2Instance" if "ec2" in _scope(commitment) else "Compute")).lower()


def _service(commitment: Any) -> str:
    """The service of a reservation."""
    named = commitment["service"]
    return named or next((s for s in ("rds", "elasticache") if s in _scope(commitment)), "ec2")


def _scope(commitment: Any) -> str:
    return (commitment["scope"] or "").lower()


def rate(commitment: Any) -> Decimal:
    """What a commitment pays for an on-demand USD of usage, by what AWS sells such ones for."""
    if commitment["commitment_type"] == "savings_plan":
        kind = f"savings-{_plan(commitment).removesuffix('instance')}"
    else:
        kind = f"{_service(commitment)}-{commitment['offering_class'] or 'standard'}"
    payment = (commitment["payment_option"] or "No Upfront").lower().replace(" ", "-")
    for offered in (kind, "ec2-standard"):
        with suppress(KeyError):
            return 1 - discounts.discount(offered, commitment["term_months"], payment)
    return 1 - discounts.discount("ec2-standard")


def settle(commitment: Any, usage: Iterable[Usage]) -> Settled:
    """Cover what the commitment can; covered use is no longer there for the next."""
    share = rate(commitment)
    found = Settled(share)
    before = Decimal(0)
    room = (commitment["amount"] * HOURS / share).quantize(_CENT)
    for one in usage:
        if room <= 0:
            break
        if one.left > 0 and is_eligible(commitment, one):
            covered = min(one.left, room)
            found.covers.append(Cover(one, one.taken, one.taken + covered, before))
            one.taken += covered
            before += covered
            room -= covered
    return found
