"""Application, network and gateway load balancers.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancer.html
and the pages of the operations. Attributes have a module of their own.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Each, Rows, View, When
from handlers.elbv2 import identifiers, lists, tags
from handlers.elbv2.balancer_places import check_addresses, choose_groups, choose_subnets
from handlers.elbv2.identifiers import BALANCER, invalid, not_found
from models import costs, hosted_zones, launches, load_balancers
from models.listing import Condition

_REFUSED = ("CustomerOwnedIpv4Pool", "IpamPools", "EnablePrefixForIpv6SourceNat")


async def describe_load_balancers(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Load balancers of the region, by ARN, name and page."""
    lists.one_of(params, "LoadBalancerArns", "Names")
    page = lists.page(ctx, params)
    arns, names = params.get("LoadBalancerArns"), params.get("Names")
    lists.few("load balancers", arns or names)
    for one in arns or ():
        identifiers.checked(BALANCER, one)
    rows = await load_balancers.LISTING.page(
        ctx.db,
        [Condition("name", tuple(names))] if names else (),
        region=ctx.region,
        ids=arns or None,
        after=page.after,
        limit=page.fetch,
    )
    key = "lb_arn" if arns else "name"
    missing = set(arns or names or ()) - {row[key] for row in rows}
    if missing and page.after is None and page.limit and len(arns or names or ()) <= page.limit:
        raise AwsError(BALANCER.code, f"Load balancers '[{', '.join(sorted(missing))}]' not found")
    shown, marker = page.cut(rows, "lb_arn")
    return {"LoadBalancers": Rows(BALANCER_VIEW, shown), "NextMarker": marker}


async def create_load_balancer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new load balancer; asked for again with the same settings, the one that is there."""
    name, kind = params["Name"], params.get("Type") or "application"
    identifiers.check_name("load balancer", name)
    for member in _REFUSED:
        if params.get(member) not in (None, "off"):
            raise invalid(f"{member} is not supported here")
    given = tags.given(params)
    scheme = params.get("Scheme") or ("internal" if kind == "gateway" else "internet-facing")
    if kind == "gateway" and scheme != "internal":
        raise AwsError("InvalidScheme", "The scheme of a gateway load balancer cannot be set")
    places = await choose_subnets(ctx, params, kind)
    number = identifiers.digits()
    row = {
        "lb_arn": identifiers.balancer_arn(ctx, kind, name, number),
        "name": name,
        "type": kind,
        "env": launches.environment(given),
        "region": ctx.region,
        "hourly_cost": costs.load_balancer_hourly(kind, ctx.region),
        "scheme": scheme,
        "dns_name": _dns_name(kind, scheme, name, number, ctx.region),
        "ip_address_type": params.get("IpAddressType") or "ipv4",
        "security_group_ids": await choose_groups(
            ctx, places["vpc_id"], params.get("SecurityGroups"), kind
        ),
        "created_at": ctx.now,
        **places,
        **provisioning(ctx),
    }
    async with ctx.db.transaction():
        old = await load_balancers.find_named(ctx.db, ctx.region, name)
        if old is not None:
            return {"LoadBalancers": [_the_same(old, row)]}
        addresses = await check_addresses(ctx, places, "")
        await load_balancers.insert(ctx.db, row, given)
        await _bind(ctx, row["lb_arn"], addresses)
        made = await load_balancers.find_one(ctx.db, ctx.region, row["lb_arn"])
    answer = BALANCER_VIEW.show(made)
    return {"LoadBalancers": [{**answer, "State": {"Code": "provisioning"}}]}


async def delete_load_balancer(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a load balancer with its listeners; one that is gone already is not missed."""
    arn = identifiers.checked(BALANCER, params["LoadBalancerArn"])
    async with ctx.db.transaction():
        row = await load_balancers.lock(ctx.db, ctx.region, arn)
        if row is None:
            return {}
        if row["attributes"].get("deletion_protection.enabled") == "true":
            raise AwsError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        await _bind(ctx, arn, [])
        await load_balancers.delete(ctx.db, ctx.region, arn)
    return {}


