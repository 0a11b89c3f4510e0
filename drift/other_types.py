"""What a machine would cost as another type, as SYMPTOMs read it.

A SYMPTOM has two arguments only, and prices live in no table: they stand in its text, taken from
`models.prices` when it is first read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from models import instance_types, prices

# Families of before, and who follows them: the same processors' makers, the same sizes.
_NEWER = {
    "t1": "t3", "t2": "t3", "m1": "m6i", "m2": "r6i", "m3": "m6i", "m4": "m6i", "c1": "c6i",
    "c3": "c6i", "c4": "c6i", "r3": "r6i", "r4": "r6i", "i2": "i4i", "d2": "d3",
}  # fmt: skip
_NEWER_SIZES = {
    "m1.small": "t3.small", "m1.medium": "t3.medium", "m3.medium": "t3.medium",
    "m2.xlarge": "r6i.large", "m2.2xlarge": "r6i.xlarge", "m2.4xlarge": "r6i.2xlarge",
    "c1.medium": "c6i.large", "c1.xlarge": "c6i.2xlarge", "g2.2xlarge": "g4dn.xlarge",
    "p2.xlarge": "g4dn.xlarge",
}  # fmt: skip
_GRAVITON = {
    "t3": "t4g", "t3a": "t4g", "m5": "m6g", "m5a": "m6g", "m6i": "m6g", "m7i": "m7g",
    "c5": "c6g", "c5a": "c6g", "c6i": "c6g", "c7i": "c7g",
    "r5": "r6g", "r5a": "r6g", "r6i": "r6g", "r7i": "r7g",
}  # fmt: skip


def smaller(name: str) -> str | None:
    """The largest type of the same family that has at most half the vCPUs."""
    machine = instance_types.find(name)
    if machine is None:
        return None
    half = [one for one in _virtual()[machine.family.name]
            if one.vcpus * 2 <= machine.vcpus and one.memory_gib < machine.memory_gib]  # fmt: skip
    return max(half, key=lambda one: (one.vcpus, one.memory_gib)).name if half else None


@cache
def _virtual() -> Mapping[str, list[instance_types.InstanceType]]:
    """The types that are no bare metal, by their family."""
    families = defaultdict[str, list[instance_types.InstanceType]](list)
    for one in map(instance_types.find, instance_types.names()):
        if one is not None and not one.is_bare_metal:
            families[one.family.name].append(one)
    return families


def newer(name: str) -> str | None:
    """The type of the current generation that follows one of an earlier generation."""
    family, _, size = name.partition(".")
    return _NEWER_SIZES.get(name) or (f"{_NEWER[family]}.{size}" if family in _NEWER else None)


def graviton(name: str) -> str | None:
    """The type of the same size on AWS's own processors."""
    family, _, size = name.partition(".")
    return f"{_GRAVITON[family]}.{size}" if family in _GRAVITON else None


@cache
def becoming(other: Callable[[str], str | None]) -> str:
    """A join of instances `i` of Linux with what they could be, at `LISTED` USD an hour.

    `other` gives a type's other one; types that have none, or a dearer one, are left out.
    """
    types = [
        (name, target)
        for name in instance_types.names()
        if (target := other(name)) is not None
        and instance_types.exists(target)
        and prices.price("ec2", target) < prices.price("ec2", name)
    ]
    regions = list(prices.table("regions"))
    usd = _numbers(prices.price("ec2", target) for _, target in types)
    factors = _numbers(prices.factor(one) for one in regions)
    return (
        f"JOIN unnest({_texts(name for name, _ in types)}, {usd}) AS t (type, usd)"
        " ON t.type = i.instance_type AND coalesce(i.platform_details, 'Linux/UNIX') = 'Linux/UNIX'"
        f" LEFT JOIN unnest({_texts(regions)}, {factors}) AS f (region, factor)"
        " ON f.region = i.region"
    )


LISTED = (
    "round(t.usd * coalesce(f.factor, 1) * CASE i.tenancy WHEN 'dedicated' THEN 1.06 ELSE 1 END, 4)"
)


@cache
def halved() -> str:
    """What an hour of an instance `i` costs as its `smaller` type: its own cost where it has none.

    Prices go with sizes: nearly always the half. Where a size says otherwise, or a type, it is
    listed; all of them would be ten times as long as a statement that is kept prepared.
    """
    parts = {name: _part(name) for name in instance_types.names()}
    sizes: dict[str, Counter[str]] = {}
    for name, part in parts.items():
        sizes.setdefault(name.partition(".")[2], Counter())[part] += 1
    usual = {size: found.most_common(1)[0][0] for size, found in sizes.items()}
    rare = {name: part for name, part in parts.items() if part != usual[name.partition(".")[2]]}
    return (
        f"(i.hourly_cost * coalesce(({_listed(rare)} ->> i.instance_type)::numeric, "
        f"({_listed(usual)} ->> split_part(i.instance_type, '.', 2))::numeric, 1))"
    )


def _listed(parts: Mapping[str, str]) -> str:
    """An object that is searched, not read through for every row as rows would be."""
    return "'{" + ",".join(f'"{name}":{part}' for name, part in parts.items()) + "}'::jsonb"


def _part(name: str) -> str:
    """What the smaller type costs, as a part of this one's price."""
    target = smaller(name)
    if target is None:
        return "1"
    part = prices.price("ec2", target) / prices.price("ec2", name)
    return f"{part:.4f}".rstrip("0")


# Instances that are judged by themselves: on demand, of no group and no cluster.
ALONE = """i.autoscaling_group_id IS NULL AND i.instance_lifecycle IS NULL
   AND coalesce(i.tenancy, 'default') <> 'host'
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)"""


def _texts(values: Iterable[str]) -> str:
    return "'{" + ",".join(values) + "}'::text[]"


def _numbers(values: Iterable[object]) -> str:
    return "'{" + ",".join(map(str, values)) + "}'::numeric[]"
