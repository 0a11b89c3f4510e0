"""A developer copies the template of production's search domain, with all of its nodes."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, tag
from drift.scenarios.duplicate_search_cluster import create
from drift.symptoms import one_carries
from drift.worsening import columns, one

ODDS = 0.02
PATTERN = "managed_ha_dev"
RESOURCE_TYPE = "managed_service"
REMEDIES = ("opensearch:UpdateDomainConfig", "es:UpdateElasticsearchDomainConfig")
REVEALED_BY = ("opensearch:DescribeDomain", "opensearch:DescribeDomains", "opensearch:ListTags")
TRAPS = (
    "Who tests how shards are allocated needs the nodes: tag test.",
    "A domain that one node cannot hold keeps what its storage needs, and its load.",
)

# All nodes are alike where there are neither masters nor warm ones.
SYMPTOM = f"""
SELECT v.arn, v.hourly_cost / v.node_count * (v.node_count - 1) * 730 AS saving FROM managed_services v
 WHERE v.account_id = $1 AND v.service_type IN ('opensearch', 'elasticsearch', 'es') AND v.env <> 'prod'
   AND v.node_count > 1 AND v.dedicated_master_count = 0 AND v.warm_count = 0
   AND {one_carries("v.node_count", spread=True)}
   AND lower(v.status) <> 'deleting' AND $2::timestamptz IS NOT NULL"""

PART_OF = ("managed_duplicate", "SELECT arn, arn FROM managed_services WHERE account_id = $1")


async def happen(day: Day) -> Happening | None:
    """Three nodes for one developer."""
    name, developer = branch(day, "search_nodes_in_dev")
    domain = f"dev-{name}"[:26]
    arn = await create(day, "search_nodes_in_dev", "opensearch", domain, "dev",
                       "r6g.large.search", 3, "light")  # fmt: skip
    # of six vCPUs and 48 GiB
    await day.profile("managed_service", arn, "light", load=0.7, memory_gib=9.6)
    await tag(day, "managed_service", arn, {"env": "dev", "created_by": developer})
    return Happening(f"{domain} is ready for the failure of a zone", (("managed_service", arn),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """It follows production, which has one node more."""
    return await widen(day, resource_id)


async def widen(day: Day, arn: str) -> Happening | None:
    """A domain has one data node more, six at most."""
    from models.costs import search_domain_hourly

    domain = await one(day, "managed_services", "arn", arn)
    if domain is None or not 0 < domain["node_count"] < 6:
        return None
    new = {"node_count": domain["node_count"] + 1}
    values = new | {"hourly_cost": search_domain_hourly({**domain, **new}, domain["region"])}
    return await columns(day, "managed_services", "arn", RESOURCE_TYPE, domain, values)
