"""CIDR blocks of VPCs and subnets, within EC2's sizes."""

from ipaddress import IPv4Network

from emulator.errors import AwsError

LARGEST_PREFIX, SMALLEST_PREFIX = 16, 28
# AWS keeps the first four addresses of a subnet and its last for itself.
RESERVED_ADDRESSES = 5


def network(text: str, range_code: str) -> IPv4Network:
    """The block, moved down to its first address as EC2 does; `range_code` refuses its size."""
    address, slash, prefix = text.partition("/")
    try:
        if not slash or not prefix.isdigit():
            raise ValueError
        block = IPv4Network(f"{address}/{prefix}", strict=False)
    except ValueError:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ) from None
    if not LARGEST_PREFIX <= block.prefixlen <= SMALLEST_PREFIX:
        raise invalid(text, range_code)
    return block


def invalid(text: str, code: str) -> AwsError:
    """The refusal of a block that is too large, too small or outside of its VPC."""
    return AwsError(code, f"The CIDR '{text}' is invalid.")
