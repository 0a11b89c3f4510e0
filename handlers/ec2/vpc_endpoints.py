"""VPC endpoints.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html and the pages
of the operations beside it.
"""

from collections.abc import Sequence
from typing import Any

from emulator import ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.idempotency import once
from emulator.rows import Computed, Constant, Each, Rows, View, When
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import ROUTE_TABLE, SECURITY_GROUP, SUBNET, VPC, VPC_ENDPOINT
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST
from models import costs, route_tables, security_groups, subnets, vpc_endpoints, vpcs

# The only two services that have free endpoints in route tables.
GATEWAY_SERVICES = ("s3", "dynamodb")


async def describe_vpc_endpoints(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """VPC endpoints of the region, by id, filter and page."""
    asked = params.get("VpcEndpointIds")
    identifiers.check(VPC_ENDPOINT, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, vpc_endpoints.LISTING, FILTERS, params.get("Filters"))
    rows = await vpc_endpoints.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if asked and not where and page.limit is None:
        identifiers.check_found(VPC_ENDPOINT, asked, (row["vpc_endpoint_id"] for row in rows))
    shown, token = page.cut(rows, "vpc_endpoint_id")
    return {"VpcEndpoints": Rows(ENDPOINT_VIEW, shown), "NextToken": token}


async def create_vpc_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new endpoint: in route tables (Gateway, free) or in subnets (Interface, by the hour)."""
    check_types(params, ("vpc-endpoint",))
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    kind = params.get("VpcEndpointType") or "Gateway"
    service = _service(ctx, params.get("ServiceName"), kind)
    tags = tags_for(params, "vpc-endpoint")

    async def work() -> list[str]:
        if await vpcs.find_one(ctx.db, ctx.region, vpc_id) is None:
            raise identifiers.not_found(VPC, [vpc_id])
        row = await _new(ctx, params, vpc_id, kind, service, tags)
        await vpc_endpoints.insert(ctx.db, row)
        return [row["vpc_endpoint_id"]]

    [vpc_endpoint_id] = await once(ctx, params.get("ClientToken"), work)
    made = await vpc_endpoints.find_one(ctx.db, ctx.region, vpc_endpoint_id)
    if made is None:
        raise identifiers.not_found(VPC_ENDPOINT, [vpc_endpoint_id])
    shown = ENDPOINT_VIEW.show(made)
    if kind != "Gateway":
        shown["State"] = "pending"
    return {"VpcEndpoint": shown, "ClientToken": params.get("ClientToken")}


async def modify_vpc_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Other subnets, groups, route tables, names or another policy; hours follow the subnets."""
    endpoint_id = params["VpcEndpointId"]
    identifiers.check(VPC_ENDPOINT, [endpoint_id])
    for name in ("SubnetConfigurations", "DnsOptions"):
        if params.get(name):
            raise AwsError("UnsupportedOperation", f"{name} is not emulated.")
    if params.get("IpAddressType") not in (None, "ipv4"):
        raise AwsError("InvalidParameter", "The subnets here have IPv4 addresses alone.")
    async with ctx.db.transaction():
        row = await vpc_endpoints.lock(ctx.db, ctx.region, endpoint_id)
        if row is None:
            raise identifiers.not_found(VPC_ENDPOINT, [endpoint_id])
        changes = await _changes(ctx, params, row)
        if not changes:
            raise AwsError("MissingParameter", "The request must contain at least one change.")
        await vpc_endpoints.update(ctx.db, ctx.region, endpoint_id, changes)
    return {"Return": True}


async def delete_vpc_endpoints(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete endpoints, each for itself: what could not be deleted is told, not raised."""
    asked = params["VpcEndpointIds"]
    found = await vpc_endpoints.delete(ctx.db, ctx.region, asked)
    missing = [value for value in asked if value not in found]
    return {
        "Unsuccessful": [
            {
                "ResourceId": value,
                "Error": {
                    "Code": "InvalidVpcEndpoint.NotFound",
                    "Message": f"The Vpc Endpoint Id '{value}' does not exist",
                },
            }
            for value in missing
        ]
    }


async def _changes(ctx: Context, params: dict[str, Any], row: Any) -> dict[str, Any]:
    """The columns that a change of an endpoint sets, each checked against its kind and VPC."""
    kind, vpc_id = row["vpc_endpoint_type"], row["vpc_id"]
    changes: dict[str, Any] = {}
    for column, member in (
        ("subnet_ids", "SubnetIds"),
        ("security_group_ids", "SecurityGroupIds"),
        ("route_table_ids", "RouteTableIds"),
    ):
        added, removed = params.get(f"Add{member}") or (), params.get(f"Remove{member}") or ()
        if not added and not removed:
            continue
        if (column == "route_table_ids") is not (kind == "Gateway"):
            raise AwsError("InvalidParameter", f"{member} are not supported for {kind} endpoints.")
        kept = [one for one in row[column] or () if one not in removed]
        changes[column] = list(dict.fromkeys((*kept, *added)))
    if "route_table_ids" in changes:
        added = params.get("AddRouteTableIds") or ()
        tables = await route_tables.LISTING.page(ctx.db, region=ctx.region, ids=added or None)
        own = (one["id"] for one in tables if one["vpc_id"] == vpc_id)
        identifiers.check_found(ROUTE_TABLE, added, own)
    if "subnet_ids" in changes:
        await _check_subnets(ctx, vpc_id, changes["subnet_ids"])
        changes["hourly_cost"] = costs.vpc_endpoint_hourly(
            kind, len(changes["subnet_ids"]), ctx.region
        )
    if "security_group_ids" in changes:
        await _check_groups(ctx, vpc_id, changes["security_group_ids"])
        if not changes["security_group_ids"]:
            raise AwsError("InvalidParameter", "An endpoint needs at least one security group.")
    wanted = params.get("PrivateDnsEnabled")
    if wanted is not None and wanted != row["private_dns_enabled"]:
        if kind != "Interface":
            raise AwsError("InvalidParameter", f"{kind} endpoints have no private DNS.")
        if wanted and await vpc_endpoints.has_private_dns(ctx.db, vpc_id, row["service_name"]):
            raise AwsError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS"
                f" domain for {row['service_name']} in the VPC {vpc_id}",
            )
    if wanted is not None:
        changes["private_dns_enabled"] = wanted
    if params.get("ResetPolicy") or params.get("PolicyDocument"):
        changes["policy_document"] = None if params.get("ResetPolicy") else params["PolicyDocument"]
    return changes


def _service(ctx: Context, name: str | None, kind: str) -> str:
    """The service's name, if there may be an endpoint of this kind for it."""
    if not name:
        raise AwsError("MissingParameter", "The request must contain the parameter serviceName")
    known = name.startswith(
        (f"com.amazonaws.{ctx.region}.", f"aws.api.{ctx.region}.", "com.amazonaws.vpce.")
    )
    if not known:
        raise AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")
    if kind == "Gateway" and name.rpartition(".")[2] not in GATEWAY_SERVICES:
        raise AwsError(
            "InvalidParameter",
            f"Endpoint type (Gateway) does not match available service types ([Interface]) for"
            f" service {name}.",
        )
    return name


async def _new(
    ctx: Context,
    params: dict[str, Any],
    vpc_id: str,
    kind: str,
    service: str,
    tags: dict[str, str],
) -> dict[str, Any]:
    """The row of a new endpoint, whose subnets and groups are those of its VPC."""
    chosen = list(dict.fromkeys(params.get("SubnetIds") or ()))
    groups = list(dict.fromkeys(params.get("SecurityGroupIds") or ()))
    private_dns = False
    if kind == "Gateway" and (chosen or groups):
        raise AwsError(
            "InvalidParameter",
            "Subnets and security groups are not supported for Gateway endpoints.",
        )
    await _check_subnets(ctx, vpc_id, chosen)
    await _check_groups(ctx, vpc_id, groups)
    if kind == "Interface":
        private_dns = params.get("PrivateDnsEnabled") is not False
        if private_dns and await vpc_endpoints.has_private_dns(ctx.db, vpc_id, service):
            raise AwsError(
                "InvalidParameter",
                "private-dns-enabled cannot be set because there is already a conflicting DNS"
                f" domain for {service} in the VPC {vpc_id}",
            )
        default = None if groups else await security_groups.find_default(ctx.db, vpc_id)
        groups = groups or ([default] if default else [])
    return {
        "vpc_endpoint_id": ids.new("vpce"),
        "vpc_id": vpc_id,
        "service_name": service,
        "vpc_endpoint_type": kind,
        "region": ctx.region,
        "subnet_ids": chosen,
        "route_table_ids": list(params.get("RouteTableIds") or ()),
        "security_group_ids": groups,
        "private_dns_enabled": private_dns,
        "policy_document": params.get("PolicyDocument"),
        "hourly_cost": costs.vpc_endpoint_hourly(kind, len(chosen), ctx.region),
        "client_token": params.get("ClientToken"),
        "tags": tags,
        "created_at": ctx.now,
    }


async def _check_subnets(ctx: Context, vpc_id: str, chosen: Sequence[str]) -> None:
    """Each subnet must be of the VPC, and each in a zone of its own."""
    if not chosen:
        return
    identifiers.check(SUBNET, chosen)
    rows = await subnets.LISTING.page(ctx.db, region=ctx.region, ids=chosen)
    own = [row for row in rows if row["vpc_id"] == vpc_id]
    identifiers.check_found(SUBNET, chosen, (row["subnet_id"] for row in own))
    if len({row["availability_zone"] for row in own}) < len(own):
        raise AwsError(
            "DuplicateSubnetsInSameZone",
            "Found another VPC endpoint subnet in the availability zone of a subnet given.",
        )


async def _check_groups(ctx: Context, vpc_id: str, groups: Sequence[str]) -> None:
    if not groups:
        return
    identifiers.check(SECURITY_GROUP, groups)
    rows = await security_groups.LISTING.page(ctx.db, region=ctx.region, ids=groups)
    own = (row["group_id"] for row in rows if row["vpc_id"] == vpc_id)
    identifiers.check_found(SECURITY_GROUP, groups, own)


def _dns_entries(
    kind: str, endpoint_id: str, service: str, region: str, private: bool
) -> list[dict[str, str]]:
    """The names of an interface endpoint: its own, and the service's where it answers for it."""
    if kind != "Interface":
        return []
    short = service.rpartition(f".{region}.")[2]
    own = (
        f"{endpoint_id}-{ids.derived('dns', endpoint_id)[4:12]}.{short}.{region}.vpce.amazonaws.com"
    )
    zone = "Z" + ids.derived("zone", service)[5:18].upper()
    entries = [{"DnsName": own, "HostedZoneId": zone}]
    if private:
        names = ".".join(reversed(short.split(".")))
        entries.append({"DnsName": f"{names}.{region}.amazonaws.com", "HostedZoneId": zone})
    return entries


def _dns_options(kind: str) -> dict[str, str]:
    return {"DnsRecordIpType": "ipv4" if kind == "Interface" else "service-defined"}


FULL_ACCESS = (
    '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*",'
    '"Resource":"*"}]}'
)

ENDPOINT_VIEW = View(
    {
        "VpcEndpointId": "vpc_endpoint_id",
        "VpcEndpointType": "vpc_endpoint_type",
        "VpcId": "vpc_id",
        "ServiceName": "service_name",
        "State": "state",
        "PolicyDocument": Computed(lambda policy: policy or FULL_ACCESS, "policy_document"),
        "RouteTableIds": Each("route_table_ids"),
        "SubnetIds": Each("subnet_ids"),
        "Groups": When(
            "groups", Each("groups", {"GroupId": "id", "GroupName": "name"}), otherwise=Constant([])
        ),
        "IpAddressType": Constant("ipv4"),
        "DnsOptions": Computed(_dns_options, "vpc_endpoint_type"),
        "PrivateDnsEnabled": "private_dns_enabled",
        "RequesterManaged": Constant(False),
        "NetworkInterfaceIds": Computed(lambda found: found or [], "interfaces"),
        "DnsEntries": Computed(
            _dns_entries,
            "vpc_endpoint_type",
            "vpc_endpoint_id",
            "service_name",
            "region",
            "private_dns_enabled",
        ),
        "CreationTimestamp": "created_at",
        "OwnerId": "owner",
        "ServiceRegion": "region",
        "Tags": TAG_LIST,
    }
)

FILTERS = TAGS | {
    "ip-address-type": "ip_address_type",
    "owner-id": "owner",
    "requester-managed": "never",
    "service-name": "service_name",
    "service-region": "region",
    "vpc-endpoint-id": "vpc_endpoint_id",
    "vpc-endpoint-state": "state",
    "vpc-endpoint-type": "vpc_endpoint_type",
    "vpc-id": "vpc_id",
}
