"""Reservations of search nodes: those of the commitments, and the offerings they come from.

An offering's id follows from what it offers, so that it is found again without a table.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from models import search_engines, single_rows
from models.callers import NOW
from models.discounts import Offer, offer
from models.listing import Listing
from models.prices import price

YEAR_SECONDS = 31_536_000
TERMS_MONTHS = (12, 36)
PAYMENTS = {"NO_UPFRONT": "no-upfront", "PARTIAL_UPFRONT": "partial-upfront",
            "ALL_UPFRONT": "all-upfront"}  # fmt: skip

_START = "coalesce(c.start_time, c.start_date::timestamp at time zone 'utc')"
_END = "coalesce(c.end_time, c.end_date::timestamp at time zone 'utc')"
_COUNT = "coalesce(c.instance_count, 1)"

LISTING = Listing(
    "c.id::text as reserved_id, coalesce(c.reservation_id, c.id::text) as name,"
    " coalesce(c.offering_id, '') as offering_id, c.instance_type,"
    f" {_START} as started_at, (c.term_months / 12 * {YEAR_SECONDS}) as seconds,"
    " coalesce(c.fixed_price, 0)::float8 as fixed_price,"
    " coalesce(c.usage_price, 0)::float8 as usage_price,"
    f" {_COUNT} as instance_count,"
    f" (case when c.state = 'active' and {_END} <= {NOW} then 'retired' else c.state end) as state,"
    " replace(upper(coalesce(c.payment_option, 'No Upfront')), ' ', '_') as payment_option,"
    f" coalesce(c.recurring_hourly, c.hourly_commitment_amount / {_COUNT})::float8"
    " as recurring_hourly",
    "commitments as c",
    key="c.id::text",
    columns={"region": "coalesce(c.region, 'us-east-1')"},
    always="c.commitment_type = 'reserved_instance' and c.service = 'opensearch'",
)


@dataclass(frozen=True, slots=True)
class Offering:
    """One reservation that is sold."""

    region: str
    instance_type: str
    term_months: int
    payment: str

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.term_months // 12 * YEAR_SECONDS

    @property
    def price(self) -> Offer:
        """What one reservation costs, beside its hours on demand."""
        hourly = price("opensearch", self.instance_type, self.region)
        return offer(hourly, "opensearch-standard", self.term_months, PAYMENTS[self.payment])

    @property
    def offering_id(self) -> str:
        """Its id: the same in every account."""
        text = f"{self.region}/{self.instance_type}/{self.term_months}/{self.payment}"
        digest = blake2b(text.encode(), digest_size=16, person=b"search-ri").digest()
        return str(uuid.UUID(bytes=digest))


@cache
def offerings(region: str) -> dict[str, Offering]:
    """All that is sold in a region, by id, in the order of the ids."""
    found = (
        Offering(region, kind, term, payment)
        for kind in search_engines.instance_types()
        for term in TERMS_MONTHS
        for payment in PAYMENTS
    )
    by_id = {one.offering_id: one for one in found}
    return {key: by_id[key] for key in sorted(by_id)}


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a reservation that was bought."""
    await single_rows.insert(db, "commitments", row)
