"""Savings plan offerings: all that can be bought, worked out instead of stored.

Source: https://docs.aws.amazon.com/savingsplans/latest/userguide/plan-types.html. An offering's id
holds what is offered, so that it is found again without a table: one byte of attributes, the
digests of region and family, and a check of them all.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from itertools import product

from models import discounts, instance_types, regions

PLANS = ("Compute", "EC2Instance", "SageMaker", "Database")
TERMS_MONTHS = (12, 36)
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
YEAR_SECONDS = 31_536_000
PRODUCTS = {
    "Compute": ("EC2", "Fargate", "Lambda"),
    "EC2Instance": ("EC2",),
    "SageMaker": ("SageMaker",),
    "Database": ("RDS", "ElastiCache"),
}
DESCRIPTIONS = {
    "Compute": "Compute Savings Plan",
    "EC2Instance": "EC2 Instance Savings Plan",
    "SageMaker": "SageMaker Savings Plan",
    "Database": "Database Savings Plan",
}
# as commitments.csv knows them
_KINDS = {
    "Compute": "savings-compute",
    "EC2Instance": "savings-ec2",
    "SageMaker": "savings-sagemaker",
    "Database": "savings-database",
}


@dataclass(frozen=True, slots=True)
class Offering:
    """One plan that is sold; region and family are those of an EC2 instance plan, else empty."""

    plan: str
    term_months: int = 12
    payment: str = "No Upfront"
    region: str = ""
    family: str = ""

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.term_months // 12 * YEAR_SECONDS

    @property
    def hours(self) -> int:
        """The same in hours, each of which is committed to."""
        return self.seconds // 3600

    @property
    def share(self) -> Decimal:
        """What of the price on demand is drawn from the commitment."""
        payment = self.payment.lower().replace(" ", "-")
        return 1 - discounts.discount(_KINDS[self.plan], self.term_months, payment)

    @property
    def description(self) -> str:
        """As AWS words it: 1 year No Upfront Compute Savings Plan."""
        years = self.term_months // 12
        return f"{years} year {self.payment} {DESCRIPTIONS[self.plan]}"

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        attributes = (
            PLANS.index(self.plan)
            | TERMS_MONTHS.index(self.term_months) << 2
            | PAYMENTS.index(self.payment) << 3
        )
        data = bytes((attributes,)) + _digest(self.region)[:3] + _digest(self.family)[:4]
        return str(uuid.UUID(bytes=data + _check(data)))

    def upfront(self, commitment: Decimal) -> Decimal:
        """What is paid at once for `commitment` USD an hour: of Partial Upfront, half."""
        payment = self.payment.lower().replace(" ", "-")
        share = discounts.UPFRONT_SHARE.get(payment, Decimal(1))
        return (commitment * self.hours * share).quantize(Decimal("0.0001"))


def find(offering_id: str) -> Offering | None:
    """The offering of that id, or None."""
    try:
        data = uuid.UUID(offering_id).bytes
    except ValueError:
        return None
    return from_attributes(data[:8]) if data[8:] == _check(data[:8]) else None


def from_attributes(data: bytes) -> Offering | None:
    """The offering whose id begins with these eight bytes, or None."""
    region, family = _places().get(data[1:4]), _families().get(data[4:8])
    if region is None or family is None:
        return None
    term, payment = data[0] >> 2 & 1, data[0] >> 3
    if payment >= len(PAYMENTS):
        return None
    found = Offering(PLANS[data[0] & 3], TERMS_MONTHS[term], PAYMENTS[payment], region, family)
    return found if _is_sold(found) else None


def offerings(
    *,
    plans: Collection[str] = PLANS,
    terms: Collection[int] = TERMS_MONTHS,
    payments: Collection[str] = PAYMENTS,
    in_regions: Collection[str] | None = None,
    families: Collection[str] | None = None,
) -> Iterator[Offering]:
    """The offerings with any of these attributes, always in the same order.

    Region and family are asked of EC2 instance plans alone: the others hold everywhere.
    """
    terms_and_payments = [
        (term, payment)
        for term, payment in product(TERMS_MONTHS, PAYMENTS)
        if term in terms and payment in payments
    ]
    for plan in PLANS:
        if plan not in plans:
            continue
        for region, family in _scopes(plan):
            if plan == "EC2Instance" and (
                (in_regions is not None and region not in in_regions)
                or (families is not None and family not in families)
            ):
                continue
            for term, payment in terms_and_payments:
                one = Offering(plan, term, payment, region, family)
                if _is_sold(one):
                    yield one


@cache
def sold_families(region: str) -> tuple[str, ...]:
    """The instance families that plans are sold for in a region."""
    names = (name.partition(".")[0] for name in instance_types.offered(region))
    return tuple(dict.fromkeys(names))


def _scopes(plan: str) -> Iterator[tuple[str, str]]:
    if plan != "EC2Instance":
        yield "", ""
        return
    for region in regions.all_regions():
        for family in sold_families(region):
            yield region, family


def _is_sold(one: Offering) -> bool:
    """Database plans last a year and are paid hour by hour."""
    if one.plan == "Database":
        return (one.term_months, one.payment, one.region) == (12, "No Upfront", "")
    if one.plan != "EC2Instance":
        return not one.region and not one.family
    return one.family in sold_families(one.region)


def _digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8, person=b"sp-offering").digest()


def _check(data: bytes) -> bytes:
    """Eight bytes with the marks of a random UUID's second half."""
    digest = blake2b(data, digest_size=8, person=b"sp-check").digest()
    return bytes((digest[0] & 0x3F | 0x80,)) + digest[1:]


@cache
def _places() -> dict[bytes, str]:
    return {_digest(name)[:3]: name for name in ("", *regions.all_regions())}


@cache
def _families() -> dict[bytes, str]:
    return {_digest(name)[:4]: name for name in ("", *instance_types.families())}
