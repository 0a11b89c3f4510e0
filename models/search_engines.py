"""Engines of search domains: versions, upgrades, instance types and what each can take.

Sources: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/version-migration.html,
…/supported-instance-types.html and …/limits.html.
"""

from functools import cache

from models.prices import known

OPENSEARCH = ("3.3", "3.1", "2.19", "2.17", "2.15", "2.13", "2.11", "2.9", "2.7", "2.5", "2.3",
              "1.3", "1.2", "1.1", "1.0")  # fmt: skip
ELASTICSEARCH = ("7.10", "7.9", "7.8", "7.7", "7.4", "7.1", "6.8", "6.7", "6.5", "6.4", "6.3",
                 "6.2", "6.0", "5.6", "5.5", "5.3", "5.1", "2.3", "1.5")  # fmt: skip
VERSIONS = tuple(
    [f"OpenSearch_{one}" for one in OPENSEARCH] + [f"Elasticsearch_{one}" for one in ELASTICSEARCH]
)
DEFAULT, DEFAULT_ELASTICSEARCH = "OpenSearch_2.19", "Elasticsearch_1.5"

# GiB that a node's volume may have, by family and size; what is missing has 10 to 1,024.
_SMALLEST = 10
_LARGEST = {
    "t2.micro": 35, "t2.small": 35, "t2.medium": 35, "t3.small": 100, "t3.medium": 200,
    "medium": 512, "large": 1024, "xlarge": 1536, "2xlarge": 3072, "4xlarge": 6144,
    "8xlarge": 12288, "9xlarge": 12288, "10xlarge": 12288, "12xlarge": 12288, "16xlarge": 12288,
    "18xlarge": 12288, "24xlarge": 12288,
}  # fmt: skip
# Families with disks of their own take no volume.
_LOCAL = ("i2", "i3", "d2", "r6gd", "im4gn", "i4i", "i4g")
MOST_NODES, MOST_SMALL_NODES = 80, 10


@cache
def instance_types() -> tuple[str, ...]:
    """Instance types of data nodes that have a price, as OpenSearch names them."""
    return tuple(sorted(f"{node}.search" for node in known("opensearch") if not is_warm(node)))


def is_warm(instance_type: str) -> bool:
    """Whether a type is an UltraWarm node's."""
    return instance_type.startswith("ultrawarm1.")


def takes_volume(instance_type: str) -> bool:
    """Whether a type stores on EBS; the others have disks of their own."""
    return instance_type.partition(".")[0] not in _LOCAL


def is_burstable(instance_type: str) -> bool:
    """Whether a type is T2 or T3, which can neither be warm nor many."""
    return instance_type.startswith(("t2.", "t3.", "t4g."))


def volume_limits(instance_type: str) -> tuple[int, int]:
    """The least and the most GiB of a node's volume."""
    node = instance_type.removesuffix(".search")
    size = node.partition(".")[2]
    return _SMALLEST, _LARGEST.get(node, _LARGEST.get(size, 1024))


def most_nodes(instance_type: str) -> int:
    """How many data nodes of a type a domain can have."""
    return MOST_SMALL_NODES if is_burstable(instance_type) else MOST_NODES


def runs(version: str, instance_type: str) -> bool:
    """Whether a version runs on a type: Graviton needs Elasticsearch 7.9, or OpenSearch."""
    graviton = instance_type.partition(".")[0].endswith(("g", "gd")) or instance_type[:2] == "or"
    if version.startswith("OpenSearch_"):
        return instance_type.partition(".")[0] not in ("m3", "r3", "i2", "d2")
    return not graviton or (version in ("Elasticsearch_7.9", "Elasticsearch_7.10")
                            and not instance_type.startswith("or"))  # fmt: skip


@cache
def targets(version: str) -> tuple[str, ...]:
    """The versions that a domain of `version` can be upgraded to, oldest first."""
    engine, _, number = version.partition("_")
    order = tuple(reversed(OPENSEARCH if engine == "OpenSearch" else ELASTICSEARCH))
    if number not in order:
        return ()
    major = int(number.partition(".")[0])
    newer = order[order.index(number) + 1 :]
    if engine == "Elasticsearch":
        if major < 5:
            return ("Elasticsearch_5.6",) if number == "2.3" else ()
        last = {5: "5.6", 6: "6.8"}.get(major)
        found = [one for one in newer if one.startswith(f"{major}.")
                 or (number == last and one.startswith(f"{major + 1}."))]  # fmt: skip
        names = [f"Elasticsearch_{one}" for one in found]
        if number in ("6.8", "7.10") or number.startswith("7."):
            names += [f"OpenSearch_{one}" for one in ("1.0", "1.1", "1.2", "1.3")]
        return tuple(names)
    last = {1: "1.3", 2: "2.19"}.get(major)
    return tuple(
        f"OpenSearch_{one}"
        for one in newer
        if one.startswith(f"{major}.") or (number == last and one.startswith(f"{major + 1}."))
    )
