"""Reservations of cache nodes: those of the commitments that are ElastiCache's."""

from typing import Any

from models import reservations
from models.callers import NUMBER
from models.reservations import NAME, REGION

_PRODUCT = "coalesce(c.product_description, 'redis')"

LISTING = reservations.listing(
    "elasticache",
    f"{_PRODUCT} as product, ('arn:aws:elasticache:' || {REGION} || ':' || {NUMBER}"
    f" || ':reserved-instance:' || {NAME}) as arn",
    columns={"product": _PRODUCT},
)


async def find_one(db: Any, region: str, reservation_id: str) -> Any | None:
    """The reservation of that name, or None."""
    return await LISTING.one(db, region, reservation_id)
