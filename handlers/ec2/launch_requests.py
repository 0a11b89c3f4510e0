"""What a launch asks for: the request with its launch template, checked as far as it goes alone."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from emulator.errors import AwsError
from handlers.ec2 import launch_devices
from handlers.ec2.tag_specifications import tags_for
from models import instance_types
from models.machines import InstanceType

# EC2's default where a request names no type (API_RunInstances).
DEFAULT_TYPE = "m1.small"
MOST_INSTANCES = 1000
LARGEST_USER_DATA = 16384
TAGGED = ("instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu")
_PROFILE_ARN = re.compile(r"arn:aws:iam::\d{12}:instance-profile/[\w+=,.@/-]+")

_PRICE = re.compile(r"\d{1,5}(\.\d{1,6})?")

Params = Mapping[str, Any]


def with_template(params: Params, template: Any, version: Any) -> dict[str, Any]:
    """The request over its launch template's data; what both name, the request decides.

    Block devices and tags are joined one by one
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-instances-from-launch-template.html).
    """
    data: Params = version["data"]
    given = {name: value for name, value in params.items() if value not in (None, [], {})}
    wanted = {**data, **given}
    if "NetworkInterfaces" not in given and any(
        name in given for name in ("SubnetId", "SecurityGroupIds", "PrivateIpAddress")
    ):
        wanted.pop("NetworkInterfaces", None)
    if "NetworkInterfaces" in given:
        for name in ("SubnetId", "SecurityGroupIds", "SecurityGroups", "PrivateIpAddress"):
            if name not in given:
                wanted.pop(name, None)
    for name in ("MetadataOptions", "Placement"):
        if name in data and name in given:
            wanted[name] = {**data[name], **given[name]}
    wanted["BlockDeviceMappings"] = launch_devices.merged(
        data.get("BlockDeviceMappings") or (), given.get("BlockDeviceMappings") or ()
    )
    wanted["TagSpecifications"] = joined_tags(
        data.get("TagSpecifications") or (), given.get("TagSpecifications") or ()
    )
    wanted["template"] = (template["launch_template_id"], str(version["version_number"]))
    return wanted


def joined_tags(base: Iterable[Params], changes: Iterable[Params]) -> list[dict[str, Any]]:
    """Tag specifications by resource type, the later of equal keys winning."""
    found: dict[str, dict[str, str]] = {}
    for one in (*base, *changes):
        tags = found.setdefault(one.get("ResourceType") or "", {})
        tags.update({tag["Key"]: tag.get("Value") or "" for tag in one.get("Tags") or ()})
    return [
        {"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
        for kind, tags in found.items()
    ]


def check_counts(params: Params) -> tuple[int, int]:
    """The fewest and the most instances to launch."""
    least, most = params["MinCount"], params["MaxCount"]
    for name, value in (("minCount", least), ("maxCount", most)):
        if value < 1:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ( {value} ) for parameter {name} is invalid. Expecting a value greater"
                " than 0.",
            )
    if least > most:
        raise AwsError(
            "InvalidParameterCombination",
            f"The minimum instance count {least} exceeds the maximum instance count {most}",
        )
    if least > MOST_INSTANCES:
        raise AwsError(
            "InstanceLimitExceeded",
            f"You have requested more instances ({least}) than your current instance limit of"
            f" {MOST_INSTANCES} allows for the specified instance type. Please visit"
            " http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
        )
    return least, min(most, MOST_INSTANCES)


def machine(name: str | None) -> InstanceType:
    """The instance type of that name."""
    found = instance_types.find(name or DEFAULT_TYPE)
    if found is None:
        raise AwsError("InvalidParameterValue", f"Invalid value '{name}' for InstanceType.")
    return found


def check_architecture(kind: InstanceType, architecture: str) -> None:
    """Refuse an image that a type cannot run."""
    if architecture not in kind.architectures:
        own = kind.architectures[-1]
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{own}' of the specified instance type does not match the"
            f" architecture '{architecture}' of the specified AMI. Specify an instance type and an"
            " AMI that have matching architectures, and try again. You can use"
            " 'describe-instance-types' or 'describe-images' to discover the architecture of the"
            " instance type or AMI.",
        )


def profile_arn(given: Params | None, number: str) -> str | None:
    """The ARN of the instance profile that is meant by name or ARN."""
    if not given:
        return None
    if given.get("Arn") and given.get("Name"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter iamInstanceProfile.name may not be used in combination with"
            " iamInstanceProfile.arn",
        )
    if given.get("Arn"):
        if not _PROFILE_ARN.fullmatch(given["Arn"]):
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({given['Arn']}) for parameter iamInstanceProfile.arn is invalid."
                " Invalid IAM Instance Profile ARN",
            )
        return str(given["Arn"])
    return f"arn:aws:iam::{number}:instance-profile/{given['Name']}" if given.get("Name") else None


def metadata_options(given: Params | None) -> dict[str, Any] | None:
    """The metadata options to keep: what was asked for, as EC2 words it."""
    if not given:
        return None
    hops = given.get("HttpPutResponseHopLimit")
    if hops is not None and not 1 <= hops <= 64:
        raise AwsError(
            "InvalidParameterValue",
            f"The value for HttpPutResponseHopLimit must be between 1 and 64, not {hops}",
        )
    return {name: value for name, value in given.items() if name != "State"}


def lifecycle(given: Params | None) -> str | None:
    """`spot` for a spot instance, None for one on demand."""
    if not given or given.get("MarketType") not in ("spot", "capacity-block"):
        return None
    return str(given["MarketType"])


def spot_options(wanted: Params) -> dict[str, Any] | None:
    """What a launch asks of its spot requests; None: it is no launch of spot instances."""
    market = wanted.get("InstanceMarketOptions")
    if lifecycle(market) != "spot" or market is None:
        return None
    given = market.get("SpotOptions") or {}
    price = given.get("MaxPrice")
    if price is not None and not _PRICE.fullmatch(price):
        raise AwsError(
            "InvalidParameterValue", f'Value ({price}) for parameter price is invalid.'
            f' "{price}" is an invalid spot instance price',
        )  # fmt: skip
    return {
        "request_type": given.get("SpotInstanceType"),
        "interruption_behavior": given.get("InstanceInterruptionBehavior"),
        "spot_price": Decimal(price) if price else None,
        "valid_until": given.get("ValidUntil"),
        "tags": tags_for(wanted, "spot-instances-request"),
    }


def check_options(wanted: Params, kind: InstanceType, volumes: Iterable[Params], root: str) -> None:
    """Refuse what the type cannot do."""
    if wanted.get("EbsOptimized") and kind.ebs_optimized == "unsupported":
        raise AwsError(
            "InvalidParameterCombination",
            "EBS-optimized instances are not supported for your requested configuration. Please"
            " check the documentation for supported configurations.",
        )
    if (wanted.get("HibernationOptions") or {}).get("Configured"):
        encrypted = any(one["attach_device"] == root and one["encrypted"] for one in volumes)
        if not kind.supports_hibernation or not encrypted:
            raise AwsError(
                "UnsupportedHibernationConfiguration",
                f"Hibernation needs an instance type that supports it, which {kind.name}"
                f" {'does' if kind.supports_hibernation else 'does not'}, and an encrypted root"
                " volume.",
            )
    credits = (wanted.get("CreditSpecification") or {}).get("CpuCredits")
    if credits not in (None, "standard", "unlimited"):
        raise AwsError("InvalidParameterValue", f"Invalid value '{credits}' for CpuCredits.")
    if credits and not kind.is_burstable:
        raise AwsError(
            "InvalidParameterCombination",
            f"The parameter creditSpecification is not supported for the instance type {kind.name}",
        )
    if len(wanted.get("UserData") or "") > LARGEST_USER_DATA * 4 // 3 + 4:
        raise AwsError("InvalidParameterValue", "User data is limited to 16384 bytes")
