"""A network is taken out of use, and its NAT gateway goes on by the hour."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region
from drift.worsening import again

ODDS = 0.02
PATTERN = "nat_idle"
RESOURCE_TYPE = "nat_gateway"
REMEDIES = ("ec2:DeleteNatGateway",)
REVEALED_BY = ("ec2:DescribeNatGateways", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "The gateway of a standby network passes nothing until the failover: tag role.",
    "Batches that run once a month pass nothing for weeks: look at more than one.",
)

SYMPTOM = """
SELECT nat_gateway_id, hourly_cost * 730 AS saving FROM nat_gateways
 WHERE account_id = $1 AND state = 'available' AND coalesce(avg_gb_processed_7d, 0) < 0.01
   AND created_at <= $2::timestamptz - interval '7 days'"""

_INSERT = """
INSERT INTO nat_gateways (account_id, nat_gateway_id, region, connectivity_type, vpc_id, subnet_id, hourly_cost,
    network_interface_id, tags, created_at)
SELECT $1, $2, $3, 'private', s.vpc_id, s.subnet_id, $4, $5, $6::text::jsonb, $7
  FROM (SELECT 1) o LEFT JOIN (SELECT vpc_id, subnet_id FROM subnets
         WHERE account_id = $1 AND region = $3 ORDER BY subnet_id LIMIT 1) s ON true
 RETURNING nat_gateway_id"""


async def happen(day: Day) -> Happening | None:
    """A private gateway that no packet passes."""
    import json

    from models.costs import nat_gateway_hourly

    place = await region(day, "idle_nat_gateway")
    name, developer = branch(day, "idle_nat_gateway")
    tags = {"Name": f"{name}-nat", "env": "dev", "owner": developer}
    identifier = await day.connection.fetchval(
        _INSERT, day.account_id, day.identifier("nat", "idle_nat_gateway"), place,
        nat_gateway_hourly(place), day.identifier("eni", "idle_nat_gateway"), json.dumps(tags),
        day.moment("idle_nat_gateway"),
    )  # fmt: skip
    if identifier is None:
        return None
    day.written["nat_gateways"] += 1
    await day.profile("nat_gateway", identifier, "idle", ingest_gb=0.0)
    await day.record("nat_gateway", identifier, "lifecycle", None, "created")
    return Happening(f"nothing passes {identifier}", (("nat_gateway", identifier),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another network of the same kind is left with its gateway."""
    return await again(day, PATTERN, resource_id, happen)
