"""Reserved databases: what can be bought, what was, and buying more.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ReservedDBInstance.html and
API_PurchaseReservedDBInstancesOffering.html.
"""

from typing import Any

from emulator import marked_pages
from emulator import reservations as spoken
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import RESERVATION
from models import rds_reservations, rds_reserved_offerings, reservations
from models.listing import Condition
from models.rds_reserved_offerings import Offering

MOST_INSTANCES = 40


async def describe_reserved_db_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reservations in the region, retired ones included."""
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    where = [
        Condition(column, (params[name],))
        for name, column in {
            "ReservedDBInstancesOfferingId": "offering_id",
            "DBInstanceClass": "instance_type",
            "OfferingType": "payment_option",
            "MultiAZ": "multi_az",
            "LeaseId": "lease_id",
        }.items()
        if params.get(name) is not None
    ]
    seconds = spoken.duration(params.get("Duration"))
    if seconds:
        where.append(Condition("seconds", (seconds,)))
    if params.get("ProductDescription"):
        where.append(Condition("product", (params["ProductDescription"],)))
    asked = params.get("ReservedDBInstanceId")
    shown, marker = await marked_pages.found(
        page,
        rds_reservations.LISTING,
        "reservation_id",
        asked.lower() if asked else None,
        lambda: identifiers.not_found(RESERVATION, asked or ""),
        where,
    )
    return {"ReservedDBInstances": Rows(RESERVED_VIEW, shown), "Marker": marker}


async def describe_reserved_db_instances_offerings(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What can be reserved in the region."""
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    asked = params.get("ReservedDBInstancesOfferingId")
    if asked:
        return {"ReservedDBInstancesOfferings": [_offered(_find(ctx, asked))]}
    found = rds_reserved_offerings.offerings(
        ctx.region,
        instance_class=params.get("DBInstanceClass"),
        product=params.get("ProductDescription"),
        multi_az=params.get("MultiAZ"),
        seconds=spoken.duration(params.get("Duration")),
        payment=params.get("OfferingType"),
        after=int(page.after) if page.after else -1,
    )
    some, marker = page.cut_rest(found, lambda one: str(one.place))
    return {"ReservedDBInstancesOfferings": [*map(_offered, some)], "Marker": marker}


async def purchase_reserved_db_instances_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering: it begins now, and what is paid ahead is paid."""
    offering = _find(ctx, params["ReservedDBInstancesOfferingId"])
    count = params.get("DBInstanceCount", 1)
    if not 1 <= count <= MOST_INSTANCES:
        raise AwsError("InvalidParameterValue", f"Invalid value {count} for DBInstanceCount.")
    drawn = spoken.drawn_name(ctx.now)
    name = identifiers.new(RESERVATION, params.get("ReservedDBInstanceId") or drawn)
    async with ctx.db.transaction():
        if await rds_reservations.find_one(ctx.db, ctx.region, name) is not None:
            raise AwsError(
                "ReservedDBInstanceAlreadyExists", f"ReservedDBInstance {name} already exists.", 404
            )
        row = _bought(ctx, offering, count, tags.given(params))
        row |= {"reservation_id": name, "arn": arn(ctx, "rds", f"ri:{name}")}
        await reservations.insert(ctx.db, row)
        made = await rds_reservations.find_one(ctx.db, ctx.region, name)
    return {"ReservedDBInstance": RESERVED_VIEW.show(made) | {"State": "payment-pending"}}


def _bought(ctx: Context, offering: Offering, count: int, given: dict[str, str]) -> dict[str, Any]:
    """The columns of `count` reservations."""
    kind = offering.instance_class
    return reservations.row("rds", kind, count, offering, offering.price, ctx.now) | {
        "offering_id": offering.offering_id,
        "instance_family": kind.split(".")[1],
        "product_description": offering.product,
        "multi_az": offering.multi_az,
        "tags": given,
    }


def _find(ctx: Context, offering_id: str) -> Offering:
    offering = rds_reserved_offerings.find(offering_id, ctx.region)
    if offering is None:
        raise AwsError(
            "ReservedDBInstancesOfferingNotFound",
            f"ReservedDBInstancesOffering {offering_id} not found.",
            404,
        )
    return offering


def _offered(offering: Offering) -> dict[str, Any]:
    price = offering.price
    return {
        "ReservedDBInstancesOfferingId": offering.offering_id,
        "DBInstanceClass": offering.instance_class,
        "Duration": offering.seconds,
        "FixedPrice": float(price.upfront),
        "UsagePrice": 0.0,
        "CurrencyCode": "USD",
        "ProductDescription": offering.product,
        "OfferingType": offering.payment,
        "MultiAZ": offering.multi_az,
        "RecurringCharges": spoken.charges(float(price.recurring_hourly)),
    }


RESERVED_VIEW = View(
    {
        "ReservedDBInstanceId": "reservation_id",
        "ReservedDBInstancesOfferingId": "offering_id",
        "DBInstanceClass": "instance_type",
        "StartTime": "started_at",
        "Duration": "seconds",
        "FixedPrice": "fixed_price",
        "UsagePrice": "usage_price",
        "CurrencyCode": Constant("USD"),
        "DBInstanceCount": "instance_count",
        "ProductDescription": "product",
        "OfferingType": "payment_option",
        "MultiAZ": "multi_az",
        "State": "state",
        "RecurringCharges": Computed(spoken.charges, "recurring_hourly"),
        "ReservedDBInstanceArn": "arn",
        "LeaseId": "lease_id",
    }
)
