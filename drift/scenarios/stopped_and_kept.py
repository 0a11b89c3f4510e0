"""A machine is stopped after an experiment, and its disks are paid for ever after."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day, Happening
from drift.picking import pick
from drift.symptoms import rested
from drift.worsening import again

ODDS = 0.03
PATTERN = "ec2_stopped_ebs"
RESOURCE_TYPE = "instance"
REMEDIES = ("ec2:TerminateInstances", "ec2:DeleteVolume")
REVEALED_BY = ("ec2:DescribeInstances", "ec2:DescribeVolumes")
TRAPS = (
    "A machine that is held as evidence says so: tag legal_hold.",
    "A machine that a schedule stopped last night starts again in the morning.",
    "A stopped node of a cluster is the cluster's affair.",
    "Volumes that do not go with their machine are to be deleted after it.",
)

# Trusted Advisor looks for 30 days.
SYMPTOM = f"""
SELECT i.instance_id, sum(v.monthly_cost) AS saving
  FROM instances i JOIN volumes v ON v.attached_instance_id = i.instance_id
 WHERE i.account_id = $1 AND i.state = 'stopped' AND {rested("i.state_changed_at", 30)}
   AND i.autoscaling_group_id IS NULL
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)
 GROUP BY i.instance_id"""

_MACHINES = """
SELECT i.instance_id AS key FROM instances i
 WHERE i.account_id = $1 AND i.state = 'running' AND i.env <> 'prod' AND i.autoscaling_group_id IS NULL
   AND NOT coalesce(i.disable_api_stop, false)
   AND EXISTS (SELECT FROM volumes v WHERE v.attached_instance_id = i.instance_id)
   AND NOT EXISTS (SELECT FROM container_nodes n WHERE n.instance_id = i.instance_id)"""

_STOP = """
UPDATE instances SET state = 'stopped', state_changed_at = $3, current_cpu = 0, current_memory = 0,
       public_ip_address = NULL, state_transition_reason = 'User initiated',
       state_reason_code = 'Client.UserInitiatedShutdown',
       state_reason_message = 'Client.UserInitiatedShutdown: User initiated shutdown'
 WHERE account_id = $1 AND instance_id = $2"""

_VOLUMES = (
    "SELECT volume_id FROM volumes WHERE account_id = $1 AND attached_instance_id = $2 ORDER BY 1"
)


async def stop(day: Day, scenario: str, identifier: str) -> None:
    """Stop an instance by hand."""
    await day.write("instances", _STOP, day.account_id, identifier, day.moment(scenario, 19, 20))
    await day.record("instance", identifier, "state", "running", "stopped")


async def happen(day: Day) -> Happening | None:
    """Stop it by hand; its volumes stay attached."""
    machine = await pick(day, "stopped_and_kept", "instance", _MACHINES)
    if machine is None:
        return None
    identifier = machine["key"]
    await stop(day, "stopped_and_kept", identifier)
    volumes = [row[0] for row in await day.connection.fetch(_VOLUMES, day.account_id, identifier)]
    for volume in volumes:
        await day.record("volume", volume, "workload", "in use", "ended")
    return Happening(
        f"{identifier} was stopped and its {len(volumes)} volumes were kept",
        (("instance", identifier), *(("volume", volume) for volume in volumes)),
    )


async def worsen(day: Day, resource_id: str) -> Happening | None:
    """Another machine is stopped and kept."""
    return await again(day, PATTERN, resource_id, happen)
