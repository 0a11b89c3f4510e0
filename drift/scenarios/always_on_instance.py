"""A developer's machine works by day, and runs by night and over the weekend as well."""

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE
from drift.picking import branch, region
from drift.worsening import machine

ODDS = 0.03
PATTERN = "nonprod_24x7"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:StopInstances", "autoscaling:PutScheduledUpdateGroupAction")
REVEALED_BY = ("ec2:DescribeInstances", "cloudwatch:GetMetricStatistics")
TRAPS = (
    "A team that follows the sun works when others sleep: tags tz and schedule.",
    "A runner of nightly batches is busy by night: its mean is low and its maximum high.",
    "A staging machine may be under a load test.",
)

# Eleven hours of five days are 55 of a week's 168.
SYMPTOM = f"""
SELECT i.instance_id, i.hourly_cost * 730 * (1 - 55 / 168.0) AS saving FROM instances i
 WHERE i.account_id = $1 AND i.env IN ('dev', 'staging', 'test', 'preview') AND i.state = 'running'
   AND i.avg_cpu_7d BETWEEN 5 AND 60 AND NOT coalesce(i.has_gpu, false)
   AND i.launch_time <= $2::timestamptz - interval '7 days' AND {ALONE}"""


async def happen(day: Day) -> Happening | None:
    """One dev instance in use, which nobody ever stops."""
    name, developer = branch(day, "always_on_instance")
    size = day.random("always_on_instance").choice(("t3.large", "m5.large", "m5.xlarge"))
    tags = {"Name": f"dev-{name}", "env": "dev", "owner": developer}
    place = await region(day, "always_on_instance")
    wanted = Launch(size, "dev", place, tags, profile="steady")
    (instance,) = await launch(day, "always_on_instance", 1, wanted)
    return Happening(f"{developer}'s {size} runs around the clock", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Its developer takes the next larger size, by night as well."""
    return await machine(day, resource_id)
