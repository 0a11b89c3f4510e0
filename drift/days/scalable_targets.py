"""Scalable targets: schedules and targets move what they scale, as far as their bounds let them."""

# ruff: noqa: E501 - the lines of SQL read better whole

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from drift.day import Day
from drift.profiles import statement
from drift.statement import there_is
from models import scalable_capacities, scaling_steps, target_schedules

# What is scaled changes with all that its triggers add.
CONFIGURES = True
OCCASION = there_is("scalable_targets")
# The day's load is known when capacity is moved; it first tells tomorrow.
AFTER = ("alarms", "container_services", "lambda_functions", "rds_instances")

_RESTLESS = statement("""
SELECT t.* FROM scalable_targets t
 WHERE t.account_id = :account
   AND (EXISTS (SELECT FROM target_scheduled_actions s WHERE s.target_id = t.id)
        OR EXISTS (SELECT FROM target_scaling_policies p WHERE p.target_id = t.id
                      AND p.policy_type IN ('TargetTrackingScaling', 'StepScaling')))
 ORDER BY t.arn""")
_ACTIONS = "SELECT * FROM target_scheduled_actions WHERE target_id = $1 ORDER BY name"
_DONE = "UPDATE target_scheduled_actions SET done_until = $2 WHERE target_id = $1"
_BOUNDS = "UPDATE scalable_targets SET min_capacity = $2, max_capacity = $3 WHERE id = $1"
_POLICIES = """
SELECT name, data::text AS data FROM target_scaling_policies
 WHERE target_id = $1 AND policy_type = 'TargetTrackingScaling' ORDER BY name"""
# An alarm that goes on calls its policies again; here every day, once.
_CALLED = """
SELECT p.name, p.data::text AS data, a.name AS alarm, a.threshold, a.state_reason_data AS told
  FROM target_scaling_policies p
  JOIN alarms a ON a.account_id = p.account_id AND a.region = p.region AND p.arn = ANY (a.alarm_actions)
 WHERE p.target_id = $1 AND p.policy_type = 'StepScaling' AND a.state_value = 'ALARM' AND a.actions_enabled
 ORDER BY p.name, a.name"""
_SERVICE_ROWS = """
SELECT avg((m.metric_payload ->> $4)::float8) FROM metrics_daily m
 WHERE m.account_id = $1 AND m.resource_type = 'container_service' AND m.resource_id = $2 AND m.date = $3"""
_FUNCTION_ROWS = """
SELECT least(1, (m.metric_payload ->> 'concurrency_max')::float8
                / nullif((m.metric_payload ->> 'provisioned')::float8, 0)) FROM metrics_daily m
 WHERE m.account_id = $1 AND m.resource_type = 'lambda_function' AND m.resource_id = $2 AND m.date = $3
   AND $4 = 'utilization'"""
_READER_ROWS = """
SELECT avg((m.metric_payload ->> $4)::float8)
  FROM (SELECT i.db_instance_id, row_number() OVER (ORDER BY i.created_at, i.identifier) AS at
          FROM rds_instances i JOIN rds_clusters c ON c.arn = $2 AND c.account_id = i.account_id
               AND c.region = i.region AND c.identifier = i.cluster_identifier
         WHERE i.account_id = $1) r
  JOIN metrics_daily m ON m.account_id = $1 AND m.resource_type = 'rds_instance'
       AND m.resource_id = r.db_instance_id AND m.date = $3
 WHERE r.at > 1"""
_METRIC = {"ecs": _SERVICE_ROWS, "lambda": _FUNCTION_ROWS, "rds": _READER_ROWS}

