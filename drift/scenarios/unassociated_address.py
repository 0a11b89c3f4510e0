"""An Elastic IP is allocated for a test, let go of, and never released."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json

from drift import rates
from drift.day import Day, Happening
from drift.picking import branch, region
from drift.worsening import again

ODDS = 0.06
PATTERN = "eip_unassociated"
RESOURCE_TYPE = "elastic_ip"
REMEDIES = ("ec2:ReleaseAddress",)
REVEALED_BY = ("ec2:DescribeAddresses",)
TRAPS = (
    "A partner lets this address through its wall: tag allowlisted.",
    "An address that a cut-over waits for: tag reserved_until.",
)

SYMPTOM = f"""
SELECT allocation_id, 730 * {rates.literal("region", "address")} AS saving FROM elastic_ips
 WHERE account_id = $1 AND state = 'unassociated' AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """One address that nothing uses; its number is from a block that AWS gives to EC2."""
    from models.costs import elastic_ip_hourly

    place = await region(day, "unassociated_address")
    name, developer = branch(day, "unassociated_address")
    allocation = day.identifier("eipalloc", "unassociated")
    draw = day.random("unassociated_address")
    address = f"54.{draw.randint(64, 95)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
    written = await day.write(
        "elastic_ips",
        """INSERT INTO elastic_ips (account_id, allocation_id, public_ip, state, hourly_cost, region,
               tags, created_at) VALUES ($1, $2, $3, 'unassociated', $4, $5, $6::text::jsonb, $7)
           ON CONFLICT DO NOTHING""",
        day.account_id, allocation, address, elastic_ip_hourly(False, place), place,
        json.dumps({"Name": name, "created_by": developer}), day.moment("unassociated_address"),
    )  # fmt: skip
    if not written:
        return None
    await day.record("elastic_ip", allocation, "lifecycle", None, "created")
    return Happening(f"{developer} keeps {address} for nothing", (("elastic_ip", allocation),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another address is let go of and kept."""
    return await again(day, PATTERN, resource_id, happen)
