"""What a search domain costs: data, master and warm nodes, and the volumes of the data nodes."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from models.costs.money import HOURS_PER_MONTH, quantise
from models.prices import HOME_REGION, price

# What gp3 brings along on a node: https://aws.amazon.com/opensearch-service/pricing/. Volumes above
# SMALL_GIB come with LARGE_MIBPS for each begun STEP_GIB, up to MOST_MIBPS.
FREE_IOPS, FREE_MIBPS = 3000, 125
SMALL_GIB, STEP_GIB, LARGE_MIBPS, MOST_MIBPS = 170, 3000, 250, 1000


def search_domain_hourly(row: Mapping[str, Any], region: str = HOME_REGION) -> Decimal:
    """USD an hour of all nodes of a domain and their volumes.

    `row` has the columns of managed_services: instance_type, node_count, storage_gib (of one
    node), storage_type, iops, throughput_mibps, dedicated_master_type and _count, warm_type and
    _count; those that are missing count as none.
    """
    usd = price("opensearch", row["instance_type"], region) * row["node_count"]
    usd += _volume(row, region) / HOURS_PER_MONTH * row["node_count"]
    for kind in ("dedicated_master", "warm"):
        if row.get(f"{kind}_type") and row.get(f"{kind}_count"):
            usd += price("opensearch", row[f"{kind}_type"], region) * row[f"{kind}_count"]
    return quantise(usd)


def _volume(row: Mapping[str, Any], region: str) -> Decimal:
    """USD a month of one node's volume."""
    size = row.get("storage_gib") or 0
    if not size:
        return Decimal(0)
    kind = row.get("storage_type") or "gp3"
    usd = price("opensearch", kind, region) * size
    if kind == "io1":
        usd += price("opensearch", "io1-iops", region) * (row.get("iops") or 0)
    elif kind == "gp3":
        more = max((row.get("iops") or 0) - FREE_IOPS, 0)
        faster = max((row.get("throughput_mibps") or 0) - _included_mibps(size), 0)
        usd += price("opensearch", "gp3-iops", region) * more
        usd += price("opensearch", "gp3-throughput", region) * faster
    return usd


def _included_mibps(size_gib: int) -> int:
    if size_gib <= SMALL_GIB:
        return FREE_MIBPS
    return min(MOST_MIBPS, LARGE_MIBPS * math.ceil(size_gib / STEP_GIB))
