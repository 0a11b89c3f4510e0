"""Instances that Systems Manager manages: those with its agent and a role to speak to it.

Source: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.rows import Computed, Constant, Rows, View
from handlers.ec2.instance_view import private_dns_name
from models import parameters
from models.listing import Condition

AGENT = "3.3.2299.0"
DEFAULT_SIZE = 50
FILTERS = {
    "InstanceIds": "instance_id",
    "PingStatus": "ping_status",
    "PlatformTypes": "platform_type",
    "ResourceType": "resource_type",
}


async def describe_instance_information(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Managed instances of the region, by filter and page."""
    page = pages.page(
        ctx, params, default=DEFAULT_SIZE,
        invalid=lambda: AwsError("InvalidNextToken", "The specified token is not valid."),
    )  # fmt: skip
    given = [
        *((one["Key"], one["Values"]) for one in params.get("Filters") or ()),
        *(
            (one["key"], one["valueSet"])
            for one in params.get("InstanceInformationFilterList") or ()
        ),
    ]
    where = []
    for key, values in given:
        if key.startswith("tag:"):
            where.append(Condition("tag", tuple(values), tag=key[4:]))
        elif key in FILTERS:
            where.append(Condition(FILTERS[key], tuple(values)))
        else:
            raise AwsError("InvalidFilterKey", f"The filter key {key} is not valid.")
    rows = await parameters.INSTANCES.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "instance_id")
    return {"InstanceInformationList": Rows(INSTANCE_VIEW, shown), "NextToken": token}


def _platform(name: str | None, platform: str | None) -> Mapping[str, str]:
    """PlatformName and PlatformVersion, as the image's name tells."""
    text = (name or "").lower()
    for part, shown, version in (
        ("al2023", "Amazon Linux", "2023"),
        ("amzn2", "Amazon Linux", "2"),
        ("24.04", "Ubuntu", "24.04"),
        ("22.04", "Ubuntu", "22.04"),
    ):
        if part in text:
            return {"name": shown, "version": version}
    if platform == "windows":
        return {"name": "Microsoft Windows Server 2022 Datacenter", "version": "10.0.20348"}
    return {"name": "Amazon Linux", "version": "2023"}


INSTANCE_VIEW = View(
    {
        "InstanceId": "instance_id",
        "PingStatus": Computed(
            lambda state: "Online" if state == "running" else "ConnectionLost", "state"
        ),
        "LastPingDateTime": "pinged_at",
        "AgentVersion": Constant(AGENT),
        "IsLatestVersion": Constant(True),
        "PlatformType": Computed(
            lambda platform: "Windows" if platform == "windows" else "Linux", "platform"
        ),
        "PlatformName": Computed(
            lambda name, platform: _platform(name, platform)["name"], "image_name", "platform"
        ),
        "PlatformVersion": Computed(
            lambda name, platform: _platform(name, platform)["version"], "image_name", "platform"
        ),
        "ResourceType": Constant("EC2Instance"),
        "IPAddress": "private_ip_address",
        "ComputerName": Computed(private_dns_name, "private_ip_address", "region"),
        "SourceId": "instance_id",
        "SourceType": Constant("AWS::EC2::Instance"),
    }
)
