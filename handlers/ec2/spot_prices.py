"""Spot prices, and how they moved.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSpotPriceHistory.html.
Nothing is stored: a price follows from type, zone, platform and day, alike for every account
that looks at it.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.matching import Values, chosen
from emulator.rows import Rows, View
from models import costs, discounts, instance_types, regions

MOST_PRICES = 1000
LONGEST_HISTORY = timedelta(days=90)
# A price stays within this share of the usual one, and moves once a day at an hour of its own.
SWING = Decimal("0.15")
STEPS = 1000
PLATFORMS = {
    "Linux/UNIX": "",
    "Red Hat Enterprise Linux": "rhel",
    "SUSE Linux": "suse",
    "Windows": "windows",
}


async def describe_spot_price_history(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The prices in force in a span of time, newest first, and those that it began with."""
    page = pages.page(ctx, params, default=MOST_PRICES)
    until = min(params.get("EndTime") or ctx.now, ctx.now)
    since = max(params.get("StartTime") or until, ctx.now - LONGEST_HISTORY)
    narrow = [one for one in params.get("Filters") or () if one.get("Name") in BY_PRICE]
    found = list(
        islice(_listed(_offers(ctx, params), since, until, page.after, narrow), page.fetch)
    )
    shown, token = page.cut(found, "position")
    return {"SpotPriceHistory": Rows(PRICE_VIEW, shown), "NextToken": token}


def _listed(
    offers: list[dict[str, str]],
    since: datetime,
    until: datetime,
    after: str | None,
    narrow: list[Any],
) -> Iterator[dict[str, Any]]:
    for offer in offers:
        for price in _prices(offer, since, until):
            if (after is None or price["position"] > after) and (
                not narrow or chosen([price], PRICE_FILTERS, narrow)
            ):
                yield price


def _offers(ctx: Context, params: dict[str, Any]) -> list[dict[str, str]]:
    """Type, zone and platform of what is asked for, in the order of pages."""
    names = set(params.get("InstanceTypes") or instance_types.offered(ctx.region))
    platforms = {
        one.replace(" (Amazon VPC)", "") for one in params.get("ProductDescriptions") or PLATFORMS
    }
    zone_name, zone_id = params.get("AvailabilityZone"), params.get("AvailabilityZoneId")
    found = []
    for name in sorted(names.intersection(instance_types.offered(ctx.region))):
        known = instance_types.find(name)
        if known is None or "spot" not in known.usage_classes:
            continue
        for zone in instance_types.zones_offering(name, ctx.region, ctx.principal.account_number):
            if zone_name in (None, zone.name) and zone_id in (None, zone.zone_id):
                found += [
                    _offer(zone, name, platform)
                    for platform in sorted(platforms.intersection(PLATFORMS))
                ]
    filters = [one for one in params.get("Filters") or () if one.get("Name") not in BY_PRICE]
    return chosen(found, OFFER_FILTERS, filters)


def _offer(zone: regions.Zone, name: str, platform: str) -> dict[str, str]:
    return {
        "zone": zone.name,
        "zone_id": zone.zone_id,
        "region": zone.region,
        "type": name,
        "platform": platform,
    }


def _prices(offer: dict[str, str], since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """The prices of an offer, newest first, down to the one in force at `since`."""
    first = until.astimezone(UTC).date()
    for back in range((until - since).days + 3):
        day = first - timedelta(days=back)
        bits = _bits(offer["zone_id"], offer["type"], offer["platform"], day.isoformat())
        changed = datetime.combine(day, time(), UTC) + timedelta(seconds=bits % 86400)
        if changed > until:
            continue
        swing = SWING * (Decimal((bits >> 20) % (2 * STEPS + 1)) / STEPS - 1)
        hourly = costs.instance_hourly(
            offer["type"], offer["region"], platform=PLATFORMS[offer["platform"]]
        )
        usd = costs.quantise(discounts.spot_hourly(hourly) * (1 + swing))
        yield {
            **offer,
            "price": f"{usd:.6f}",
            "at": changed,
            "position": f"{offer['type']} {offer['zone']} {offer['platform']} {back:04}",
        }
        if changed <= since:
            return


def _bits(*of: str) -> int:
    digest = hashlib.blake2b("\0".join(of).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


PRICE_VIEW = View(
    {
        "AvailabilityZone": "zone",
        "AvailabilityZoneId": "zone_id",
        "InstanceType": "type",
        "ProductDescription": "platform",
        "SpotPrice": "price",
        "Timestamp": "at",
    }
)

OFFER_FILTERS: dict[str, Values[dict[str, str]]] = {
    "availability-zone": lambda one: (one["zone"],),
    "availability-zone-id": lambda one: (one["zone_id"],),
    "instance-type": lambda one: (one["type"],),
    "product-description": lambda one: (one["platform"], f"{one['platform']} (Amazon VPC)"),
}

BY_PRICE = ("spot-price", "timestamp")
PRICE_FILTERS: dict[str, Values[dict[str, Any]]] = {
    "spot-price": lambda one: (one["price"], one["price"].rstrip("0")),
    "timestamp": lambda one: (one["at"].strftime("%Y-%m-%dT%H:%M:%S.000Z"),),
}
