"""Reservations of search nodes: those of the commitments, and the offerings they come from.

An offering's id follows from what it offers, so that it is found again without a table.
"""

import uuid
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b

from models import reservations, search_engines
from models.discounts import Offer, offer
from models.prices import price
from models.reservations import PAYMENTS, TERMS_MONTHS

LISTING = reservations.listing("opensearch", "c.id::text as reserved_id", key="c.id::text")


@dataclass(frozen=True, slots=True)
class Offering(reservations.Terms):
    """One reservation that is sold."""

    instance_type: str

    @property
    def price(self) -> Offer:
        """What one reservation costs, beside its hours on demand."""
        hourly = price("opensearch", self.instance_type, self.region)
        return offer(hourly, "opensearch-standard", self.term_months, self.paid)

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        payment = payment_word(self.payment)
        text = f"{self.region}/{self.instance_type}/{self.term_months}/{payment}"
        digest = blake2b(text.encode(), digest_size=16, person=b"search-ri").digest()
        return str(uuid.UUID(bytes=digest))


def payment_word(payment: str) -> str:
    """OpenSearch's word for a way to pay."""
    return payment.upper().replace(" ", "_")


@cache
def offerings(region: str) -> dict[str, Offering]:
    """All that is sold in a region, by id, in the order of the ids."""
    found = (
        Offering(region, term, payment, kind)
        for kind in search_engines.instance_types()
        for term in TERMS_MONTHS
        for payment in PAYMENTS
    )
    by_id = {one.offering_id: one for one in found}
    return {key: by_id[key] for key in sorted(by_id)}
