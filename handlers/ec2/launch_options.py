"""The options of a launch that no column holds: what of them can be had, and what is kept.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html and the types
of its members. What cannot be had here is refused: nothing that was asked for is forgotten.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.ec2 import identifiers
from handlers.ec2.identifiers import CAPACITY_RESERVATION
from models import capacity_reservations, launches
from models.machines import InstanceType

Params = Mapping[str, Any]

# What nothing here could be made from, by the member that holds it.
UNSUPPORTED = (
    "KernelId", "RamdiskId", "RamDiskId", "ElasticGpuSpecification", "ElasticGpuSpecifications",
    "ElasticInferenceAccelerators", "LicenseSpecifications", "Ipv6Addresses", "Ipv6AddressCount",
    "EnablePrimaryIpv6", "Operator", "SecondaryInterfaces", "InstanceRequirements",
)  # fmt: skip
UNSUPPORTED_PLACEMENT = ("HostId", "HostResourceGroupArn", "PartitionNumber", "SpreadDomain")
UNSUPPORTED_EBS = (
    "OutpostArn", "VolumeInitializationRate", "EbsCardIndex", "AvailabilityZone",
    "AvailabilityZoneId",
)  # fmt: skip
UNSUPPORTED_INTERFACE = (
    "Ipv6AddressCount", "Ipv6Addresses", "SecondaryPrivateIpAddressCount",
    "AssociateCarrierIpAddress", "NetworkCardIndex", "Ipv4Prefixes", "Ipv4PrefixCount",
    "Ipv6Prefixes", "Ipv6PrefixCount", "PrimaryIpv6", "EnaSrdSpecification",
    "ConnectionTrackingSpecification", "EnaQueueCount",
)  # fmt: skip
# The families whose processors can do it
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/sev-snp.html and nested-virtualization.html).
FEATURES = {"AmdSevSnp": ("m6a", "c6a", "r6a"), "NestedVirtualization": ("c8i", "m8i", "r8i")}


def check(wanted: Params, kind: InstanceType) -> None:
    """Refuse what cannot be had, whatever the type, and what this type does not have."""
    refuse(wanted, UNSUPPORTED)
    _check_placement(wanted.get("Placement") or {})
    for one in wanted.get("BlockDeviceMappings") or ():
        refuse(one.get("Ebs") or {}, UNSUPPORTED_EBS)
    for one in wanted.get("NetworkInterfaces") or ():
        _check_interface(one)
    refuse(wanted.get("Monitoring") or {}, ("MetricCategoryIds",))
    market = wanted.get("InstanceMarketOptions") or {}
    if market.get("MarketType") == "interruptible-capacity-reservation":
        raise _unsupported("MarketType")
    refuse(market.get("SpotOptions") or {}, ("BlockDurationMinutes",))
    weighting = (wanted.get("NetworkPerformanceOptions") or {}).get("BandwidthWeighting")
    if weighting not in (None, "", "default"):
        raise AwsError(
            "InvalidParameterCombination",
            f"The bandwidth weighting '{weighting}' is not supported for the instance type"
            f" {kind.name}",
        )
    if wanted.get("CpuOptions"):
        check_cpu(wanted["CpuOptions"], kind)
    if (wanted.get("EnclaveOptions") or {}).get("Enabled"):
        hibernation = (wanted.get("HibernationOptions") or {}).get("Configured")
        check_enclave(kind, hibernates=bool(hibernation))


def check_cpu(given: Params, kind: InstanceType) -> None:
    """Refuse cores and threads that the type cannot run with.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-cpu-options-rules.html
    """
    for name, families in FEATURES.items():
        if given.get(name) == "enabled" and kind.family.name not in families:
            raise AwsError(
                "InvalidParameterCombination",
                f"The CPU option {name} is not supported for the instance type {kind.name}",
            )
    cores, threads = given.get("CoreCount"), given.get("ThreadsPerCore")
    if cores is None and threads is None:
        return
    if cores is None or threads is None:
        raise AwsError(
            "MissingParameter",
            "When specifying CpuOptions you must specify both CoreCount and ThreadsPerCore.",
        )
    if kind.is_bare_metal:
        raise AwsError(
            "InvalidParameterCombination",
            f"CPU options are not supported for the instance type {kind.name}",
        )
    valid = {
        "coreCount": (cores, kind.valid_cores or (kind.cores,)),
        "threadsPerCore": (threads, kind.valid_threads_per_core),
    }
    for name, (value, values) in valid.items():
        if value not in values:
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({value}) for parameter {name} is invalid. The valid values for the"
                f" instance type {kind.name} are: {', '.join(map(str, values))}",
            )


def check_enclave(kind: InstanceType, *, hibernates: bool) -> None:
    """Refuse an enclave in a machine that cannot hold one.

    https://docs.aws.amazon.com/enclaves/latest/user/nitro-enclave.html
    """
    if hibernates:
        raise AwsError(
            "InvalidParameterCombination",
            "You can't enable AWS Nitro Enclaves and hibernation on the same instance.",
        )
    if not kind.supports_enclaves:
        raise AwsError(
            "InvalidParameterCombination",
            f"Nitro Enclaves are not supported for the instance type {kind.name}",
        )


async def check_reservation(
    ctx: Context, given: Params | None, machine: Params, count: int
) -> None:
    """Refuse a capacity reservation that is not there, is for other machines, or has too few.

    `machine` tells `instance_type`, `availability_zone`, `platform` and `tenancy`.
    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CapacityReservationSpecification.html
    """
    preference = (given or {}).get("CapacityReservationPreference")
    target = (given or {}).get("CapacityReservationTarget") or {}
    refuse(target, ("CapacityReservationResourceGroupArn",))
    named = target.get("CapacityReservationId")
    if preference and named:
        raise AwsError(
            "InvalidParameterCombination",
            "The parameters capacityReservationPreference and capacityReservationTarget cannot be"
            " used together",
        )
    if named:
        await _check_target(ctx, named, machine, count)
    elif preference == "capacity-reservations-only":
        free = await capacity_reservations.free(ctx.db, ctx.region, machine)
        if free < count:
            raise _exceeded()


async def _check_target(ctx: Context, named: str, machine: Params, count: int) -> None:
    identifiers.check(CAPACITY_RESERVATION, [named])
    row = await capacity_reservations.find_one(ctx.db, ctx.region, named)
    if row is None or row["shown_state"] != "active":
        raise identifiers.not_found(CAPACITY_RESERVATION, [named])
    for name, value in machine.items():
        if row[name] != value:
            raise AwsError(
                "InvalidParameterValue",
                f"The attributes of the capacity reservation '{named}' do not match those of the"
                f" instance: {row[name]} is not {value}.",
            )
    if row["free_count"] < count:
        raise _exceeded()


def _exceeded() -> AwsError:
    return AwsError(
        "ReservationCapacityExceeded",
        "The requested reservation does not have sufficient compatible and available capacity for"
        " this request.",
    )


def _check_placement(placement: Params) -> None:
    for name in ("GroupName", "GroupId"):
        if placement.get(name):
            raise AwsError(
                "InvalidPlacementGroup.Unknown",
                f"The Placement Group '{placement[name]}' is unknown.",
            )
    refuse(placement, UNSUPPORTED_PLACEMENT)
    if placement.get("Tenancy") == "host":
        raise AwsError("InsufficientCapacityOnHost", launches.NO_HOST)
    if placement.get("Affinity"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter affinity cannot be used without specifying a tenancy of 'host'",
        )


def _check_interface(given: Params) -> None:
    refuse(given, UNSUPPORTED_INTERFACE)
    if given.get("InterfaceType") not in (None, "", "interface"):
        raise _unsupported("InterfaceType")
    if len(given.get("PrivateIpAddresses") or ()) > 1:
        raise _unsupported("PrivateIpAddresses")
    if not given.get("DeviceIndex") and given.get("DeleteOnTermination") is False:
        raise _unsupported("DeleteOnTermination")


def refuse(given: Params, names: Iterable[str]) -> None:
    """Refuse members that say something; those that say nothing stand in many templates."""
    for name in names:
        if given.get(name) not in (None, "", 0, [], {}):
            raise _unsupported(name)


def _unsupported(name: str) -> AwsError:
    return AwsError("UnsupportedOperation", f"{name} is not supported in this account.")
