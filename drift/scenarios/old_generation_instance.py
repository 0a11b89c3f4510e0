"""A script of years ago still launches the type that was new then."""

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE, LISTED, becoming, newer
from drift.picking import branch
from drift.worsening import again

ODDS = 0.01
PATTERN = "ec2_prev_gen"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:ModifyInstanceAttribute",)
REVEALED_BY = ("ec2:DescribeInstances", "ec2:DescribeInstanceTypes")
TRAPS = (
    "A reservation bound to the old family is paid anyway until its term ends.",
    "An image without ENA and NVMe drivers does not start on the new type: tag image_lock.",
    "A licence counted by cores ties a machine to its type: tag license.",
)

SYMPTOM = f"""
SELECT i.instance_id, (i.hourly_cost - {LISTED}) * 730 AS saving
  FROM instances i {becoming(newer)}
 WHERE i.account_id = $1 AND i.state = 'running' AND {ALONE}
   AND i.architecture IS DISTINCT FROM 'arm64' AND i.hourly_cost > {LISTED}
   AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """One instance of a previous generation, with enough to do; us-east-1 has every old type."""
    name, developer = branch(day, "old_generation_instance")
    chance = day.random("old_generation_instance")
    size = chance.choice(("m4.xlarge", "c4.xlarge", "r4.xlarge", "t2.large", "m4.large"))
    env = chance.choice(("prod", "staging", "dev"))
    tags = {"Name": f"{env}-{name}", "env": env, "owner": developer}
    wanted = Launch(size, env, "us-east-1", tags, profile="steady")
    (instance,) = await launch(day, "old_generation_instance", 1, wanted)
    return Happening(f"an old script gave {developer} a {size}", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The script launches another one."""
    return await again(day, PATTERN, resource_id, happen)
