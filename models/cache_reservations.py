"""Reservations of cache nodes: those of the commitments that are ElastiCache's."""

from collections.abc import Mapping
from typing import Any

from models import single_rows
from models.callers import NOW, NUMBER
from models.listing import Column, Listing

_NAME = "coalesce(c.reservation_id, c.id::text)"
_START = "coalesce(c.start_time, c.start_date::timestamp at time zone 'utc')"
_END = "coalesce(c.end_time, c.end_date::timestamp at time zone 'utc')"
# Time alone ends a reservation.
_STATE = f"(case when c.state = 'active' and {_END} <= {NOW} then 'retired' else c.state end)"
_REGION = "coalesce(c.region, 'us-east-1')"
_COUNT = "coalesce(c.instance_count, 1)"
_PAYMENT = "coalesce(c.payment_option, 'No Upfront')"
_PRODUCT = "coalesce(c.product_description, 'redis')"
_SECONDS = "(c.term_months / 12 * 31536000)"

LISTING = Listing(
    f"{_NAME} as reservation_id, {_STATE} as state, coalesce(c.offering_id, '') as offering_id,"
    f" c.instance_type as node_type, {_COUNT} as node_count, {_PRODUCT} as product,"
    f" {_PAYMENT} as payment_option, coalesce(c.fixed_price, 0)::float8 as fixed_price,"
    " coalesce(c.usage_price, 0)::float8 as usage_price,"
    f" coalesce(c.recurring_hourly, c.hourly_commitment_amount / {_COUNT})::float8"
    f" as recurring_hourly, {_SECONDS} as seconds, {_START} as started_at,"
    f" ('arn:aws:elasticache:' || {_REGION} || ':' || {NUMBER} || ':reserved-instance:'"
    f" || {_NAME}) as arn",
    "commitments as c",
    key=_NAME,
    columns={
        "region": _REGION,
        "offering_id": "c.offering_id",
        "node_type": "c.instance_type",
        "payment_option": _PAYMENT,
        "seconds": Column(_SECONDS, "int"),
        "product": _PRODUCT,
    },
    always="c.commitment_type = 'reserved_instance' and c.service = 'elasticache'",
)


async def find_one(db: Any, region: str, reservation_id: str) -> Any | None:
    """The reservation of that name, or None."""
    rows = await LISTING.page(db, region=region, ids=[reservation_id])
    return rows[0] if rows else None


async def insert(db: Any, row: Mapping[str, Any]) -> None:
    """Store a reservation that was bought."""
    await single_rows.insert(db, "commitments", row)
