"""Reserved instance offerings: what AWS sells, by type and terms.

Source:
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeReservedInstancesOfferings.html.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.matching import Test, demands
from handlers.ec2.commitments import offering_not_found
from handlers.ec2.derived_filters import zone_id
from models import instance_types, regions, reserved_offerings
from models.reserved_offerings import CLASSES, PAYMENTS, PRODUCTS, TENANCIES, TERMS_MONTHS, Offering

NOUN = "commitments"
PAGE = 100
# A page ends after so many, found or not: no filter may keep the server from its other work.
MOST_EXAMINED = 4000
# The platform of a VPC is the only one left; its name is still accepted.
_VPC = " (Amazon VPC)"


async def describe_reserved_instances_offerings(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Offerings of the region; AWS's own ones, for nobody else sells here."""
    page = pages.page(ctx, params, default=PAGE)
    wanted = [_by_name(ctx, *one) for one in demands(FILTERS, params.get("Filters"))]
    asked = params.get("ReservedInstancesOfferingIds")
    if asked:
        named = [(one, reserved_offerings.find(one, ctx.region)) for one in asked]
        missing = [one for one, offering in named if offering is None]
        if missing:
            raise offering_not_found(missing[0])
        found = [offering for _, offering in named if offering and _fits(offering, wanted)]
        return {"ReservedInstancesOfferings": [_shown(one) for one in found]}
    rows: list[Offering] = []
    token, last = None, ""
    for examined, (key, offering, fits) in enumerate(_offerings(ctx, params, wanted, page.after)):
        if fits and len(rows) == page.limit:
            token = page.token(last)
            break
        if fits:
            rows.append(offering)
        last = key
        if examined == MOST_EXAMINED:
            token = page.token(last)
            break
    return {"ReservedInstancesOfferings": [_shown(row) for row in rows], "NextToken": token}


def _offerings(
    ctx: Context, params: Mapping[str, Any], wanted: list[tuple[str, Test]], after: str | None
) -> Iterator[tuple[str, Offering, bool]]:
    """Offerings behind the key `after`: the key of each, and whether the request asks for it."""
    first_type, first_at = (int(part) for part in after.split(".")) if after else (0, -1)
    kinds = reserved_offerings.sold_types(ctx.region)
    only = params.get("InstanceType")
    if only and instance_types.find(only) is None:
        raise AwsError("InvalidParameterValue", f"Invalid value '{only}' for InstanceType.")
    choice = _choice(ctx, params, wanted)
    named = [test for field, test in wanted if field == "instance_type"]
    rest = [(field, test) for field, test in wanted if field in ("fixed_price", "usage_price",
            "offering_id", "marketplace")]  # fmt: skip
    for number in range(first_type, len(kinds)):
        kind = kinds[number]
        if only not in (None, kind) or not all(test(kind) for test in named):
            continue
        zones = _zones(ctx, kind, choice["zones"])
        offerings = reserved_offerings.of_type(ctx.region, kind, **{**choice, "zones": zones})
        for at, offering in enumerate(offerings):
            if number > first_type or at > first_at:
                yield f"{number}.{at}", offering, _fits(offering, rest)


def _by_name(ctx: Context, field: str, test: Test) -> tuple[str, Test]:
    """What is demanded of an offering; of its zone's id as a demand of the zone's name."""
    if field != "zone_id":
        return field, test
    return "zone", lambda zone: test(zone_id(ctx, zone) or "") if zone else None


def _choice(
    ctx: Context, params: Mapping[str, Any], wanted: list[tuple[str, Test]]
) -> dict[str, Any]:
    """The attributes that offerings may have, each chosen by itself before they are combined."""
    least, most = params.get("MinDuration") or 0, params.get("MaxDuration") or 10**12
    terms = [t for t in TERMS_MONTHS if least <= _seconds(t) <= most]
    zones = ["", *(zone.name for zone in regions.zones(ctx.region))]
    for name, text in (("AvailabilityZone", str), ("AvailabilityZoneId", partial(zone_id, ctx))):
        if params.get(name):
            zones = [zone for zone in zones if zone and text(zone) == params[name]]
            if not zones:
                raise AwsError(
                    "InvalidParameterValue", f"Invalid value '{params[name]}' for {name}."
                )
    product = (params.get("ProductDescription") or "").removesuffix(_VPC)

    def chosen(
        values: Sequence[Any], name: str, field: str, text: Callable[[Any], str]
    ) -> list[Any]:
        given = product if name == "ProductDescription" else params.get(name)
        kept = [value for value in values if not given or value == given]
        checks = [test for asked, test in wanted if asked == field]
        return [value for value in kept if all(test(text(value)) for test in checks)]

    return {
        "terms": chosen(terms, "", "duration", lambda term: str(_seconds(term))),
        "classes": chosen(CLASSES, "OfferingClass", "", str),
        "payments": chosen(PAYMENTS, "OfferingType", "", str),
        "products": chosen(PRODUCTS, "ProductDescription", "product", str),
        "tenancies": chosen(TENANCIES, "InstanceTenancy", "", str),
        "zones": [
            zone
            for zone in chosen(zones, "", "zone", str)
            if all(test(_scope(zone)) for field, test in wanted if field == "scope")
        ],
    }


def _zones(ctx: Context, kind: str, among: Sequence[str]) -> list[str]:
    """Those of the places that have the type."""
    number = ctx.principal.account_number
    having = {zone.name for zone in instance_types.zones_offering(kind, ctx.region, number)}
    return [zone for zone in among if not zone or zone in having]


def _seconds(term_months: int) -> int:
    return term_months // 12 * reserved_offerings.YEAR_SECONDS


def _scope(zone: str) -> str:
    return "Availability Zone" if zone else "Region"


def _fits(offering: Offering, wanted: list[tuple[str, Test]]) -> bool:
    return all(test(FIELDS[field](offering)) for field, test in wanted)


def _shown(offering: Offering) -> dict[str, Any]:
    price = offering.price
    return {
        "ReservedInstancesOfferingId": offering.offering_id,
        "InstanceType": offering.instance_type,
        "ProductDescription": offering.product,
        "Scope": offering.scope,
        "AvailabilityZone": offering.zone or None,
        "Duration": offering.seconds,
        "OfferingClass": offering.offering_class,
        "OfferingType": offering.payment,
        "InstanceTenancy": offering.tenancy,
        "CurrencyCode": "USD",
        "FixedPrice": float(price.upfront),
        "UsagePrice": 0.0,
        "RecurringCharges": [{"Amount": float(price.recurring_hourly), "Frequency": "Hourly"}],
        "Marketplace": False,
        "PricingDetails": [],
    }


FIELDS: dict[str, Callable[[Offering], str]] = {
    "duration": lambda offering: str(offering.seconds),
    "fixed_price": lambda offering: str(float(offering.price.upfront)),
    "instance_type": lambda offering: offering.instance_type,
    "marketplace": lambda offering: "false",
    "offering_id": lambda offering: offering.offering_id,
    "product": lambda offering: offering.product,
    "scope": lambda offering: offering.scope,
    "usage_price": lambda offering: "0.0",
    "zone": lambda offering: offering.zone,
}
FILTERS = {
    "availability-zone": "zone",
    "availability-zone-id": "zone_id",
    "duration": "duration",
    "fixed-price": "fixed_price",
    "instance-type": "instance_type",
    "marketplace": "marketplace",
    "product-description": "product",
    "reserved-instances-offering-id": "offering_id",
    "scope": "scope",
    "usage-price": "usage_price",
}
