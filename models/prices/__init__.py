"""The price list: what a unit of each service costs, read lazily from the tables beside this file.

Tables (all prices in USD, on demand, us-east-1):
  ec2.csv, ec2_families.csv                           instance types with their machine, per hour
  rds.csv elasticache.csv opensearch.csv msk.csv redshift.csv sagemaker.csv
                                                      classes and node types, per hour
  rates.csv                                           everything else, per unit named in `unit`
  regions.csv                                         factors of each region, in three groups
  commitments.csv                                     fractions off on-demand
Source: AWS's public price list. A price is a line of data; no code names an amount.
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from pathlib import Path

from models.prices.interpolation import has_class, interpolate

HOME_REGION = "us-east-1"

# Services priced by node: how a node is called there, stripped to family.size.
NODE_AFFIXES = {
    "ec2": ("", ""),
    "rds": ("db.", ""),
    "elasticache": ("cache.", ""),
    "opensearch": ("", ".search"),
    "msk": ("kafka.", ""),
    "redshift": ("", ""),
    "sagemaker": ("ml.", ""),
}

# What a managed node costs beside the EC2 machine under it, for types that the service's own
# table lacks but EC2's has. The median of the types that both tables have.
MARKUP = {
    "rds": Decimal("1.90"),
    "elasticache": Decimal("1.90"),
    "opensearch": Decimal("1.60"),
    "msk": Decimal("2.19"),
    "redshift": Decimal("1.50"),
    "sagemaker": Decimal("1.20"),
}

# A database engine's price as (column of rds.csv, factor). Licence-included engines are the
# bare MySQL price times the usual ratio of that engine's list; Oracle EE brings its licence.
ENGINES = {
    "mysql": ("mysql", Decimal(1)),
    "mariadb": ("mysql", Decimal(1)),
    "postgres": ("postgres", Decimal(1)),
    "aurora": ("aurora", Decimal(1)),
    "aurora-mysql": ("aurora", Decimal(1)),
    "aurora-postgresql": ("aurora", Decimal(1)),
    "oracle-ee": ("mysql", Decimal(1)),
    "oracle-ee-cdb": ("mysql", Decimal(1)),
    "oracle-se2": ("mysql", Decimal("2.3")),
    "oracle-se2-cdb": ("mysql", Decimal("2.3")),
    "sqlserver-ex": ("mysql", Decimal("1.25")),
    "sqlserver-web": ("mysql", Decimal("1.55")),
    "sqlserver-se": ("mysql", Decimal("3.8")),
    "sqlserver-ee": ("mysql", Decimal("7.5")),
}
RDS_COLUMNS = {"mysql": 3, "postgres": 4, "aurora": 5}
AURORA_OVER_POSTGRES = Decimal("1.16")


@cache
def table(name: str) -> dict[str, tuple[str, ...]]:
    """The table `name`.csv as first cell → the line's cells, in the file's order."""
    text = (Path(__file__).parent / f"{name}.csv").read_text(encoding="utf-8")
    lines = (tuple(line.split(",")) for line in text.splitlines()[1:])
    return {cells[0]: cells for cells in lines}


@cache
def rates() -> dict[tuple[str, str], tuple[Decimal, str, str]]:
    """Every price that is not per node: (service, item) → (USD, unit, region factor group)."""
    text = (Path(__file__).parent / "rates.csv").read_text(encoding="utf-8")
    lines = (line.split(",") for line in text.splitlines()[1:])
    return {(c[0], c[1]): (Decimal(c[2]), c[3], c[4]) for c in lines}


@lru_cache(maxsize=512)
def factor(region: str, group: str = "compute") -> Decimal:
    """How much dearer than us-east-1 a region is; 1 for a region that the table lacks.

    `group` is compute, storage or transfer; "flat" prices are the same everywhere.
    """
    cells = table("regions").get(region)
    if cells is None or group == "flat":
        return Decimal(1)
    return Decimal(cells[{"compute": -3, "storage": -2, "transfer": -1}[group]])


@lru_cache(maxsize=8192)
def price(service: str, sku: str, region: str = HOME_REGION) -> Decimal:
    """USD for one unit of `sku` in `region`, unrounded, never 0 for a node.

    Node services (the keys of NODE_AFFIXES) take the node's
    AWS name and answer per hour; RDS takes "db.m5.large/postgres" (mysql when no engine is
    given). A name that no table has is interpolated (`interpolation.py`). Other services take an
    item of rates.csv, and an item it lacks is a KeyError: that is a mistake of the caller.
    """
    rate = rates().get((service, sku))
    if rate is not None:
        return rate[0] * factor(region, rate[2])
    if service not in NODE_AFFIXES:
        raise KeyError(f"no price for {service} {sku}")
    return _node(service, sku) * factor(region)


def unit(service: str, item: str) -> str:
    """What one unit of an item of rates.csv is; nodes are per hour."""
    rate = rates().get((service, item))
    return "node-hour" if rate is None else rate[1]


def is_known(service: str, sku: str) -> bool:
    """Whether a table has this price, so that it is AWS's own figure and no interpolation."""
    if (service, sku) in rates():
        return True
    if service not in NODE_AFFIXES:
        return False
    node, engine = split(service, sku)
    if service != "rds":
        return node in table(service)
    column, _ = ENGINES.get(engine, ("", None))
    return column != "" and node in known(service, column)


def split(service: str, sku: str) -> tuple[str, str]:
    """A node's name as (family.size, database engine or "")."""
    node, _, engine = sku.partition("/")
    prefix, suffix = NODE_AFFIXES[service]
    node = node.removeprefix(prefix).removesuffix(suffix)
    if service == "opensearch":  # domains of the Elasticsearch days keep their nodes' old name
        node = node.removesuffix(".elasticsearch")
    return node, (engine or "mysql") if service == "rds" else ""


@cache
def known(service: str, column: str = "") -> dict[str, Decimal]:
    """family.size → USD per hour as listed, for a node service (and a column of rds.csv)."""
    at = {"ec2": 1, "rds": RDS_COLUMNS.get(column, 0)}.get(service, 3)
    return {node: Decimal(cells[at]) for node, cells in table(service).items() if cells[at]}


def _node(service: str, sku: str) -> Decimal:
    node, engine = split(service, sku)
    if service != "rds":
        return _listed(service, node, "", MARKUP.get(service, Decimal(1)))
    column, times = ENGINES.get(engine, ("mysql", Decimal(1)))
    if column == "aurora" and node not in known("rds", "aurora"):
        return _listed("rds", node, "postgres", MARKUP["rds"]) * AURORA_OVER_POSTGRES
    return _listed("rds", node, column, MARKUP["rds"]) * times


def _listed(service: str, node: str, column: str, markup: Decimal) -> Decimal:
    """The table's price, else by the node's own family, else by EC2's, else by its class."""
    prices = known(service, column)
    if node in prices:
        return prices[node]
    machines = known("ec2")
    family = node.partition(".")[0]
    if service == "ec2" or _has_family(prices, family):
        return interpolate(node, prices)
    if _has_family(machines, family) or not has_class(family, prices):
        return (interpolate(node, machines) * markup).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    return interpolate(node, prices)


def _has_family(prices: dict[str, Decimal], family: str) -> bool:
    return any(node.startswith(family + ".") for node in prices)
