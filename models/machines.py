"""The machine behind an EC2 instance type: what its data says and what follows by rule.

Facts stand in prices/ec2.csv (per type) and prices/ec2_families.csv (per family); the rest are
AWS's documented rules, computed when asked.
"""

from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from models.devices import Accelerator, Disks, EbsBandwidth
from models.prices.interpolation import weight

MIB_PER_GIB = 1024
FREE_TIER = frozenset(
    {"t2.micro", "t3.micro", "t3.small", "t4g.micro", "t4g.small", "c7i-flex.large",
     "m7i-flex.large"}
)  # fmt: skip
FPGAS = {"f1": ("Virtex UltraScale (VU9P)", "Xilinx", {2: 1, 4: 2, 16: 8}, 65536),
         "f2": ("Virtex UltraScale+ (VU47P)", "AMD", {6: 1, 12: 2, 48: 8}, 81920)}  # fmt: skip
_INF2 = {"xlarge": 1, "8xlarge": 1, "24xlarge": 6, "48xlarge": 12}
INFERENCE = {
    "inf1": ("Inferentia", {"xlarge": 1, "2xlarge": 1, "6xlarge": 4, "24xlarge": 16}, 4, 1, 8192),
    "inf2": ("Inferentia2", _INF2, 2, 2, 32768),
    "trn1": ("Trainium", {"2xlarge": 1, "32xlarge": 16}, 2, 2, 32768),
    "trn1n": ("Trainium", {"32xlarge": 16}, 2, 2, 32768),
}  # fmt: skip
OTHER_ACCELERATORS = {
    "dl1": ("Gaudi HL-205", "Habana", {24: 8}, 32768),
    "vt1": ("U30", "Xilinx", {3: 2, 6: 4, 24: 16}, 12288),
}
HDD_FAMILIES = frozenset({"d2", "d3", "d3en", "h1", "m1", "m2", "c1"})


class Family(NamedTuple):
    """What all sizes of a family share."""

    name: str
    launched: int  # year
    reach: int  # the smallest region tier that has it: 3 everywhere, 1 only in the largest
    last_region_year: int | None  # regions opened later never got it
    architectures: tuple[str, ...]
    cpu_maker: str
    clock_ghz: float | None
    hypervisor: str  # nitro | xen
    current_generation: bool
    threads_per_core: int
    gpu_maker: str
    gpu_model: str
    gpu_memory_mib: int


