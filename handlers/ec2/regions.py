"""Regions and their availability zones.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html and
API_DescribeAvailabilityZones.
"""

from functools import cache
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.matching import Values, chosen
from emulator.rows import Lasting, Rows, View
from models import regions

ENABLED = "opt-in-not-required"


async def describe_regions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Regions that the account may use, or with AllRegions every one, by name and filter."""
    names, filters = params.get("RegionNames"), params.get("Filters")
    if not names and not filters:
        return {"Regions": _usual(bool(params.get("AllRegions")))}
    everything = list(regions.all_regions().values())
    if names:
        known = {region.name for region in everything}
        wrong = [name for name in names if name not in known]
        if wrong:
            raise AwsError(
                "InvalidParameterValue",
                f"Invalid region provided: {', '.join(wrong)}",
            )
        everything = [region for region in everything if region.name in set(names)]
    elif not params.get("AllRegions"):
        everything = [region for region in everything if region.opt_in_status == ENABLED]
    found = chosen(everything, REGION_FILTERS, filters)
    return {"Regions": Rows(REGION_VIEW, [_region(region) for region in found])}


async def describe_availability_zones(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Zones of the region; which building a letter means is the account's own."""
    zones = [_zone(zone) for zone in regions.zones(ctx.region, ctx.principal.account_number)]
    for member, key in (("ZoneNames", "name"), ("ZoneIds", "id")):
        asked = params.get(member)
        if asked:
            known = {zone[key] for zone in zones}
            wrong = next((value for value in asked if value not in known), None)
            if wrong is not None:
                raise AwsError("InvalidParameterValue", f"Invalid availability zone: [{wrong}]")
            zones = [zone for zone in zones if zone[key] in set(asked)]
    found = chosen(zones, ZONE_FILTERS, params.get("Filters"))
    return {"AvailabilityZones": Rows(ZONE_VIEW, found)}


@cache
def _usual(every: bool) -> Lasting:
    """What is shown to almost everybody who asks."""
    found = regions.all_regions().values()
    shown = [_region(one) for one in found if every or one.opt_in_status == ENABLED]
    return Lasting(REGION_VIEW, shown)


def _endpoint(name: str) -> str:
    return f"ec2.{name}.amazonaws.com"


def _region(region: regions.Region) -> dict[str, Any]:
    return {
        "name": region.name,
        "endpoint": _endpoint(region.name),
        "status": region.opt_in_status,
        "place": region.country,
    }


def _zone(zone: regions.Zone) -> dict[str, Any]:
    place = regions.find(zone.region)
    return {
        "name": zone.name,
        "id": zone.zone_id,
        "region": zone.region,
        "group": f"{zone.region}-zg-1",
        "group_long_name": f"{place.place if place else zone.region} 1",
        "status": ENABLED,
        "state": "available",
        "type": "availability-zone",
        "messages": [],
    }


REGION_VIEW = View({"RegionName": "name", "Endpoint": "endpoint", "OptInStatus": "status"})

REGION_FILTERS: dict[str, Values[regions.Region]] = {
    "endpoint": lambda region: (_endpoint(region.name),),
    "opt-in-status": lambda region: (region.opt_in_status,),
    "region-name": lambda region: (region.name,),
}

ZONE_VIEW = View(
    {
        "State": "state",
        "OptInStatus": "status",
        "Messages": "messages",
        "RegionName": "region",
        "ZoneName": "name",
        "ZoneId": "id",
        "GroupName": "group",
        "GroupLongName": "group_long_name",
        "NetworkBorderGroup": "region",
        "ZoneType": "type",
    }
)

ZONE_FILTERS: dict[str, Values[dict[str, Any]]] = {
    "group-long-name": lambda zone: (zone["group_long_name"],),
    "group-name": lambda zone: (zone["group"],),
    "message": lambda zone: (),
    "opt-in-status": lambda zone: (zone["status"],),
    "parent-zone-id": lambda zone: (),
    "parent-zone-name": lambda zone: (),
    "region-name": lambda zone: (zone["region"],),
    "state": lambda zone: (zone["state"],),
    "zone-id": lambda zone: (zone["id"],),
    "zone-name": lambda zone: (zone["name"],),
    "zone-type": lambda zone: (zone["type"],),
}
