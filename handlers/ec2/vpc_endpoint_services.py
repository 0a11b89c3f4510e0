"""Services that VPC endpoints can be made for: AWS's own.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html.
"""

from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.ids import derived
from emulator.matching import chosen
from models import endpoint_services, regions
from models.endpoint_services import Service

NOUN = "vpc_endpoints"


async def describe_vpc_endpoint_services(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """AWS's services of the region, by name, filter and page."""
    asked = params.get("ServiceNames") or ()
    if set(params.get("ServiceRegions") or ()) - {ctx.region}:
        raise AwsError("UnsupportedOperation", "Services of other regions are not emulated.")
    page = pages.page(ctx, params)
    every = endpoint_services.of(ctx.region)
    for name in asked:
        if name not in {one.name for one in every}:
            raise AwsError(
                "InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist"
            )
    zones = [zone.name for zone in regions.zones(ctx.region, ctx.principal.account_number)]
    details = [_shown(ctx, one, zones) for one in every if not asked or one.name in asked]
    found = chosen(details, _FILTERS, params.get("Filters"))
    shown, token = page.cut_items(found, lambda one: f"{one['ServiceName']}/{_kind(one)}")
    names = dict.fromkeys(one["ServiceName"] for one in shown)
    return {"ServiceNames": list(names), "ServiceDetails": shown, "NextToken": token}


def _shown(ctx: Context, one: Service, zones: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ServiceName": one.name,
        "ServiceId": derived("vpce-svc", one.name, one.kind),
        "ServiceType": [{"ServiceType": one.kind}],
        "ServiceRegion": ctx.region,
        "AvailabilityZones": zones,
        "Owner": "amazon",
        "BaseEndpointDnsNames": [one.endpoint_dns],
        "VpcEndpointPolicySupported": True,
        "AcceptanceRequired": False,
        "ManagesVpcEndpoints": False,
        "Tags": [],
        "SupportedIpAddressTypes": ["ipv4"],
    }
    if one.kind == "Interface":
        shown |= {
            "PrivateDnsName": one.private_dns,
            "PrivateDnsNames": [{"PrivateDnsName": one.private_dns}],
            "PrivateDnsNameVerificationState": "verified",
        }
    return shown


def _kind(shown: dict[str, Any]) -> str:
    return str(shown["ServiceType"][0]["ServiceType"])


_FILTERS = {
    "owner": lambda one: (one["Owner"],),
    "service-name": lambda one: (one["ServiceName"],),
    "service-region": lambda one: (one["ServiceRegion"],),
    "service-type": lambda one: (_kind(one),),
    "supported-ip-address-types": lambda one: one["SupportedIpAddressTypes"],
    "tag:": lambda one: (),
    "tag-key": lambda one: (),
}
