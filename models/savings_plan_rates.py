"""Savings plan rates: what an hour of each use draws from a plan's commitment.

A rate is the price on demand times what the plan leaves of it, unrounded: the share by which the
ledger covers use (models/coverage.py). Usage types and operations are those of its lines.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models import cache_engines, costs, instance_types, prices, rds_engines, regions, usage_types
from models.prices import price
from models.savings_plan_offerings import Offering

SYSTEMS = (
    ("Linux/UNIX", "RunInstances"),
    ("Windows", "RunInstances:0002"),
    ("Red Hat Enterprise Linux", "RunInstances:0010"),
    ("SUSE Linux", "RunInstances:000g"),
)
TENANCIES = (("shared", "BoxUsage", "default"), ("dedicated", "DedicatedUsage", "dedicated"))
_DATABASES = (
    ("MySQL", "mysql", "0002"),
    ("PostgreSQL", "postgres", "0014"),
    ("MariaDB", "mariadb", "0018"),
    ("Aurora MySQL", "aurora-mysql", "0016"),
    ("Aurora PostgreSQL", "aurora-postgresql", "0021"),
)
_CACHES = (
    ("Redis", "redis", "0002"),
    ("Valkey", "valkey", "0003"),
    ("Memcached", "memcached", "0001"),
)
SERVICE_CODES = {
    "EC2": "AmazonEC2",
    "Fargate": "AmazonECS",
    "Lambda": "AWSLambda",
    "SageMaker": "AmazonSageMaker",
    "RDS": "AmazonRDS",
    "ElastiCache": "AmazonElastiCache",
}


@dataclass(frozen=True, slots=True)
class Use:
    """A use that a plan covers; `hourly` gives USD on demand for a unit."""

    product: str
    region: str
    usage_type: str
    operation: str
    hourly: Callable[[], Decimal]
    unit: str = "Hrs"
    instance_type: str = ""
    description: str = ""
    tenancy: str = ""

    @property
    def family(self) -> str:
        """m5 of m5.large, db.m5 of db.m5.large."""
        return self.instance_type.rpartition(".")[0]

    @property
    def properties(self) -> Mapping[str, str]:
        """What a rate says of the use besides; nothing empty."""
        said = {
            "region": self.region,
            "instanceType": self.instance_type,
            "instanceFamily": self.family,
            "productDescription": self.description,
            "tenancy": self.tenancy,
        }
        return {name: value for name, value in said.items() if value}


Test = Callable[[str], bool]


def uses(offering: Offering, in_region: Test, of_type: Test) -> Iterator[Use]:
    """What the plan covers, in regions and of instance types that pass; what has no type has ""."""
    for region in [offering.region] if offering.region else regions.all_regions():
        if not in_region(region):
            continue
        if offering.plan in ("Compute", "EC2Instance"):
            yield from _machines(region, offering.family, of_type)
        if offering.plan == "Compute" and of_type(""):
            yield from _fargate(region)
            yield from _functions(region)
        if offering.plan == "SageMaker":
            yield from _notebooks(region, of_type)
        if offering.plan == "Database":
            yield from _databases(region, of_type)
            yield from _caches(region, of_type)


def rate(offering: Offering, use: Use) -> str:
    """USD for a unit, all its digits."""
    return format((use.hourly() * offering.share).normalize(), "f")


def _machines(region: str, family: str, of_type: Test) -> Iterator[Use]:
    prefix = usage_types.prefix(region)
    for name in instance_types.offered(region):
        if (family and name.partition(".")[0] != family) or not of_type(name):
            continue
        for system, operation in SYSTEMS:
            for tenancy, usage, kind in TENANCIES:
                yield Use(
                    "EC2", region, f"{prefix}{usage}:{name}", operation,
                    lambda name=name, system=system, kind=kind: costs.instance_hourly(  # type: ignore[misc]
                        name, region, platform=system, tenancy=kind
                    ),
                    instance_type=name, description=system, tenancy=tenancy,
                )  # fmt: skip


def _fargate(region: str) -> Iterator[Use]:
    code = usage_types.code(region)
    for usage, item in (("vCPU-Hours:perCPU", "vcpu"), ("GB-Hours", "memory")):
        yield Use(
            "Fargate", region, f"{code}-Fargate-{usage}", "FargateTask",
            lambda item=item: price("ecs", f"{item}-x86_64", region),  # type: ignore[misc]
        )  # fmt: skip


def _functions(region: str) -> Iterator[Use]:
    prefix = usage_types.prefix(region)
    for usage, item in (("GB-Second", "duration"), ("Provisioned-Concurrency", "provisioned")):
        for suffix, architecture in (("", "x86_64"), ("-ARM", "arm64")):
            yield Use(
                "Lambda", region, f"{prefix}Lambda-{usage}{suffix}", "Invoke",
                lambda item=item, arch=architecture: price("lambda", f"{item}-{arch}", region),  # type: ignore[misc]
                unit="Lambda-GB-Second",
            )  # fmt: skip


def _notebooks(region: str, of_type: Test) -> Iterator[Use]:
    code = usage_types.code(region)
    for node in prices.known("sagemaker"):
        name = f"ml.{node}"
        if not of_type(name):
            continue
        for usage in ("Notebk", "Host", "Train", "Processing", "Tsform"):
            yield Use(
                "SageMaker", region, f"{code}-{usage}:{name}", "RunInstance",
                lambda name=name: price("sagemaker", name, region), instance_type=name,  # type: ignore[misc]
            )  # fmt: skip


def _databases(region: str, of_type: Test) -> Iterator[Use]:
    prefix = usage_types.prefix(region)
    for described, engine, code in _DATABASES:
        for name in rds_engines.classes(engine):
            if not of_type(name):
                continue
            for usage, several in (("InstanceUsage", False), ("Multi-AZUsage", True)):
                if several and engine.startswith("aurora"):
                    continue
                yield Use(
                    "RDS", region, f"{prefix}{usage}:{name}", f"CreateDBInstance:{code}",
                    lambda name=name, engine=engine, several=several: costs.rds_hourly(  # type: ignore[misc]
                        name, engine, region, multi_az=several
                    ),
                    instance_type=name, description=described,
                )  # fmt: skip


def _caches(region: str, of_type: Test) -> Iterator[Use]:
    prefix = usage_types.prefix(region)
    for described, engine, code in _CACHES:
        for name in cache_engines.node_types():
            if of_type(name):
                yield Use(
                    "ElastiCache", region, f"{prefix}NodeUsage:{name}",
                    f"CreateCacheCluster:{code}",
                    lambda name=name, engine=engine: costs.cache_hourly(  # type: ignore[misc]
                        name, 1, region, engine=engine
                    ),
                    instance_type=name, description=described,
                )  # fmt: skip
