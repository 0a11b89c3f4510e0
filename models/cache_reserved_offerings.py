"""Offerings of reserved cache nodes: all that can be bought, worked out instead of stored.

An offering's id holds its place among them and a check of region and place, so that it is found
again without a table.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from itertools import product

from models import cache_engines, costs
from models.discounts import Offer, offer

TERMS_MONTHS = (12, 36)
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
YEAR_SECONDS = 31_536_000


@dataclass(frozen=True, slots=True)
class Offering:
    """One reservation that is sold."""

    region: str
    node_type: str
    product: str
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
        hourly = costs.cache_hourly(self.node_type, 1, self.region, engine=self.product)
        payment = self.payment.lower().replace(" ", "-")
        return offer(hourly, "elasticache-standard", self.term_months, payment)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        place = self.place.to_bytes(4, "big")
        return str(uuid.UUID(bytes=place + _check(self.region, place)))


def find(offering_id: str, region: str) -> Offering | None:
    """The offering of that id in that region, or None."""
    try:
        data = uuid.UUID(offering_id).bytes
    except ValueError:
        return None
    at = int.from_bytes(data[:4], "big")
    if data[4:] != _check(region, data[:4]) or at >= len(_all()):
        return None
    return Offering(region, *_all()[at], at)


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
            yield Offering(region, *_all()[at], at)


@cache
def _all() -> tuple[tuple[str, str, int, str], ...]:
    return tuple(product(cache_engines.node_types(), cache_engines.ENGINES, TERMS_MONTHS, PAYMENTS))


def _check(region: str, place: bytes) -> bytes:
    return blake2b(region.encode() + place, digest_size=12, person=b"cache-ri").digest()
