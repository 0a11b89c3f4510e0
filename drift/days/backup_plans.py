"""Backup plans: every day they make the recovery points that are due, and delete the old ones."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
from datetime import UTC, datetime, time
from typing import Any

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models import prices, schedules

# Foreign keys and triggers have their part in what changes here; the rows of the day follow.
CONFIGURES = True
# The service's own schedule where a rule names none.
DEFAULT_SCHEDULE = "cron(0 5 ? * * *)"

_PLANS = statement(
    """
SELECT p.plan_id, p.arn, p.version_id, p.region, p.rules, s.selection_id, s.iam_role_arn, s.resources,
       s.not_resources, s.tag_conditions
  FROM backup_plans p JOIN backup_selections s ON s.plan_id = p.plan_id
 WHERE p.account_id = :account AND s.created_at < :end ORDER BY p.plan_id, s.selection_id""",
    occasion=there_is("backup_plans"),
)

# A selection's resources are ARNs, perhaps with stars; one of its tags is enough.
_MAKE = statement(
    """
WITH chosen AS (
    SELECT v.*, 'arn:aws:ec2:' || v.region || ':' || :number::text || ':' || 'volume/' || v.volume_id AS arn,
           :name::text || v.volume_id || :at::timestamptz::text AS key
      FROM volumes v
     WHERE v.account_id = :account AND v.region = :region::text AND v.created_at < :at::timestamptz
       AND v.state IN ('available', 'in-use')
), taken AS (
    INSERT INTO snapshots (id, account_id, snapshot_id, region, source_volume_id, size_gib, monthly_cost, tags,
        created_at, started_at, completed_at, description, encrypted, kms_key_id)
    SELECT md5('row' || v.key)::uuid, :account, 'snap-' || substr(md5(v.key), 1, 17), v.region, v.volume_id,
           v.size_gib, round(v.size_gib * :gib_month::numeric, 4),
           (SELECT coalesce(jsonb_object_agg(t.key, t.value), '{}') FROM jsonb_each(coalesce(v.tags, '{}')) t
             WHERE NOT starts_with(t.key, 'aws:'))
           || :tags::text::jsonb || jsonb_build_object('aws:backup:source-resource', v.arn),
           :at::timestamptz, :at::timestamptz, :at::timestamptz,
           'This snapshot is created by the AWS Backup service.', v.encrypted, v.kms_key_id
      FROM chosen v
     WHERE (v.arn LIKE ANY (:patterns::text[]) OR v.tags @> ANY (:conditions::text[]::jsonb[]))
       AND NOT v.arn LIKE ANY (:excluded::text[])
        ON CONFLICT DO NOTHING
    RETURNING snapshot_id, region, source_volume_id, size_gib
)
INSERT INTO recovery_points (id, account_id, arn, region, vault_name, resource_arn, snapshot_id, plan_id, plan_arn,
    plan_version, rule_id, iam_role_arn, size_bytes, delete_after_days, delete_at, created_at)
SELECT md5('recovery point' || t.snapshot_id)::uuid, :account,
       'arn:aws:ec2:' || t.region || '::snapshot/' || t.snapshot_id, t.region, :vault::text,
       'arn:aws:ec2:' || t.region || ':' || :number::text || ':' || 'volume/' || t.source_volume_id, t.snapshot_id,
       :plan::text, :plan_arn::text, :version::text, :rule::text, :role::text,
       t.size_gib * 1073741824::bigint, :kept::int,
       :at::timestamptz + make_interval(days => :kept::int), :at::timestamptz
  FROM taken t""",
    occasion=there_is("backup_plans"),
)

_RAN = statement(
    """
UPDATE backup_plans SET ran_at = :at::timestamptz WHERE account_id = :account AND plan_id = :plan::text""",
    occasion=there_is("backup_plans"),
)

# A recovery point goes with its snapshot.
_EXPIRE = statement(
    """
DELETE FROM snapshots s USING recovery_points r
 WHERE r.account_id = :account AND r.snapshot_id = s.snapshot_id AND r.delete_at < :end""",
    occasion=there_is("recovery_points"),
)


async def write(day: Day) -> None:
    """Make the recovery points of every plan that are due today; delete those whose time is over."""
    for plan in await day.fetch(_PLANS):
        for rule in _read(plan["rules"]):
            moments = schedules.times_on(
                rule.get("ScheduleExpression") or DEFAULT_SCHEDULE, day.date
            )
            for moment in moments:
                await _make(day, plan, rule, moment)
    await day.apply("snapshots", _EXPIRE)


async def _make(day: Day, plan: Any, rule: dict[str, Any], moment: time) -> None:
    conditions = [
        json.dumps({one["ConditionKey"].removeprefix("aws:ResourceTag/"): one["ConditionValue"]})
        for one in _read(plan["tag_conditions"])
    ]
    at = datetime.combine(day.date, moment, UTC)
    await day.apply(
        "recovery_points", _MAKE,
        name=f"{plan['plan_id']}/{rule['RuleId']}/{day.seed}/",
        region=plan["region"],
        at=at,
        gib_month=prices.price("ebs", "snapshot", plan["region"]),
        tags=json.dumps(rule.get("RecoveryPointTags") or {}),
        patterns=[_pattern(arn) for arn in plan["resources"]],
        excluded=[_pattern(arn) for arn in plan["not_resources"]],
        conditions=conditions,
        vault=rule["TargetBackupVaultName"],
        plan=plan["plan_id"],
        plan_arn=plan["arn"],
        version=plan["version_id"],
        rule=rule["RuleId"],
        role=plan["iam_role_arn"],
        kept=(rule.get("Lifecycle") or {}).get("DeleteAfterDays"),
    )  # fmt: skip
    await day.apply("backup_plans", _RAN, plan=plan["plan_id"], at=at)


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _pattern(arn: str) -> str:
    """An ARN with stars as a LIKE pattern."""
    return arn.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
