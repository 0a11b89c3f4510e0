"""Transitions that a day brings to their end: what was pending runs, what was terminated is gone."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is

# Foreign keys and triggers have their part in what changes here.
CONFIGURES = True

# Alarms stop machines on the day itself.
_SETTLING = f"({there_is('instances', 'settled_state IS NOT NULL')} OR {there_is('alarms')})"
_DATABASE = there_is("rds_instances", "settled_state IS NOT NULL")
_SERVICE = there_is("managed_services", "settled_state IS NOT NULL")
_JOB = there_is("sagemaker_resources", "settled_state IS NOT NULL")

_INSTANCES = statement(
    """
UPDATE instances SET state = settled_state, settled_state = NULL, settles_at = NULL
 WHERE account_id = :account AND settled_state IS NOT NULL AND settles_at < :end""",
    occasion=_SETTLING,
)

_DATABASES = statement(
    """
UPDATE rds_instances SET state = settled_state, settled_state = NULL, settles_at = NULL
 WHERE account_id = :account AND settled_state IN ('available', 'stopped')
   AND settles_at < :end""",
    occasion=_DATABASE,
)

_DELETED_DATABASES = statement(
    """
DELETE FROM rds_instances WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""",
    occasion=_DATABASE,
)

# AWS forgets a terminated instance within hours: at the tick it has been gone for a day.
_TERMINATED = statement(
    """
DELETE FROM instances WHERE account_id = :account AND state = 'terminated'
   AND coalesce(terminated_at, state_changed_at, created_at) < :date - interval '1 hour'""",
    occasion=there_is("instances", "state = 'terminated'"),
)

_GATEWAYS = statement(
    """
DELETE FROM nat_gateways WHERE account_id = :account AND state = 'deleted'
   AND coalesce(deleted_at, created_at) < :date - interval '1 hour'""",
    occasion=there_is("nat_gateways", "state = 'deleted'"),
)


_MANAGED = statement(
    """
UPDATE managed_services SET status = settled_state, settled_state = NULL, settles_at = NULL,
       state_transition = NULL
 WHERE account_id = :account AND settled_state <> 'deleted' AND settles_at < :end""",
    occasion=_SERVICE,
)

_DELETED_MANAGED = statement(
    """
DELETE FROM managed_services WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""",
    occasion=_SERVICE,
)

_SAGEMAKER = statement(
    """
UPDATE sagemaker_resources SET status = settled_state,
       ended_at = CASE WHEN kind LIKE '%-job' THEN coalesce(ended_at, settles_at) END,
       settled_state = NULL, settles_at = NULL, state_transition = NULL
 WHERE account_id = :account AND settled_state <> 'deleted' AND settles_at < :end""",
    occasion=_JOB,
)

_DELETED_SAGEMAKER = statement(
    """
DELETE FROM sagemaker_resources WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""",
    occasion=_JOB,
)


# What EKS was deleting is gone; an INACTIVE cluster, service or stopped task of ECS can be looked
# at for a while, and goes at the tick after it has been gone for a day.
_CONTAINERS = {
    table: statement(
        f"""
DELETE FROM {table} t WHERE t.account_id = :account AND t.state_transition = 'DELETING'
   AND t.settles_at < :end""",
        occasion=there_is(table, "state_transition = 'DELETING'"),
    )
    for table in ("node_groups", "fargate_profiles", "cluster_addons", "container_clusters")
} | {
    "container_tasks": statement(
        """
DELETE FROM container_tasks t WHERE t.account_id = :account AND t.stopped_at < :date""",
        occasion=there_is("container_tasks"),
    ),
    "container_services": statement(
        """
DELETE FROM container_services t USING container_clusters c WHERE c.id = t.cluster_id
   AND c.account_id = :account AND t.status = 'INACTIVE' AND t.deleted_at < :date""",
        occasion="""EXISTS (SELECT FROM container_services t JOIN container_clusters c ON c.id = t.cluster_id
 WHERE c.account_id = :account AND t.status = 'INACTIVE')""",
    ),
    "task_definitions": statement(
        """
DELETE FROM task_definitions t WHERE t.account_id = :account AND t.status = 'DELETE_IN_PROGRESS'
   AND NOT EXISTS (SELECT FROM container_services s WHERE s.task_definition_arn = t.arn)
   AND NOT EXISTS (SELECT FROM container_tasks k WHERE k.task_definition_arn = t.arn)""",
        occasion=there_is("task_definitions", "status = 'DELETE_IN_PROGRESS'"),
    ),
}


async def write(day: Day) -> None:
    """Settle what is under way; rows of the dead go, their daily rows stay."""
    await day.apply("instances", _INSTANCES)
    await day.apply("rds_instances", _DATABASES)
    await day.apply("rds_instances", _DELETED_DATABASES)
    await day.apply("instances", _TERMINATED)
    await day.apply("nat_gateways", _GATEWAYS)
    for table, gone in _CONTAINERS.items():
        await day.apply(table, gone)
    await day.apply("managed_services", _MANAGED)
    await day.apply("managed_services", _DELETED_MANAGED)
    await day.apply("sagemaker_resources", _SAGEMAKER)
    await day.apply("sagemaker_resources", _DELETED_SAGEMAKER)
