"""Classic load balancers.

Source: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/
API_LoadBalancerDescription.html and the pages of the operations.
"""

import re
from collections.abc import Mapping
from typing import Any

from emulator import ids
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Each, Rows, View
from handlers.elb import listeners
from handlers.elb.errors import find, invalid, misconfigured, not_found, page
from handlers.elb.policies import grouped
from handlers.elb.tags import given
from models import costs, hosted_zones, launches, load_balancers
from models.listing import Condition

LONGEST_NAME = 32
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")


async def describe_load_balancers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Classic load balancers of the region, by name and page."""
    asked = page(ctx, params)
    names = params.get("LoadBalancerNames")
    rows = await load_balancers.CLASSIC.page(
        ctx.db,
        [Condition("name", tuple(names))] if names else (),
        region=ctx.region,
        after=asked.after,
        limit=asked.fetch,
    )
    missing = sorted(set(names or ()) - {row["name"] for row in rows})
    if missing and asked.after is None and len(names or ()) <= (asked.limit or 0):
        raise not_found(missing[0])
    shown, marker = asked.cut(rows, "name")
    owner = ctx.principal.account_number
    found = [{**dict(row), "owner": owner} for row in shown]
    return {"LoadBalancerDescriptions": Rows(BALANCER_VIEW, found), "NextMarker": marker}


async def create_load_balancer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new load balancer; the answer is its host name."""
    name = params["LoadBalancerName"]
    if not _NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        raise invalid(
            "LoadBalancer name cannot be longer than 32 characters, and must contain only"
            " alphanumeric characters or hyphens, and not begin or end with a hyphen"
        )
    scheme = params.get("Scheme") or "internet-facing"
    if scheme not in ("internet-facing", "internal"):
        raise AwsError("InvalidScheme", f"Invalid scheme: {scheme}")
    tags = given(params)
    ports = listeners.checked(params["Listeners"], {})
    places = await _places(ctx, params)
    groups = await _groups(ctx, places["vpc_id"], params.get("SecurityGroups") or [])
    head = "internal-" if scheme == "internal" else ""
    number = int(ids.new("e")[2:], 16) % 10**10
    row = {
        "lb_arn": arn(ctx, "elasticloadbalancing", f"loadbalancer/{name}"),
        "name": name,
        "type": "classic",
        "env": launches.environment(tags),
        "region": ctx.region,
        "hourly_cost": costs.load_balancer_hourly("classic", ctx.region),
        "scheme": scheme,
        "dns_name": f"{head}{name}-{number}.{ctx.region}.elb.amazonaws.com",
        "security_group_ids": groups,
        "classic_listeners": ports,
        "health_check": {"Target": f"TCP:{ports[0]['Listener']['InstancePort']}"},
        "created_at": ctx.now,
        **places,
    }
    async with ctx.db.transaction():
        if not await load_balancers.insert(ctx.db, row, tags):
            raise AwsError("DuplicateLoadBalancerName", f"Load Balancer '{name}' already exists")
    return {"DNSName": row["dns_name"]}


async def delete_load_balancer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a load balancer; one that is gone already is not missed."""
    name = params["LoadBalancerName"]
    async with ctx.db.transaction():
        row = await load_balancers.find_classic(ctx.db, ctx.region, name, lock=True)
        if row is not None:
            await load_balancers.delete(ctx.db, ctx.region, row["lb_arn"])
    return {}


async def apply_security_groups_to_load_balancer(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Let other security groups guard a load balancer."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        if not params["SecurityGroups"]:
            raise misconfigured("At least one security group must be specified")
        groups = await _groups(ctx, row["vpc_id"], params["SecurityGroups"])
        changes = {"security_group_ids": groups}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {"SecurityGroups": groups}


async def attach_load_balancer_to_subnets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a load balancer stand in further subnets of its network."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        both = list(dict.fromkeys([*row["subnet_ids"], *params["Subnets"]]))
        places = await _places(ctx, {"Subnets": both})
        if places["vpc_id"] != row["vpc_id"]:
            raise misconfigured("The subnets must belong to the VPC of the load balancer")
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], places)
    return {"Subnets": both}


async def detach_load_balancer_from_subnets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a load balancer stand in some of its subnets no more."""
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        rest = [one for one in row["subnet_ids"] if one not in params["Subnets"]]
        if not rest:
            raise misconfigured("A load balancer must be attached to at least one subnet")
        places = await _places(ctx, {"Subnets": rest})
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], places)
    return {"Subnets": rest}


