"""Reserved instances: what the account has, and buying more.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReservedInstances.html and the
pages of the operations. Offerings stand in reserved_offerings.py, modifications in
reserved_modifications.py.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.rows import Computed, Constant, Rows, View
from handlers.ec2.derived_filters import ZONE_ID, conditions
from handlers.ec2.tag_view import TAG_LIST
from models import commitment_terms, commitments, draws, reserved_offerings
from models.listing import Condition
from models.reserved_offerings import Offering

LONGEST_WAIT = timedelta(days=3 * 365)
MOST_INSTANCES = 100_000


async def describe_reserved_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The account's reservations of EC2 in the region, retired ones included."""
    asked = params.get("ReservedInstancesIds")
    check_ids(asked or ())
    where = await conditions(
        ctx, commitments.RESERVED, FILTERS, {"availability-zone-id": ZONE_ID}, params.get("Filters")
    )
    filtered = bool(where)
    for name, column in (("OfferingClass", "offering_class"), ("OfferingType", "payment_option")):
        if params.get(name):
            where.append(Condition(column, (params[name],)))
    rows = await commitments.RESERVED.page(ctx.db, where, region=ctx.region, ids=asked)
    if asked and not filtered:
        check_found(asked, {row["reserved_id"] for row in rows})
    return {"ReservedInstances": Rows(RESERVED_VIEW, rows)}


async def purchase_reserved_instances_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering, now or at a time to come."""
    count = params["InstanceCount"]
    if not 1 <= count <= MOST_INSTANCES:
        raise AwsError(
            "InvalidParameterValue", f"Value ({count}) for parameter instanceCount is invalid."
        )
    offering = reserved_offerings.find(params["ReservedInstancesOfferingId"], ctx.region)
    if offering is None:
        raise offering_not_found(params["ReservedInstancesOfferingId"])
    start = params.get("PurchaseTime") or ctx.now
    if start > ctx.now + LONGEST_WAIT:
        raise AwsError(
            "InvalidParameterValue",
            "The purchase time cannot be more than three years in the future.",
        )
    if params.get("PurchaseTime") and offering.zone and start > ctx.now:
        raise AwsError(
            "InvalidParameterCombination",
            "Only Reserved Instances of a Region can be queued for purchase.",
        )
    row = bought(ctx, offering, count, max(start, ctx.now))
    await commitments.insert(ctx.db, [row])
    return {"ReservedInstancesId": row["id"]}


async def create_reserved_instances_listing(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refuse to sell a reservation: an account is no seller until AWS has registered it.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ri-market-general.html
    """
    reserved_id = params["ReservedInstancesId"]
    check_ids([reserved_id])
    rows = await commitments.RESERVED.page(ctx.db, region=ctx.region, ids=[reserved_id])
    check_found([reserved_id], {row["reserved_id"] for row in rows})
    [row] = rows
    if row["state"] != "active":
        raise AwsError(
            "InvalidState", f"The Reserved Instances '{reserved_id}' are not in the 'active' state."
        )
    if row["offering_class"] == "convertible" or row["scope"] == "Region":
        raise AwsError(
            "InvalidInput",
            f"The Reserved Instances '{reserved_id}' cannot be sold in the Reserved Instance"
            " Marketplace: they are"
            f" {'convertible' if row['offering_class'] == 'convertible' else 'of a Region'}.",
        )
    raise AwsError(
        "OptInRequired",
        "The account is not registered as a seller in the Reserved Instance Marketplace.",
    )


async def describe_reserved_instances_listings(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """No listings: nobody here sells."""
    return {"ReservedInstancesListings": []}


def bought(ctx: Context, offering: Offering, count: int, start: datetime) -> dict[str, Any]:
    """The row of `count` reservations; `hourly_commitment_amount` is what all of them come to.

    Upfront payments are spread over the term in it (the effective hourly cost).
    """
    price = offering.price
    end = start + timedelta(seconds=offering.seconds)
    first, after = commitment_terms.billed(start, ctx.now, offering.term_months)
    return {
        "id": str(draws.uuid4()),
        "commitment_type": "reserved_instance",
        "scope": f"ec2 {offering.instance_type} {offering.zone or offering.region}",
        "term_months": offering.term_months,
        "hourly_commitment_amount": price.effective_hourly * count,
        "start_date": first,
        "end_date": after,
        "created_at": ctx.now,
        "state": "active",
        "service": "ec2",
        "offering_id": offering.offering_id,
        "offering_class": offering.offering_class,
        "payment_option": offering.payment,
        "instance_type": offering.instance_type,
        "instance_family": offering.instance_type.partition(".")[0],
        "instance_count": count,
        "tenancy": offering.tenancy,
        "region": offering.region,
        "availability_zone": offering.zone or None,
        "product_description": offering.product,
        "fixed_price": price.upfront,
        "usage_price": 0,
        "recurring_hourly": price.recurring_hourly,
        "start_time": start,
        "end_time": end,
        "tags": {},
    }


def check_ids(asked: Any) -> None:
    """Refuse what is no reservation's id: these are UUIDs."""
    for value in asked:
        if not is_id(value):
            raise AwsError("InvalidParameterValue", f'Invalid id: "{value}"')


def is_id(value: str) -> bool:
    """Whether a text has the form of a reservation's id: a UUID."""
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def check_found(asked: Any, found: set[str]) -> None:
    """Refuse a request that names a reservation which the account does not have."""
    for value in asked:
        if value not in found:
            raise AwsError(
                "InvalidReservedInstancesId",
                f"The reserved instances id '{value}' does not exist",
            )


def offering_not_found(offering_id: str) -> AwsError:
    """The error for an id of nothing that is sold in the region."""
    return AwsError(
        "InvalidReservedInstancesOfferingId",
        f"The reserved instances offering id '{offering_id}' does not exist",
    )


def _charges(hourly: Any) -> list[Mapping[str, Any]]:
    return [{"Amount": float(hourly), "Frequency": "Hourly"}]


RESERVED_VIEW = View(
    {
        "ReservedInstancesId": "reserved_id",
        "InstanceType": "instance_type",
        "InstanceCount": "instance_count",
        "ProductDescription": "product_description",
        "Scope": "scope",
        "AvailabilityZone": "availability_zone",
        "State": "state",
        "Start": "started_at",
        "End": "ends_at",
        "Duration": "seconds",
        "OfferingClass": "offering_class",
        "OfferingType": "payment_option",
        "InstanceTenancy": "tenancy",
        "CurrencyCode": Constant("USD"),
        "FixedPrice": Computed(float, "fixed_price"),
        "UsagePrice": Computed(float, "usage_price"),
        "RecurringCharges": Computed(_charges, "recurring_hourly"),
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "availability-zone": "availability_zone",
    "duration": "seconds",
    "end": "ends_at",
    "fixed-price": "fixed_price",
    "instance-type": "instance_type",
    "product-description": "product_description",
    "reserved-instances-id": "reserved_id",
    "scope": "scope",
    "start": "started_at",
    "state": "state",
    "usage-price": "usage_price",
}
