"""Where a load balancer stands: its subnets, and the security groups that guard it."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elbv2.identifiers import invalid
from models import load_balancers

LEAST_ZONES = 2


async def choose_subnets(ctx: Context, params: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The subnets that a request names, as columns: network, subnets, zones, addresses."""
    mappings = params.get("SubnetMappings") or []
    if mappings and params.get("Subnets"):
        raise invalid("You must specify either subnets or subnet mappings, but not both")
    wanted = params.get("Subnets") or [one.get("SubnetId") or "" for one in mappings]
    if not wanted:
        raise invalid("At least one subnet must be specified" if kind != "application" else _TWO)
    if len(set(wanted)) < len(wanted):
        raise invalid("Duplicate subnets are not allowed")
    found = {
        row["subnet_id"]: row for row in await load_balancers.subnets(ctx.db, ctx.region, wanted)
    }
    for subnet_id in wanted:
        if subnet_id not in found:
            raise AwsError("SubnetNotFound", f"The subnet ID '{subnet_id}' does not exist")
    zones = [found[subnet_id]["availability_zone"] for subnet_id in wanted]
    if len({row["vpc_id"] for row in found.values()}) > 1:
        raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    if len(set(zones)) < len(zones):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if kind == "application" and len(zones) < LEAST_ZONES:
        raise invalid(_TWO)
    return {
        "vpc_id": found[wanted[0]]["vpc_id"],
        "subnet_ids": list(wanted),
        "availability_zones": zones,
        "subnet_mappings": _mapped(mappings, kind),
    }


async def choose_groups(
    ctx: Context, vpc_id: str, wanted: Sequence[str] | None, kind: str
) -> list[str]:
    """The security groups of a load balancer: an application's own, else its network's default."""
    if kind == "gateway" and wanted:
        raise AwsError(
            "InvalidConfigurationRequest",
            "Security groups are not supported for load balancers with type 'gateway'",
        )
    if not wanted and kind != "application":
        return []
    found = await load_balancers.security_groups(ctx.db, ctx.region, vpc_id, list(wanted or ()))
    missing = [one for one in wanted or () if one not in found]
    if missing:
        raise AwsError("InvalidSecurityGroup", f"The security group '{missing[0]}' does not exist")
    return list(dict.fromkeys(wanted)) if wanted else found


async def check_addresses(ctx: Context, places: Mapping[str, Any], arn: str) -> list[str]:
    """The addresses that a load balancer is to have, all of them the caller's and free."""
    wanted = [
        one["AllocationId"] for one in places["subnet_mappings"].values() if "AllocationId" in one
    ]
    found = await load_balancers.free_addresses(ctx.db, ctx.region, wanted, arn) if wanted else []
    missing = [one for one in wanted if one not in found]
    if missing:
        raise AwsError(
            "AllocationIdNotFound",
            f"The allocation IDs '{', '.join(missing)}' are not available for use",
        )
    return wanted


def _mapped(mappings: Sequence[Mapping[str, Any]], kind: str) -> dict[str, dict[str, str]]:
    names = ("AllocationId", "PrivateIPv4Address")
    found = {}
    for one in mappings:
        if one.get("IPv6Address") or one.get("SourceNatIpv6Prefix"):
            raise invalid("IPv6 addresses of subnet mappings are not supported here")
        own = {name: one[name] for name in names if one.get(name)}
        if own and kind != "network":
            raise invalid(
                f"{next(iter(own))} is not supported for load balancers with type '{kind}'"
            )
        if own:
            found[one["SubnetId"]] = own
    return found


_TWO = "At least two subnets in two different Availability Zones must be specified"
