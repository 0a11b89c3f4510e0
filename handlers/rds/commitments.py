"""Reserved databases: what can be bought, what was, and buying more.

Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ReservedDBInstance.html and
API_PurchaseReservedDBInstancesOffering.html.
"""

import uuid
from datetime import timedelta
from typing import Any

from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.rds import identifiers, lists, tags
from handlers.rds.identifiers import RESERVATION
from models import commitment_terms, rds_reservations, rds_reserved_offerings
from models.listing import Condition
from models.rds_reserved_offerings import YEAR_SECONDS, Offering

MOST_INSTANCES = 40
_DURATIONS = {"1": YEAR_SECONDS, "3": 3 * YEAR_SECONDS}


async def describe_reserved_db_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reservations in the region, retired ones included."""
    page = lists.page(ctx, params)
    lists.wanted((), params.get("Filters"))
    where = [
        Condition(column, (params[name],))
        for name, column in {
            "ReservedDBInstancesOfferingId": "offering_id",
            "DBInstanceClass": "instance_class",
            "OfferingType": "payment_option",
            "MultiAZ": "multi_az",
            "LeaseId": "lease_id",
        }.items()
        if params.get(name) is not None
    ]
    if params.get("Duration"):
        where.append(Condition("seconds", (_duration(params["Duration"]),)))
    if params.get("ProductDescription"):
        where.append(Condition("product", (params["ProductDescription"],)))
    asked = params.get("ReservedDBInstanceId")
    ids = [asked.lower()] if asked else None
    rows = await rds_reservations.LISTING.page(
        ctx.db, where, region=ctx.region, ids=ids, after=page.after, limit=page.fetch
    )
    if asked and not rows:
        raise identifiers.not_found(RESERVATION, asked)
    shown, marker = page.cut(rows, "reservation_id")
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
        seconds=_duration(params["Duration"]) if params.get("Duration") else None,
        payment=params.get("OfferingType"),
        after=int(page.after) if page.after else -1,
    )
    shown: list[Offering] = []
    for one in found:
        if len(shown) == page.limit:
            marker = page.token(str(shown[-1].place))
            return {"ReservedDBInstancesOfferings": [*map(_offered, shown)], "Marker": marker}
        shown.append(one)
    return {"ReservedDBInstancesOfferings": [_offered(one) for one in shown]}


async def purchase_reserved_db_instances_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering: it begins now, and what is paid ahead is paid."""
    offering = _find(ctx, params["ReservedDBInstancesOfferingId"])
    count = params.get("DBInstanceCount", 1)
    if not 1 <= count <= MOST_INSTANCES:
        raise AwsError("InvalidParameterValue", f"Invalid value {count} for DBInstanceCount.")
    key = uuid.uuid4()
    drawn = f"ri-{ctx.now:%Y-%m-%d-%H-%M-%S}-{ctx.now.microsecond // 1000:03d}"
    name = identifiers.new(RESERVATION, params.get("ReservedDBInstanceId") or drawn)
    async with ctx.db.transaction():
        if await rds_reservations.find_one(ctx.db, ctx.region, name) is not None:
            raise AwsError(
                "ReservedDBInstanceAlreadyExists", f"ReservedDBInstance {name} already exists.", 404
            )
        row = _bought(ctx, offering, count, tags.given(params))
        row |= {"id": key, "reservation_id": name, "arn": arn(ctx, "rds", f"ri:{name}")}
        await rds_reservations.insert(ctx.db, row)
        made = await rds_reservations.find_one(ctx.db, ctx.region, name)
    return {"ReservedDBInstance": RESERVED_VIEW.show(made) | {"State": "payment-pending"}}


def _bought(ctx: Context, offering: Offering, count: int, given: dict[str, str]) -> dict[str, Any]:
    """The columns of `count` reservations; their hourly amount has the upfront payment spread."""
    price = offering.price
    end = ctx.now + timedelta(seconds=offering.seconds)
    first, after = commitment_terms.billed(ctx.now, ctx.now, offering.term_months)
    return {
        "commitment_type": "reserved_instance",
        "scope": f"rds {offering.instance_class} {offering.region}",
        "term_months": offering.term_months,
        "hourly_commitment_amount": price.effective_hourly * count,
        "start_date": first,
        "end_date": after,
        "start_time": ctx.now,
        "end_time": end,
        "created_at": ctx.now,
        "state": "active",
        "service": "rds",
        "offering_id": offering.offering_id,
        "offering_class": "standard",
        "payment_option": offering.payment,
        "instance_type": offering.instance_class,
        "instance_family": offering.instance_class.split(".")[1],
        "instance_count": count,
        "region": offering.region,
        "product_description": offering.product,
        "multi_az": offering.multi_az,
        "fixed_price": price.upfront,
        "usage_price": 0,
        "recurring_hourly": price.recurring_hourly,
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
        "ReservedDBInstancesOfferingId": offering.offering_id,
        "DBInstanceClass": offering.instance_class,
        "Duration": offering.seconds,
        "FixedPrice": float(price.upfront),
        "UsagePrice": 0.0,
        "CurrencyCode": "USD",
        "ProductDescription": offering.product,
        "OfferingType": offering.payment,
        "MultiAZ": offering.multi_az,
        "RecurringCharges": _charges(float(price.recurring_hourly)),
    }


RESERVED_VIEW = View(
    {
        "ReservedDBInstanceId": "reservation_id",
        "ReservedDBInstancesOfferingId": "offering_id",
        "DBInstanceClass": "instance_class",
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
        "RecurringCharges": Computed(_charges, "recurring_hourly"),
        "ReservedDBInstanceArn": "arn",
        "LeaseId": "lease_id",
    }
)
