"""Database engines: their versions, parameter families, licences, ports and storage.

Versions: https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/ and the pages of the
other engines; storage limits: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from models import prices
from models.costs.services import GP3_LARGE_GIB, GP3_OF_LARGE, GP3_OF_SMALL


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine; `major_parts` of a version's dotted parts make the major version."""

    name: str
    description: str
    license_model: str
    port: int
    major_parts: int
    default_version: str
    versions: tuple[str, ...]
    log_types: tuple[str, ...]

    @property
    def is_aurora(self) -> bool:
        """Whether its databases live in clusters, on storage of their own kind."""
        return self.name.startswith("aurora")

    @property
    def storage_types(self) -> tuple[str, ...]:
        """What its data can lie on."""
        return ("aurora", "aurora-iopt1") if self.is_aurora else STORAGE_TYPES

    @property
    def most_storage_gib(self) -> int:
        """The largest size."""
        return 16384 if self.name.startswith("sqlserver") else 65536

    def major(self, version: str) -> str:
        """16 of 16.8, 8.0 of 8.0.42."""
        return ".".join(version.split(".")[: self.major_parts])

    def family(self, version: str | None) -> str:
        """The parameter group family of a version: postgres16, mysql8.0, oracle-se2-19."""
        major = self.major(version or self.default_version)
        if self.name.startswith("sqlserver"):
            return f"{self.name}-{float(major):.1f}"
        return f"{self.name}-{major}" if self.name.startswith("oracle") else f"{self.name}{major}"

    def option_group(self, version: str | None) -> str:
        """The default option group of a version."""
        major = self.major(version or self.default_version).replace(".", "-")
        return f"default:{self.name}-{major}"

    def find_version(self, asked: str | None) -> str | None:
        """The version asked for: whole, or the newest of a major one; None: there is none."""
        if not asked:
            return self.default_version
        if asked in self.versions:
            return asked
        of_major = [one for one in self.versions if self.major(one) == asked]
        return of_major[-1] if of_major else None

    def upgrades(self, version: str) -> Iterator[tuple[str, bool]]:
        """What a version can be upgraded to, and whether that is a major step."""
        if version in self.versions:
            for one in self.versions[self.versions.index(version) + 1 :]:
                yield one, self.major(one) != self.major(version)


STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")
_LEAST_GIB = {"io1": 100, "io2": 100, "standard": 5}

_POSTGRES = ("13.18", "13.20", "14.15", "14.17", "15.10", "15.12", "16.6", "16.8", "17.2", "17.4")
_MYSQL = ("5.7.44", "8.0.39", "8.0.40", "8.0.41", "8.0.42", "8.4.3", "8.4.4", "8.4.5")
_MARIADB = ("10.5.28", "10.6.21", "10.11.10", "10.11.11", "11.4.4", "11.4.5")
_AURORA_POSTGRES = ("13.18", "14.15", "14.17", "15.10", "15.12", "16.6", "16.8", "17.4")
_AURORA_MYSQL = (
    "8.0.mysql_aurora.3.04.3",
    "8.0.mysql_aurora.3.08.0",
    "8.0.mysql_aurora.3.08.2",
    "8.0.mysql_aurora.3.10.0",
)
_ORACLE = ("19.0.0.0.ru-2025-01.rur-2025-01.r1", "19.0.0.0.ru-2025-04.rur-2025-04.r1")
_SQLSERVER = ("15.00.4430.1.v1", "16.00.4185.3.v1", "16.00.4195.2.v1")
_MYSQL_LOGS = ("audit", "error", "general", "slowquery")
_ORACLE_LOGS = ("alert", "audit", "listener", "trace")
_GPL, _FREE = "general-public-license", "postgresql-license"
_INCLUDED, _OWN = "license-included", "bring-your-own-license"

ENGINES = {
    engine.name: engine
    for engine in (
        Engine("aurora-mysql", "Aurora MySQL", _GPL, 3306, 2, _AURORA_MYSQL[2], _AURORA_MYSQL,
               _MYSQL_LOGS),
        Engine("aurora-postgresql", "Aurora (PostgreSQL)", _FREE, 5432, 1, "16.6",
               _AURORA_POSTGRES, ("instance", "postgresql")),
        Engine("mariadb", "MariaDB Community Edition", _GPL, 3306, 2, "10.11.11", _MARIADB,
               _MYSQL_LOGS),
        Engine("mysql", "MySQL Community Edition", _GPL, 3306, 2, "8.0.42", _MYSQL, _MYSQL_LOGS),
        Engine("oracle-ee", "Oracle Database Enterprise Edition", _OWN, 1521, 1, _ORACLE[-1],
               _ORACLE, _ORACLE_LOGS),
        Engine("oracle-se2", "Oracle Database Standard Edition Two", _INCLUDED, 1521, 1,
               _ORACLE[-1], _ORACLE, _ORACLE_LOGS),
        Engine("postgres", "PostgreSQL", _FREE, 5432, 1, "16.8", _POSTGRES,
               ("postgresql", "upgrade")),
        *(
            Engine(f"sqlserver-{short}", f"Microsoft SQL Server {long} Edition", _INCLUDED, 1433,
                   2, _SQLSERVER[-1], _SQLSERVER, ("agent", "error"))
            for short, long in (
                ("ee", "Enterprise"), ("ex", "Express"), ("se", "Standard"), ("web", "Web"),
            )
        ),
    )
}  # fmt: skip


def find(name: str) -> Engine | None:
    """The engine of that name, or None."""
    return ENGINES.get(name)


def known(name: str) -> Engine:
    """The engine of that name; what we do not know is treated as MySQL."""
    return ENGINES.get(name) or ENGINES["mysql"]


@cache
def classes(engine: str) -> tuple[str, ...]:
    """The instance classes that an engine runs on."""
    found = prices.table("rds")
    aurora = known(engine).is_aurora
    return tuple(f"db.{name}" for name, cells in found.items() if not aurora or cells[-1])


def least_storage_gib(storage_type: str) -> int:
    """The smallest size of a storage type."""
    return _LEAST_GIB.get(storage_type, 20)


def included(storage_type: str, size_gib: int) -> tuple[int | None, int | None]:
    """IOPS and MiB/s that come with a size of a storage type, where it has its own figures."""
    if storage_type != "gp3":
        return None, None
    return GP3_OF_LARGE if size_gib >= LARGE_GIB else GP3_OF_SMALL


# From this size on gp3 is striped over four volumes, and its speed can be chosen.
LARGE_GIB = GP3_LARGE_GIB


def families(level: str) -> Sequence[tuple[str, str]]:
    """The parameter group families, each with its engine; for a `cluster` only Aurora's."""
    return [
        (family, engine.name)
        for engine in ENGINES.values()
        if level == "instance" or engine.is_aurora
        for family in dict.fromkeys(engine.family(one) for one in engine.versions)
    ]
