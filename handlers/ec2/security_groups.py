"""Security groups.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroup.html and the
pages of the operations beside it.
"""

from typing import Any

from emulator import arns, ids, pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS, conditions
from emulator.rows import Computed, Each, Rows, View
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import SECURITY_GROUP, VPC
from handlers.ec2.tag_specifications import check_types, tags_for
from handlers.ec2.tag_view import TAG_LIST, tag_list
from models import networks, security_groups, vpcs
from models.listing import Condition

LONGEST_NAME = 255


async def describe_security_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Security groups of the region, by id, name (in the default VPC), filter and page."""
    asked, names = params.get("GroupIds"), params.get("GroupNames")
    identifiers.check(SECURITY_GROUP, asked or ())
    page = pages.page(ctx, params)
    where = conditions(ctx, security_groups.LISTING, FILTERS, params.get("Filters"))
    filtered = bool(where) or page.limit is not None
    if names:
        default = await vpcs.find_default(ctx.db, ctx.region)
        where.append(Condition("name", tuple(names)))
        where.append(Condition("vpc_id", (default,) if default else ()))
    rows = await security_groups.LISTING.page(
        ctx.db, where, region=ctx.region, ids=asked, after=page.after, limit=page.fetch
    )
    if not filtered:
        identifiers.check_found(SECURITY_GROUP, asked or (), (row["group_id"] for row in rows))
        identifiers.check_found(SECURITY_GROUP, names or (), (row["name"] for row in rows))
    shown, token = page.cut(rows, "group_id")
    return {"SecurityGroups": Rows(GROUP_VIEW, shown), "NextToken": token}


async def describe_security_group_references(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Which peered VPCs name these groups in their rules."""
    asked = params["GroupId"]
    identifiers.check(SECURITY_GROUP, asked)
    rows = await security_groups.LISTING.page(ctx.db, region=ctx.region, ids=asked)
    identifiers.check_found(SECURITY_GROUP, asked, (row["group_id"] for row in rows))
    return {
        "SecurityGroupReferenceSet": [
            {
                "GroupId": row["referenced_group_id"],
                "ReferencingVpcId": row["vpc_id"],
                "VpcPeeringConnectionId": row["peering_id"],
            }
            for row in await security_groups.references(ctx.db, asked)
        ]
    }