_SCALE_SERVICE = "UPDATE container_services SET replica_count = $2 WHERE id = $1"
_SCALE_FUNCTION = """
INSERT INTO lambda_provisioned_concurrency (id, account_id, function_id, region, qualifier, requested, modified_at)
SELECT md5('provisioned' || f.arn || $3)::uuid, f.account_id, f.id, f.region, $3, $2, $4
  FROM lambda_functions f WHERE f.id = $1
ON CONFLICT (function_id, qualifier) DO UPDATE SET requested = excluded.requested, modified_at = excluded.modified_at"""
_COOL_FUNCTION = (
    "DELETE FROM lambda_provisioned_concurrency WHERE function_id = $1 AND qualifier = $2"
)
# A reader that Application Auto Scaling adds is made like the writer, and named after it.
_ADD_READER = """
INSERT INTO rds_instances
SELECT (jsonb_populate_record(null::rds_instances, to_jsonb(w) || jsonb_build_object(
           'id', md5(c.arn || $2)::uuid, 'identifier', 'application-autoscaling-' || md5(c.arn || $2)::uuid,
           'db_instance_id', 'application-autoscaling-' || md5(c.arn || $2)::uuid,
           'arn', format('arn:aws:rds:%s:%s:db:application-autoscaling-%s', w.region,
                         driftcloud_account_number(w.account_id), md5(c.arn || $2)::uuid),
           'promotion_tier', 15, 'created_at', $3::timestamptz, 'storage_monthly_cost', 0,
           'avg_cpu_7d', 0))).*
  FROM rds_clusters c
  JOIN LATERAL (SELECT i.* FROM rds_instances i WHERE i.account_id = c.account_id AND i.region = c.region
                   AND i.cluster_identifier = c.identifier ORDER BY i.created_at, i.identifier LIMIT 1) w ON true
 WHERE c.id = $1
ON CONFLICT DO NOTHING"""
# Only readers that it added itself are taken away again.
_DROP_READERS = """
DELETE FROM rds_instances WHERE id IN (
       SELECT i.id FROM rds_instances i JOIN rds_clusters c ON c.id = $1 AND c.account_id = i.account_id
              AND c.region = i.region AND c.identifier = i.cluster_identifier
        WHERE starts_with(i.identifier, 'application-autoscaling-')
        ORDER BY i.created_at DESC, i.identifier LIMIT $2)"""
_ENTER = """
INSERT INTO target_scaling_activities (activity_id, account_id, region, service_namespace, resource_id,
       dimension, description, cause, started_at, ended_at)
VALUES (md5($1)::uuid, $3, $4, $5, $6, $7, $8, $9, $2::timestamptz, $2::timestamptz + interval '30 seconds')
ON CONFLICT DO NOTHING"""
_WORDS = {
    "ecs": ("desired count", "container_service", "replica_count"),
    "lambda": ("provisioned concurrency", "lambda_function", "provisioned_concurrency"),
    "rds": ("replica count", "rds_cluster", "reader_count"),
}
# The alarm for scaling in lies at nine tenths of the target.
_LOW = 0.9


async def write(day: Day) -> None:
    """Keep every schedule and follow every target of the day."""
    for row in await day.fetch(_RESTLESS):
        target = await _keep_schedule(day, dict(row))
        await _track(day, target)
        await _take_steps(day, target)


async def _keep_schedule(day: Day, target: dict[str, Any]) -> dict[str, Any]:
    actions = await day.connection.fetch(_ACTIONS, target["id"])
    if not actions:
        return target
    held = _suspended(target)
    moments = sorted(
        (moment, action["name"], action)
        for action in actions
        for moment in target_schedules.due(action, day.end)
    )
    for moment, name, action in moments:
        if "ScheduledScalingSuspended" in held:
            continue
        least = target["min_capacity"] if action["min_capacity"] is None else action["min_capacity"]
        most = target["max_capacity"] if action["max_capacity"] is None else action["max_capacity"]
        # A bound that only the target has gives way to the action's.
        if action["min_capacity"] is not None:
            most = max(least, most)
        least = min(least, most)
        target |= {"min_capacity": least, "max_capacity": most}
        await day.write("scalable_targets", _BOUNDS, target["id"], least, most)
        found = await _find(day, target)
        if found is not None:
            wanted = min(max(found["capacity"], least), most)
            side = "minimum" if wanted == least else "maximum"
            cause = f"{side} capacity was set to {least if side == 'minimum' else most} by scheduled action {name}"
            await _scale(day, target, found, wanted, cause, moment)
    await day.connection.execute(_DONE, target["id"], day.end)
    return target


async def _track(day: Day, target: Mapping[str, Any]) -> None:
    """Move capacity to where its policies' metrics come to their targets; the highest wish counts."""
    policies = await day.connection.fetch(_POLICIES, target["id"])
    found = await _find(day, target) if policies else None
    if found is None or not found["capacity"]:
        return
    wishes = []
    for policy in policies:
        wish = await _wish(day, target, found, json.loads(policy["data"]))
        if wish is not None:
            wishes.append((wish, policy["name"]))
    if not wishes:
        return
    wanted, name = max(wishes)
    held, capacity = _suspended(target), found["capacity"]
    wanted = min(max(wanted, target["min_capacity"]), target["max_capacity"])
    if (wanted > capacity and "DynamicScalingOutSuspended" in held) or (
        wanted < capacity and "DynamicScalingInSuspended" in held
    ):
        return
    side = "High" if wanted > capacity else "Low"
    cause = f"monitor alarm TargetTracking-{target['resource_id']}-Alarm{side} in state ALARM triggered policy {name}"
    await _scale(day, target, found, wanted, cause, day.moment(f"scale/{target['arn']}"))


