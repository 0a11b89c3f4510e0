"""Managed nodes on the price list: databases, caches, search, brokers, warehouses, learning."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from models.costs.services import VALKEY
from models.price_list.product import Product, Rate, Tier
from models.prices import table
from models.prices.interpolation import weight

# engine of models.prices → what the price list calls it, edition, licence, operation of the bill
ENGINES = {
    "mysql": ("MySQL", "", "No license required", "0002"),
    "mariadb": ("MariaDB", "", "No license required", "0018"),
    "postgres": ("PostgreSQL", "", "No license required", "0014"),
    "aurora-mysql": ("Aurora MySQL", "", "No license required", "0016"),
    "aurora-postgresql": ("Aurora PostgreSQL", "", "No license required", "0021"),
    "oracle-ee": ("Oracle", "Enterprise", "Bring your own license", "0005"),
    "oracle-se2": ("Oracle", "Standard Two", "License included", "0020"),
    "sqlserver-ex": ("SQL Server", "Express", "License included", "0010"),
    "sqlserver-web": ("SQL Server", "Web", "License included", "0011"),
    "sqlserver-se": ("SQL Server", "Standard", "License included", "0012"),
    "sqlserver-ee": ("SQL Server", "Enterprise", "License included", "0015"),
}
CACHES = {
    "redis": ("Redis", "0002"),
    "memcached": ("Memcached", "0001"),
    "valkey": ("Valkey", "0003"),
}
# usage type of machine learning → component, operation
LEARNING = {
    "Notebk": "Notebook", "Host": "Hosting", "Train": "Training", "Processing": "Processing",
    "Tsform": "Batch Transform",
}  # fmt: skip
_FAMILIES = {"t": "General purpose", "m": "General purpose", "r": "Memory optimized",
             "x": "Memory optimized", "c": "Compute optimized", "i": "Storage optimized",
             "g": "GPU instance", "p": "GPU instance", "d": "Storage optimized"}  # fmt: skip


def products() -> Iterator[Product]:
    """Every node of every service that is priced by nodes."""
    yield from _databases()
    yield from _caches()
    yield from _search()
    yield from _brokers()
    yield from _warehouses()
    yield from _learning()


def _databases() -> Iterator[Product]:
    service = _service("AmazonRDS", "Amazon Relational Database Service")
    for node, cells in table("rds").items():
        shared = {**service, **_machine(node, cells), "instanceType": f"db.{node}"}
        for engine, (name, edition, licence, operation) in ENGINES.items():
            own = {"databaseEngine": name, "licenseModel": licence}
            if edition:
                own["databaseEdition"] = edition
            for usage, deployment, times in (
                ("InstanceUsage", "Single-AZ", 1), ("Multi-AZUsage", "Multi-AZ", 2),
            ):  # fmt: skip
                if times == 2 and engine.startswith("aurora"):
                    continue
                yield Product(
                    "AmazonRDS", "Database Instance", f"{usage}:db.{node}",
                    f"CreateDBInstance:{operation}", "Hrs",
                    f"per RDS db.{node} {deployment} instance hour running {name}",
                    (Tier(Rate("rds", f"db.{node}/{engine}", Decimal(times))),),
                    shared, {**own, "deploymentOption": deployment}, reserved=("rds-standard",),
                )  # fmt: skip


def _caches() -> Iterator[Product]:
    service = _service("AmazonElastiCache", "Amazon ElastiCache")
    for node, cells in table("elasticache").items():
        shared = {**service, **_machine(node, cells), "instanceType": f"cache.{node}"}
        for engine, (name, operation) in CACHES.items():
            times = VALKEY if engine == "valkey" else Decimal(1)
            yield Product(
                "AmazonElastiCache", "Cache Instance", f"NodeUsage:cache.{node}",
                f"CreateCacheCluster:{operation}", "Hrs",
                f"per cache.{node} node-hour (or partial hour) running {name}",
                (Tier(Rate("elasticache", f"cache.{node}", times)),),
                shared, {"cacheEngine": name}, reserved=("elasticache-standard",),
            )  # fmt: skip


def _search() -> Iterator[Product]:
    service = _service("AmazonES", "Amazon OpenSearch Service")
    for node, cells in table("opensearch").items():
        yield Product(
            "AmazonES", "Amazon OpenSearch Service Instance", f"ESInstance:{node}", "ESDomain",
            "Hrs", f"per {node}.search instance hour (or partial hour)",
            (Tier(Rate("opensearch", f"{node}.search")),),
            {**service, **_machine(node, cells), "instanceType": f"{node}.search"}, {},
            reserved=("opensearch-standard",),
        )  # fmt: skip


def _brokers() -> Iterator[Product]:
    service = _service("AmazonMSK", "Amazon Managed Streaming for Apache Kafka")
    for node, cells in table("msk").items():
        own = {"group": "Broker", "computeFamily": node, "instanceType": f"kafka.{node}"}
        yield Product(
            "AmazonMSK", "Managed Streaming for Apache Kafka (MSK)", f"Kafka.{node}", "RunBroker",
            "hours", f"per kafka.{node} broker hour", (Tier(Rate("msk", f"kafka.{node}")),),
            {**service, **_machine(node, cells)}, own, is_new=True,
        )  # fmt: skip


def _warehouses() -> Iterator[Product]:
    service = _service("AmazonRedshift", "Amazon Redshift")
    for node, cells in table("redshift").items():
        shared = {**service, **_machine(node, cells), "instanceType": node}
        yield Product(
            "AmazonRedshift", "Compute Instance", f"Node:{node}", "RunComputeNode:0001", "Hrs",
            f"per Redshift {node} Compute Node hour (or partial hour)",
            (Tier(Rate("redshift", node)),), shared, {"usageFamily": "Compute Node"},
        )  # fmt: skip
        if node.startswith("ra3."):
            yield Product(
                "AmazonRedshift", "Redshift Managed Storage", f"RMS:{node}", "RunComputeNode:0001",
                "GB-Mo", f"per GB-Mo of managed storage of {node}",
                (Tier(Rate("redshift", "storage")),), shared, {"usageFamily": "Managed Storage"},
            )  # fmt: skip


def _learning() -> Iterator[Product]:
    service = _service("AmazonSageMaker", "Amazon SageMaker")
    for node, cells in table("sagemaker").items():
        shared = {**service, **_machine(node, cells), "instanceName": f"ml.{node}"}
        for usage, component in LEARNING.items():
            yield Product(
                "AmazonSageMaker", "ML Instance", f"{usage}:ml.{node}", "RunInstance", "Hrs",
                f"for {component} ml.{node} per hour", (Tier(Rate("sagemaker", f"ml.{node}")),),
                shared, {"component": component, "instanceType": f"ml.{node}-{component}"},
                is_new=True,
            )  # fmt: skip


def _service(code: str, name: str) -> dict[str, str]:
    return {"servicecode": code, "servicename": name}


def _machine(node: str, cells: tuple[str, ...]) -> Mapping[str, str]:
    """A node's machine: cells 1 and 2 of every table of nodes."""
    family, _, size = node.partition(".")
    return {
        "vcpu": cells[1],
        "memory": f"{cells[2]} GiB",
        "instanceFamily": _FAMILIES.get(family[:1], "General purpose"),
        "currentGeneration": "Yes",
        "normalizationSizeFactor": f"{weight(size).normalize():f}",
    }
