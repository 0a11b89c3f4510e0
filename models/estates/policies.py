"""Optimization policies of an estate: who wants to be asked, who wants to be left alone.

What says something other than its type's default bears a tag, as sql/056_guardrails.sql has it.
"""

from typing import Any, NamedTuple

from models.estates.chance import Chance
from models.estates.estate import Estate
from models.guardrails import POLICY

Row = dict[str, Any]


class _Kind(NamedTuple):
    """Resources of one table; `asks` is the share of production that wants to be asked."""

    resource_type: str
    id_column: str
    default: str = "auto_safe"
    asks: float = 0.0
    column: bool = False


_KINDS = {
    "instances": _Kind("instance", "instance_id", column=True),
    "autoscaling_groups": _Kind("autoscaling_group", "arn", "recommend_only", column=True),
    "rds_instances": _Kind("rds_instance", "db_instance_id", "recommend_only", column=True),
    "s3_buckets": _Kind("s3_bucket", "name", column=True),
    "log_groups": _Kind("log_group", "arn", asks=0.1, column=True),
    "cache_clusters": _Kind("cache_cluster", "cluster_id", "recommend_only"),
    "streaming_clusters": _Kind("streaming_cluster", "arn", "recommend_only"),
    "managed_services": _Kind("managed_service", "arn", "recommend_only"),
    "load_balancers": _Kind("load_balancer", "lb_arn", asks=0.2),
    "lambda_functions": _Kind("lambda_function", "arn", asks=0.15),
}
# Behind the number of any tag that a resource has from its own generator.
_NUMBER = 200


def create(estate: Estate) -> None:
    """Settle every resource's policy, and tag what differs from its type's default."""
    for table, kind in _KINDS.items():
        chance = estate.chance("policies", table)
        for row in estate.rows.get(table, ()):
            policy = _policy(kind, row, chance)
            if kind.column:
                row["optimization_policy"] = policy
            if policy == kind.default:
                continue
            tag = {POLICY: policy}
            if "tags" in row:
                row["tags"] = {**(row["tags"] or {}), **tag}
            resource_id = str(row[kind.id_column])
            estate.tag(
                kind.resource_type, resource_id, tag, row["created_at"], first_number=_NUMBER
            )


def _policy(kind: _Kind, row: Row, chance: Chance) -> str:
    """The policy of one row: its own, where its generator has drawn one."""
    asked = chance.happens(kind.asks)
    own = str(row.get("optimization_policy") or kind.default)
    if row.get("autoscaling_group_id"):
        return kind.default  # its group speaks for it
    if own == kind.default == "recommend_only" and row["env"] != "prod":
        return "auto_safe"
    if own == kind.default and row["env"] == "prod" and asked:
        return "recommend_only"
    return own
