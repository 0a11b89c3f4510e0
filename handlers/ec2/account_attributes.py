"""Attributes of the account in EC2.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeAccountAttributes.html.
"""

from typing import Any

from emulator.context import Context
from models import vpcs

NOUN = "vpcs"
# What AWS tells beside the default VPC, the same in every account that asked for no more.
_USUAL = {
    "supported-platforms": "VPC",
    "vpc-max-security-groups-per-interface": "5",
    "max-elastic-ips": "5",
    "max-instances": "20",
    "vpc-max-elastic-ips": "5",
}


async def describe_account_attributes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The platforms and limits of the account in a region, and its default VPC."""
    asked = params.get("AttributeNames")
    default = await vpcs.find_default(ctx.db, ctx.region)
    values = {**_USUAL, "default-vpc": default or "none"}
    return {
        "AccountAttributes": [
            {"AttributeName": name, "AttributeValues": [{"AttributeValue": value}]}
            for name, value in values.items()
            if not asked or name in asked
        ]
    }
