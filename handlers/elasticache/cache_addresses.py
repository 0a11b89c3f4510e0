"""Addresses of caches in the forms that AWS gives them.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Endpoints.html. Encrypted ones put
the role in front, others behind.
"""

from typing import Any

from models import regions

Endpoint = dict[str, Any]


def place(region: str) -> str:
    """What a region is called in addresses: use1."""
    found = regions.find(region)
    return found.usage_prefix.lower() if found else region


def node(row: Any, identifier: str, number: int = 1) -> Endpoint:
    """The address of one node of a cluster, by itself or in a group."""
    group, domain, at = row["replication_group_id"], row["domain"], place(row["region"])
    if group and (row["transit_encryption"] or row["cluster_mode"]):
        return _endpoint(row, f"{identifier}.{group}.{domain}.{at}")
    return _endpoint(row, f"{identifier}.{domain}.{number:04d}.{at}")


def configuration(row: Any) -> Endpoint:
    """The address by which clients find all nodes."""
    name, domain, at = (
        row["replication_group_id"] or row["identifier"],
        row["domain"],
        place(row["region"]),
    )
    if row["engine"] == "memcached":
        return _endpoint(row, f"{name}.{domain}.cfg.{at}")
    if row["transit_encryption"]:
        return _endpoint(row, f"clustercfg.{name}.{domain}.{at}")
    return _endpoint(row, f"{name}.{domain}.clustercfg.{at}")


def primary(row: Any) -> Endpoint:
    """Where a group without shards is written to."""
    name, domain, at = row["replication_group_id"], row["domain"], place(row["region"])
    if row["transit_encryption"]:
        return _endpoint(row, f"master.{name}.{domain}.{at}")
    return _endpoint(row, f"{name}.{domain}.ng.0001.{at}")


def reader(row: Any) -> Endpoint:
    """Where a group without shards is read from."""
    name, domain, at = row["replication_group_id"], row["domain"], place(row["region"])
    if row["transit_encryption"]:
        return _endpoint(row, f"replica.{name}.{domain}.{at}")
    return _endpoint(row, f"{name}-ro.{domain}.ng.0001.{at}")


def _endpoint(row: Any, name: str) -> Endpoint:
    return {"Address": f"{name}.cache.amazonaws.com", "Port": row["port"]}
