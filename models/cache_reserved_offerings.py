"""Offerings of reserved cache nodes: all that can be bought, worked out instead of stored.

An offering's id holds its place among them and a check of region and place, so that it is found
again without a table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product

from models import cache_engines, costs, reservations
from models.discounts import Offer, offer
from models.reservations import PAYMENTS, TERMS_MONTHS, YEAR_SECONDS

_PERSON = b"cache-ri"


@dataclass(frozen=True, slots=True)
class Offering(reservations.Terms):
    """One reservation that is sold."""

    node_type: str
    product: str
    place: int

    @property
    def price(self) -> Offer:
        """What one reservation costs, beside its hours on demand."""
        hourly = costs.cache_hourly(self.node_type, 1, self.region, engine=self.product)
        return offer(hourly, "elasticache-standard", self.term_months, self.paid)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        return reservations.place_id(self.region, self.place, _PERSON)


def find(offering_id: str, region: str) -> Offering | None:
    """The offering of that id in that region, or None."""
    at = reservations.place_of(offering_id, region, _PERSON)
    return None if at is None or at >= len(_all()) else _offering(region, at)


def offerings(
    region: str,
    *,
    node_type: str | None = None,
    engine: str | None = None,
    seconds: int | None = None,
    payment: str | None = None,
    after: int = -1,
) -> Iterator[Offering]:
    """The offerings that have these attributes, behind a place."""
    for at in range(after + 1, len(_all())):
        kind, name, term, paid = _all()[at]
        if (
            node_type in (None, kind)
            and engine in (None, name)
            and seconds in (None, term // 12 * YEAR_SECONDS)
            and payment in (None, paid)
        ):
            yield _offering(region, at)


def _offering(region: str, at: int) -> Offering:
    kind, name, term, payment = _all()[at]
    return Offering(region, term, payment, kind, name, at)


@cache
def _all() -> tuple[tuple[str, str, int, str], ...]:
    return tuple(product(cache_engines.node_types(), cache_engines.ENGINES, TERMS_MONTHS, PAYMENTS))
