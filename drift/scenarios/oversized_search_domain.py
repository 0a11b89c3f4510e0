"""A search domain gets the machines of the largest tenant, who never moved in."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, tag
from drift.scenarios.duplicate_search_cluster import create
from drift.scenarios.search_nodes_in_dev import widen

ODDS = 0.02
PATTERN = "managed_oversized"
RESOURCE_TYPE = "managed_service"
REMEDIES = ("opensearch:UpdateDomainConfig", "es:UpdateElasticsearchDomainConfig")
REVEALED_BY = (
    "opensearch:DescribeDomain",
    "opensearch:DescribeDomains",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Memory decides, not CPU, where the heap is full: JVMMemoryPressure.",
    "A smaller node takes smaller volumes: a domain may be bound by its storage: tag workload.",
    "Dedicated masters are no data nodes.",
)

# One size smaller, where the family has one.
SYMPTOM = f"""
SELECT v.arn, v.node_count * 730 * {rates.smaller("opensearch", "v.instance_type", "v.region")} AS saving
  FROM managed_services v
 WHERE v.account_id = $1 AND v.service_type IN ('opensearch', 'elasticsearch', 'es')
   AND v.instance_type ~ 'xlarge[.]search$' AND v.avg_cpu_7d < 20 AND coalesce(v.avg_memory_7d, 0) < 50
   AND lower(v.status) <> 'deleting' AND v.created_at <= $2::timestamptz - interval '7 days'"""

PART_OF = ("managed_duplicate", "SELECT arn, arn FROM managed_services WHERE account_id = $1")


async def happen(day: Day) -> Happening | None:
    """Three nodes of eight vCPUs of which one is enough."""
    name, developer = branch(day, "oversized_search_domain")
    domain = f"find-{name}"[:26]
    arn = await create(day, "oversized_search_domain", "opensearch", domain, "prod",
                       "m5.2xlarge.search", 3, "oversized")  # fmt: skip
    await tag(day, "managed_service", arn, {"env": "prod", "created_by": developer})
    return Happening(f"{domain} has room for ten of its kind", (("managed_service", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """One node more, for the tenant who is still expected."""
    return await widen(day, resource_id)
