"""The identifiers of EC2's nouns: their prefixes, and the words AWS has for a wrong one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from emulator.errors import AwsError
from emulator.ids import well_formed


@dataclass(frozen=True, slots=True)
class Noun:
    """How EC2 speaks of one kind of resource.

    `code` heads its error codes (`InvalidVolume.NotFound`, `InvalidVolumeID.Malformed` where
    `malformed_code` differs); `absent` is the sentence for an id that does not exist, `absents`
    for several.
    """

    prefix: str
    code: str
    absent: str
    absents: str = ""
    malformed_code: str = ""


INSTANCE = Noun(
    "i",
    "InvalidInstanceID",
    "The instance ID '{}' does not exist",
    "The instance IDs '{}' do not exist",
)
VOLUME = Noun("vol", "InvalidVolume", "The volume '{}' does not exist.", "", "InvalidVolumeID")
SNAPSHOT = Noun(
    "snap", "InvalidSnapshot", "The snapshot '{}' does not exist.", "", "InvalidSnapshotID"
)
ALLOCATION = Noun("eipalloc", "InvalidAllocationID", "The allocation ID '{}' does not exist")
ASSOCIATION = Noun("eipassoc", "InvalidAssociationID", "The association ID '{}' does not exist")
IMAGE = Noun(
    "ami", "InvalidAMIID", "The image id '[{}]' does not exist", "The image ids '[{}]' do not exist"
)
VPC = Noun("vpc", "InvalidVpcID", "The vpc ID '{}' does not exist")
SUBNET = Noun("subnet", "InvalidSubnetID", "The subnet ID '{}' does not exist")
SECURITY_GROUP = Noun(
    "sg", "InvalidGroup", "The security group '{}' does not exist", "", "InvalidGroupId"
)
SECURITY_GROUP_RULE = Noun(
    "sgr", "InvalidSecurityGroupRuleId", "The security group rule ID '{}' does not exist"
)
PREFIX_LIST = Noun("pl", "InvalidPrefixListID", "The prefix list ID '{}' does not exist")
NETWORK_ACL = Noun("acl", "InvalidNetworkAclID", "The networkAcl ID '{}' does not exist")
DHCP_OPTIONS = Noun("dopt", "InvalidDhcpOptionID", "The dhcpOption ID '{}' does not exist")
FLOW_LOG = Noun(
    "fl",
    "InvalidFlowLogId",
    "These flow log ids in the input list are not found: [TotalCount: 1] {}",
)
EGRESS_ONLY_GATEWAY = Noun(
    "eigw",
    "InvalidEgressOnlyInternetGatewayId",
    "The egress only internet gateway ID '{}' does not exist",
)
PEERING = Noun(
    "pcx",
    "InvalidVpcPeeringConnectionID",
    "The vpcPeeringConnection ID '{}' does not exist",
)
NETWORK_INTERFACE = Noun(
    "eni", "InvalidNetworkInterfaceID", "The networkInterface ID '{}' does not exist"
)
INTERNET_GATEWAY = Noun(
    "igw", "InvalidInternetGatewayID", "The internetGateway ID '{}' does not exist"
)
ROUTE_TABLE = Noun("rtb", "InvalidRouteTableID", "The routeTable ID '{}' does not exist")
NAT_GATEWAY = Noun(
    "nat", "NatGatewayNotFound", "The Nat Gateway {} was not found", "", "NatGatewayMalformed"
)
VPC_ENDPOINT = Noun("vpce", "InvalidVpcEndpointId", "The Vpc Endpoint Id '{}' does not exist")
CAPACITY_RESERVATION = Noun(
    "cr", "InvalidCapacityReservationId", "The capacity reservation '{}' does not exist"
)
SPOT_REQUEST = Noun(
    "sir", "InvalidSpotInstanceRequestID", "The spot instance request ID '{}' does not exist"
)
TRANSIT_GATEWAY = Noun(
    "tgw", "InvalidTransitGatewayID", "Transit Gateway {} was deleted or does not exist."
)
TRANSIT_GATEWAY_ATTACHMENT = Noun(
    "tgw-attach",
    "InvalidTransitGatewayAttachmentID",
    "Transit Gateway Attachment {} was deleted or does not exist.",
)
LAUNCH_TEMPLATE = Noun(
    "lt",
    "InvalidLaunchTemplateId",
    "The specified launch template, with template ID {}, does not exist.",
)


def not_found(noun: Noun, ids: Iterable[str]) -> AwsError:
    """The error for ids that belong to nothing the caller can see."""
    missing = list(ids)
    code = noun.code if noun.code.endswith("NotFound") else f"{noun.code}.NotFound"
    if len(missing) > 1 and noun.absents:
        return AwsError(code, noun.absents.format(", ".join(missing)))
    return AwsError(code, noun.absent.format(missing[0]))


def check(noun: Noun, ids: Sequence[str]) -> None:
    """Refuse an id that does not have the form of `noun`'s.

    Wording: recorded answers read `Invalid id: "x" (expecting "i-...")`.
    """
    for value in ids:
        if not well_formed(noun.prefix, value):
            head = noun.malformed_code or noun.code
            code = head if head.endswith("Malformed") else f"{head}.Malformed"
            raise AwsError(code, f'Invalid id: "{value}" (expecting "{noun.prefix}-...")')


def check_found(noun: Noun, asked: Iterable[str], found: Iterable[str]) -> None:
    """Refuse a request that names an id which the rows found do not have."""
    seen = set(found)
    missing = [value for value in asked if value not in seen]
    if missing:
        raise not_found(noun, missing)
