"""Network ACLs and DHCP options: those that every network is born with.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkAcl.html and
API_DhcpOptions.html. Others cannot be made here.
"""

from typing import Any

from emulator.context import Context
from emulator.filters import TAGS
from emulator.rows import Computed, Constant, Each, Rows, View
from handlers.ec2 import lists
from handlers.ec2.identifiers import Noun
from models.network_acls import DHCP_OPTIONS, LISTING

NOUN = "vpcs"
ACL = Noun("acl", "InvalidNetworkAclID", "The networkAcl ID '{}' does not exist")
OPTIONS = Noun("dopt", "InvalidDhcpOptionID", "The dhcpOption ID '{}' does not exist")


async def describe_network_acls(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Network ACLs of the region, by id, filter and page."""
    asked = params.get("NetworkAclIds")
    shown, token = await lists.found(ctx, params, LISTING, ACL, asked, ACL_FILTERS)
    return {"NetworkAcls": Rows(ACL_VIEW, shown), "NextToken": token}


async def describe_dhcp_options(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Sets of DHCP options of the region, by id, filter and page."""
    asked = params.get("DhcpOptionsIds")
    shown, token = await lists.found(ctx, params, DHCP_OPTIONS, OPTIONS, asked, OPTION_FILTERS)
    return {"DhcpOptions": Rows(OPTIONS_VIEW, shown), "NextToken": token}


def _configurations(region: str) -> list[dict[str, Any]]:
    name = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
    told = (("domain-name", name), ("domain-name-servers", "AmazonProvidedDNS"))
    return [{"Key": key, "Values": [{"Value": value}]} for key, value in told]


_ENTRIES = [
    {
        "CidrBlock": "0.0.0.0/0",
        "Egress": egress,
        "Protocol": "-1",
        "RuleAction": action,
        "RuleNumber": number,
    }
    for egress in (True, False)
    for number, action in ((100, "allow"), (32767, "deny"))
]

ACL_VIEW = View(
    {
        "Associations": Each(
            "associations",
            {"NetworkAclAssociationId": "id", "NetworkAclId": "acl", "SubnetId": "subnet"},
        ),
        "Entries": Constant(_ENTRIES),
        "IsDefault": Constant(True),
        "NetworkAclId": "id",
        "Tags": Constant([]),
        "VpcId": "vpc_id",
        "OwnerId": "owner",
    }
)

ACL_FILTERS = TAGS | {
    "association.association-id": "association_id",
    "association.network-acl-id": "id",
    "association.subnet-id": "subnet_id",
    "default": "default",
    "entry.cidr": "cidr",
    "entry.egress": "egress",
    "entry.icmp.code": "nothing",
    "entry.icmp.type": "nothing",
    "entry.ipv6-cidr": "nothing",
    "entry.port-range.from": "nothing",
    "entry.port-range.to": "nothing",
    "entry.protocol": "protocol",
    "entry.rule-action": "action",
    "entry.rule-number": "number",
    "network-acl-id": "id",
    "owner-id": "owner",
    "vpc-id": "vpc_id",
}

OPTIONS_VIEW = View(
    {
        "DhcpConfigurations": Computed(_configurations, "region"),
        "DhcpOptionsId": "id",
        "OwnerId": "owner",
        "Tags": Constant([]),
    }
)

OPTION_FILTERS = TAGS | {
    "dhcp-options-id": "id",
    "key": "key",
    "owner-id": "owner",
    "value": "value",
}