async def set_subnets(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a load balancer stand in other subnets of its network."""
    if params.get("EnablePrefixForIpv6SourceNat") not in (None, "off"):
        raise invalid("EnablePrefixForIpv6SourceNat is not supported here")
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerArn"])
        places = await choose_subnets(ctx, params, row["type"])
        if places["vpc_id"] != row["vpc_id"]:
            raise AwsError("InvalidSubnet", f"The subnets must belong to the VPC '{row['vpc_id']}'")
        gone = set(row["availability_zones"]) - set(places["availability_zones"])
        if row["type"] == "gateway" and gone:
            raise AwsError(
                "InvalidConfigurationRequest",
                "Subnets cannot be removed from load balancers with type 'gateway'",
            )
        addresses = await check_addresses(ctx, places, row["lb_arn"])
        changes = dict(places)
        if params.get("IpAddressType"):
            changes["ip_address_type"] = params["IpAddressType"]
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
        await _bind(ctx, row["lb_arn"], addresses)
        shown = BALANCER_VIEW.show(await load_balancers.find_one(ctx.db, ctx.region, row["lb_arn"]))
    return {name: shown[name] for name in ("AvailabilityZones", "IpAddressType")}


async def set_security_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let other security groups guard a load balancer."""
    wanted = params["SecurityGroups"]
    if params.get("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic") == "off":
        raise invalid("PrivateLink traffic cannot be exempted from security groups here")
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerArn"])
        if not wanted:
            raise invalid("At least one security group must be specified")
        if row["type"] == "network" and not row["security_group_ids"]:
            raise AwsError(
                "InvalidConfigurationRequest",
                "You can't set security groups on a network load balancer that was created"
                " without security groups.",
            )
        groups = await choose_groups(ctx, row["vpc_id"], wanted, row["type"])
        changes = {"security_group_ids": groups}
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], changes)
    return {"SecurityGroupIds": groups}


async def set_ip_address_type(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a load balancer be reached by IPv4 alone or by IPv6 too."""
    kind = params["IpAddressType"]
    async with ctx.db.transaction():
        row = await find(ctx, params["LoadBalancerArn"])
        if kind == "dualstack-without-public-ipv4" and row["type"] != "application":
            raise AwsError(
                "InvalidConfigurationRequest",
                f"The IP address type '{kind}' is not supported for load balancers with type"
                f" '{row['type']}'",
            )
        await load_balancers.update(ctx.db, ctx.region, row["lb_arn"], {"ip_address_type": kind})
    return {"IpAddressType": kind}


async def find(ctx: Context, arn: str) -> Any:
    """The load balancer of a request, held until the transaction ends."""
    row = await load_balancers.lock(ctx.db, ctx.region, identifiers.checked(BALANCER, arn))
    if row is None:
        raise not_found(BALANCER, arn)
    return row


def provisioning(ctx: Context) -> dict[str, Any]:
    """The columns of a load balancer that is new: active at once, where nothing takes time."""
    takes = timedelta(seconds=ctx.server.settings.transition_seconds)
    if not takes:
        return {"state": "active", "settles_at": None}
    return {"state": "provisioning", "settles_at": ctx.now + takes}


async def _bind(ctx: Context, arn: str, allocation_ids: list[str]) -> None:
    bound, free = costs.elastic_ip_hourly(True), costs.elastic_ip_hourly(False)
    await load_balancers.bind_addresses(ctx.db, arn, allocation_ids, bound, free)


def _the_same(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    names = ("type", "scheme", "subnet_ids", "security_group_ids", "ip_address_type")
    if any(_plain(old[name]) != _plain(new[name]) for name in names):
        raise AwsError(
            "DuplicateLoadBalancerName",
            f"A load balancer with the same name '{new['name']}' exists, but with different"
            " settings",
        )
    return BALANCER_VIEW.show(old)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


def _dns_name(kind: str, scheme: str, name: str, number: str, region: str) -> str | None:
    if kind == "gateway":
        return None
    if kind == "network":
        return f"{name}-{number}.elb.{region}.amazonaws.com"
    head = "internal-" if scheme == "internal" else ""
    return f"{head}{name}-{int(number, 16) % 10**10}.{region}.elb.amazonaws.com"


def _zones(places: Any) -> list[dict[str, Any]]:
    return [dict(one) for one in places or ()]


BALANCER_VIEW = View(
    {
        "LoadBalancerArn": "lb_arn",
        "DNSName": "dns_name",
        "CanonicalHostedZoneId": Computed(hosted_zones.of_balancers, "type", "region"),
        "CreatedTime": "created_at",
        "LoadBalancerName": "name",
        "Scheme": "scheme",
        "VpcId": "vpc_id",
        "State": {"Code": "state"},
        "Type": "type",
        "AvailabilityZones": Computed(_zones, "places"),
        "SecurityGroups": When("security_group_ids", Each("security_group_ids")),
        "IpAddressType": "ip_address_type",
    }
)
