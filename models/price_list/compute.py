"""Machines on the price list: EC2's instance types, by operating system and tenancy."""

from collections.abc import Iterator, Mapping

from models import burstable, instance_types
from models.costs.compute import DEDICATED, licence_hourly
from models.devices import Disks
from models.machines import InstanceType
from models.price_list.product import Product, Rate, Tier
from models.prices.interpolation import weight

# operating system as the price list names it, operation of the bill, how it is licensed
SYSTEMS = (
    ("Linux", "RunInstances", "No License required"),
    ("Windows", "RunInstances:0002", "License Included"),
    ("RHEL", "RunInstances:0010", "No License required"),
    ("SUSE", "RunInstances:000g", "No License required"),
)
# usage type, tenancy, whether the capacity is used, how its description begins
USES = (
    ("BoxUsage", "Shared", "Used", "On Demand"),
    ("UnusedBox", "Shared", "UnusedCapacityReservation", "Unused Reservation"),
    ("DedicatedUsage", "Dedicated", "Used", "Dedicated"),
)
_FAMILIES = {
    "c": "Compute optimized", "hpc": "Compute optimized", "r": "Memory optimized",
    "x": "Memory optimized", "u": "Memory optimized", "z": "Memory optimized",
    "i": "Storage optimized", "im": "Storage optimized", "is": "Storage optimized",
    "d": "Storage optimized", "h": "Storage optimized", "g": "GPU instance", "p": "GPU instance",
    "gr": "GPU instance", "f": "FPGA Instances", "vt": "Media Accelerator Instances",
    "inf": "Machine Learning ASIC Instances", "trn": "Machine Learning ASIC Instances",
    "dl": "Machine Learning ASIC Instances",
}  # fmt: skip
RESERVED = ("ec2-standard", "ec2-convertible")
SERVICE = {"servicecode": "AmazonEC2", "servicename": "Amazon Elastic Compute Cloud"}


def products() -> Iterator[Product]:
    """Every instance type under every system and tenancy."""
    for name in instance_types.names():
        machine = instance_types.find(name)
        if machine is None:
            continue
        shared = _machine(machine)
        for system, operation, licence in SYSTEMS:
            for usage, tenancy, capacity, word in USES:
                yield _product(machine, shared, system, operation, licence, usage, tenancy,
                               capacity, word)  # fmt: skip
    yield from _credits()


def _credits() -> Iterator[Product]:
    """What burstable machines use beyond the CPU credits that they earn."""
    for family in burstable.FAMILIES:
        for system, operation, _ in SYSTEMS:
            if system == burstable.DEARER and family == "t4g":
                continue  # Windows does not run on Graviton
            item = "windows" if system == burstable.DEARER else family
            yield Product(
                "AmazonEC2", "CPU Credits", f"CPUCredits:{family}", operation, "vCPU-Hours",
                f"per vCPU-Hour of CPU credits of {family.upper()} {system}",
                (Tier(Rate("credits", item)),), SERVICE,
                {"instance": family.upper(), "operatingSystem": system, "group": "CPU Credits"},
            )  # fmt: skip


def _product(
    machine: InstanceType, shared: Mapping[str, str], system: str, operation: str, licence: str,
    usage: str, tenancy: str, capacity: str, word: str,
) -> Product:  # fmt: skip
    rate = Rate("ec2", machine.name)
    if tenancy == "Dedicated":
        rate = Rate("ec2", machine.name, DEDICATED)
    bare = " (bare metal)" if machine.is_bare_metal else ""
    return Product(
        "AmazonEC2", f"Compute Instance{bare}", f"{usage}:{machine.name}", operation, "Hrs",
        f"per {word} {system} {machine.name} Instance Hour",
        (Tier(rate, more=licence_hourly(machine.name, system)),),
        shared,
        {
            "operatingSystem": system, "licenseModel": licence, "preInstalledSw": "NA",
            "tenancy": tenancy, "capacitystatus": capacity,
        },
        reserved=() if usage == "UnusedBox" or machine.supports_only_hpc else RESERVED,
    )  # fmt: skip


def _machine(machine: InstanceType) -> Mapping[str, str]:
    """What an instance type is, as all its products say."""
    family = machine.family
    letters = family.name[
        : len(family.name) - len(family.name.lstrip("abcdefghijklmnopqrstuvwxyz"))
    ]
    is_arm = any(one.startswith("arm64") for one in machine.architectures)
    disks = machine.disks
    said = {
        **SERVICE,
        "instanceType": machine.name,
        "instanceFamily": _FAMILIES.get(letters, "General purpose"),
        "vcpu": str(machine.vcpus),
        "memory": f"{machine.memory_gib.normalize():f} GiB",
        "storage": _storage(disks) if disks is not None else "EBS only",
        "networkPerformance": machine.network_performance,
        "processorArchitecture": "64-bit",
        "physicalProcessor": "AWS Graviton Processor" if is_arm else family.cpu_maker,
        "currentGeneration": "Yes" if family.current_generation else "No",
        "normalizationSizeFactor": f"{weight(machine.size).normalize():f}",
        "marketoption": "OnDemand",
        "availabilityzone": "NA",
        "vpcnetworkingsupport": "true",
        "classicnetworkingsupport": "false",
    }
    if family.clock_ghz:
        said["clockSpeed"] = f"{family.clock_ghz} GHz"
    if machine.gpus:
        said["gpu"] = str(machine.gpus)
        said["gpuMemory"] = f"{machine.gpu_memory_mib * machine.gpus // 1024} GB"
    if machine.ebs is not None:
        said["dedicatedEbsThroughput"] = (
            f"Up to {machine.ebs.maximum_mbps} Mbps"
            if machine.ebs.maximum_mbps > machine.ebs.baseline_mbps
            else f"{machine.ebs.maximum_mbps} Mbps"
        )
    return said


def _storage(disks: Disks) -> str:
    """As in "2 x 900 NVMe SSD"."""
    kind = "NVMe SSD" if disks.nvme == "required" else disks.kind.upper()
    return f"{disks.number} x {disks.size_gb} {kind}"
