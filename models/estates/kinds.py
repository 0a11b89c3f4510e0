"""Kinds of machines and databases: what each is used for, on what, and which waste it is."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind of machine: its behaviour, the waste it is (if any), and its types by share.

    `saved` is the share of the running cost that the remedy of `pattern` saves. With `innocent`
    it is never waste, whatever it looks like.
    """

    name: str
    profile: str
    types: Mapping[str, float]
    pattern: str | None = None
    saved: float = 0.0
    stopped: bool = False
    services: tuple[str, ...] = ()
    innocent: str | None = None  # why it only looks like its pattern: its metrics tell


_LARGE = {
    "m6i.4xlarge": 3, "m5.2xlarge": 2, "r6i.4xlarge": 2, "c6i.8xlarge": 2, "r5.4xlarge": 2,
    "m6g.4xlarge": 1, "m5.4xlarge": 2, "c5.4xlarge": 2, "m6i.8xlarge": 1,
}  # fmt: skip
_MIDDLE = {
    "m5.xlarge": 4, "m6i.xlarge": 3, "c5.xlarge": 2, "r5.xlarge": 1, "m6g.xlarge": 1,
    "t3.xlarge": 2, "m4.xlarge": 1, "m5.2xlarge": 2,
}  # fmt: skip
_LITTLE = {"t3.large": 3, "t3.medium": 2, "m5.large": 3, "m5.xlarge": 2, "t3a.large": 1}

STEADY = Kind("steady", "steady", _LARGE)
BURSTY = Kind(
    "bursty", "bursty", {"c6i.2xlarge": 1, "m5.2xlarge": 1}, "ec2_idle", innocent="burst_peak"
)
MEMORY = Kind("memory-bound", "memory_bound", {"r6i.4xlarge": 1, "r5.4xlarge": 1})
NETWORK = Kind(
    "proxy", "network_bound", {"c5n.xlarge": 1, "c6i.xlarge": 1}, "ec2_idle",
    services=("gateway",), innocent="busy_network",
)  # fmt: skip
BATCH = Kind(
    "batch", "batch", {"c6i.8xlarge": 1, "m5.8xlarge": 1}, "ec2_idle",
    services=("etl", "reporting"), innocent="nightly_batch",
)  # fmt: skip
GPU_BUSY = Kind(
    "inference", "gpu_busy", {"g5.2xlarge": 1, "g4dn.2xlarge": 1}, services=("inference",)
)
IDLE_LARGE = Kind(
    "idle", "idle", {"m5.2xlarge": 2, "r5.2xlarge": 1, "c5.2xlarge": 1}, "ec2_idle", 1.0
)
IDLE = Kind("idle", "idle", _MIDDLE, "ec2_idle", 1.0)
OVERSIZED = Kind(
    "oversized", "oversized",
    {"m5.4xlarge": 3, "m6i.4xlarge": 2, "r5.4xlarge": 1, "c5.9xlarge": 1, "m5.2xlarge": 1},
    "ec2_oversized", 0.5,
)  # fmt: skip
STOPPED = Kind("stopped", "stopped", _MIDDLE, "ec2_stopped_ebs", 0.0, stopped=True)
AROUND_THE_CLOCK = Kind("always-on", "steady", _LITTLE | {"m5.2xlarge": 2}, "nonprod_24x7", 0.65)
GPU_IDLE = Kind(
    "notebook-gpu", "gpu_idle", {"g5.xlarge": 2, "g4dn.xlarge": 2, "g5.2xlarge": 1},
    "ec2_gpu_idle", 1.0, services=("training",),
)  # fmt: skip
RUNNER = Kind(
    "ci-runner", "batch", {"c5.2xlarge": 1, "c6i.2xlarge": 1}, "ec2_idle",
    services=("ci",), innocent="nightly_batch",
)  # fmt: skip
FORGOTTEN = Kind("preview", "idle", _LITTLE, "ec2_preview_forgotten", 1.0)
TOO_LARGE = Kind(
    "copy-of-prod", "light", {"m5.2xlarge": 1, "c5.2xlarge": 1}, "nonprod_too_large", 0.5
)
OLD = Kind("old", "steady", {"m4.xlarge": 2, "c4.xlarge": 1, "r4.xlarge": 1}, "ec2_prev_gen", 0.06)
INTEL = Kind("x86", "steady", {"m5.large": 2, "m6i.large": 1, "t3.large": 1}, "ec2_graviton", 0.2)
WINDOWS = Kind("windows", "steady", {"m5.xlarge": 1, "t3.xlarge": 1}, services=("warehouse",))

# Machines that stand alone, by environment and share.
ALONE: dict[str, dict[Kind, float]] = {
    "prod": {
        STEADY: 4, OLD: 1, BURSTY: 1, MEMORY: 1, NETWORK: 1, BATCH: 1, GPU_BUSY: 1, OVERSIZED: 2,
        IDLE_LARGE: 0.6, WINDOWS: 0.4,
    },
    "staging": {AROUND_THE_CLOCK: 2, OVERSIZED: 1, IDLE: 1, STOPPED: 0.5, BURSTY: 0.5},
    "dev": {
        AROUND_THE_CLOCK: 6, IDLE: 4, STOPPED: 4, OVERSIZED: 1, GPU_IDLE: 1, RUNNER: 1.5,
        WINDOWS: 1, TOO_LARGE: 1, OLD: 1, INTEL: 1,
    },
    "preview": {FORGOTTEN: 3, AROUND_THE_CLOCK: 1},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GroupKind:
    """A kind of Auto Scaling group: load, the waste it is, and its machines.

    `floor` is the share of its members that min_size pins.
    """

    profile: str
    types: Mapping[str, float]
    pattern: str | None = None
    saved: float = 0.0
    floor: float = 0.5


GROUPS: dict[str, tuple[GroupKind, ...]] = {
    "prod": (
        GroupKind("steady", {"m6i.4xlarge": 2, "c6i.4xlarge": 1, "m5.4xlarge": 1}),
        GroupKind("oversized", {"m5.2xlarge": 1}, "asg_low_util", 0.5, 1.0),
        GroupKind("bursty", {"c5.2xlarge": 2, "c6i.2xlarge": 1}),
    ),
    "staging": (
        GroupKind("oversized", {"m5.2xlarge": 1, "m5.xlarge": 1}, "asg_min_high", 0.5, 1.0),
        GroupKind("steady", {"m5.xlarge": 1, "t3.xlarge": 1}),
    ),
    "dev": (GroupKind("oversized", {"t3.large": 1, "m5.large": 1}, "asg_pinned", 0.5, 0.5),),
    "preview": (
        GroupKind("idle", {"m5.large": 2, "t3.large": 1, "m5.xlarge": 1}, "asg_preview_stack", 1.0),
    ),
}
