"""An instance outside production is terminated, and its data volume stays behind, paid for by nobody."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.launches import detach, terminate
from drift.picking import pick
from drift.worsening import again

ODDS = 0.05
PATTERN = "ebs_unattached"
RESOURCE_TYPE = "volume"
REMEDIES = ("ec2:DeleteVolume",)
REVEALED_BY = ("ec2:DescribeVolumes", "compute-optimizer:GetIdleRecommendations")
TRAPS = (
    "Somebody's wish (tag DoNotDelete=true) is to be asked about first.",
    "A claim of Kubernetes (tag kubernetes.io/created-for/pvc/name) waits for its pod.",
    "One that was detached within the week may be on its way to another machine.",
)

SYMPTOM = """
SELECT volume_id, monthly_cost AS saving FROM volumes
 WHERE account_id = $1 AND state = 'available'
   AND coalesce(last_used_at, created_at) <= $2::timestamptz - interval '7 days'"""

_INSTANCES = """
SELECT i.instance_id AS key, i.instance_id, i.state FROM instances i
 WHERE i.account_id = $1 AND i.env <> 'prod' AND i.state IN ('running', 'stopped')
   AND i.autoscaling_group_id IS NULL AND NOT coalesce(i.disable_api_termination, false)
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)
   AND EXISTS (SELECT FROM volumes v WHERE v.attached_instance_id = i.instance_id)"""


async def happen(day: Day) -> Happening | None:
    """Terminate the instance; its volumes become available whatever they were meant to do."""
    instance = await pick(day, "zombie_volume", "instance", _INSTANCES)
    if instance is None:
        return None
    volumes = await detach(day, instance["instance_id"])
    await terminate(day, instance["instance_id"], instance["state"])
    return Happening(
        f"{instance['instance_id']} went and left {len(volumes)} volumes behind",
        (*(("volume", volume) for volume in volumes), ("instance", instance["instance_id"])),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another machine goes, and leaves its volumes behind as well."""
    return await again(day, PATTERN, resource_id, happen)
