"""Nodes of a domain: which there are, how they do, and what tunes itself.

Source: https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomainHealth.html
and API_DescribeDomainNodes.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from emulator.ids import derived
from handlers.opensearch import domain_view
from handlers.opensearch.managed_services import find
from models import regions, search_engines

NOUN = "managed_services"
# Five primary shards and one replica each are what an index of a new domain has.
_SHARDS = 10
# Memory in use, mean of seven days, from which a larger heap is worth a restart.
PRESSED_PERCENT = 60


async def describe_domain_health(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Whether a domain does well; without a second node its replicas lie nowhere."""
    row = await find(ctx, params["DomainName"])
    places = zones(ctx, row)
    if row["status"] == "creating":
        return {"DomainState": "NotAvailable", "ClusterHealth": "NotAvailable"}
    lone = row["node_count"] == 1
    shards = _SHARDS // 2 if lone else _SHARDS
    nodes = row["node_count"]
    shared = [nodes // len(places) + (at < nodes % len(places)) for at in range(len(places))]
    return {
        "DomainState": "Processing" if row["status"] in domain_view.STATUSES else "Active",
        "AvailabilityZoneCount": str(len(places)),
        "ActiveAvailabilityZoneCount": str(len(places)),
        "StandByAvailabilityZoneCount": "0",
        "DataNodeCount": str(nodes),
        "DedicatedMaster": bool(row["dedicated_master_count"]),
        "MasterEligibleNodeCount": str(row["dedicated_master_count"] or nodes),
        "WarmNodeCount": str(row["warm_count"]),
        "MasterNode": "Available",
        "ClusterHealth": "Yellow" if lone else "Green",
        "TotalShards": str(_SHARDS),
        "TotalUnAssignedShards": str(_SHARDS - shards),
        "EnvironmentInformation": [
            {
                "AvailabilityZoneInformation": [
                    {
                        "AvailabilityZoneName": name,
                        "ZoneStatus": "Active",
                        "ConfiguredDataNodeCount": str(count),
                        "AvailableDataNodeCount": str(count),
                        "TotalShards": str(_SHARDS * count // nodes),
                        "TotalUnAssignedShards": str((_SHARDS - shards) * count // nodes),
                    }
                    for name, count in zip(places, shared, strict=True)
                ]
            }
        ],
    }


async def describe_domain_nodes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Every node of a domain."""
    row = await find(ctx, params["DomainName"])
    if row["status"] == "creating":
        return {"DomainNodesStatusList": []}
    places = zones(ctx, row)
    kinds = (
        ("Data", row["instance_type"], row["node_count"]),
        ("Master", row["dedicated_master_type"], row["dedicated_master_count"]),
        ("Ultrawarm", row["warm_type"], row["warm_count"]),
    )
    return {
        "DomainNodesStatusList": [
            {
                "NodeId": derived("n", str(row["id"]), kind, str(at))[2:],
                "NodeType": kind,
                "AvailabilityZone": places[at % len(places)],
                "InstanceType": instance_type,
                "NodeStatus": "Active",
                **(_storage(row) if kind == "Data" else {}),
            }
            for kind, instance_type, count in kinds
            for at in range(count)
        ]
    }


async def describe_domain_auto_tunes(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What Auto-Tune has planned: the JVM's heap, where it is on and the memory is pressed."""
    row = await find(ctx, params["DomainName"])
    page = pages.page(ctx, params, invalid=bad_token)
    planned: list[dict[str, Any]] = []
    pressed = float(row["avg_memory_7d"] or 0) >= PRESSED_PERCENT
    large = not search_engines.is_burstable(row["instance_type"])
    if pressed and large and domain_view.auto_tune(row)["State"] == "ENABLED":
        planned = [{"AutoTuneType": "SCHEDULED_ACTION", "AutoTuneDetails": _heap(ctx)}]
    shown, token = page.cut_items(planned, lambda one: one["AutoTuneType"])
    return {"AutoTunes": shown, "NextToken": token}


def bad_token() -> AwsError:
    """The refusal of a page's token."""
    return AwsError("InvalidPaginationTokenException", "Invalid pagination token.")


def zones(ctx: Context, row: Mapping[str, Any]) -> list[str]:
    """The zones that a domain's nodes stand in."""
    inside = (row["settings"].get("VPCOptions") or {}).get("AvailabilityZones")
    if inside:
        return list(inside)
    found = [one.name for one in regions.zones(ctx.region, ctx.principal.account_number)]
    config = domain_view.cluster(row).get("ZoneAwarenessConfig", {})
    return found[: config.get("AvailabilityZoneCount", 1)]


def _storage(row: Mapping[str, Any]) -> dict[str, str]:
    if not row["storage_gib"]:
        return {"StorageType": "instance"}
    return {
        "StorageType": "ebs",
        "StorageVolumeType": row["storage_type"],
        "StorageSize": str(row["storage_gib"]),
    }


def _heap(ctx: Context) -> dict[str, Any]:
    midnight = ctx.now.replace(hour=2, minute=0, second=0, microsecond=0)
    return {
        "ScheduledAutoTuneDetails": {
            "Date": midnight,
            "ActionType": "JVM_HEAP_SIZE_TUNING",
            "Action": "JVM heap size tuning",
            "Severity": "LOW",
        }
    }
