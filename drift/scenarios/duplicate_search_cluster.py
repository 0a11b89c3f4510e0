"""A team wants a search domain of its own, beside those that already stand half empty."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.worsening import again

ODDS = 0.03
PATTERN = "managed_duplicate"
RESOURCE_TYPE = "managed_service"
REMEDIES = ("opensearch:DeleteDomain",)
REVEALED_BY = (
    "es:ListDomainNames",
    "es:DescribeElasticsearchDomains",
    "cloudwatch:GetMetricStatistics",
)
TRAPS = (
    "Tenants that must not share a domain have one each: tag tenant.",
    "A domain that is busy is no duplicate, whatever stands beside it.",
)

# The oldest of an environment and region takes the others in, and stays.
SYMPTOM = """
SELECT v.arn, v.hourly_cost * 730 AS saving FROM managed_services v
 WHERE v.account_id = $1 AND v.service_type = 'opensearch' AND v.avg_cpu_7d < 25
   AND lower(v.status) <> 'deleting' AND $2::timestamptz IS NOT NULL AND EXISTS (
       SELECT FROM managed_services o
        WHERE o.account_id = v.account_id AND o.env = v.env AND o.region = v.region
          AND o.service_type = v.service_type AND o.avg_cpu_7d < 25 AND lower(o.status) <> 'deleting'
          AND (o.created_at, o.arn) < (v.created_at, v.arn))"""

_DOMAIN = """
INSERT INTO managed_services (account_id, service_type, name, env, region, instance_type, node_count,
    hourly_cost, created_at, engine_version, storage_gib)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING arn"""


async def create(
    day: Day, scenario: str, service: str, name: str, env: str, node: str, nodes: int, profile: str
) -> str:
    """A managed service; its ARN."""
    from models.costs import managed_service_hourly

    place = await region(day, scenario)
    storage = 50 if service == "opensearch" else 0
    arn: str = await day.connection.fetchval(
        _DOMAIN, day.account_id, service, name, env, place, node, nodes,
        managed_service_hourly(service, node, nodes, place, storage_gib=storage),
        day.moment(name), "OpenSearch_2.13" if service == "opensearch" else None, storage,
    )  # fmt: skip
    await day.profile("managed_service", arn, profile)
    await day.record("managed_service", arn, "lifecycle", None, "created")
    return arn


async def happen(day: Day) -> Happening | None:
    """A two-node domain beside another one of the same environment; the first brings its twin."""
    name, developer = branch(day, "duplicate_search_cluster")
    found = await day.connection.fetchval(
        "SELECT count(*) FROM managed_services WHERE account_id = $1 AND service_type = 'opensearch'"
        " AND env = 'dev' AND region = $2 AND avg_cpu_7d BETWEEN 0.1 AND 20",
        day.account_id, await region(day, "duplicate_search_cluster"),
    )  # fmt: skip
    arns = []
    for number in range(1 if found else 2):
        domain = f"search-{name}"[:25] + f"-{number + 1}"
        arn = await create(day, "duplicate_search_cluster", "opensearch", domain, "dev",
                           "r5.large.search", 2, "oversized")  # fmt: skip
        await tag(day, "managed_service", arn, {"env": "dev", "created_by": developer})
        arns.append((day.moment(domain), arn))
    # of two the older one stays
    return Happening(
        f"{developer} has a search domain of their own", (("managed_service", max(arns)[1]),)
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next team wants one of its own."""
    return await again(day, PATTERN, resource_id, happen)
