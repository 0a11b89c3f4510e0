"""An instance type as EC2 shows it, and what it can be filtered by.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceTypeInfo.html and the
filters of API_DescribeInstanceTypes.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from emulator.matching import Values
from emulator.rows import View
from models import instance_types
from models.instance_types import InstanceType

Info = dict[str, Any]


@cache
def info(name: str) -> Info:
    """The InstanceTypeInfo of a type; members that it has not are None."""
    found = instance_types.find(name)
    if found is None:
        raise KeyError(name)
    return dict.fromkeys(MEMBERS) | _machine(found) | _parts(found) | _devices(found)


def _machine(one: InstanceType) -> Info:
    return {
        "InstanceType": one.name,
        "CurrentGeneration": one.family.current_generation,
        "FreeTierEligible": one.is_free_tier,
        "SupportedUsageClasses": list(one.usage_classes),
        "SupportedRootDeviceTypes": list(one.root_device_types),
        "SupportedVirtualizationTypes": list(one.virtualization_types),
        "BareMetal": one.is_bare_metal,
        "Hypervisor": one.hypervisor,
        "PlacementGroupInfo": {"SupportedStrategies": list(one.placement_strategies)},
        "HibernationSupported": one.supports_hibernation,
        "BurstablePerformanceSupported": one.is_burstable,
        "DedicatedHostsSupported": one.supports_dedicated_hosts,
        "AutoRecoverySupported": one.supports_auto_recovery,
        "SupportedBootModes": list(one.boot_modes),
        "NitroEnclavesSupport": _support(one.supports_enclaves),
        "NitroTpmSupport": _support(one.supports_tpm),
        "NitroTpmInfo": {"SupportedVersions": ["2.0"]} if one.supports_tpm else None,
        "PhcSupport": "unsupported",
        "RebootMigrationSupport": _support(one.supports_auto_recovery),
    }


def _parts(one: InstanceType) -> Info:
    processor = {
        "SupportedArchitectures": list(one.architectures),
        "SustainedClockSpeedInGhz": one.family.clock_ghz,
        "Manufacturer": one.family.cpu_maker,
    }
    cores: Info = {
        "DefaultVCpus": one.vcpus,
        "DefaultCores": one.cores,
        "DefaultThreadsPerCore": one.threads_per_core,
    }
    if one.valid_cores:
        cores["ValidCores"] = list(one.valid_cores)
        cores["ValidThreadsPerCore"] = list(one.valid_threads_per_core)
    return {
        "ProcessorInfo": {key: value for key, value in processor.items() if value is not None},
        "VCpuInfo": cores,
        "MemoryInfo": {"SizeInMiB": one.memory_mib},
        "EbsInfo": _ebs(one),
        "NetworkInfo": _network(one),
    }


def _ebs(one: InstanceType) -> Info:
    found: Info = {
        "EbsOptimizedSupport": one.ebs_optimized,
        "EncryptionSupport": _support(one.supports_ebs_encryption),
        "NvmeSupport": one.ebs_nvme,
        "MaximumEbsAttachments": one.maximum_volumes,
        "AttachmentLimitType": "shared" if one.is_nitro else "dedicated",
    }
    if one.ebs is not None:
        found["EbsOptimizedInfo"] = {
            "BaselineBandwidthInMbps": one.ebs.baseline_mbps,
            "BaselineThroughputInMBps": one.ebs.baseline_mib_per_second,
            "BaselineIops": one.ebs.baseline_iops,
            "MaximumBandwidthInMbps": one.ebs.maximum_mbps,
            "MaximumThroughputInMBps": one.ebs.maximum_mib_per_second,
            "MaximumIops": one.ebs.maximum_iops,
        }
    return found


def _network(one: InstanceType) -> Info:
    cards = one.network_cards
    found: Info = {
        "NetworkPerformance": one.network_performance,
        "MaximumNetworkInterfaces": one.maximum_network_interfaces,
        "MaximumNetworkCards": cards,
        "DefaultNetworkCardIndex": 0,
        "NetworkCards": [
            {
                "NetworkCardIndex": index,
                "NetworkPerformance": one.network_performance
                if cards == 1
                else f"{one.peak_gbps / cards:g} Gigabit",
                "MaximumNetworkInterfaces": max(one.maximum_network_interfaces // cards, 1),
                "BaselineBandwidthInGbps": round(one.baseline_gbps / cards, 4),
                "PeakBandwidthInGbps": round(one.peak_gbps / cards, 4),
            }
            for index in range(cards)
        ],
        "Ipv4AddressesPerInterface": one.ipv4_addresses_per_interface,
        "Ipv6AddressesPerInterface": one.ipv6_addresses_per_interface,
        "Ipv6Supported": one.supports_ipv6,
        "EnaSupport": one.ena,
        "EfaSupported": one.supports_efa,
        "EncryptionInTransitSupported": one.supports_encryption_in_transit,
        "EnaSrdSupported": one.supports_efa,
        "BandwidthWeightings": ["default"],
        "FlexibleEnaQueuesSupport": "unsupported",
    }
    if one.supports_efa:
        found["EfaInfo"] = {"MaximumEfaInterfaces": cards}
    return found


def _devices(one: InstanceType) -> Info:
    """What the machine has beside processor, memory and network."""
    found: Info = {"InstanceStorageSupported": one.disks is not None}
    if one.disks is not None:
        disk = {
            "SizeInGB": one.disks.size_gb,
            "Count": one.disks.number,
            "Type": one.disks.kind,
        }
        found["InstanceStorageInfo"] = {
            "TotalSizeInGB": one.disks.total_gb,
            "Disks": [disk],
            "NvmeSupport": one.disks.nvme,
            "EncryptionSupport": one.disks.encryption,
        }
    if one.gpus:
        gpu = _device(one.family.gpu_model, one.family.gpu_maker, one.gpus, one.gpu_memory_mib)
        found["GpuInfo"] = {"Gpus": [gpu], "TotalGpuMemoryInMiB": one.gpus * one.gpu_memory_mib}
    return found | _accelerator(one)


def _accelerator(one: InstanceType) -> Info:
    it = one.accelerator
    if it is None:
        return {}
    device, total = _device(it.model, it.maker, it.number, it.memory_mib), it.number * it.memory_mib
    if it.kind == "fpga":
        return {"FpgaInfo": {"Fpgas": [device], "TotalFpgaMemoryInMiB": total}}
    if it.kind == "media":
        return {"MediaAcceleratorInfo": {"Accelerators": [device], "TotalMediaMemoryInMiB": total}}
    found: Info = {
        "InferenceAcceleratorInfo": {"Accelerators": [device], "TotalInferenceMemoryInMiB": total}
    }
    if it.kind == "neuron":
        core = {"Count": it.cores, "Version": it.core_version}
        neuron = {key: device[key] for key in ("Count", "Name", "MemoryInfo")} | {"CoreInfo": core}
        found["NeuronInfo"] = {"NeuronDevices": [neuron], "TotalNeuronDeviceMemoryInMiB": total}
    return found


def _device(name: str, maker: str, count: int, memory_mib: int) -> Info:
    return {
        "Name": name,
        "Manufacturer": maker,
        "Count": count,
        "MemoryInfo": {"SizeInMiB": memory_mib},
    }


def _support(yes: bool) -> str:
    return "supported" if yes else "unsupported"


def _values(path: tuple[str, ...], name: str) -> Iterator[str]:
    """What a type has at a path of members, as filters spell it."""
    return _spelled(info(name), path)


def _spelled(found: Any, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(found, list):
        for one in found:
            yield from _spelled(one, path)
    elif found is None:
        return
    elif path:
        yield from _spelled(found.get(path[0]), path[1:])
    elif isinstance(found, bool):
        yield "true" if found else "false"
    else:
        yield str(found)  # 93.75, and 100.0 as the answer has it
        if isinstance(found, float) and found.is_integer():
            yield str(int(found))


MEMBERS = (
    "InstanceType", "CurrentGeneration", "FreeTierEligible", "SupportedUsageClasses",
    "SupportedRootDeviceTypes", "SupportedVirtualizationTypes", "BareMetal", "Hypervisor",
    "ProcessorInfo", "VCpuInfo", "MemoryInfo", "InstanceStorageSupported", "InstanceStorageInfo",
    "EbsInfo", "NetworkInfo", "GpuInfo", "FpgaInfo", "PlacementGroupInfo",
    "InferenceAcceleratorInfo", "HibernationSupported", "BurstablePerformanceSupported",
    "DedicatedHostsSupported", "AutoRecoverySupported", "SupportedBootModes",
    "NitroEnclavesSupport", "NitroTpmSupport", "NitroTpmInfo", "MediaAcceleratorInfo",
    "NeuronInfo", "PhcSupport", "RebootMigrationSupport",
)  # fmt: skip

TYPE_VIEW = View({member: member for member in MEMBERS})

_PATHS = {
    "auto-recovery-supported": "AutoRecoverySupported",
    "bare-metal": "BareMetal",
    "burstable-performance-supported": "BurstablePerformanceSupported",
    "current-generation": "CurrentGeneration",
    "dedicated-hosts-supported": "DedicatedHostsSupported",
    "ebs-info.attachment-limit-type": "EbsInfo.AttachmentLimitType",
    "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps"
    ),
    "ebs-info.ebs-optimized-info.baseline-iops": "EbsInfo.EbsOptimizedInfo.BaselineIops",
    "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.BaselineThroughputInMBps"
    ),
    "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps"
    ),
    "ebs-info.ebs-optimized-info.maximum-iops": "EbsInfo.EbsOptimizedInfo.MaximumIops",
    "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps": (
        "EbsInfo.EbsOptimizedInfo.MaximumThroughputInMBps"
    ),
    "ebs-info.ebs-optimized-support": "EbsInfo.EbsOptimizedSupport",
    "ebs-info.encryption-support": "EbsInfo.EncryptionSupport",
    "ebs-info.maximum-ebs-attachments": "EbsInfo.MaximumEbsAttachments",
    "ebs-info.nvme-support": "EbsInfo.NvmeSupport",
    "free-tier-eligible": "FreeTierEligible",
    "hibernation-supported": "HibernationSupported",
    "hypervisor": "Hypervisor",
    "instance-storage-info.disk.count": "InstanceStorageInfo.Disks.Count",
    "instance-storage-info.disk.size-in-gb": "InstanceStorageInfo.Disks.SizeInGB",
    "instance-storage-info.disk.type": "InstanceStorageInfo.Disks.Type",
    "instance-storage-info.encryption-support": "InstanceStorageInfo.EncryptionSupport",
    "instance-storage-info.nvme-support": "InstanceStorageInfo.NvmeSupport",
    "instance-storage-info.total-size-in-gb": "InstanceStorageInfo.TotalSizeInGB",
    "instance-storage-supported": "InstanceStorageSupported",
    "instance-type": "InstanceType",
    "memory-info.size-in-mib": "MemoryInfo.SizeInMiB",
    "network-info.bandwidth-weightings": "NetworkInfo.BandwidthWeightings",
    "network-info.efa-info.maximum-efa-interfaces": "NetworkInfo.EfaInfo.MaximumEfaInterfaces",
    "network-info.efa-supported": "NetworkInfo.EfaSupported",
    "network-info.ena-support": "NetworkInfo.EnaSupport",
    "network-info.encryption-in-transit-supported": "NetworkInfo.EncryptionInTransitSupported",
    "network-info.flexible-ena-queues-support": "NetworkInfo.FlexibleEnaQueuesSupport",
    "network-info.ipv4-addresses-per-interface": "NetworkInfo.Ipv4AddressesPerInterface",
    "network-info.ipv6-addresses-per-interface": "NetworkInfo.Ipv6AddressesPerInterface",
    "network-info.ipv6-supported": "NetworkInfo.Ipv6Supported",
    "network-info.maximum-network-cards": "NetworkInfo.MaximumNetworkCards",
    "network-info.maximum-network-interfaces": "NetworkInfo.MaximumNetworkInterfaces",
    "network-info.network-performance": "NetworkInfo.NetworkPerformance",
    "nitro-enclaves-support": "NitroEnclavesSupport",
    "nitro-tpm-info.supported-versions": "NitroTpmInfo.SupportedVersions",
    "nitro-tpm-support": "NitroTpmSupport",
    "processor-info.supported-architecture": "ProcessorInfo.SupportedArchitectures",
    "processor-info.supported-features": "ProcessorInfo.SupportedFeatures",
    "processor-info.sustained-clock-speed-in-ghz": "ProcessorInfo.SustainedClockSpeedInGhz",
    "reboot-migration-support": "RebootMigrationSupport",
    "supported-boot-mode": "SupportedBootModes",
    "supported-root-device-type": "SupportedRootDeviceTypes",
    "supported-usage-class": "SupportedUsageClasses",
    "supported-virtualization-type": "SupportedVirtualizationTypes",
    "vcpu-info.default-cores": "VCpuInfo.DefaultCores",
    "vcpu-info.default-threads-per-core": "VCpuInfo.DefaultThreadsPerCore",
    "vcpu-info.default-vcpus": "VCpuInfo.DefaultVCpus",
    "vcpu-info.valid-cores": "VCpuInfo.ValidCores",
    "vcpu-info.valid-threads-per-core": "VCpuInfo.ValidThreadsPerCore",
}

TYPE_FILTERS: dict[str, Values[str]] = {
    name: partial(_values, tuple(path.split("."))) for name, path in _PATHS.items()
}
