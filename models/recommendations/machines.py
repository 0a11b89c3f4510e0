"""Machines that could take a machine's place: types that can do what it is needed for, cheaper."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from models import costs, instance_types
from models.instance_types import InstanceType
from models.recommendations.finding import risk_of

MOST_OPTIONS = 3
X86, ARM = "x86_64", "arm64"
# Processes one architecture's programs as the other's cannot.
_FAMILIES_APART = ("mac", "hpc", "u-", "u7", "x", "p", "trn", "inf", "dl", "vt", "f1", "f2", "z")


@dataclass(frozen=True, slots=True)
class Need:
    """What a machine must offer: vCPUs and GiB with room to spare, and Gbit/s."""

    vcpus: float
    memory_gib: float
    gbps: float


@dataclass(frozen=True, slots=True)
class Offered:
    """A type and what an hour of it costs there."""

    machine: InstanceType
    hourly: Decimal


def fitting(
    current: InstanceType,
    region: str,
    need: Need,
    below: Decimal,
    *,
    platform: str = "",
    tenancy: str = "default",
    architecture: str = X86,
    same_family: bool = False,
    allowed: Callable[[str], bool] | None = None,
) -> list[Offered]:
    """The cheapest types that meet `need` for less than `below` an hour, one of each family."""
    found: dict[str, Offered] = {}
    for one in _offers(current.name, region, platform, tenancy, architecture):
        machine = one.machine
        if one.hourly >= below or len(found) == MOST_OPTIONS:
            break
        family = machine.family.name
        if family in found or (same_family and family != current.family.name):
            continue
        if _meets(machine, need) and (allowed is None or allowed(machine.name)):
            found[family] = one
    return list(found.values())


def larger(
    current: InstanceType,
    region: str,
    need: Need,
    *,
    platform: str,
    tenancy: str,
    allowed: Callable[[str], bool] | None = None,
) -> list[Offered]:
    """The cheapest types that meet a need which the machine itself does not."""
    ceiling = Decimal(10) ** 6
    return fitting(
        current, region, need, ceiling, platform=platform, tenancy=tenancy,
        architecture=architecture(current), allowed=allowed,
    )  # fmt: skip


def architecture(machine: InstanceType) -> str:
    """The one whose programs run on it: arm64 or x86_64."""
    return ARM if ARM in machine.architectures else X86


def differences(current: InstanceType, other: InstanceType) -> tuple[str, ...]:
    """What of the platform changes, as Compute Optimizer names it."""
    told = []
    if architecture(current) != architecture(other):
        told.append("Architecture")
    if current.is_nitro != other.is_nitro:
        told.append("Hypervisor")
    if current.ena != other.ena:
        told.append("NetworkInterface")
    if current.ebs_nvme != other.ebs_nvme:
        told.append("StorageInterface")
    if (current.disks is None) != (other.disks is None):
        told.append("InstanceStoreAvailability")
    return tuple(told)


def projected(
    current: InstanceType, other: InstanceType, cpu: float, memory: float
) -> dict[str, float]:
    """The peak use that another machine would see of the same load, in percent."""
    return {
        "Cpu": min(100.0, round(cpu * current.vcpus / other.vcpus, 4)),
        "Memory": min(
            100.0, round(memory * float(current.memory_gib) / float(other.memory_gib), 4)
        ),
    }


def risk(use: dict[str, float]) -> float:
    """The risk of the scarcer of both."""
    return risk_of(max(use["Cpu"], use["Memory"]))


def _meets(machine: InstanceType, need: Need) -> bool:
    return (
        machine.vcpus >= need.vcpus
        and float(machine.memory_gib) >= need.memory_gib
        and machine.peak_gbps >= need.gbps
    )


@lru_cache(maxsize=1024)
def _offers(
    name: str, region: str, platform: str, tenancy: str, wanted: str
) -> tuple[Offered, ...]:
    """All types that could stand for the type `name`, by price."""
    current = instance_types.find(name)
    if current is None:
        return ()
    found = [
        Offered(one, costs.instance_hourly(one.name, region, platform=platform, tenancy=tenancy))
        for other in instance_types.offered(region)
        if (one := instance_types.find(other)) is not None and _comparable(current, one, wanted)
    ]
    return tuple(sorted(found, key=lambda one: (one.hourly, one.machine.name)))


def _comparable(current: InstanceType, other: InstanceType, wanted: str) -> bool:
    """Whether a machine is of the same nature: burstable, GPUs and local disks alike."""
    family = other.family.name
    same = family == current.family.name
    if other.name == current.name or wanted not in other.architectures or other.is_bare_metal:
        return False
    if current.gpus or current.accelerator is not None:
        return same and other.gpus == current.gpus
    if other.gpus or other.accelerator is not None:
        return False
    if not same and (not other.family.current_generation or family.startswith(_FAMILIES_APART)):
        return False
    alike = other.is_burstable == current.is_burstable
    return alike and (other.disks is None) == (current.disks is None)