async def describe_stale_security_groups(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Groups of a VPC with rules that name what is gone, or no longer peered."""
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    if await vpcs.find_one(ctx.db, ctx.region, vpc_id) is None:
        raise identifiers.not_found(VPC, [vpc_id])
    page = pages.page(ctx, params)
    rows = await security_groups.STALE.page(
        ctx.db, [Condition("vpc_id", (vpc_id,))], region=ctx.region,
        after=page.after, limit=page.fetch,
    )  # fmt: skip
    shown, token = page.cut(rows, "group_id")
    rules = await security_groups.stale_rules(ctx.db, [row["group_id"] for row in shown])
    return {
        "StaleSecurityGroupSet": [
            {
                "GroupId": row["group_id"],
                "GroupName": row["name"],
                "Description": row["description"],
                "VpcId": row["vpc_id"],
                **{
                    member: [_stale(rule) for rule in rules
                             if rule["group_id"] == row["group_id"] and rule["is_egress"] is egress]
                    for member, egress in (
                        ("StaleIpPermissions", False), ("StaleIpPermissionsEgress", True)
                    )
                },
            }
            for row in shown
        ],
        "NextToken": token,
    }  # fmt: skip


def _stale(rule: Any) -> dict[str, Any]:
    """A rule whose peer is out of reach, as an IpPermission."""
    peer = {
        "GroupId": rule["referenced_group_id"],
        "UserId": rule["referenced_account"],
        "Description": rule["description"],
        "VpcId": rule["peer_vpc_id"],
        "VpcPeeringConnectionId": rule["last_peering"],
        "PeeringStatus": "deleted",
    }
    return {
        "IpProtocol": rule["ip_protocol"],
        "FromPort": rule["from_port"],
        "ToPort": rule["to_port"],
        "IpRanges": [],
        "PrefixListIds": [],
        "UserIdGroupPairs": [{name: value for name, value in peer.items() if value}],
    }


async def create_security_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new group that lets nobody in and everybody out."""
    check_types(params, ("security-group",))
    name, description = params["GroupName"], params["Description"]
    _check_name(name, description)
    vpc_id = await _vpc(ctx, params.get("VpcId"))
    tags = tags_for(params, "security-group")
    row = {
        "group_id": ids.new("sg"),
        "name": name,
        "description": description,
        "vpc_id": vpc_id,
        "region": ctx.region,
        "egress": networks.EVERYWHERE_OUT,
        "tags": tags,
        "created_at": ctx.now,
    }
    if not await security_groups.insert(ctx.db, row):
        raise AwsError(
            "InvalidGroup.Duplicate",
            f"The security group '{name}' already exists for VPC '{vpc_id}'",
        )
    return {
        "GroupId": row["group_id"],
        "Tags": tag_list(tags),
        "SecurityGroupArn": arns.arn(ctx, "ec2", f"security-group/{row['group_id']}"),
    }


async def delete_security_group(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a group that nothing uses and no other group's rules name."""
    group_id, name = params.get("GroupId"), params.get("GroupName")
    if not group_id and not name:
        raise AwsError(
            "MissingParameter", "The request must contain the parameter GroupName or GroupId"
        )
    if not group_id:
        group_id = await named(ctx, str(name))
    identifiers.check(SECURITY_GROUP, [group_id])
    if not await security_groups.delete(ctx.db, ctx.region, group_id):
        group = await security_groups.find_one(ctx.db, ctx.region, group_id)
        if group is None:
            raise identifiers.not_found(SECURITY_GROUP, [group_id])
        if group["name"] == "default":
            raise AwsError(
                "CannotDelete",
                f'the specified group: "{group_id}" name: "default" cannot be deleted by a user',
            )
        raise AwsError("DependencyViolation", f"resource {group_id} has a dependent object")
    return {"Return": True, "GroupId": group_id}


async def _vpc(ctx: Context, vpc_id: str | None) -> str:
    if not vpc_id:
        default = await vpcs.find_default(ctx.db, ctx.region)
        if default is None:
            raise AwsError("VPCIdNotSpecified", "No default VPC for this user")
        return default
    identifiers.check(VPC, [vpc_id])
    if await vpcs.find_one(ctx.db, ctx.region, vpc_id) is None:
        raise identifiers.not_found(VPC, [vpc_id])
    return vpc_id


async def named(ctx: Context, name: str) -> str:
    """The group of that name in the default VPC."""
    default = await vpcs.find_default(ctx.db, ctx.region)
    where = [Condition("name", (name,)), Condition("vpc_id", (default,) if default else ())]
    rows = await security_groups.LISTING.page(ctx.db, where, region=ctx.region)
    if not rows:
        raise identifiers.not_found(SECURITY_GROUP, [name])
    return str(rows[0]["group_id"])


def _check_name(name: str, description: str) -> None:
    for value, what in ((name, "groupName"), (description, "groupDescription")):
        if len(value) > LONGEST_NAME or not value.isascii():
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({value}) for parameter {what} is invalid. Character sets beyond ASCII are"
                f" not supported, and it must be at most {LONGEST_NAME} characters long.",
            )
    if name == "default":
        raise AwsError("InvalidParameterValue", "Cannot use reserved security group name: default")
    if name.startswith("sg-"):
        raise AwsError("InvalidParameterValue", "Group names may not be in the format sg-*.")


def _port(protocol: str, port: int | None) -> int | None:
    """All protocols have no ports."""
    return None if protocol == "-1" else port


PERMISSION = {
    "IpProtocol": "IpProtocol",
    "FromPort": Computed(_port, "IpProtocol", "FromPort"),
    "ToPort": Computed(_port, "IpProtocol", "ToPort"),
    "UserIdGroupPairs": Each(
        "UserIdGroupPairs",
        {"GroupId": "GroupId", "UserId": "UserId", "Description": "Description"},
    ),
    "IpRanges": Each("IpRanges", {"CidrIp": "CidrIp", "Description": "Description"}),
    "Ipv6Ranges": Each("Ipv6Ranges", {"CidrIpv6": "CidrIpv6", "Description": "Description"}),
    "PrefixListIds": Each(
        "PrefixListIds", {"PrefixListId": "PrefixListId", "Description": "Description"}
    ),
}

GROUP_VIEW = View(
    {
        "GroupId": "group_id",
        "GroupName": "name",
        "Description": "description",
        "OwnerId": "owner",
        "VpcId": "vpc_id",
        "SecurityGroupArn": "arn",
        "IpPermissions": Each("ingress", PERMISSION),
        "IpPermissionsEgress": Each("egress", PERMISSION),
        "Tags": TAG_LIST,
    }
)

_PERMISSION_FILTERS = {
    "cidr": "cidr",
    "from-port": "from_port",
    "group-id": "group_id",
    "group-name": "group_name",
    "ipv6-cidr": "ipv6_cidr",
    "prefix-list-id": "prefix_list_id",
    "protocol": "protocol",
    "to-port": "to_port",
    "user-id": "user_id",
}

FILTERS = TAGS | {
    "description": "description",
    "group-id": "group_id",
    "group-name": "name",
    "owner-id": "owner",
    "vpc-id": "vpc_id",
    **{f"ip-permission.{aws}": f"ingress_{ours}" for aws, ours in _PERMISSION_FILTERS.items()},
    **{
        f"egress.ip-permission.{aws}": f"egress_{ours}" for aws, ours in _PERMISSION_FILTERS.items()
    },
}
