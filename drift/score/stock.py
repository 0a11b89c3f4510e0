"""What stands in a world: every resource that may be wasted or broken, and whether it is in use."""

# ruff: noqa: E501 - the lines of SQL read better whole

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from drift.score.changes import Key


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource. `down`: stopped, deleted or scaled to nothing; `gone`: deleted.

    `in_use` is whether somebody would miss it; `month` its own cost, USD a month. `size` names what
    its capacity follows from. `parent` is what it hangs on. `frozen_until` is its own freeze, and
    `policy` what may be done with it unasked; None: whatever one likes.
    """

    key: Key
    env: str | None
    down: bool
    gone: bool
    in_use: bool
    month: Decimal
    size: str | None
    parent: Key | None
    frozen_until: datetime | None
    policy: str | None


_COLUMNS = (
    "kind, id, env, down, gone, in_use, month, size, parent_kind, parent, frozen_until, policy"
)
_STOCK = f"""
WITH nodes AS (
    SELECT n.*, c.env, c.arn AS cluster FROM container_nodes n
      JOIN container_clusters c ON c.id = n.cluster_id WHERE c.account_id = $1
), things ({_COLUMNS}) AS (
    SELECT 'instance', i.instance_id, i.env, i.state IN ('stopping', 'stopped', 'terminated'), i.state = 'terminated',
           i.state = 'running' AND (i.avg_cpu_7d >= 5 OR g.id IS NOT NULL OR n.id IS NOT NULL), i.hourly_cost * 730,
           i.instance_type, CASE WHEN g.id IS NOT NULL THEN 'autoscaling_group' WHEN n.id IS NOT NULL THEN 'container_cluster' END,
           coalesce(g.arn, n.cluster), i.optimization_freeze_until, i.optimization_policy
      FROM instances i LEFT JOIN autoscaling_groups g ON g.id = i.autoscaling_group_id
      LEFT JOIN nodes n ON n.instance_id = i.instance_id WHERE i.account_id = $1
    UNION ALL
    SELECT 'autoscaling_group', arn, env, desired_capacity = 0 OR status IS NOT NULL, status IS NOT NULL,
           desired_capacity > 0 AND current_utilization >= 10, 0, NULL, NULL, NULL, optimization_freeze_until, optimization_policy
      FROM autoscaling_groups WHERE account_id = $1
    UNION ALL
    SELECT 'container_cluster', arn, env, status IN ('DELETING', 'INACTIVE'), status IN ('DELETING', 'INACTIVE'),
           EXISTS (SELECT FROM container_services s WHERE s.cluster_id = c.id AND s.replica_count > 0),
           control_plane_hourly_cost * 730, NULL, NULL, NULL, NULL, NULL
      FROM container_clusters c WHERE account_id = $1
    UNION ALL
    SELECT 'container_node', instance_id, env, state = 'stopped', false, false, hourly_cost * 730, instance_type,
           'container_cluster', cluster, NULL, NULL FROM nodes
    UNION ALL
    SELECT 'container_service', s.arn, s.env, s.replica_count = 0 OR s.status IN ('DRAINING', 'INACTIVE'),
           s.status IN ('DRAINING', 'INACTIVE'), s.replica_count > 0 AND s.avg_cpu_7d >= 2, 0, NULL,
           'container_cluster', c.arn, NULL, NULL
      FROM container_services s JOIN container_clusters c ON c.id = s.cluster_id WHERE c.account_id = $1
    UNION ALL
    SELECT 'lambda_function', arn, env, false, false, invocations_7d > 0, estimated_monthly_cost, NULL, NULL, NULL, NULL, NULL
      FROM lambda_functions WHERE account_id = $1
    UNION ALL
    SELECT 'volume', v.volume_id, i.env, v.state IN ('deleting', 'deleted'), v.state IN ('deleting', 'deleted'),
           coalesce(i.state = 'running', false), v.monthly_cost, NULL, CASE WHEN i.id IS NOT NULL THEN 'instance' END,
           i.instance_id, NULL, NULL
      FROM volumes v LEFT JOIN instances i ON i.account_id = v.account_id AND i.instance_id = v.attached_instance_id
     WHERE v.account_id = $1
    UNION ALL
    SELECT 'snapshot', snapshot_id, NULL, false, false, false, monthly_cost, NULL, NULL, NULL, NULL, NULL
      FROM snapshots WHERE account_id = $1
    UNION ALL
    SELECT 's3_bucket', b.name, b.env, false, false, EXISTS (SELECT FROM s3_bucket_usage_daily u
               WHERE u.bucket_id = b.id AND u.requests_count > 0 AND u.date > (driftcloud_now($1))::date - 7),
           0, NULL, NULL, NULL, NULL, b.optimization_policy FROM s3_buckets b WHERE b.account_id = $1
    UNION ALL
    SELECT 'rds_instance', db_instance_id, env, state IN ('stopping', 'stopped', 'deleting'), state = 'deleting',
           state = 'available' AND avg_connections_7d >= 1, hourly_cost * 730 + storage_monthly_cost, instance_class,
           NULL, NULL, NULL, optimization_policy FROM rds_instances WHERE account_id = $1
    UNION ALL
    SELECT 'cache_cluster', cluster_id, env, status IN ('deleting', 'deleted'), status IN ('deleting', 'deleted'),
           avg_cpu_7d >= 2, hourly_cost * 730, node_type, NULL, NULL, NULL, NULL FROM cache_clusters WHERE account_id = $1
    UNION ALL
    SELECT 'load_balancer', lb_arn, env, false, false, avg_request_count_7d >= 1, hourly_cost * 730, NULL, NULL, NULL, NULL, NULL
      FROM load_balancers WHERE account_id = $1
    UNION ALL
    SELECT 'elastic_ip', e.allocation_id, i.env, false, false, e.state = 'associated', e.hourly_cost * 730, NULL,
           CASE WHEN i.id IS NOT NULL THEN 'instance' END, i.instance_id, NULL, e.optimization_policy
      FROM elastic_ips e LEFT JOIN instances i ON i.account_id = e.account_id AND i.instance_id = e.associated_instance_id
     WHERE e.account_id = $1
    UNION ALL
    SELECT 'nat_gateway', nat_gateway_id, NULL, state IN ('deleting', 'deleted'), state IN ('deleting', 'deleted'),
           avg_gb_processed_7d >= 1, hourly_cost * 730, NULL, NULL, NULL, NULL, NULL FROM nat_gateways WHERE account_id = $1
    UNION ALL
    SELECT 'managed_service', arn, env, lower(status) IN ('deleting', 'deleted', 'stopping', 'stopped'), lower(status) IN ('deleting', 'deleted'),
           avg_cpu_7d >= 5, hourly_cost * 730, instance_type, NULL, NULL, NULL, NULL FROM managed_services WHERE account_id = $1
    UNION ALL
    SELECT 'streaming_cluster', arn, env, status = 'DELETING', status = 'DELETING', avg_usage_mbps_7d >= 0.01,
           hourly_cost * 730, NULL, NULL, NULL, NULL, NULL FROM streaming_clusters WHERE account_id = $1
    UNION ALL
    SELECT 'log_group', l.arn, l.env, false, false, EXISTS (SELECT FROM log_group_usage_daily u
               WHERE u.log_group_id = l.id AND u.ingested_gb > 0 AND u.date > (driftcloud_now($1))::date - 7),
           0, NULL, NULL, NULL, NULL, l.optimization_policy FROM log_groups l WHERE l.account_id = $1
)
SELECT {_COLUMNS} FROM things"""
# Of tables that have no column for it, the tags say what may be done, else what is usual.
_USUAL = "SELECT resource_type, default_policy FROM driftcloud_resource_types WHERE guarded <> '{}'"
_TAGS = """
SELECT resource_type, resource_id,
       max(driftcloud_policy(value, NULL)) FILTER (WHERE key = 'optimization_policy') AS policy,
       max(driftcloud_time_of(value)) FILTER (WHERE key = 'optimization_freeze_until') AS frozen_until
  FROM resource_tags
 WHERE account_id = $1 AND key IN ('optimization_policy', 'optimization_freeze_until')
 GROUP BY 1, 2"""
_APPROVED = "SELECT resource_type, resource_id FROM truth.approvals WHERE account_id = $1"
_FREEZE = "SELECT freeze_optimizations_until FROM cloud_accounts WHERE id = $1"

_NO_TAGS: Mapping[str, Any] = {"policy": None, "frozen_until": None}


async def read(connection: Any, account_id: uuid.UUID) -> dict[Key, Thing]:
    """Everything that stands in an account."""
    usual = dict(await connection.fetch(_USUAL))
    tags = {
        (row["resource_type"], row["resource_id"]): row
        for row in await connection.fetch(_TAGS, account_id)
    }
    found = {}
    for row in await connection.fetch(_STOCK, account_id):
        key = (row["kind"], row["id"])
        parent = (row["parent_kind"], row["parent"]) if row["parent_kind"] else None
        tag = tags.get(key, _NO_TAGS)
        found[key] = Thing(
            key, row["env"], bool(row["down"]), bool(row["gone"]), bool(row["in_use"]),
            Decimal(row["month"] or 0), row["size"], parent,
            row["frozen_until"] or tag["frozen_until"],
            (row["policy"] or tag["policy"] or usual[key[0]]) if key[0] in usual else None,
        )  # fmt: skip
    return found


async def approved(connection: Any, account_id: uuid.UUID) -> set[Key]:
    """What somebody gave leave to change, whatever its policy."""
    return {(row[0], row[1]) for row in await connection.fetch(_APPROVED, account_id)}


async def frozen_until(connection: Any, account_id: uuid.UUID) -> datetime | None:
    """Until when the whole account is not to be touched."""
    until: datetime | None = await connection.fetchval(_FREEZE, account_id)
    return until


def ancestors(things: Mapping[Key, Thing], key: Key) -> list[Key]:
    """What a resource hangs on, the nearest first."""
    found: list[Key] = []
    here = things.get(key)
    while here is not None and here.parent is not None and here.parent not in found:
        found.append(here.parent)
        here = things.get(here.parent)
    return found
