"""Public machine images: what Amazon and the vendors offer in every region."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any

AMAZON, CANONICAL, DEBIAN, WINDOWS = "137112412989", "099720109477", "136693071363", "801119661308"
ECS, EKS, RED_HAT, SUSE, LEARNING = (
    "591542846629",
    "602401143452",
    "309956199498",
    "013907871322",
    "898082745236",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of images that is built again and again.

    `name` and `text` carry `{build}`, one of `builds` (newest first, (build, day made)).
    """

    key: str
    owner: str
    alias: str | None
    name: str
    text: str
    builds: tuple[tuple[str, str], ...]
    architecture: str = "x86_64"
    root: str = "/dev/xvda"
    size_gib: int = 8
    volume_type: str = "gp3"
    details: str = "Linux/UNIX"
    operation: str = "RunInstances"
    windows: bool = False
    boot_mode: str | None = "uefi-preferred"
    parameter: str | None = None


_AL2023 = (("2023.8.20260615.0", "2026-06-15"), ("2023.8.20260323.0", "2026-03-23"),
           ("2023.7.20251110.0", "2025-11-10"))  # fmt: skip
_AL2 = (("20260611.0", "2026-06-11"), ("20260212.0", "2026-02-12"))
_UBUNTU = (("20260612", "2026-06-12"), ("20260318", "2026-03-18"), ("20251022", "2025-10-22"))
_DEBIAN = (("20260601-2130", "2026-06-01"), ("20260210-2020", "2026-02-10"))
_WINDOWS = (("2026.06.10", "2026-06-10"), ("2026.03.11", "2026-03-11"))
_NODES = (("v20260618", "2026-06-18"), ("v20260402", "2026-04-02"))
_RED_HAT = (("20260520", "2026-05-20"), ("20251117", "2025-11-17"))
_LATEST = "/aws/service/ami-amazon-linux-latest"
_RHEL = "Red Hat Enterprise Linux"

