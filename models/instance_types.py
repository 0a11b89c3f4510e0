"""EC2's instance types: the catalogue by name, and where each type can be had.

The machine itself is `machines.InstanceType`. A type that the tables lack is no type: `find`
answers None, as AWS refuses it, though `prices.price` still gives it a cost.
"""

from collections.abc import Iterator
from functools import cache, lru_cache

from models import regions
from models.machines import Family, InstanceType
from models.prices import table

__all__ = [
    "Family",
    "InstanceType",
    "exists",
    "families",
    "find",
    "is_offered",
    "names",
    "offered",
    "zones_offering",
]


@cache
def families() -> dict[str, Family]:
    """Every family by name."""
    return {name: _family(cells) for name, cells in table("ec2_families").items()}


def find(name: str) -> InstanceType | None:
    """The type of that name."""
    return _found(name) if name in table("ec2") else None


def exists(name: str) -> bool:
    """Whether AWS has such a type."""
    return name in table("ec2")


def names() -> Iterator[str]:
    """Every type's name, by family and size."""
    return iter(table("ec2"))


def is_offered(name: str, region: str) -> bool:
    """Whether the type can be had in the region: older families miss from newer regions,
    and the rarest machines stand only in the largest ones.
    """
    instance_type, place = find(name), regions.find(region)
    if instance_type is None or place is None:
        return False
    family = instance_type.family
    if region == regions.HOME:
        return True
    too_late = family.last_region_year is not None and place.opened > family.last_region_year
    return place.tier <= family.reach and not too_late


@lru_cache(maxsize=64)
def offered(region: str) -> tuple[str, ...]:
    """The names of all types of a region, by family and size."""
    return tuple(name for name in names() if is_offered(name, region))


def zones_offering(name: str, region: str, account_number: str = "") -> tuple[regions.Zone, ...]:
    """The zones of the region that have the type, by letter.

    The legacy zone has what was launched before 2016; rare machines (accelerators of few
    regions, hpc) stand in two zones of a region, hpc in one.
    """
    if not is_offered(name, region):
        return ()
    instance_type = find(name)
    if instance_type is None:
        return ()
    all_zones = regions.zones(region, account_number)
    if instance_type.family.launched >= 2016:
        all_zones = tuple(zone for zone in all_zones if not zone.is_legacy)
    keep = 1 if instance_type.supports_only_hpc else 2 if _is_rare(instance_type) else 6
    chosen = sorted(zone.zone_id for zone in all_zones)[:keep]
    return tuple(zone for zone in all_zones if zone.zone_id in chosen)


@cache
def _found(name: str) -> InstanceType:
    return InstanceType(table("ec2")[name], families()[name.partition(".")[0]])


def _is_rare(instance_type: InstanceType) -> bool:
    family = instance_type.family
    return family.reach == 1 and (instance_type.gpus > 0 or instance_type.accelerator is not None)


def _family(cells: tuple[str, ...]) -> Family:
    name, launched, reach, last, archs, maker, ghz, hypervisor, generation, threads = cells[:10]
    gpu_maker, gpu_model, gpu_mib = cells[10:]
    return Family(
        name=name,
        launched=int(launched),
        reach=int(reach),
        last_region_year=int(last) if last else None,
        architectures=tuple(archs.split("+")),
        cpu_maker=maker,
        clock_ghz=float(ghz) if ghz else None,
        hypervisor=hypervisor,
        current_generation=generation == "current",
        threads_per_core=int(threads),
        gpu_maker=gpu_maker,
        gpu_model=gpu_model,
        gpu_memory_mib=int(gpu_mib or 0),
    )
