"""DHCP options.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DhcpOptions.html and the pages
of the operations beside it.
"""

from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.rows import Computed, Each, Rows, View
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import DHCP_OPTIONS, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from models import dhcp_options
from models.dhcp_options import LISTING

KEYS = (
    "domain-name-servers", "domain-name", "ntp-servers", "netbios-name-servers",
    "netbios-node-type", "ipv6-address-preferred-lease-time",
)  # fmt: skip


async def describe_dhcp_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Sets of DHCP options of the region, by id, filter and page."""
    asked = params.get("DhcpOptionsIds")
    shown, token = await lists.found(ctx, params, LISTING, DHCP_OPTIONS, asked, FILTERS)
    return {"DhcpOptions": Rows(OPTIONS_VIEW, shown), "NextToken": token}


async def create_dhcp_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new set, which no VPC uses yet."""
    check_types(params, ("dhcp-options",))
    configurations: dict[str, list[str]] = {}
    for one in params["DhcpConfigurations"]:
        key, values = one.get("Key"), [value for value in one.get("Values") or () if value]
        if key not in KEYS or not values or key in configurations:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({', '.join(values)}) for parameter {key} is invalid.",
            )
        configurations[key] = values
    if not configurations:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter dhcpConfigurations"
        )
    row = {
        "dhcp_options_id": ids.new("dopt"),
        "region": ctx.region,
        "configurations": configurations,
        "tags": tags_for(params, "dhcp-options"),
        "created_at": ctx.now,
    }
    await dhcp_options.insert(ctx.db, row)
    shown = {**row, "id": row["dhcp_options_id"], "owner": ctx.principal.account_number}
    return {"DhcpOptions": OPTIONS_VIEW.show(shown)}


async def associate_dhcp_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a VPC use a set; `default` stands for none."""
    options_id, vpc_id = params["DhcpOptionsId"], params["VpcId"]
    if options_id != "default":
        identifiers.check(DHCP_OPTIONS, [options_id])
    identifiers.check(VPC, [vpc_id])
    verdict = await dhcp_options.associate(ctx.db, ctx.region, vpc_id, options_id)
    if not verdict["there"]:
        raise identifiers.not_found(DHCP_OPTIONS, [options_id])
    if not verdict["done"]:
        raise identifiers.not_found(VPC, [vpc_id])
    return {}


async def delete_dhcp_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a set that no VPC uses."""
    options_id = params["DhcpOptionsId"]
    identifiers.check(DHCP_OPTIONS, [options_id])
    if not await dhcp_options.delete(ctx.db, ctx.region, options_id):
        if await LISTING.one(ctx.db, ctx.region, options_id) is None:
            raise identifiers.not_found(DHCP_OPTIONS, [options_id])
        raise AwsError(
            "DependencyViolation",
            f"The dhcpOptions '{options_id}' has dependencies and cannot be deleted.",
        )
    return {}


def _configurations(given: dict[str, list[str]]) -> list[dict[str, Any]]:
    return [
        {"Key": key, "Values": [{"Value": value} for value in given[key]]} for key in sorted(given)
    ]


OPTIONS_VIEW = View(
    {
        "DhcpConfigurations": Computed(_configurations, "configurations"),
        "DhcpOptionsId": "id",
        "OwnerId": "owner",
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
    }
)

FILTERS = TAGS | {
    "dhcp-options-id": "id",
    "key": "key",
    "owner-id": "owner",
    "value": "value",
}
