"""Somebody launches an instance by hand from the console, to try something, and tags nothing."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.picking import region
from drift.worsening import again

ODDS = 0.05
PATTERN = "untagged"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:CreateTags",)
REVEALED_BY = ("resourcegroupstaggingapi:GetResources", "ec2:DescribeTags", "ce:GetCostAndUsage")
TRAPS = (
    "Keys of tags are case-sensitive: Owner says whose it is to a person, though no report sees it.",
    "Tags that begin with aws: are AWS's own and name no owner.",
)

SYMPTOM = """
SELECT i.instance_id, 0::numeric AS saving FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND NOT (coalesce(i.tags, '{}') ?& array['owner', 'team'])
   AND NOT EXISTS (SELECT FROM resource_tags t WHERE t.account_id = $1 AND t.resource_type = 'instance'
                      AND t.resource_id = i.instance_id AND t.key = 'owner')
   AND $2::timestamptz IS NOT NULL"""


async def happen(day: Day) -> Happening | None:
    """One instance without owner, team or name, and with little to do."""
    size = day.random("untagged_launch").choice(("t3.large", "m5.large", "m5.xlarge"))
    wanted = Launch(size, "dev", await region(day, "untagged_launch"), profile="idle")
    (instance,) = await launch(day, "untagged_launch", 1, wanted)
    return Happening(f"{instance} belongs to nobody", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Somebody launches another one."""
    return await again(day, PATTERN, resource_id, happen, most=30)
