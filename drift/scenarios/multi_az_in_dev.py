"""A development database is made from production's template: two machines where one would do."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.scenarios.oversized_database import create
from drift.worsening import columns, one

ODDS = 0.03
PATTERN = "rds_ha_nonprod"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:ModifyDBInstance",)
REVEALED_BY = ("rds:DescribeDBInstances",)
TRAPS = ("Where failovers are rehearsed (tag workload=failover-tests) there have to be two.",)

# The second machine and its copy of the storage; one that is stopped pays for storage alone.
SYMPTOM = """
SELECT db_instance_id, CASE state WHEN 'stopped' THEN 0 ELSE hourly_cost * 730 / 2 END
       + coalesce(storage_monthly_cost, 0) / 2 AS saving FROM rds_instances
 WHERE account_id = $1 AND multi_az AND env IN ('dev', 'test', 'staging', 'preview') AND state <> 'deleting'
   AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """A Multi-AZ database outside production."""
    identifier = await create(
        day, "multi_az_in_dev", "db.m5.large", "dev", multi_az=True, profile="light"
    )
    if identifier is None:
        return None
    return Happening(f"{identifier} stands by for itself", (("rds_instance", identifier),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Its disk grows, and with it the disk of the standby."""
    from models.rds_instances import priced

    database = await one(day, "rds_instances", "db_instance_id", resource_id)
    if database is None or not 0 < database["allocated_storage_gib"] <= 1000:
        return None
    new = {"allocated_storage_gib": int(database["allocated_storage_gib"] * 1.5)}
    values = new | priced({**database, **new})
    return await columns(day, "rds_instances", "db_instance_id", RESOURCE_TYPE, database, values)
