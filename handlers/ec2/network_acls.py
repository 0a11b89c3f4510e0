"""Network ACLs, their entries, and the subnets that use them.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html and the pages
of the operations beside it.
"""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from emulator import ids
from emulator.context import Context
from emulator.errors import AwsError
from emulator.filters import TAGS
from emulator.idempotency import once
from emulator.rows import Each, Rows, View
from handlers.ec2 import identifiers, lists
from handlers.ec2.identifiers import NETWORK_ACL, VPC
from handlers.ec2.security_group_permissions import NUMBERS
from handlers.ec2.tag_specifications import check_types, tags_for
from models import network_acls
from models.network_acls import LISTING

ASSOCIATION = identifiers.Noun(
    "aclassoc", "InvalidAssociationID", "The association ID '{}' does not exist"
)
# https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
MOST_ENTRIES = 20
LAST_NUMBER = 32766
_PROTOCOLS = {name: number for number, name in NUMBERS.items()} | {"all": "-1", "-1": "-1"}


async def describe_network_acls(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Network ACLs of the region, by id, filter and page."""
    asked = params.get("NetworkAclIds")
    shown, token = await lists.found(ctx, params, LISTING, NETWORK_ACL, asked, FILTERS)
    return {"NetworkAcls": Rows(ACL_VIEW, shown), "NextToken": token}


async def create_network_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new ACL of a VPC, which lets nothing through and which no subnet uses yet."""
    check_types(params, ("network-acl",))
    vpc_id = params["VpcId"]
    identifiers.check(VPC, [vpc_id])
    tags = tags_for(params, "network-acl")

    async def work() -> list[str]:
        made = ids.new("acl")
        if not await network_acls.insert(ctx.db, ctx.region, vpc_id, made, tags, ctx.now):
            raise identifiers.not_found(VPC, [vpc_id])
        return [made]

    [acl_id] = await once(ctx, params.get("ClientToken"), work)
    made = await LISTING.one(ctx.db, ctx.region, acl_id)
    if made is None:
        raise identifiers.not_found(NETWORK_ACL, [acl_id])
    return {"NetworkAcl": ACL_VIEW.show(made), "ClientToken": params.get("ClientToken")}


async def delete_network_acl(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an ACL that is not the default one and that no subnet uses."""
    acl_id = params["NetworkAclId"]
    identifiers.check(NETWORK_ACL, [acl_id])
    if not await network_acls.delete(ctx.db, ctx.region, acl_id):
        acl = await LISTING.one(ctx.db, ctx.region, acl_id)
        if acl is None:
            raise identifiers.not_found(NETWORK_ACL, [acl_id])
        if acl["is_default"]:
            raise AwsError("InvalidParameterValue", f"cannot delete default network ACL {acl_id}")
        raise AwsError(
            "DependencyViolation",
            f"The networkAcl '{acl_id}' has dependencies and cannot be deleted.",
        )
    return {}


async def create_network_acl_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new entry, under a number that its side does not have yet."""
    verdict = await _put(ctx, params, _entry(params), present=False)
    if verdict["present"]:
        raise AwsError(
            "NetworkAclEntryAlreadyExists",
            f"The network acl entry identified by {params['RuleNumber']} already exists.",
        )
    if not verdict["done"]:
        raise AwsError(
            "NetworkAclEntryLimitExceeded",
            "The maximum number of network acl entries has been reached.",
        )
    return {}


async def replace_network_acl_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Another entry under a number that its side has."""
    verdict = await _put(ctx, params, _entry(params), present=True)
    if not verdict["present"]:
        raise _absent(params)
    return {}


async def delete_network_acl_entry(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Remove an entry."""
    verdict = await _put(ctx, params, None, present=True)
    if not verdict["present"]:
        raise _absent(params)
    return {}


async def replace_network_acl_association(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Let a subnet use another ACL."""
    association_id, acl_id = params["AssociationId"], params["NetworkAclId"]
    identifiers.check(ASSOCIATION, [association_id])
    identifiers.check(NETWORK_ACL, [acl_id])
    made = ids.new("aclassoc")
    verdict = await network_acls.associate(ctx.db, ctx.region, association_id, acl_id, made)
    if verdict is None:
        raise identifiers.not_found(NETWORK_ACL, [acl_id])
    if not verdict["found"]:
        raise identifiers.not_found(ASSOCIATION, [association_id])
    if not verdict["done"]:
        raise AwsError(
            "InvalidParameterValue",
            f"network ACL {acl_id} and the subnet of {association_id} belong to different networks",
        )
    return {"NewAssociationId": made}


async def _put(
    ctx: Context, params: Mapping[str, Any], entry: Mapping[str, Any] | None, *, present: bool
) -> Any:
    acl_id, number = params["NetworkAclId"], params["RuleNumber"]
    identifiers.check(NETWORK_ACL, [acl_id])
    if not 1 <= number <= LAST_NUMBER:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({number}) for parameter ruleNumber is invalid. Rule numbers must be between 1"
            f" and {LAST_NUMBER}.",
        )
    key = f"{'out' if params['Egress'] else 'in'}/{number}"
    verdict = await network_acls.put(
        ctx.db, ctx.region, acl_id, key, entry, present=present, most=MOST_ENTRIES
    )
    if verdict is None:
        raise identifiers.not_found(NETWORK_ACL, [acl_id])
    return verdict


def _entry(params: Mapping[str, Any]) -> dict[str, Any]:
    """An entry as it is kept: protocol by number, one block of addresses, ports or ICMP type."""
    given = str(params["Protocol"]).lower()
    protocol = _PROTOCOLS.get(given, given)
    if protocol != "-1" and not (protocol.isdigit() and int(protocol) <= 255):
        raise AwsError(
            "InvalidParameterValue", f"Invalid value '{params['Protocol']}' for IP protocol."
        )
    entry = {"Protocol": protocol, "RuleAction": params["RuleAction"], **_block(params)}
    if protocol in ("6", "17"):
        ports = params.get("PortRange") or {}
        first, last = ports.get("From"), ports.get("To")
        if first is None or last is None:
            raise AwsError("MissingParameter", "The request must contain the parameter portRange")
        if not 0 <= first <= last <= 65_535:
            raise AwsError("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")
        entry["PortRange"] = {"From": first, "To": last}
    if protocol in ("1", "58"):
        icmp = params.get("IcmpTypeCode") or {}
        if icmp.get("Type") is None or icmp.get("Code") is None:
            raise AwsError(
                "MissingParameter", "The request must contain the parameter icmpTypeCode"
            )
        entry["IcmpTypeCode"] = {"Type": icmp["Type"], "Code": icmp["Code"]}
    return entry


def _block(params: Mapping[str, Any]) -> dict[str, str]:
    named = [member for member in ("CidrBlock", "Ipv6CidrBlock") if params.get(member)]
    if len(named) != 1:
        raise AwsError(
            "InvalidParameterCombination" if named else "MissingParameter",
            "The request must contain exactly one of cidrBlock and ipv6CidrBlock",
        )
    [member] = named
    kind = IPv4Network if member == "CidrBlock" else IPv6Network
    try:
        return {member: str(kind(params[member], strict=False))}
    except ValueError:
        raise AwsError(
            "InvalidParameterValue", f"CIDR block {params[member]} is malformed"
        ) from None


def _absent(params: Mapping[str, Any]) -> AwsError:
    return AwsError(
        "InvalidNetworkAclEntry.NotFound",
        f"The network acl entry identified by {params['RuleNumber']} does not exist.",
    )


ACL_VIEW = View(
    {
        "Associations": Each(
            "associations",
            {"NetworkAclAssociationId": "id", "NetworkAclId": "acl", "SubnetId": "subnet"},
        ),
        "Entries": Each(
            "entries",
            {
                "CidrBlock": "CidrBlock",
                "Egress": "Egress",
                "IcmpTypeCode": "IcmpTypeCode",
                "Ipv6CidrBlock": "Ipv6CidrBlock",
                "PortRange": "PortRange",
                "Protocol": "Protocol",
                "RuleAction": "RuleAction",
                "RuleNumber": "RuleNumber",
            },
        ),
        "IsDefault": "is_default",
        "NetworkAclId": "id",
        "Tags": Each("tags", {"Key": "key", "Value": "value"}),
        "VpcId": "vpc_id",
        "OwnerId": "owner",
    }
)

FILTERS = TAGS | {
    "association.association-id": "association_id",
    "association.network-acl-id": "id",
    "association.subnet-id": "subnet_id",
    "default": "default",
    "entry.cidr": "cidr",
    "entry.egress": "egress",
    "entry.icmp.code": "icmp_code",
    "entry.icmp.type": "icmp_type",
    "entry.ipv6-cidr": "ipv6_cidr",
    "entry.port-range.from": "from_port",
    "entry.port-range.to": "to_port",
    "entry.protocol": "protocol",
    "entry.rule-action": "action",
    "entry.rule-number": "number",
    "network-acl-id": "id",
    "owner-id": "owner",
    "vpc-id": "vpc_id",
}
