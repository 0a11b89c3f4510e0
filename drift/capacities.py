"""How many vCPUs and how much memory the machine types of an account have."""

from functools import cache

from drift.day import Day
from drift.statement import Statement

_TYPES = Statement("""
SELECT instance_type AS type FROM instances WHERE account_id = :account
UNION SELECT n.instance_type FROM container_nodes n
       JOIN container_clusters k ON k.id = n.cluster_id WHERE k.account_id = :account
UNION SELECT instance_class FROM rds_instances WHERE account_id = :account
UNION SELECT node_type FROM cache_clusters WHERE account_id = :account
UNION SELECT instance_type FROM managed_services WHERE account_id = :account""")

_PREFIXES = ("db.", "cache.", "ml.", "kafka.")
_GIB_PER_VCPU = {"c": 2.0, "m": 4.0, "t": 2.0, "r": 8.0, "x": 16.0, "z": 8.0, "p": 8.0, "g": 4.0}


@cache
def capacity(type_name: str) -> tuple[float, float]:
    """vCPUs and GiB of a type, as EC2, RDS, ElastiCache or a managed service names it.

    A type that no table has gets what its family's letter and its size usually have.
    """
    from models import instance_types
    from models.costs import vcpu_count

    plain = type_name.removesuffix(".search").removesuffix(".elasticsearch")
    for prefix in _PREFIXES:
        plain = plain.removeprefix(prefix)
    known = instance_types.find(plain)
    if known is not None:
        return float(known.vcpus), float(known.memory_gib)
    vcpus = float(max(1, vcpu_count(plain)))
    return vcpus, vcpus * _GIB_PER_VCPU.get(plain[:1], 4.0)


async def learn(day: Day) -> None:
    """Put the capacities of the account's own types among the day's values."""
    types = sorted(row["type"] for row in await day.fetch(_TYPES))
    capacities = [capacity(name) for name in types]
    day.values["types"] = types
    day.values["vcpus"] = [vcpus for vcpus, _ in capacities]
    day.values["memory"] = [memory for _, memory in capacities]
