"""A database is sized for a launch that does not come, or copied from production at full size."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import branch, region, tag
from drift.symptoms import smaller, unchanged
from drift.worsening import columns, one

ODDS = 0.03
PATTERN = "rds_oversized"
RESOURCE_TYPE = "rds_instance"
REMEDIES = ("rds:ModifyDBInstance",)
REVEALED_BY = (
    "rds:DescribeDBInstances",
    "cloudwatch:GetMetricStatistics",
    "compute-optimizer:GetRDSDatabaseRecommendations",
)
TRAPS = (
    "A database that keeps its working set in memory (tag workload=memory-bound) needs the memory, not the CPU.",
    "The most connections that a class allows fall with it.",
    "One of the finance department is busy at the end of the month only.",
)

# The next smaller class; its means tell nothing of a class that it has not had for a week.
SYMPTOM = f"""
SELECT r.db_instance_id, r.hourly_cost * 730 * {smaller("r.instance_class")} AS saving FROM rds_instances r
 WHERE r.account_id = $1 AND r.state = 'available' AND r.avg_cpu_7d < 20 AND r.avg_cpu_7d > 0
   AND r.avg_connections_7d >= 1 AND r.instance_class ~ 'xlarge$'
   AND r.created_at <= $2::timestamptz - interval '7 days'
   AND {unchanged("rds_instance", "r.db_instance_id", "r.instance_class")}"""

INSERT = """
INSERT INTO rds_instances (account_id, identifier, engine, instance_class, allocated_storage_gib, env,
    region, hourly_cost, storage_monthly_cost, created_at, engine_version, multi_az, port,
    availability_zone)
VALUES ($1, $2, 'postgres', $3, $4, $5, $6, $7, $8, $9, '16.4', $10, 5432, $6 || 'a')
ON CONFLICT DO NOTHING RETURNING db_instance_id"""


async def create(
    day: Day, scenario: str, instance_class: str, env: str, *, multi_az: bool, profile: str,
    storage_gib: int = 200,
) -> str | None:  # fmt: skip
    """A PostgreSQL database; its db_instance_id, None where the name is taken."""
    from models.costs import rds_hourly, rds_storage_monthly

    place = await region(day, scenario)
    name, developer = branch(day, scenario)
    hourly = rds_hourly(instance_class, "postgres", place, multi_az=multi_az)
    storage = rds_storage_monthly(storage_gib, place, storage_type="gp3", multi_az=multi_az)
    identifier: str | None = await day.connection.fetchval(
        INSERT, day.account_id, f"{env}-{name}", instance_class, storage_gib, env, place, hourly, storage,
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


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Somebody adds a standby of the same size."""
    return await stand_by(day, resource_id)


async def stand_by(day: Day, identifier: str) -> Happening | None:
    """A single database becomes a Multi-AZ one."""
    from models.rds_instances import priced

    database = await one(day, "rds_instances", "db_instance_id", identifier)
    if (
        database is None
        or database["multi_az"]
        or database["replica_of"]
        or database["cluster_identifier"]
    ):
        return None
    values = {"multi_az": True, **priced({**database, "multi_az": True})}
    return await columns(day, "rds_instances", "db_instance_id", RESOURCE_TYPE, database, values)