async def _wish(
    day: Day, target: Mapping[str, Any], found: Mapping[str, Any], data: Mapping[str, Any]
) -> int | None:
    """The capacity that one policy would have; None where the day tells it nothing."""
    settings = data["TargetTrackingScalingPolicyConfiguration"]
    kind = scalable_capacities.DIMENSIONS[target["dimension"]]
    metric = (settings.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    key = kind.metrics.get(metric or "")
    if key is None:
        return None
    value = await day.connection.fetchval(
        _METRIC[kind.namespace], day.account_id, found["key"], day.date, key
    )
    if value is None:
        return None
    aim, capacity = float(settings["TargetValue"]), int(found["capacity"])
    if value > aim:
        return math.ceil(capacity * float(value) / aim)
    if value < aim * _LOW and not settings.get("DisableScaleIn"):
        return math.ceil(capacity * float(value) / aim)
    return capacity


async def _take_steps(day: Day, target: Mapping[str, Any]) -> None:
    """Do what the policies say that alarms call, one after the other."""
    for policy in await day.connection.fetch(_CALLED, target["id"]):
        found = await _find(day, target)
        if found is None:
            return
        settings = json.loads(policy["data"])["StepScalingPolicyConfiguration"]
        before = int(found["capacity"])
        wish = scaling_steps.adjusted(
            before, settings, scaling_steps.step(settings, _breach(policy))
        )
        wanted = min(max(wish, target["min_capacity"]), target["max_capacity"])
        side = "Out" if wanted > before else "In"
        if f"DynamicScaling{side}Suspended" in _suspended(target):
            continue
        cause = f"monitor alarm {policy['alarm']} in state ALARM triggered policy {policy['name']}"
        moment = day.moment(f"step/{target['arn']}/{policy['name']}/{policy['alarm']}")
        await _scale(day, target, found, wanted, cause, moment)


def _breach(policy: Mapping[str, Any]) -> float:
    """How far the metric lies from the alarm's threshold; 0 where its state was only set."""
    try:
        points = json.loads(policy["told"] or "{}").get("recentDatapoints") or ()
    except ValueError:
        points = ()
    return float(points[-1]) - float(policy["threshold"]) if points else 0.0


async def _find(day: Day, target: Mapping[str, Any]) -> Any | None:
    return await scalable_capacities.find(
        day.connection, day.account_id, target["region"], target["dimension"], target["resource_id"]
    )


async def _scale(
    day: Day,
    target: Mapping[str, Any],
    found: Mapping[str, Any],
    wanted: int,
    cause: str,
    moment: Any,
) -> None:
    before = int(found["capacity"])
    if wanted == before:
        return
    namespace = target["service_namespace"]
    if namespace == "ecs":
        await day.write("container_services", _SCALE_SERVICE, found["row_id"], wanted)
    elif namespace == "lambda":
        qualifier = target["resource_id"].rpartition(":")[2]
        if wanted:
            await day.write(
                "lambda_functions", _SCALE_FUNCTION, found["row_id"], wanted, qualifier, moment
            )
        else:
            await day.write("lambda_functions", _COOL_FUNCTION, found["row_id"], qualifier)
    else:
        for at in range(before, wanted):
            await day.write("rds_instances", _ADD_READER, found["row_id"], f"{moment}/{at}",
                            moment + timedelta(seconds=at))  # fmt: skip
        if wanted < before:
            await day.write("rds_instances", _DROP_READERS, found["row_id"], before - wanted)
    after = await _find(day, target)
    if after is None or after["capacity"] == before:
        return
    what, kind, column = _WORDS[namespace]
    await day.record(kind, found["key"], column, str(before), str(after["capacity"]))
    await day.write(
        "target_scaling_activities", _ENTER, f"{target['arn']}/{cause}/{moment}", moment, day.account_id,
        target["region"], namespace, target["resource_id"], target["dimension"],
        f"Setting {what} to {after['capacity']}.", cause,
    )  # fmt: skip


def _suspended(target: Mapping[str, Any]) -> set[str]:
    held = target["suspended"]
    return set(json.loads(held) if isinstance(held, str) else held)
