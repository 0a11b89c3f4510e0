"""What machines and functions cost: instances, container clusters, Fargate, Lambda."""

from decimal import Decimal

from models import instance_types
from models.costs.money import HOURS_PER_MONTH, SECONDS_PER_HOUR, Number, exact, quantise
from models.prices import HOME_REGION, price
from models.prices.interpolation import weight

# Dedicated instances cost about this much more; the $2 an hour per region is no instance's.
DEDICATED = Decimal("1.06")
SUSE_HOURLY_CAP = Decimal("0.125")
# What a vCPU and a GiB cost an hour in machines without a GPU: solves c5.large = 2 v + 4 m
# and r5.large = 2 v + 16 m. A GPU machine's price above that is its GPU portion.
PLAIN_VCPU_HOURLY = Decimal("0.035667")
PLAIN_GIB_HOURLY = Decimal("0.003417")
LEAST_GPU_SHARE = Decimal("0.25")
WINDOWS_ON_T = {
    "nano": Decimal("0.0046"),
    "micro": Decimal("0.0092"),
    "small": Decimal("0.0184"),
    "medium": Decimal("0.0184"),
    "large": Decimal("0.0276"),
}


def instance_hourly(
    instance_type: str,
    region: str = HOME_REGION,
    *,
    platform: str = "",
    tenancy: str = "default",
) -> Decimal:
    """An instance while it runs; GPUs included.

    `platform` is "" (Linux), windows, rhel or suse, in any spelling that starts or contains so.
    `tenancy` is default, dedicated, or host (0: the dedicated host is billed, not the instance).
    """
    if tenancy == "host":
        return quantise(Decimal(0))
    usd = price("ec2", instance_type, region)
    if tenancy == "dedicated":
        usd *= DEDICATED
    return quantise(usd + licence_hourly(instance_type, platform))


def licence_hourly(instance_type: str, platform: str) -> Decimal:
    """The operating system's part of an instance's price, unrounded; the same everywhere."""
    name = platform.lower()
    vcpus = vcpu_count(instance_type)
    family, _, size = instance_type.partition(".")
    if "windows" in name:
        if family in ("t2", "t3", "t3a") and size in WINDOWS_ON_T:
            return WINDOWS_ON_T[size]
        return vcpus * price("platform", "windows")
    if "red hat" in name or "rhel" in name:
        return vcpus * price("platform", "rhel")
    if "suse" in name:
        return min(vcpus * price("platform", "suse"), SUSE_HOURLY_CAP)
    return Decimal(0)


def vcpu_count(instance_type: str) -> int:
    """A type's vCPUs; of a type unknown, what its size usually has (large 2, doubling)."""
    known = instance_types.find(instance_type)
    if known is not None:
        return known.vcpus
    return max(int(weight(instance_type.partition(".")[2]) / 2), 1)


def gpu_count(instance_type: str) -> int:
    """A type's GPUs, 0 for a type unknown."""
    known = instance_types.find(instance_type)
    return known.gpus if known is not None else 0


def gpu_hourly(instance_type: str, region: str = HOME_REGION) -> Decimal:
    """The part of `instance_hourly` that is the GPUs': never on top of it. 0 without GPUs."""
    known = instance_types.find(instance_type)
    if known is None or not known.gpus:
        return quantise(Decimal(0))
    plain = known.vcpus * PLAIN_VCPU_HOURLY + known.memory_gib * PLAIN_GIB_HOURLY
    share = max(1 - plain / known.usd_per_hour, LEAST_GPU_SHARE)
    return quantise(price("ec2", instance_type, region) * share)


def container_node_hourly(instance_type: str, region: str = HOME_REGION) -> Decimal:
    """A node of a cluster: an ordinary Linux instance."""
    return instance_hourly(instance_type, region)


def container_cluster_hourly(
    node_type: str,
    nodes: int,
    region: str = HOME_REGION,
    *,
    control_plane: str = "eks",
    extended_support: bool = False,
) -> Decimal:
    """A cluster with its nodes. EKS charges the control plane ($0.10, $0.60 for versions in
    extended support), ECS does not.
    """
    plane = Decimal(0)
    if control_plane == "eks":
        plane = price("eks", "cluster-extended-support" if extended_support else "cluster", region)
    return quantise(plane + nodes * container_node_hourly(node_type, region))


def fargate_hourly(
    vcpus: Number, memory_gb: Number, region: str = HOME_REGION, *, architecture: str = "x86_64"
) -> Decimal:
    """A Fargate task while it runs."""
    cpu = price("ecs", f"vcpu-{architecture}", region) * exact(vcpus)
    return quantise(cpu + price("ecs", f"memory-{architecture}", region) * exact(memory_gb))


def lambda_monthly(
    memory_mb: int,
    invocations: Number,
    average_duration_ms: Number,
    region: str = HOME_REGION,
    *,
    provisioned_concurrency: int = 0,
    architecture: str = "x86_64",
    provisioned_mb: int | None = None,
) -> Decimal:
    """A function's month: `invocations` in that month, no free tier; concurrency kept 730 h.

    With provisioned concurrency, running costs the lower provisioned rate; `provisioned_mb` is the
    memory of all that is kept, where versions have other sizes than the function has now.
    """
    hours = Decimal(HOURS_PER_MONTH)
    kept_mb = provisioned_concurrency * memory_mb if provisioned_mb is None else provisioned_mb
    return quantise(
        _lambda_runs(
            memory_mb,
            invocations,
            average_duration_ms,
            region,
            architecture,
            provisioned_concurrency > 0,
        )
        + _lambda_kept(kept_mb, hours, region, architecture)
    )


def lambda_daily(
    memory_mb: int,
    invocations: Number,
    average_duration_ms: Number,
    region: str = HOME_REGION,
    *,
    provisioned_concurrency: int = 0,
    architecture: str = "x86_64",
    provisioned_mb: int | None = None,
) -> Decimal:
    """A function's day: `invocations` on that day; concurrency kept 24 h."""
    warm = provisioned_concurrency > 0
    runs = _lambda_runs(memory_mb, invocations, average_duration_ms, region, architecture, warm)
    kept_mb = provisioned_concurrency * memory_mb if provisioned_mb is None else provisioned_mb
    kept = _lambda_kept(kept_mb, Decimal(24), region, architecture)
    return quantise(runs + kept)


def _lambda_runs(
    memory_mb: int, invocations: Number, ms: Number, region: str, architecture: str, warm: bool
) -> Decimal:
    calls = exact(invocations)
    gb_seconds = calls * exact(ms) / 1000 * memory_mb / 1024
    item = f"provisioned-duration-{architecture}" if warm else f"duration-{architecture}"
    return gb_seconds * price("lambda", item, region) + calls * price("lambda", "requests", region)


def _lambda_kept(kept_mb: int, hours: Decimal, region: str, architecture: str) -> Decimal:
    gb_seconds = Decimal(kept_mb) / 1024 * hours * SECONDS_PER_HOUR
    return gb_seconds * price("lambda", f"provisioned-{architecture}", region)
