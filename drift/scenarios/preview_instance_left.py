"""A branch is shown on a machine of its own; it is merged, and the machine goes on running."""

from drift.day import Day, Happening
from drift.launches import Launch, launch
from drift.other_types import ALONE
from drift.picking import branch, region
from drift.worsening import again

ODDS = 0.03
PATTERN = "ec2_preview_forgotten"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:TerminateInstances",)
REVEALED_BY = ("ec2:DescribeInstances", "resourcegroupstaggingapi:GetResources")
TRAPS = (
    "A preview that is kept for a customer's demo says so by its tags demo and expires.",
    "A member of an Auto Scaling group would be replaced: the group is to go, not the member.",
)

# What goes with it are the volumes that are deleted on termination.
SYMPTOM = f"""
SELECT i.instance_id, i.hourly_cost * 730 + coalesce((SELECT sum(v.monthly_cost) FROM volumes v
           WHERE v.attached_instance_id = i.instance_id AND v.delete_on_termination), 0) AS saving
  FROM instances i
 WHERE i.account_id = $1 AND i.env = 'preview' AND i.state = 'running'
   AND i.launch_time <= $2::timestamptz - interval '7 days' AND {ALONE}"""


async def happen(day: Day) -> Happening | None:
    """One instance of env preview, tagged like a developer's branch."""
    name, developer = branch(day, "preview_instance_left")
    size = day.random("preview_instance_left").choice(("t3.large", "m5.large", "m5.xlarge"))
    tags = {"Name": f"preview-{name}", "env": "preview", "branch": f"feature/{name}",
            "created_by": developer}  # fmt: skip
    place = await region(day, "preview_instance_left")
    wanted = Launch(size, "preview", place, tags, profile="idle")
    (instance,) = await launch(day, "preview_instance_left", 1, wanted)
    return Happening(f"{developer} left preview-{name} running", (("instance", instance),))


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """The next branch is shown, merged and left."""
    return await again(day, PATTERN, resource_id, happen)
