"""A database is sized for a launch that does not come, or copied from production at full size."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region, tag

ODDS = 0.03
PATTERN = "rds_oversized"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:ModifyDBInstance",)

SYMPTOM = """
SELECT db_instance_id, hourly_cost * 730 * 0.5 AS saving FROM rds_instances
 WHERE account_id = $1 AND state = 'available' AND avg_cpu_7d < 20 AND avg_cpu_7d > 0
   AND avg_connections_7d >= 1 AND instance_class ~ 'xlarge$' AND $2::timestamptz IS NOT NULL"""

INSERT = """
INSERT INTO rds_instances (account_id, identifier, engine, instance_class, allocated_storage_gib, env,
    region, hourly_cost, storage_monthly_cost, created_at, engine_version, multi_az, port,
    availability_zone)
VALUES ($1, $2, 'postgres', $3, $4, $5, $6, $7, $8, $9, '16.4', $10, 5432, $6 || 'a')
ON CONFLICT DO NOTHING RETURNING db_instance_id"""


async def create(
    day: Day, scenario: str, instance_class: str, env: str, *, multi_az: bool, profile: str
) -> str | None:
    """A PostgreSQL database with 200 GiB; its db_instance_id, None where the name is taken."""
    from models.costs import rds_hourly, rds_storage_monthly

    place = await region(day, scenario)
    name, developer = branch(day, scenario)
    hourly = rds_hourly(instance_class, "postgres", place, multi_az=multi_az)
    storage = rds_storage_monthly(200, place, storage_type="gp3", multi_az=multi_az)
    identifier: str | None = await day.connection.fetchval(
        INSERT, day.account_id, f"{env}-{name}", instance_class, 200, env, place, hourly, storage,
        day.moment(scenario), multi_az,
    )  # fmt: skip
    if identifier is None:
        return None
    await day.profile("rds_instance", identifier, profile)
    await tag(day, "rds_instance", identifier, {"env": env, "created_by": developer})
    await day.record("rds_instance", identifier, "lifecycle", None, "created")
    return identifier


async def happen(day: Day) -> Happening | None:
    """A db.r5 with four times the machine that its load needs."""
    size = day.random("oversized_database").choice(
        ("db.r5.xlarge", "db.r5.2xlarge", "db.m5.2xlarge")
    )
    identifier = await create(
        day, "oversized_database", size, "staging", multi_az=False, profile="oversized"
    )
    if identifier is None:
        return None
    return Happening(f"{identifier} is a {size} for very little", (("rds_instance", identifier),))