async def configure_health_check(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Change how the instances of a load balancer are checked."""
    wanted = params["HealthCheck"]
    if not re.fullmatch(r"(TCP|SSL):\d+|HTTPS?:\d+/.*", wanted["Target"]):
        raise invalid("HealthCheck target must be of the form protocol:port or protocol:port/path")
    if wanted["Timeout"] >= wanted["Interval"]:
        raise invalid("HealthCheck timeout must be less than interval")
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerName"], lock=True)
        changes = {"health_check": dict(wanted)}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {"HealthCheck": wanted}


async def _places(ctx: Context, params: Mapping[str, Any]) -> dict[str, Any]:
    """Subnets as they are named, or the default ones of the zones that are."""
    wanted, zones = params.get("Subnets") or [], params.get("AvailabilityZones") or []
    if bool(wanted) == bool(zones):
        raise invalid("Either AvailabilityZones or SubnetIds must be specified")
    if zones:
        found = await load_balancers.default_subnets(ctx.db, ctx.region, zones)
        missing = sorted(set(zones) - {row["availability_zone"] for row in found})
        if missing:
            raise invalid(f"Invalid AvailabilityZone: {missing[0]}")
    else:
        found = await load_balancers.subnets(ctx.db, ctx.region, wanted)
        missing = sorted(set(wanted) - {row["subnet_id"] for row in found})
        if missing:
            raise AwsError("SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
    if len({row["vpc_id"] for row in found}) > 1:
        raise AwsError("InvalidSubnet", "The subnets are not all in the same VPC")
    placed = [row["availability_zone"] for row in found]
    if len(set(placed)) < len(placed):
        raise misconfigured("ELB cannot be attached to multiple subnets in the same AZ.")
    return {
        "vpc_id": found[0]["vpc_id"],
        "subnet_ids": [row["subnet_id"] for row in found],
        "availability_zones": placed,
    }


async def _groups(ctx: Context, vpc_id: str, wanted: list[str]) -> list[str]:
    found = await load_balancers.security_groups(ctx.db, ctx.region, vpc_id, wanted)
    missing = [one for one in wanted if one not in found]
    if missing:
        raise AwsError("InvalidSecurityGroup", f"Invalid security group '{missing[0]}'")
    return list(dict.fromkeys(wanted)) or found


_HEALTH_CHECK = {
    "Target": "TCP:80",
    "Interval": 30,
    "Timeout": 5,
    "UnhealthyThreshold": 2,
    "HealthyThreshold": 10,
}

BALANCER_VIEW = View(
    {
        "LoadBalancerName": "name",
        "DNSName": "dns_name",
        "CanonicalHostedZoneName": "dns_name",
        "CanonicalHostedZoneNameID": Computed(hosted_zones.of_balancers, "type", "region"),
        "ListenerDescriptions": Computed(lambda found: list(found or ()), "classic_listeners"),
        "Policies": Computed(grouped, "policies", "classic_listeners"),
        "BackendServerDescriptions": Computed(lambda _: [], "name"),
        "AvailabilityZones": Each("availability_zones"),
        "Subnets": Each("subnet_ids"),
        "VPCId": "vpc_id",
        "Instances": Computed(lambda found: [{"InstanceId": one} for one in found], "instance_ids"),
        "HealthCheck": Computed(lambda own: _HEALTH_CHECK | dict(own or {}), "health_check"),
        "SourceSecurityGroup": {"OwnerAlias": "owner", "GroupName": "source_group"},
        "SecurityGroups": Each("security_group_ids"),
        "CreatedTime": "created_at",
        "Scheme": "scheme",
    }
)
