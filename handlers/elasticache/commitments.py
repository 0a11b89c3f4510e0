"""Reserved cache nodes: what can be bought, what was, and buying more.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ReservedCacheNode.html
and API_PurchaseReservedCacheNodesOffering.html.
"""

from typing import Any

from emulator import reservations as spoken
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Rows, View
from handlers.elasticache import identifiers, lists, tags
from models import cache_reservations, cache_reserved_offerings, reservations
from models.cache_reserved_offerings import Offering
from models.listing import Condition

MOST_NODES = 20


async def describe_reserved_cache_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reservations in the region, retired ones included."""
    page = lists.page(ctx, params)
    where = [
        Condition(column, (params[name],))
        for name, column in {
            "ReservedCacheNodesOfferingId": "offering_id",
            "CacheNodeType": "instance_type",
            "OfferingType": "payment_option",
            "ProductDescription": "product",
        }.items()
        if params.get(name)
    ]
    seconds = spoken.duration(params.get("Duration"))
    if seconds:
        where.append(Condition("seconds", (seconds,)))
    asked = params.get("ReservedCacheNodeId")
    shown, marker = await lists.found(
        page, cache_reservations.LISTING, "reservation_id", "reservation", asked, where
    )
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
        seconds=spoken.duration(params.get("Duration")),
        payment=params.get("OfferingType"),
        after=int(page.after) if page.after else -1,
    )
    some, marker = page.cut_rest(found, lambda one: str(one.place))
    return {"ReservedCacheNodesOfferings": [*map(_offered, some)], "Marker": marker}


async def purchase_reserved_cache_nodes_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering: it begins now, and what is paid ahead is paid."""
    offering = _find(ctx, params["ReservedCacheNodesOfferingId"])
    count = params.get("CacheNodeCount", 1)
    if not 1 <= count <= MOST_NODES:
        raise AwsError("InvalidParameterValue", f"Invalid value {count} for CacheNodeCount.")
    drawn = spoken.drawn_name(ctx.now)
    name = identifiers.new("ReservedCacheNodeId", params.get("ReservedCacheNodeId") or drawn, 60)
    async with ctx.db.transaction():
        if await cache_reservations.find_one(ctx.db, ctx.region, name) is not None:
            raise AwsError(
                "ReservedCacheNodeAlreadyExists", f"ReservedCacheNode {name} already exists.", 404
            )
        row = _bought(ctx, offering, count, tags.given(params))
        row |= {
            "reservation_id": name,
            "arn": arn(ctx, "elasticache", f"reserved-instance:{name}"),
        }
        await reservations.insert(ctx.db, row)
        made = await cache_reservations.find_one(ctx.db, ctx.region, name)
    return {"ReservedCacheNode": RESERVED_VIEW.show(made) | {"State": "payment-pending"}}


def _bought(ctx: Context, offering: Offering, count: int, given: dict[str, str]) -> dict[str, Any]:
    """The columns of `count` reservations."""
    kind = offering.node_type
    return reservations.row("elasticache", kind, count, offering, offering.price, ctx.now) | {
        "offering_id": offering.offering_id,
        "instance_family": kind.split(".")[1],
        "product_description": offering.product,
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
        "RecurringCharges": spoken.charges(float(price.recurring_hourly)),
    }


RESERVED_VIEW = View(
    {
        "ReservedCacheNodeId": "reservation_id",
        "ReservedCacheNodesOfferingId": "offering_id",
        "CacheNodeType": "instance_type",
        "StartTime": "started_at",
        "Duration": "seconds",
        "FixedPrice": "fixed_price",
        "UsagePrice": "usage_price",
        "CacheNodeCount": "instance_count",
        "ProductDescription": "product",
        "OfferingType": "payment_option",
        "State": "state",
        "RecurringCharges": Computed(spoken.charges, "recurring_hourly"),
        "ReservationARN": "arn",
    }
)
