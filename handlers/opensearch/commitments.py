"""Reserved nodes: what can be bought, what was, and buying more.

Source: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/ri.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator import reservations as spoken
from emulator.context import Context
from emulator.errors import AwsError
from handlers.opensearch.domain_nodes import bad_token
from models import reservations, search_reservations
from models.search_reservations import Offering, payment_word

USUAL, MOST_NODES = 100, 80


async def describe_reserved_instances(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The reservations of the region, retired ones included."""
    rows, token = await reserved(ctx, params, params.get("ReservedInstanceId"))
    return {"ReservedInstances": [shown(row) for row in rows], "NextToken": token}


async def describe_reserved_instance_offerings(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """What can be reserved in the region."""
    asked = params.get("ReservedInstanceOfferingId")
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    found = (
        [_find(ctx, asked)] if asked else list(search_reservations.offerings(ctx.region).values())
    )
    some, token = page.cut_items(found, lambda one: one.offering_id)
    return {"ReservedInstanceOfferings": [_offered(one) for one in some], "NextToken": token}


async def purchase_reserved_instance_offering(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Buy an offering: it begins now, and what is paid ahead is paid."""
    offering = _find(ctx, params["ReservedInstanceOfferingId"])
    count = params.get("InstanceCount", 1)
    if not 1 <= count <= MOST_NODES:
        raise AwsError("LimitExceededException", f"InstanceCount must be 1 to {MOST_NODES}.")
    name = params["ReservationName"]
    async with ctx.db.transaction():
        mine = await search_reservations.LISTING.page(ctx.db, region=ctx.region)
        if any(row["reservation_id"] == name for row in mine):
            raise AwsError(
                "ResourceAlreadyExistsException", f"A reservation named {name} already exists."
            )
        row = _bought(ctx, offering, count) | {"reservation_id": name}
        await reservations.insert(ctx.db, row)
    return {"ReservedInstanceId": str(row["id"]), "ReservationName": name}


async def reserved(
    ctx: Context, params: Mapping[str, Any], asked: str | None
) -> tuple[Any, str | None]:
    """The rows of one page of reservations, and the token of the next page."""
    page = pages.page(ctx, params, default=USUAL, invalid=bad_token)
    rows = await search_reservations.LISTING.page(
        ctx.db, region=ctx.region, ids=[asked] if asked else None, after=page.after,
        limit=page.fetch,
    )  # fmt: skip
    if asked and not rows:
        raise AwsError("ResourceNotFoundException", f"Reserved instance not found: {asked}")
    return page.cut(rows, "reserved_id")


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A ReservedInstance."""
    return {
        "ReservationName": row["reservation_id"],
        "ReservedInstanceId": row["reserved_id"],
        "ReservedInstanceOfferingId": row["offering_id"],
        "InstanceType": row["instance_type"],
        "StartTime": row["started_at"],
        "Duration": row["seconds"],
        "FixedPrice": row["fixed_price"],
        "UsagePrice": row["usage_price"],
        "CurrencyCode": "USD",
        "InstanceCount": row["instance_count"],
        "State": row["state"],
        "PaymentOption": payment_word(row["payment_option"]),
        "RecurringCharges": spoken.charges(row["recurring_hourly"]),
    }


def _bought(ctx: Context, offering: Offering, count: int) -> dict[str, Any]:
    """The columns of a reservation."""
    kind = offering.instance_type
    return reservations.row("opensearch", kind, count, offering, offering.price, ctx.now) | {
        "offering_id": offering.offering_id,
        "instance_family": kind.partition(".")[0],
    }


def _find(ctx: Context, offering_id: str) -> Offering:
    found = search_reservations.offerings(ctx.region).get(offering_id)
    if found is None:
        raise AwsError(
            "ResourceNotFoundException", f"Reserved instance offering not found: {offering_id}"
        )
    return found


def _offered(offering: Offering) -> dict[str, Any]:
    price = offering.price
    return {
        "ReservedInstanceOfferingId": offering.offering_id,
        "InstanceType": offering.instance_type,
        "Duration": offering.seconds,
        "FixedPrice": float(price.upfront),
        "UsagePrice": 0.0,
        "CurrencyCode": "USD",
        "PaymentOption": payment_word(offering.payment),
        "RecurringCharges": spoken.charges(float(price.recurring_hourly)),
    }