class InstanceType:
    """One instance type. Attributes are plain facts; names are ours, not AWS's members."""

    def __init__(self, cells: tuple[str, ...], family: Family) -> None:
        self.name, usd, vcpus, memory, gpus, disks, network, ebs, interfaces, ips = cells
        self.family = family
        self.size = self.name.partition(".")[2]
        self.usd_per_hour = Decimal(usd)  # Linux, shared tenancy, on demand, us-east-1
        self.vcpus = int(vcpus)
        self.memory_gib = Decimal(memory)
        self.memory_mib = int(self.memory_gib * MIB_PER_GIB)
        self.gpus = int(gpus or 0)
        self.maximum_network_interfaces = int(interfaces)
        self.ipv4_addresses_per_interface = int(ips)
        self._disks = disks
        self._network = network
        self._ebs = ebs

    def __repr__(self) -> str:
        return f"InstanceType({self.name})"

    # Machine

    @property
    def architectures(self) -> tuple[str, ...]:
        """i386, x86_64, arm64, x86_64_mac or arm64_mac; t2 up to medium and old sizes run i386."""
        found = self.family.architectures
        if "i386" in found and (self.vcpus > 2 or self.size in ("large", "xlarge")):
            keeps = self.name in ("c3.large", "c1.medium")
            return found if keeps else tuple(a for a in found if a != "i386")
        return found

    @property
    def is_bare_metal(self) -> bool:
        """No hypervisor between the guest and the board."""
        return self.size.startswith("metal")

    @property
    def hypervisor(self) -> str | None:
        """Nitro or xen; bare metal has none."""
        return None if self.is_bare_metal else self.family.hypervisor

    @property
    def is_nitro(self) -> bool:
        """Whether it stands on the Nitro system, virtual or bare."""
        return self.family.hypervisor == "nitro"

    @property
    def is_burstable(self) -> bool:
        """Earns CPU credits (the t families; t1 predates them)."""
        return self.family.name in ("t2", "t3", "t3a", "t4g")

    @property
    def threads_per_core(self) -> int:
        """2 where hyper-threading is on; the small sizes of old families have one thread."""
        return 1 if self.vcpus == 1 else self.family.threads_per_core

    @property
    def cores(self) -> int:
        """Physical cores, at least 1."""
        return max(self.vcpus // self.threads_per_core, 1)

    @property
    def valid_cores(self) -> tuple[int, ...]:
        """Core counts a launch may ask for (CPU options); empty where it has no choice."""
        if self.is_bare_metal or not self.is_nitro or (self.is_burstable and self.vcpus <= 2):
            return (self.cores,) if self.vcpus <= 2 and not self.is_bare_metal else ()
        step = 1 if self.cores <= 8 else 2 if self.cores <= 48 else 4
        first = 1 if step == 1 else step
        return (*range(first, self.cores, step), self.cores)

    @property
    def valid_threads_per_core(self) -> tuple[int, ...]:
        """Threads per core a launch may ask for."""
        return (1, 2) if self.threads_per_core == 2 else (1,)

    # Devices

    @property
    def gpu_memory_mib(self) -> int:
        """Memory of each GPU."""
        return self.family.gpu_memory_mib if self.gpus else 0

    @cached_property
    def disks(self) -> Disks | None:
        """Local disks, None for EBS-only types."""
        if not self._disks:
            return None
        count, _, size = self._disks.partition("x")
        kind = "hdd" if self.family.name in HDD_FAMILIES else "ssd"
        nvme = "required" if self.is_nitro else "unsupported"
        if self.family.name in ("i3", "f1"):
            nvme = "required"
        encrypted = "required" if nvme == "required" else "unsupported"
        return Disks(int(count), int(size), kind, nvme, encrypted)

    @cached_property
    def accelerator(self) -> Accelerator | None:
        """The device of f1, f2, inf, trn, dl and vt types."""
        family = self.family.name
        if family in FPGAS:
            model, maker, counts, mib = FPGAS[family]
            return Accelerator("fpga", model, maker, counts[int(weight(self.size) / 8)], mib)
        if family in INFERENCE:
            model, by_size, cores, version, mib = INFERENCE[family]
            return Accelerator("neuron", model, "AWS", by_size[self.size], mib, cores, version)
        if family in OTHER_ACCELERATORS:
            model, maker, counts, mib = OTHER_ACCELERATORS[family]
            kind = "media" if family == "vt1" else "inference"
            return Accelerator(kind, model, maker, counts[int(weight(self.size) / 8)], mib)
        return None

    # EBS

    @cached_property
    def ebs(self) -> EbsBandwidth | None:
        """The dedicated path to EBS; None for types that have none."""
        if not self._ebs:
            return None
        baseline, _, maximum = self._ebs.partition("/")
        return EbsBandwidth(int(baseline), int(maximum or baseline))

    @property
    def ebs_optimized(self) -> str:
        """default, supported (at extra cost, old families) or unsupported."""
        if self.ebs is None:
            return "unsupported"
        optional = ("m1", "m2", "m3", "c1", "c3", "r3", "i2", "g2")
        return "supported" if self.family.name in optional else "default"

    @property
    def ebs_nvme(self) -> str:
        """Whether volumes appear as NVMe devices."""
        return "required" if self.is_nitro else "unsupported"

    @property
    def maximum_volumes(self) -> int:
        """Volumes that can be attached; on Nitro shared with interfaces and local disks."""
        if not self.is_nitro:
            return 39
        if self.family.launched >= 2022 and self.size in ("48xlarge", "96xlarge", "metal-48xl"):
            return 64
        return 28 if self.family.launched < 2022 else 32

    @property
    def supports_ebs_encryption(self) -> bool:
        """All but the oldest machines."""
        return self.family.name not in ("t1", "m1", "m2", "c1")

    # Network

    @property
    def network_performance(self) -> str:
        """AWS's own words: "Up to 10 Gigabit", "25 Gigabit", "Moderate"."""
        if self._network[0].isalpha():
            return self._network
        words = "Up to " if self._network[0] == "~" else ""
        return f"{words}{self._network.lstrip('~')} Gigabit"

    @property
    def peak_gbps(self) -> float:
        """The most the network card carries."""
        if self._network[0].isalpha():
            return {"Very Low": 0.1, "Low": 0.3, "High": 1.0}.get(self._network, 0.7)
        return float(self._network.lstrip("~"))

    @property
    def baseline_gbps(self) -> float:
        """What it carries for hours on end: a share by size where it says "up to"."""
        if self._network[0] != "~":
            return self.peak_gbps
        if self.is_burstable:
            share = {"nano": 0.032, "micro": 0.064, "small": 0.128, "medium": 0.256}
            by_size = share.get(self.size)
            return by_size or {"large": 0.512, "xlarge": 1.024}.get(self.size, 2.048)
        return round(min(self.peak_gbps * self.vcpus / 32, self.peak_gbps), 4)

    @property
    def network_cards(self) -> int:
        """Physical network cards: several only on the widest machines."""
        return {
            "p4d": 4, "p4de": 4, "p5": 32, "p5en": 16, "p6-b200": 8, "dl1": 4, "trn1": 8,
            "trn1n": 16, "hpc6id": 2, "hpc7a": 2, "u7in-16tb": 2, "u7in-24tb": 2, "u7in-32tb": 2,
        }.get(self.family.name, 1) if self.vcpus > 32 else 1  # fmt: skip

    @property
    def supports_efa(self) -> bool:
        """Elastic Fabric Adapter: the largest sizes of network, HPC and ML families."""
        return self.is_nitro and self.peak_gbps >= 50 and self.family.name[0] not in "tu"

    @property
    def ena(self) -> str:
        """Enhanced networking: required on Nitro, supported on the last Xen families."""
        if self.is_nitro:
            return "required"
        late = ("r4", "i3", "h1", "x1", "x1e", "p2", "p3", "f1", "g3", "g3s")
        return (
            "supported" if self.family.name in late or self.name == "m4.16xlarge" else "unsupported"
        )

    @property
    def supports_ipv6(self) -> bool:
        """All but the oldest machines."""
        return self.family.name not in ("t1", "m1", "m2", "c1", "m3", "g2")

    @property
    def ipv6_addresses_per_interface(self) -> int:
        """As many as IPv4, none without IPv6."""
        return self.ipv4_addresses_per_interface if self.supports_ipv6 else 0

    @property
    def supports_encryption_in_transit(self) -> bool:
        """Traffic between such machines is encrypted by the card."""
        name = self.family.name
        return self.is_nitro and ((self.family.launched >= 2020 and name != "t4g") or "n" in name)

    # What can be done with it

    @property
    def is_free_tier(self) -> bool:
        """Covered by the free tier of new accounts."""
        return self.name in FREE_TIER

    @property
    def usage_classes(self) -> tuple[str, ...]:
        """How it is bought."""
        if self.family.name.startswith(("mac", "u-")):
            return ("on-demand",)
        if self.family.name in ("p4d", "p4de", "p5", "p5en", "trn1", "p6-b200"):
            return ("on-demand", "spot", "capacity-block")
        return ("on-demand", "spot")

    @property
    def root_device_types(self) -> tuple[str, ...]:
        """Instance store as root only where Xen and local disks meet."""
        with_store = self.disks is not None and not self.is_nitro
        return ("ebs", "instance-store") if with_store else ("ebs",)

    @property
    def virtualization_types(self) -> tuple[str, ...]:
        """Paravirtual only on the oldest machines."""
        if self.family.name in ("t1", "m1", "m2", "c1"):
            return ("paravirtual",)
        return ("hvm", "paravirtual") if self.family.name in ("m3", "c3") else ("hvm",)

    @property
    def boot_modes(self) -> tuple[str, ...]:
        """BIOS, UEFI or both."""
        if "arm64" in self.architectures or "mac" in self.family.name:
            return ("uefi",)
        return ("legacy-bios", "uefi") if self.is_nitro else ("legacy-bios",)

    @property
    def placement_strategies(self) -> tuple[str, ...]:
        """Placement groups it may join; cluster not for burstable and Mac machines."""
        no_cluster = self.family.name[0] == "t" or self.family.name.startswith(("mac", "m1", "m2"))
        return ("partition", "spread") if no_cluster else ("cluster", "partition", "spread")

    @property
    def supports_hibernation(self) -> bool:
        """Memory up to 150 GiB, no metal, no GPU, families from m3 and t2 on."""
        early = ("t1", "m1", "m2", "c1", "g2", "d2", "h1", "f1", "x1", "x1e", "i2", "a1")
        barred = self.is_bare_metal or self.gpus or self.accelerator is not None
        return not barred and self.memory_gib <= 150 and self.family.name not in early

    @property
    def supports_dedicated_hosts(self) -> bool:
        """All but the smallest burstable and oldest families."""
        return self.family.name not in ("t1", "t2", "t4g", "m1", "m2", "c1")

    @property
    def supports_auto_recovery(self) -> bool:
        """Simplified recovery: virtual, without local disks."""
        return not self.is_bare_metal and self.disks is None and not self.supports_only_hpc

    @property
    def supports_only_hpc(self) -> bool:
        """The hpc families: one zone, on demand."""
        return self.family.name.startswith("hpc")

    @property
    def supports_enclaves(self) -> bool:
        """Nitro Enclaves: virtual Nitro machines with four vCPUs (two on Graviton) or more."""
        least = 2 if "arm64" in self.architectures else 4
        small = self.is_bare_metal or self.vcpus < least or self.is_burstable
        return self.is_nitro and not small and not self.family.name.startswith(("a1", "u", "mac"))

    @property
    def supports_tpm(self) -> bool:
        """NitroTPM 2.0: virtual x86 Nitro machines."""
        return self.is_nitro and not self.is_bare_metal and "x86_64" in self.architectures
