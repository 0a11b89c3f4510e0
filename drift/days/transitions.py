"""Transitions that a day brings to their end: what was pending runs, what was terminated is gone."""

# ruff: noqa: E501 - the lines of SQL read better whole

from drift.day import Day
from drift.profiles import statement

# Foreign keys and triggers have their part in what changes here.
CONFIGURES = True

_INSTANCES = statement("""
UPDATE instances SET state = settled_state, settled_state = NULL, settles_at = NULL
 WHERE account_id = :account AND settled_state IS NOT NULL AND settles_at < :end""")

_DATABASES = statement("""
UPDATE rds_instances SET state = settled_state, settled_state = NULL, settles_at = NULL
 WHERE account_id = :account AND settled_state IN ('available', 'stopped')
   AND settles_at < :end""")

_DELETED_DATABASES = statement("""
DELETE FROM rds_instances WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""")

# AWS forgets a terminated instance within hours: at the tick it has been gone for a day.
_TERMINATED = statement("""
DELETE FROM instances WHERE account_id = :account AND state = 'terminated'
   AND coalesce(terminated_at, state_changed_at, created_at) < :date - interval '1 hour'""")

_GATEWAYS = statement("""
DELETE FROM nat_gateways WHERE account_id = :account AND state = 'deleted'
   AND coalesce(deleted_at, created_at) < :date - interval '1 hour'""")


_MANAGED = statement("""
UPDATE managed_services SET status = settled_state, settled_state = NULL, settles_at = NULL,
       state_transition = NULL
 WHERE account_id = :account AND settled_state <> 'deleted' AND settles_at < :end""")

_DELETED_MANAGED = statement("""
DELETE FROM managed_services WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""")

_SAGEMAKER = statement("""
UPDATE sagemaker_resources SET status = settled_state,
       ended_at = CASE WHEN kind LIKE '%-job' THEN coalesce(ended_at, settles_at) END,
       settled_state = NULL, settles_at = NULL, state_transition = NULL
 WHERE account_id = :account AND settled_state <> 'deleted' AND settles_at < :end""")

_DELETED_SAGEMAKER = statement("""
DELETE FROM sagemaker_resources WHERE account_id = :account AND settled_state = 'deleted'
   AND settles_at < :end""")


async def write(day: Day) -> None:
    """Settle what is under way; rows of the dead go, their daily rows stay."""
    await day.apply("instances", _INSTANCES)
    await day.apply("rds_instances", _DATABASES)
    await day.apply("rds_instances", _DELETED_DATABASES)
    await day.apply("instances", _TERMINATED)
    await day.apply("nat_gateways", _GATEWAYS)
    await day.apply("managed_services", _MANAGED)
    await day.apply("managed_services", _DELETED_MANAGED)
    await day.apply("sagemaker_resources", _SAGEMAKER)
    await day.apply("sagemaker_resources", _DELETED_SAGEMAKER)
