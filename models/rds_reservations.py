"""Reservations of databases: those of the commitments that are RDS's."""

from typing import Any

from models import reservations
from models.callers import NUMBER
from models.listing import Column
from models.reservations import NAME, REGION

_PRODUCT = "coalesce(c.product_description, 'mysql')"
_MULTI_AZ = "coalesce(c.multi_az, false)"
_LEASE = "substr(md5('lease' || c.id::text), 1, 12)"

LISTING = reservations.listing(
    "rds",
    f"{_PRODUCT} as product, {_MULTI_AZ} as multi_az, {_LEASE} as lease_id,"
    f" ('arn:aws:rds:' || {REGION} || ':' || {NUMBER} || ':ri:' || {NAME}) as arn",
    columns={"multi_az": Column(_MULTI_AZ, "bool"), "product": _PRODUCT, "lease_id": _LEASE},
)


async def find_one(db: Any, region: str, reservation_id: str) -> Any | None:
    """The reservation of that name, or None."""
    return await LISTING.one(db, region, reservation_id)
