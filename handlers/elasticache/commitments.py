"""Reserved cache nodes: what can be bought, what was, and buying more.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReservedCacheNode.html
and API_PurchaseReservedCacheNodesOffering.html.
"""

import uuid
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.elasticache import identifiers, lists, tags
from models import cache_reservations, cache_reserved_offerings, commitment_terms
from models.cache_reserved_offerings import YEAR_SECONDS, Offering
from models.listing import Condition

MOST_NODES = 20
_DURATIONS = {"1": YEAR_SECONDS, "3": 3 * YEAR_SECONDS}


async def describe_reserved_cache_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reservations in the region, retired ones included."""
    page = lists.page(ctx, params)
    where = [
        Condition(column, (params[name],))
        for name, column in {
            "ReservedCacheNodesOfferingId": "offering_id",
            "CacheNodeType": "node_type",
            "OfferingType": "payment_option",
            "ProductDescription": "product",
        }.items()
        if params.get(name)
    ]
    if params.get("Duration"):
        where.append(Condition("seconds", (_duration(params["Duration"]),)))
    asked = params.get("ReservedCacheNodeId")
    rows = await cache_reservations.LISTING.page(
        ctx.db,
        where,
        region=ctx.region,
        ids=[asked.lower()] if asked else None,
        after=page.after,
        limit=page.fetch,
    )
    if asked and not rows:
        raise identifiers.not_found("reservation", asked)
    shown, marker = page.cut(rows, "reservation_id")
    return {"ReservedCacheNodes": Rows(RESERVED_VIEW, shown), "Marker": marker}


async def describe_reserved_cache_nodes_offerings(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What can be reserved in the region."""
    page = lists.page(ctx, params)
    asked = params.get("ReservedCacheNodesOfferingId")
    if asked:
        return {"ReservedCacheNodesOfferings": [_offered(_find(ctx, asked))]}
    found = cache_reserved_offerings.offerings(
        ctx.region,
        node_type=params.get("CacheNodeType"),
        engine=params.get("ProductDescription"),
        seconds=_duration(params["Duration"]) if params.get("Duration") else None,
        payment=params.get("OfferingType"),
        after=int(page.after) if page.after else -1,
    )
    shown: list[Offering] = []
    for one in found:
        if len(shown) == page.limit:
            marker = page.token(str(shown[-1].place))
            return {"ReservedCacheNodesOfferings": [*map(_offered, shown)], "Marker": marker}
        shown.append(one)
    return {"ReservedCacheNodesOfferings": [_offered(one) for one in shown]}


async def purchase_reserved_cache_nodes_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering: it begins now, and what is paid ahead is paid."""
    offering = _find(ctx, params["ReservedCacheNodesOfferingId"])
    count = params.get("CacheNodeCount", 1)
    if not 1 <= count <= MOST_NODES:
        raise AwsError("InvalidParameterValue", f"Invalid value {count} for CacheNodeCount.")
    drawn = f"ri-{ctx.now:%Y-%m-%d-%H-%M-%S}-{ctx.now.microsecond // 1000:03d}"
    name = identifiers.new("ReservedCacheNodeId", params.get("ReservedCacheNodeId") or drawn, 60)
    async with ctx.db.transaction():
        if await cache_reservations.find_one(ctx.db, ctx.region, name) is not None:
            raise AwsError(
                "ReservedCacheNodeAlreadyExists", f"ReservedCacheNode {name} already exists.", 404
            )
        row = _bought(ctx, offering, count, tags.given(params))
        row |= {
            "id": uuid.uuid4(),
            "reservation_id": name,
            "arn": arn(ctx, "elasticache", f"reserved-instance:{name}"),
        }
        await cache_reservations.insert(ctx.db, row)
        made = await cache_reservations.find_one(ctx.db, ctx.region, name)
    return {"ReservedCacheNode": RESERVED_VIEW.show(made) | {"State": "payment-pending"}}


def _bought(ctx: Context, offering: Offering, count: int, given: dict[str, str]) -> dict[str, Any]:
    """The columns of `count` reservations; their hourly amount has the upfront payment spread."""
    price = offering.price
    end = ctx.now + timedelta(seconds=offering.seconds)
    first, after = commitment_terms.billed(ctx.now, ctx.now, offering.term_months)
    return {
        "commitment_type": "reserved_instance",
        "scope": f"elasticache {offering.node_type} {offering.region}",
        "term_months": offering.term_months,
        "hourly_commitment_amount": price.effective_hourly * count,
        "start_date": first,
        "end_date": after,
        "start_time": ctx.now,
        "end_time": end,
        "created_at": ctx.now,
        "state": "active",
        "service": "elasticache",
        "offering_id": offering.offering_id,
        "offering_class": "standard",
        "payment_option": offering.payment,
        "instance_type": offering.node_type,
        "instance_family": offering.node_type.split(".")[1],
        "instance_count": count,
        "region": offering.region,
        "product_description": offering.product,
        "fixed_price": price.upfront,
        "usage_price": 0,
        "recurring_hourly": price.recurring_hourly,
        "tags": given,
    }


def _find(ctx: Context, offering_id: str) -> Offering:
    offering = cache_reserved_offerings.find(offering_id, ctx.region)
    if offering is None:
        raise AwsError(
            "ReservedCacheNodesOfferingNotFound",
            f"ReservedCacheNodesOffering {offering_id} not found.",
            404,
        )
    return offering


def _duration(given: str) -> int:
    """Seconds of a duration in years or seconds."""
    if given in _DURATIONS:
        return _DURATIONS[given]
    if given.isdigit() and int(given) in _DURATIONS.values():
        return int(given)
    raise AwsError("InvalidParameterValue", f"Invalid duration: {given}")


def _charges(hourly: float) -> list[dict[str, Any]]:
    amount = {"RecurringChargeAmount": hourly, "RecurringChargeFrequency": "Hourly"}
    return [amount] if hourly else []


def _offered(offering: Offering) -> dict[str, Any]:
    price = offering.price
    return {
        "ReservedCacheNodesOfferingId": offering.offering_id,
        "CacheNodeType": offering.node_type,
        "Duration": offering.seconds,
        "FixedPrice": float(price.upfront),
        "UsagePrice": 0.0,
        "ProductDescription": offering.product,
        "OfferingType": offering.payment,
        "RecurringCharges": _charges(float(price.recurring_hourly)),
    }


RESERVED_VIEW = View(
    {
        "ReservedCacheNodeId": "reservation_id",
        "ReservedCacheNodesOfferingId": "offering_id",
        "CacheNodeType": "node_type",
        "StartTime": "started_at",
        "Duration": "seconds",
        "FixedPrice": "fixed_price",
        "UsagePrice": "usage_price",
        "CacheNodeCount": "node_count",
        "ProductDescription": "product",
        "OfferingType": "payment_option",
        "State": "state",
        "RecurringCharges": Computed(_charges, "recurring_hourly"),
        "ReservationARN": "arn",
    }
)
