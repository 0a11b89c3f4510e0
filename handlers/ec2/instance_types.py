"""Instance types: what each is, and where it can be had.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html and
API_DescribeInstanceTypeOfferings.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.matching import Values, chosen
from emulator.rows import Rows, View
from handlers.ec2.instance_type_view import TYPE_FILTERS, TYPE_VIEW, info
from models import instance_types, regions

# EC2 never shows more types at once, and without MaxResults as many.
MOST_TYPES = 100
MOST_OFFERINGS = 1000


async def describe_instance_types(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Instance types of the region, by name, filter and page."""
    asked = params.get("InstanceTypes")
    if asked and params.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter instanceTypes cannot be used with the parameter maxResults",
        )
    page = pages.page(ctx, params, default=MOST_TYPES)
    offered = instance_types.offered(ctx.region)
    if asked:
        known = set(offered)
        wrong = [name for name in asked if name not in known]
        if wrong:
            raise AwsError(
                "InvalidInstanceType",
                f"The following supplied instance types do not exist: [{', '.join(wrong)}]",
            )
        wanted = set(asked)
        offered = tuple(name for name in offered if name in wanted)
    found = sorted(chosen(offered, TYPE_FILTERS, params.get("Filters")))
    rest = [name for name in found if page.after is None or name > page.after]
    shown, token = page.cut([info(name) for name in rest[: page.fetch]], "InstanceType")
    return {"InstanceTypes": Rows(TYPE_VIEW, shown), "NextToken": token}


async def describe_instance_type_offerings(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Which types the region, or each of its zones, has."""
    kind = params.get("LocationType") or "region"
    page = pages.page(ctx, params, default=MOST_OFFERINGS)
    found = chosen(_offerings(ctx, kind), OFFERING_FILTERS, params.get("Filters"))
    found.sort(key=lambda one: one["position"])
    rest = [one for one in found if page.after is None or one["position"] > page.after]
    shown, token = page.cut(rest[: page.fetch], "position")
    return {"InstanceTypeOfferings": Rows(OFFERING_VIEW, shown), "NextToken": token}


def _offerings(ctx: Context, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name in instance_types.offered(ctx.region):
        for location in _locations(ctx, name, kind):
            found.append(
                {
                    "type": name,
                    "kind": kind,
                    "location": location,
                    "position": f"{name} {location}",
                }
            )
    return found


def _locations(ctx: Context, name: str, kind: str) -> list[str]:
    if kind == "region":
        return [ctx.region]
    if kind == "outpost":
        return []
    zones: tuple[regions.Zone, ...] = instance_types.zones_offering(
        name, ctx.region, ctx.principal.account_number
    )
    return [zone.name if kind == "availability-zone" else zone.zone_id for zone in zones]


OFFERING_VIEW = View({"InstanceType": "type", "LocationType": "kind", "Location": "location"})

OFFERING_FILTERS: dict[str, Values[dict[str, str]]] = {
    "instance-type": lambda one: (one["type"],),
    "location": lambda one: (one["location"],),
}
