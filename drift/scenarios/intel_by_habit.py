"""A team takes Intel by habit for what would run as well on AWS's own processors."""

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE, LISTED, becoming, graviton
from drift.picking import branch, region
from drift.worsening import again

ODDS = 0.01
PATTERN = "ec2_graviton"
RESOURCE_TYPE = "instance"
# No instance changes its architecture: another one takes its place.
REMEDIES = ("ec2:RunInstances", "ec2:TerminateInstances")
REVEALED_BY = ("ec2:DescribeInstances", "compute-optimizer:GetEC2InstanceRecommendations")
TRAPS = (
    "Programs that exist for x86 alone tie a machine to it: tag arch_lock.",
    "Windows does not run on Graviton at all.",
)

SYMPTOM = f"""
SELECT i.instance_id, (i.hourly_cost - {LISTED}) * 730 AS saving
  FROM instances i {becoming(graviton)}
 WHERE i.account_id = $1 AND i.state = 'running' AND i.env <> 'prod' AND {ALONE}
   AND i.platform IS NULL AND i.hourly_cost > {LISTED}
   AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """One x86 instance outside production, with enough to do."""
    name, developer = branch(day, "intel_by_habit")
    chance = day.random("intel_by_habit")
    size = chance.choice(("m5.large", "m6i.large", "c5.xlarge", "t3.large", "r5.large"))
    env = chance.choice(("staging", "dev"))
    tags = {"Name": f"{env}-{name}", "env": env, "owner": developer}
    wanted = Launch(size, env, await region(day, "intel_by_habit"), tags, profile="steady")
    (instance,) = await launch(day, "intel_by_habit", 1, wanted)
    return Happening(f"{developer} took a {size} for {name}", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The habit goes on."""
    return await again(day, PATTERN, resource_id, happen)
