"""Gateways, caches and endpoints that nobody uses: what can only be kept or deleted."""

from decimal import Decimal
from typing import Any

from models.callers import NOW, NUMBER
from models.costs import monthly_of_hourly
from models.recommendations.evidence import ASKED, OWN, Scope, bill, days_seen, figure, tags_of
from models.recommendations.finding import (
    LOOK_BACK_DAYS,
    Finding,
    Idleness,
    Saving,
    charged_share,
)

NAT_GATEWAY, CACHE, ENDPOINT = "nat_gateway", "cache_cluster", "managed_service"
NAT_GATEWAY_DAYS = 32
# Below this an endpoint only keeps itself alive, and its metric Invocations is 0.
ENDPOINT_CPU_PERCENT = 3

_SEEN_TRAFFIC = f"max({figure('gb_processed')}) as gb, max({figure('connections_max')}) as open"
_NAT_GATEWAYS = f"""
with seen as materialized ({days_seen(NAT_GATEWAY, _SEEN_TRAFFIC)}), bill as materialized ({bill(NAT_GATEWAY)})
select r.nat_gateway_id as id, r.region, r.tags, r.tags ->> 'Name' as name, r.hourly_cost as hourly,
       'arn:aws:ec2:' || r.region || ':' || {NUMBER} || ':natgateway/' || r.nat_gateway_id as arn,
       r.vpc_id, r.subnet_id, seen.*, bill.listed, bill.charged
  from nat_gateways r join seen on seen.id = r.nat_gateway_id
  left join bill on bill.id = r.nat_gateway_id
 where r.account_id = {OWN} and r.state = 'available' and seen.days >= $1::int
   and seen.gb = 0 and seen.open = 0 and {ASKED.format(id="r.nat_gateway_id")}
 order by r.nat_gateway_id
"""  # noqa: E501 - fragments of our own

_SEEN_CACHE = f"max({figure('connections')}) as connections, max({figure('cpu_max')}) as cpu_peak"
_CACHES = f"""
with seen as materialized ({days_seen(CACHE, _SEEN_CACHE)}), bill as materialized ({bill(CACHE)})
select r.cluster_id as id, r.identifier as name, r.arn, r.region, r.hourly_cost as hourly,
       {tags_of(CACHE, "r.cluster_id")} as tags, r.node_type as type, r.num_nodes as nodes,
       seen.*, bill.listed, bill.charged
  from cache_clusters r join seen on seen.id = r.cluster_id left join bill on bill.id = r.cluster_id
 where r.account_id = {OWN} and r.status = 'available' and seen.days >= $1::int
   and seen.connections < 1 and {ASKED.format(id="r.cluster_id")}
 order by r.cluster_id
"""

_SEEN_ENDPOINT = f"max({figure('cpu_avg')}) as cpu, max({figure('memory_avg')}) as memory"
_ENDPOINTS = f"""
with seen as materialized ({days_seen(ENDPOINT, _SEEN_ENDPOINT)}), bill as materialized ({bill(ENDPOINT)})
select r.arn as id, r.name, r.arn, r.region, r.hourly_cost as hourly,
       {tags_of(ENDPOINT, "r.arn")} as tags, r.instance_type as type, r.node_count as nodes,
       seen.*, bill.listed, bill.charged
  from managed_services r join seen on seen.id = r.arn left join bill on bill.id = r.arn
 where r.account_id = {OWN} and r.service_type in ('sagemaker-endpoint', 'sagemaker_endpoint')
   and seen.days >= $1::int and seen.cpu < {ENDPOINT_CPU_PERCENT}
   and r.created_at <= {NOW} and {ASKED.format(id="r.arn")}
 order by r.arn
"""  # noqa: E501 - fragments of our own

_KINDS = (
    (NAT_GATEWAY, _NAT_GATEWAYS, NAT_GATEWAY_DAYS, "Unused",
     "This NAT gateway had no active connections and no packets from its source or destination"
     " over the {days}-day lookback period."),
    (CACHE, _CACHES, LOOK_BACK_DAYS, "Idle",
     "This ElastiCache cluster had no connections, cache hits or cache misses over the {days}-day"
     " lookback period."),
    (ENDPOINT, _ENDPOINTS, LOOK_BACK_DAYS, "Idle",
     "This SageMaker endpoint had no invocations over the {days}-day lookback period."),
)  # fmt: skip


async def find(db: Any, scope: Scope) -> list[Finding]:
    """All idle resources of these kinds, by kind and id."""
    found = []
    for kind, statement, days, verdict, words in _KINDS:
        asked = (days, *scope.arguments[1:])
        for row in await db.fetch(statement, *asked, plan="custom"):
            saving = Saving(monthly_of_hourly(row["hourly"]), Decimal(0), charged_share(row))
            idle = Idleness(verdict, words.format(days=days), saving, days)
            found.append(Finding(kind, row, verdict, (), (), _observed(kind, row), idle=idle,
                                 days=days))  # fmt: skip
    return found


def _observed(kind: str, row: Any) -> dict[str, float]:
    if kind == NAT_GATEWAY:
        return {"ActiveConnectionCount": 0.0, "PacketsInFromSource": 0.0,
                "PacketsInFromDestination": 0.0}  # fmt: skip
    if kind == CACHE:
        return {"NewConnections": 0.0, "CacheHits": 0.0, "CacheMisses": 0.0,
                "EngineCPUUtilization": float(row["cpu_peak"] or 0)}  # fmt: skip
    return {"Invocations": 0.0}
