"""Reservations of nodes, whatever the service: what is sold, the row that is bought, the list.

They are the commitments of one service; EC2's, which can also be modified and sold, are in
models/commitments.py.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from models import commitment_terms, draws, single_rows
from models.callers import NOW
from models.discounts import Offer
from models.listing import Column, Listing

TERMS_MONTHS = (12, 36)
PAYMENTS = ("No Upfront", "Partial Upfront", "All Upfront")
YEAR_SECONDS = 31_536_000
_NO_MASK = bytes(4)

NAME = "coalesce(c.reservation_id, c.id::text)"
REGION = "coalesce(c.region, 'us-east-1')"
_START = "coalesce(c.start_time, c.start_date::timestamp at time zone 'utc')"
_END = "coalesce(c.end_time, c.end_date::timestamp at time zone 'utc')"
# Time alone ends a reservation.
_STATE = f"(case when c.state = 'active' and {_END} <= {NOW} then 'retired' else c.state end)"
_COUNT = "coalesce(c.instance_count, 1)"
_PAYMENT = "coalesce(c.payment_option, 'No Upfront')"
_SECONDS = f"(c.term_months / 12 * {YEAR_SECONDS})"
_SHOWN = (
    f"{NAME} as reservation_id, {_STATE} as state, coalesce(c.offering_id, '') as offering_id,"
    f" c.instance_type, {_COUNT} as instance_count, {_PAYMENT} as payment_option,"
    " coalesce(c.fixed_price, 0)::float8 as fixed_price,"
    " coalesce(c.usage_price, 0)::float8 as usage_price,"
    f" coalesce(c.recurring_hourly, c.hourly_commitment_amount / {_COUNT})::float8"
    f" as recurring_hourly, {_SECONDS} as seconds, {_START} as started_at"
)
_COLUMNS: dict[str, Column | str] = {
    "region": REGION,
    "offering_id": "c.offering_id",
    "instance_type": "c.instance_type",
    "payment_option": _PAYMENT,
    "seconds": Column(_SECONDS, "int"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long a reservation is sold in a region, and how it is paid."""

    region: str
    term_months: int
    payment: str

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return self.term_months // 12 * YEAR_SECONDS

    @property
    def paid(self) -> str:
        """How it is paid, in the words of the list of discounts."""
        return self.payment.lower().replace(" ", "-")


def place_id(region: str, at: int, person: bytes, mask: bytes = _NO_MASK) -> str:
    """The id of the offering at a place among all of a kind: the place, masked, and a check."""
    place = at.to_bytes(4, "big")
    return str(uuid.UUID(bytes=_masked(place, mask) + _check(region, place, person)))


def place_of(offering_id: str, region: str, person: bytes, mask: bytes = _NO_MASK) -> int | None:
    """The place that an id was made of; None for an id that was not made here."""
    try:
        data = uuid.UUID(offering_id).bytes
    except ValueError:
        return None
    place = _masked(data[:4], mask)
    return int.from_bytes(place, "big") if data[4:] == _check(region, place, person) else None


def row(
    service: str, kind: str, count: int, terms: Terms, price: Offer, now: datetime
) -> dict[str, Any]:
    """The columns of `count` reservations of one kind of node, bought now.

    Their hourly amount has the upfront payment spread over the term.
    """
    first, after = commitment_terms.billed(now, now, terms.term_months)
    return {
        "id": draws.uuid4(),
        "commitment_type": "reserved_instance",
        "scope": f"{service} {kind} {terms.region}",
        "term_months": terms.term_months,
        "hourly_commitment_amount": price.effective_hourly * count,
        "start_date": first,
        "end_date": after,
        "start_time": now,
        "end_time": now + timedelta(seconds=terms.seconds),
        "created_at": now,
        "state": "active",
        "service": service,
        "offering_class": "standard",
        "payment_option": terms.payment,
        "instance_type": kind,
        "instance_count": count,
        "region": terms.region,
        "fixed_price": price.upfront,
        "usage_price": 0,
        "recurring_hourly": price.recurring_hourly,
    }


def listing(
    service: str, more: str, *, key: str = NAME, columns: Mapping[str, Column | str] | None = None
) -> Listing:
    """The reservations of a service; `more` is what it shows beside what all have."""
    return Listing(
        f"{_SHOWN}, {more}",
        "commitments as c",
        key=key,
        columns={**_COLUMNS, **(columns or {})},
        always=f"c.commitment_type = 'reserved_instance' and c.service = '{service}'",
    )


async def insert(db: Any, bought: Mapping[str, Any]) -> None:
    """Store a reservation that was bought."""
    await single_rows.insert(db, "commitments", bought)


def _masked(place: bytes, mask: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(place, mask, strict=True))


def _check(region: str, place: bytes, person: bytes) -> bytes:
    return blake2b(region.encode() + place, digest_size=12, person=person).digest()
