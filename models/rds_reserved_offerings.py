"""Offerings of reserved databases: all that can be bought, worked out instead of stored.

An offering's id holds its place among them and a check of region and place, so that it is found
again without a table.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from itertools import product

from models import costs, rds_engines
from models.discounts import Offer, offer

TERMS_MONTHS = (12, 36)
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
YEAR_SECONDS = 31_536_000
# What AWS calls an engine and its licence in offerings, and the engine whose price it has.
PRODUCTS = {
    "aurora-mysql": "aurora-mysql",
    "aurora-postgresql": "aurora-postgresql",
    "mariadb": "mariadb",
    "mysql": "mysql",
    "oracle-ee(byol)": "oracle-ee",
    "oracle-se2(byol)": "oracle-ee",
    "oracle-se2(li)": "oracle-se2",
    "postgresql": "postgres",
    "sqlserver-ee(li)": "sqlserver-ee",
    "sqlserver-se(li)": "sqlserver-se",
    "sqlserver-web(li)": "sqlserver-web",
}


@dataclass(frozen=True, slots=True)
class Offering:
    """One reservation that is sold."""

    region: str
    instance_class: str
    product: str
    multi_az: bool
    term_months: int
    payment: str
    place: int

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.term_months // 12 * YEAR_SECONDS

    @property
    def price(self) -> Offer:
        """What one reservation costs, beside its hours on demand."""
        engine = PRODUCTS[self.product]
        hourly = _hourly(self.instance_class, engine, self.region, self.multi_az)
        payment = self.payment.lower().replace(" ", "-")
        return offer(hourly, "rds-standard", self.term_months, payment)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        place = self.place.to_bytes(4, "big")
        hidden = bytes(a ^ b for a, b in zip(place, _mask(self.region), strict=True))
        return str(uuid.UUID(bytes=hidden + _check(self.region, place)))


def find(offering_id: str, region: str) -> Offering | None:
    """The offering of that id in that region, or None."""
    try:
        data = uuid.UUID(offering_id).bytes
    except ValueError:
        return None
    place = bytes(a ^ b for a, b in zip(data[:4], _mask(region), strict=True))
    at = int.from_bytes(place, "big")
    if data[4:] != _check(region, place) or at >= len(_all()):
        return None
    return _offering(region, at)


def offerings(
    region: str,
    *,
    instance_class: str | None = None,
    product: str | None = None,
    multi_az: bool | None = None,
    seconds: int | None = None,
    payment: str | None = None,
    after: int = -1,
) -> Iterator[Offering]:
    """The offerings that have these attributes, behind a place; `product` may be a part of one."""
    for at in range(after + 1, len(_all())):
        kind, name, several, term, paid = _all()[at]
        if (
            instance_class in (None, kind)
            and (product is None or product in name)
            and multi_az in (None, several)
            and seconds in (None, term // 12 * YEAR_SECONDS)
            and payment in (None, paid)
        ):
            yield _offering(region, at)


def _offering(region: str, at: int) -> Offering:
    return Offering(region, *_all()[at], at)


@cache
def _all() -> tuple[tuple[str, str, bool, int, str], ...]:
    return tuple(
        (kind, name, several, term, payment)
        for name, engine in PRODUCTS.items()
        for kind in rds_engines.classes(engine)
        for several, term, payment in product((False, True), TERMS_MONTHS, PAYMENTS)
        # Aurora has no standby, and three years are not sold without paying something ahead.
        if not (several and name.startswith("aurora"))
        and not (term == 36 and payment == "No Upfront")
    )


@cache
def _mask(region: str) -> bytes:
    return blake2b(region.encode(), digest_size=4, person=b"rds-ri-mask").digest()


def _check(region: str, place: bytes) -> bytes:
    return blake2b(region.encode() + place, digest_size=12, person=b"rds-ri").digest()


@cache
def _hourly(instance_class: str, engine: str, region: str, multi_az: bool) -> Decimal:
    return costs.rds_hourly(instance_class, engine, region, multi_az=multi_az)
