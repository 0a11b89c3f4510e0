"""The engines of ElastiCache, their versions, and the node types they run on.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.html and
CacheNodes.SupportedTypes.html.
"""

from dataclasses import dataclass
from functools import cache

from models.prices import table

SERVERLESS = "serverless"


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine: `versions` from the oldest to the newest, each with its parameter group family."""

    name: str
    title: str
    port: int
    default_version: str
    versions: tuple[tuple[str, str], ...]

    def find_version(self, asked: str | None) -> str | None:
        """The version that a request means: whole, of three parts, or `7.x`; None: none."""
        if not asked:
            return self.default_version
        for version, _ in reversed(self.versions):
            if asked in (version, shown(version)):
                return version
            if asked == version.partition(".")[0] + ".x":
                return version
        return None

    def family(self, version: str | None) -> str:
        """The family of parameter groups of a version."""
        known = dict(self.versions)
        return known.get(self.find_version(version) or "", self.versions[-1][1])

    @property
    def replicates(self) -> bool:
        """Whether its nodes can be a replication group."""
        return self.name != "memcached"


ENGINES = {
    engine.name: engine
    for engine in (
        Engine("memcached", "memcached", 11211, "1.6.22", (
            ("1.4.34", "memcached1.4"), ("1.5.16", "memcached1.5"), ("1.6.6", "memcached1.6"),
            ("1.6.12", "memcached1.6"), ("1.6.17", "memcached1.6"), ("1.6.22", "memcached1.6"),
        )),
        Engine("redis", "Redis", 6379, "7.1", (
            ("4.0.10", "redis4.0"), ("5.0.6", "redis5.0"), ("6.0", "redis6.x"),
            ("6.2", "redis6.x"), ("7.0", "redis7"), ("7.1", "redis7"),
        )),
        Engine("valkey", "Valkey", 6379, "8.0", (
            ("7.2", "valkey7"), ("8.0", "valkey8"), ("8.1", "valkey8"),
        )),
    )
}  # fmt: skip


def find(name: str) -> Engine | None:
    """The engine of that name, in any case of letters, or None."""
    return ENGINES.get(name.lower())


def known(name: str) -> Engine:
    """The engine of a row; one that nobody knows counts as Redis."""
    return ENGINES.get(name, ENGINES["redis"])


def shown(version: str | None) -> str | None:
    """A version as clusters show it, in three parts."""
    return f"{version}.0" if version and version.count(".") == 1 else version


def order(version: str) -> tuple[int, ...]:
    """What versions of one engine are ordered by."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


@cache
def node_types() -> dict[str, float]:
    """The node types that are sold, from the smallest, with their memory in GiB."""
    found = {f"cache.{name}": float(cells[2]) for name, cells in table("elasticache").items()}
    return dict(sorted(found.items(), key=lambda item: (item[1], item[0])))


def memory_gib(node_type: str) -> float:
    """Memory of a node; of a type that no table has, 8 GiB."""
    return node_types().get(node_type, 8.0)
