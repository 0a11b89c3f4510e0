"""Offerings of reserved databases: all that can be bought, worked out instead of stored.

An offering's id holds its place among them and a check of region and place, so that it is found
again without a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import blake2b
from itertools import product

from models import costs, rds_engines, reservations
from models.discounts import Offer, offer
from models.reservations import PAYMENTS, TERMS_MONTHS
from models.reservations import YEAR_SECONDS as YEAR_SECONDS

_PERSON = b"rds-ri"
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
class Offering(reservations.Terms):
    """One reservation that is sold."""

    instance_class: str
    product: str
    multi_az: bool
    place: int

    @property
    def price(self) -> Offer:
        """What one reservation costs, beside its hours on demand."""
        engine = PRODUCTS[self.product]
        hourly = _hourly(self.instance_class, engine, self.region, self.multi_az)
        return offer(hourly, "rds-standard", self.term_months, self.paid)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        return reservations.place_id(self.region, self.place, _PERSON, _mask(self.region))


def find(offering_id: str, region: str) -> Offering | None:
    """The offering of that id in that region, or None."""
    at = reservations.place_of(offering_id, region, _PERSON, _mask(region))
    return None if at is None or at >= len(_all()) else _offering(region, at)


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
    kind, name, several, term, payment = _all()[at]
    return Offering(region, term, payment, kind, name, several, at)


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


@cache
def _hourly(instance_class: str, engine: str, region: str, multi_az: bool) -> Decimal:
    return costs.rds_hourly(instance_class, engine, region, multi_az=multi_az)
