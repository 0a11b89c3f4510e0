"""Snapshot policies: every day they take the snapshots that are due, and delete the old ones."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models import prices, snapshot_policies

# Foreign keys and triggers have their part in what changes here; the rows of the day follow.
CONFIGURES = True
OCCASION = there_is("snapshot_policies")

_POLICIES = statement("""
SELECT policy_id, region, details FROM snapshot_policies
 WHERE account_id = :account AND state = 'ENABLED' AND created_at < :end ORDER BY policy_id""")

_TARGETS = """(v.tags @> ANY (:targets::text[]::jsonb[]) AND NOT :instances::boolean
    OR :instances::boolean AND EXISTS (
       SELECT FROM instances i WHERE i.instance_id = v.attached_instance_id AND i.account_id = :account
          AND i.tags @> ANY (:targets::text[]::jsonb[])
          AND NOT (:without_root::boolean AND v.attach_device = i.root_device_name)))"""

_TAKE = statement(
    """
INSERT INTO snapshots (id, account_id, snapshot_id, region, source_volume_id, size_gib, monthly_cost, tags,
    created_at, started_at, completed_at, description, encrypted, kms_key_id)
SELECT md5('row' || key)::uuid, :account, 'snap-' || substr(md5(key), 1, 17), v.region, v.volume_id, v.size_gib,
       round(v.size_gib * :gib_month::numeric, 4),
       CASE WHEN :copy::boolean THEN (SELECT coalesce(jsonb_object_agg(t.key, t.value), '{{}}')
              FROM jsonb_each(coalesce(v.tags, '{{}}')) t WHERE NOT starts_with(t.key, 'aws:')) ELSE '{{}}' END || :tags::text::jsonb,
       :at::timestamptz, :at::timestamptz, :at::timestamptz, :description::text, v.encrypted, v.kms_key_id
  FROM (SELECT v.*, :name::text || v.volume_id || :at::timestamptz::text AS key FROM volumes v
         WHERE v.account_id = :account AND v.region = :region::text AND v.created_at < :at::timestamptz
           AND v.state IN ('available', 'in-use') AND {targets}) v
    ON CONFLICT DO NOTHING""".replace("{{}}", "{}"),
    targets=_TARGETS,
)

_EXPIRE = statement("""
DELETE FROM snapshots s USING (
    SELECT x.snapshot_id, x.created_at, row_number() OVER (PARTITION BY x.source_volume_id ORDER BY x.created_at DESC) AS place
      FROM snapshots x WHERE x.account_id = :account AND x.region = :region::text
       AND x.tags ->> 'aws:dlm:lifecycle-policy-id' = :policy::text
       AND x.tags ->> 'aws:dlm:lifecycle-schedule-name' = :schedule::text) o
 WHERE s.snapshot_id = o.snapshot_id
   AND (o.place > :most::int OR o.created_at + :span::text::interval < :end)
   AND NOT EXISTS (SELECT FROM images i WHERE i.account_id = :account AND i.state = 'available'
        AND i.block_device_mappings @> jsonb_build_array(jsonb_build_object('Ebs', jsonb_build_object('SnapshotId', s.snapshot_id))))""")


async def write(day: Day) -> None:
    """Take and delete the snapshots of every policy that is enabled."""
    for policy in await day.fetch(_POLICIES):
        details = policy["details"]
        if isinstance(details, str):
            details = json.loads(details)
        for schedule in details.get("Schedules") or ():
            await _take(day, policy, details, schedule)
            await _expire(day, policy, schedule)


async def _take(
    day: Day, policy: Any, details: Mapping[str, Any], schedule: Mapping[str, Any]
) -> None:
    name = schedule.get("Name") or "Default Schedule"
    tags = {
        "dlm:managed": "true",
        **{tag["Key"]: tag["Value"] for tag in schedule.get("TagsToAdd") or ()},
        "aws:dlm:lifecycle-policy-id": policy["policy_id"],
        "aws:dlm:lifecycle-schedule-name": name,
    }
    for moment in snapshot_policies.times(schedule.get("CreateRule") or {}, day.date):
        await day.apply(
            "snapshots", _TAKE,
            name=f"{policy['policy_id']}/{name}/{day.seed}/",
            region=policy["region"],
            at=datetime.combine(day.date, moment, UTC),
            targets=[json.dumps({one["Key"]: one["Value"]}) for one in details["TargetTags"]],
            instances=details.get("ResourceTypes") == ["INSTANCE"],
            without_root=bool((details.get("Parameters") or {}).get("ExcludeBootVolume")),
            copy=bool(schedule.get("CopyTags")),
            tags=json.dumps(tags),
            gib_month=prices.price("ebs", "snapshot", policy["region"]),
            description=f"Created for policy: {policy['policy_id']} schedule: {name}",
        )  # fmt: skip


async def _expire(day: Day, policy: Any, schedule: Mapping[str, Any]) -> None:
    rule = schedule.get("RetainRule") or {}
    unit = snapshot_policies.UNITS.get(rule.get("IntervalUnit") or "", "days")
    await day.apply(
        "snapshots", _EXPIRE,
        region=policy["region"],
        policy=policy["policy_id"],
        schedule=schedule.get("Name") or "Default Schedule",
        most=rule.get("Count") or 2**31 - 1,
        span=f"{rule['Interval']} {unit}" if rule.get("Interval") else "1000 years",
    )  # fmt: skip
