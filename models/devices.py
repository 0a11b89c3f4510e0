"""The devices of a machine: local disks, the path to EBS, accelerators that are no GPUs."""

from typing import NamedTuple

# EBS baseline and maximum IOPS by bandwidth in Mbps, where it is not 4 per Mbps.
EBS_IOPS = {
    43: 250, 87: 500, 174: 1000, 347: 2000, 695: 4000, 2085: 11800, 2780: 15700, 300: 2500,
    315: 2500, 325: 2500, 525: 4000, 630: 3600, 650: 3600, 800: 6000, 1085: 6000, 1150: 6000,
    1188: 6000, 1250: 6000, 1580: 8333, 1750: 10000, 2300: 12000, 2375: 12000, 2500: 12000,
    2880: 16000, 3500: 20000, 4750: 18750, 5000: 20000, 6780: 26667, 6800: 30000, 9500: 40000,
    13600: 60000, 13750: 55000, 14250: 60000, 19000: 80000, 425: 3000, 850: 6000, 1700: 12000,
    7000: 40000, 14000: 80000, 450: 3600, 500: 4000, 750: 6000, 1000: 8000, 4000: 32000,
}  # fmt: skip


class Disks(NamedTuple):
    """The local disks of a machine."""

    number: int
    size_gb: int
    kind: str  # ssd | hdd
    nvme: str  # required | supported | unsupported
    encryption: str  # required | unsupported

    @property
    def total_gb(self) -> int:
        """All of them together."""
        return self.number * self.size_gb


class EbsBandwidth(NamedTuple):
    """The path to EBS; baseline is below maximum on sizes that burst."""

    baseline_mbps: int
    maximum_mbps: int

    @property
    def baseline_mib_per_second(self) -> float:
        """Baseline throughput in MB/s."""
        return self.baseline_mbps / 8

    @property
    def maximum_mib_per_second(self) -> float:
        """Maximum throughput in MB/s."""
        return self.maximum_mbps / 8

    @property
    def baseline_iops(self) -> int:
        """Baseline 16 KiB operations per second."""
        return EBS_IOPS.get(self.baseline_mbps, self.baseline_mbps * 4)

    @property
    def maximum_iops(self) -> int:
        """Maximum 16 KiB operations per second."""
        return EBS_IOPS.get(self.maximum_mbps, self.maximum_mbps * 4)


class Accelerator(NamedTuple):
    """A device on the machine that is no GPU: FPGA, Inferentia, Trainium, Gaudi, transcoder."""

    kind: str  # fpga | neuron | inference | media
    model: str
    maker: str
    number: int
    memory_mib: int  # of each
    cores: int = 0  # of each
    core_version: int = 0