LINES = (
    Line("al2023", AMAZON, "amazon", "al2023-ami-{build}-kernel-6.1-x86_64",
         "Amazon Linux 2023 AMI {build} x86_64 HVM kernel-6.1", _AL2023,
         parameter=f"{_LATEST}/al2023-ami-kernel-default-x86_64"),
    Line("al2023-arm", AMAZON, "amazon", "al2023-ami-{build}-kernel-6.1-arm64",
         "Amazon Linux 2023 AMI {build} arm64 HVM kernel-6.1", _AL2023, "arm64", boot_mode="uefi",
         parameter=f"{_LATEST}/al2023-ami-kernel-default-arm64"),
    Line("al2", AMAZON, "amazon", "amzn2-ami-hvm-2.0.{build}-x86_64-gp2",
         "Amazon Linux 2 AMI 2.0.{build} x86_64 HVM gp2", _AL2, volume_type="gp2", boot_mode=None,
         parameter=f"{_LATEST}/amzn2-ami-hvm-x86_64-gp2"),
    Line("al2-arm", AMAZON, "amazon", "amzn2-ami-hvm-2.0.{build}-arm64-gp2",
         "Amazon Linux 2 LTS Arm64 AMI 2.0.{build} arm64 HVM gp2", _AL2, "arm64",
         volume_type="gp2", boot_mode="uefi", parameter=f"{_LATEST}/amzn2-ami-hvm-arm64-gp2"),
    Line("ubuntu-22.04", CANONICAL, None,
         "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-{build}",
         "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image build on {build}", _UBUNTU,
         root="/dev/sda1", volume_type="gp2",
         parameter="/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id"),
    Line("ubuntu-24.04", CANONICAL, None,
         "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-{build}",
         "Canonical, Ubuntu, 24.04, amd64 noble image", _UBUNTU, root="/dev/sda1",
         parameter="/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"),
    Line("ubuntu-24.04-arm", CANONICAL, None,
         "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-arm64-server-{build}",
         "Canonical, Ubuntu, 24.04, arm64 noble image", _UBUNTU, "arm64", "/dev/sda1",
         boot_mode="uefi",
         parameter="/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id"),
    Line("debian-12", DEBIAN, None, "debian-12-amd64-{build}", "Debian 12 ({build})", _DEBIAN,
         parameter="/aws/service/debian/release/12/latest/amd64"),
    Line("debian-12-arm", DEBIAN, None, "debian-12-arm64-{build}", "Debian 12 ({build})", _DEBIAN,
         "arm64", boot_mode="uefi", parameter="/aws/service/debian/release/12/latest/arm64"),
    Line("windows-2019", WINDOWS, "amazon", "Windows_Server-2019-English-Full-Base-{build}",
         "Microsoft Windows Server 2019 with Desktop Experience Locale English AMI provided by "
         "Amazon", _WINDOWS, root="/dev/sda1", size_gib=30, volume_type="gp2", details="Windows",
         operation="RunInstances:0002", windows=True, boot_mode=None,
         parameter="/aws/service/ami-windows-latest/Windows_Server-2019-English-Full-Base"),
    Line("windows-2022", WINDOWS, "amazon", "Windows_Server-2022-English-Full-Base-{build}",
         "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon", _WINDOWS,
         root="/dev/sda1", size_gib=30, volume_type="gp2", details="Windows",
         operation="RunInstances:0002", windows=True,
         parameter="/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base"),
    Line("ecs", ECS, "amazon", "al2023-ami-ecs-hvm-2023.0.{build}-kernel-6.1-x86_64",
         "Amazon Linux AMI 2023.0.{build} x86_64 ECS HVM EBS", _AL2, size_gib=30,
         parameter="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
    Line("ecs-arm", ECS, "amazon", "al2023-ami-ecs-hvm-2023.0.{build}-kernel-6.1-arm64",
         "Amazon Linux AMI 2023.0.{build} arm64 ECS HVM EBS", _AL2, "arm64", size_gib=30,
         boot_mode="uefi",
         parameter="/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"),
    Line("eks", EKS, "amazon", "amazon-eks-node-al2023-x86_64-standard-1.32-{build}",
         "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.32)", _NODES,
         size_gib=20,
         parameter="/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/x86_64/standard/recommended/image_id"),
    Line("eks-arm", EKS, "amazon", "amazon-eks-node-al2023-arm64-standard-1.32-{build}",
         "EKS-optimized Kubernetes node based on Amazon Linux 2023, (k8s: 1.32)", _NODES, "arm64",
         size_gib=20, boot_mode="uefi",
         parameter="/aws/service/eks/optimized-ami/1.32/amazon-linux-2023/arm64/standard/recommended/image_id"),
    Line("rhel-9", RED_HAT, None, "RHEL-9.6.0_HVM-{build}-x86_64-0-Hourly2-GP3",
         "Provided by Red Hat, Inc.", _RED_HAT, root="/dev/sda1", size_gib=10, details=_RHEL,
         operation="RunInstances:0010"),
    Line("rhel-8", RED_HAT, None, "RHEL-8.10.0_HVM-{build}-x86_64-0-Hourly2-GP3",
         "Provided by Red Hat, Inc.", _RED_HAT, root="/dev/sda1", size_gib=10, details=_RHEL,
         operation="RunInstances:0010"),
    Line("sles-15", SUSE, "amazon", "suse-sles-15-sp6-v{build}-hvm-ssd-x86_64",
         "SUSE Linux Enterprise Server 15 SP6 (HVM, 64-bit, SSD-Backed)", _RED_HAT,
         root="/dev/sda1", size_gib=10, details="SUSE Linux", operation="RunInstances:000g"),
    Line("deep-learning", LEARNING, "amazon",
         "Deep Learning OSS Nvidia Driver AMI GPU PyTorch 2.7 (Ubuntu 22.04) {build}",
         "Deep Learning AMI with NVIDIA driver, PyTorch 2.7 and EFA", _UBUNTU, root="/dev/sda1",
         size_gib=45,
         parameter="/aws/service/deeplearning/ami/x86_64/oss-nvidia-driver-gpu-pytorch-2.7-ubuntu-22.04/latest/ami-id"),
)  # fmt: skip

_BY_KEY = {line.key: line for line in LINES}


def line(key: str) -> Line:
    """The line of that key, such as `al2023-arm`; KeyError for another word."""
    return _BY_KEY[key]


def image_id(key: str, region: str, age: int = 0) -> str:
    """The id of a line's newest image in a region, or of the `age`th before it."""
    builds = line(key).builds
    return _derived("ami", key, region, builds[min(age, len(builds) - 1)][0])


def rows(regions: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Rows of the table images for every line and build in every region."""
    for region in regions:
        for one in LINES:
            for age, (build, day) in enumerate(one.builds):
                yield _row(one, region, age, build, day)


async def install(connection: Any, regions: Iterable[str]) -> int:
    """Put the public images into the database once; how many were added.

    `connection` is an asyncpg connection of the owner role. Images that are there stay.
    """
    if await connection.fetchval("select exists (select from images where account_id is null)"):
        return 0
    from models.estates.writing import copy_in

    async with connection.transaction():
        await connection.execute("select set_config('driftcloud.audit', 'off', true)")
        return await copy_in(connection, "images", list(rows(regions)))


def _row(one: Line, region: str, age: int, build: str, day: str) -> dict[str, Any]:
    made = datetime.fromisoformat(day).replace(hour=21, minute=14, second=6, tzinfo=UTC)
    key = md5(f"{one.key}/{region}/{build}".encode(), usedforsecurity=False).digest()
    return {
        "id": uuid.UUID(bytes=key, version=4),
        "account_id": None,
        "image_id": image_id(one.key, region, age),
        "region": region,
        "name": one.name.format(build=build),
        "description": one.text.format(build=build),
        "owner_alias": one.alias,
        "owner_number": one.owner,
        "architecture": one.architecture,
        "platform": "windows" if one.windows else None,
        "platform_details": one.details,
        "usage_operation": one.operation,
        "public": True,
        "root_device_name": one.root,
        "boot_mode": one.boot_mode,
        "block_device_mappings": [
            {
                "DeviceName": one.root,
                "Ebs": {
                    "DeleteOnTermination": True,
                    "SnapshotId": _derived("snap", one.key, region, build),
                    "VolumeSize": one.size_gib,
                    "VolumeType": one.volume_type,
                    "Encrypted": False,
                },
            }
        ],
        "ssm_alias": one.parameter if age == 0 else None,
        "creation_date": made,
        "deprecation_time": made + timedelta(days=730),
        "created_at": made,
    }


def _derived(prefix: str, *parts: str) -> str:
    digest = md5("/".join((prefix, *parts)).encode(), usedforsecurity=False).hexdigest()
    return f"{prefix}-{digest[:17]}"
