"""Service updates, and what they are to each cluster and group: applied, stopped, or neither.

Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_UpdateAction.html.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.elasticache import lists
from models import cache_clusters, cache_service_updates
from models.cache_service_updates import ServiceUpdate

NOUN = "cache_clusters"
MOST_RECORDS = 50


async def describe_service_updates(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The service updates that were released."""
    page = lists.page(ctx, params, most=MOST_RECORDS)
    name, wanted = params.get("ServiceUpdateName"), params.get("ServiceUpdateStatus")
    found = [one for one in cache_service_updates.released(ctx.now) if name in (None, one.name)]
    if name and not found:
        raise _unknown(name)
    shown = [_update(one, engine, ctx.now) for one in found for engine in one.engines]
    shown = [one for one in shown if not wanted or one["ServiceUpdateStatus"] in wanted]
    part, marker = page.cut_items(shown, lambda one: f"{one['ServiceUpdateName']}/{one['Engine']}")
    return {"ServiceUpdates": part, "Marker": marker}


async def describe_update_actions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The updates of each cluster and group that is older than they are."""
    page = lists.page(ctx, params, most=MOST_RECORDS)
    if params.get("ShowNodeLevelUpdateStatus"):
        raise AwsError(
            "InvalidParameterValue",
            "The parameter ShowNodeLevelUpdateStatus is not supported in this region.",
        )
    rows = await cache_clusters.with_nodes(ctx.db, ctx.region)
    shown = [one for row in rows for one in _actions(row, ctx.now) if _meets(one, params)]
    shown.sort(key=_key)
    part, marker = page.cut_items(shown, _key)
    return {"UpdateActions": part, "Marker": marker}


async def batch_apply_update_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Apply an update to clusters and groups."""
    return await _mark(ctx, params, "complete", ("not-applied", "stopped"))


async def batch_stop_update_action(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop an update that was not applied yet."""
    return await _mark(ctx, params, "stopped", ("not-applied",))


async def _mark(
    ctx: Context, params: dict[str, Any], status: str, before: tuple[str, ...]
) -> dict[str, Any]:
    name = params["ServiceUpdateName"]
    if name not in {one.name for one in cache_service_updates.released(ctx.now)}:
        raise _unknown(name)
    done, refused = [], []
    asked = [("CacheClusterId", one) for one in params.get("CacheClusterIds") or ()]
    asked += [("ReplicationGroupId", one) for one in params.get("ReplicationGroupIds") or ()]
    async with ctx.db.transaction():
        rows = await cache_clusters.with_nodes(ctx.db, ctx.region)
        for kind, identifier in asked:
            row, action = _find(rows, ctx.now, kind, identifier.lower(), name)
            told = {kind: identifier, "ServiceUpdateName": name}
            if row is None or action["UpdateActionStatus"] not in before:
                code = "UpdateActionNotFound" if row is None else "InvalidUpdateActionState"
                words = "There is no such update action, or it cannot be changed now."
                refused.append(told | {"ErrorType": code, "ErrorMessage": words})
                continue
            marked = {**row["update_actions"], name: _mark_of(ctx, status)}
            await cache_clusters.update(ctx.db, row, {"update_actions": marked})
            done.append(told | {"UpdateActionStatus": status})
    return {"ProcessedUpdateActions": done, "UnprocessedUpdateActions": refused}


def _mark_of(ctx: Context, status: str) -> dict[str, str]:
    return {"status": status, "at": ctx.now.isoformat()}


def _find(rows: list[Any], now: datetime, kind: str, identifier: str, name: str) -> Any:
    for row in rows:
        for action in _actions(row, now):
            if action.get(kind) == identifier and action["ServiceUpdateName"] == name:
                return row, action
    return None, None


def _actions(row: Any, now: datetime) -> Iterator[dict[str, Any]]:
    for update in cache_service_updates.released(now):
        if row["engine"] not in update.engines or row["created_at"] >= update.released_at:
            continue
        mark = row["update_actions"].get(update.name) or {}
        status = mark.get("status", "not-applied")
        if cache_service_updates.status(update, now) == "expired" and not mark:
            status = "not-applicable"
        changed = mark.get("at")
        at = datetime.fromisoformat(changed) if changed else update.released_at
        group, nodes = row["replication_group_id"], row["num_nodes"]
        yield {
            "ReplicationGroupId" if group else "CacheClusterId": group or row["identifier"],
            "ServiceUpdateName": update.name,
            "ServiceUpdateReleaseDate": update.released_at,
            "ServiceUpdateSeverity": update.severity,
            "ServiceUpdateStatus": cache_service_updates.status(update, now),
            "ServiceUpdateRecommendedApplyByDate": update.apply_by,
            "ServiceUpdateType": "security-update",
            "UpdateActionAvailableDate": update.released_at,
            "UpdateActionStatus": status,
            "NodesUpdated": f"{nodes if status == 'complete' else 0}/{nodes}",
            "UpdateActionStatusModifiedDate": at,
            "SlaMet": ("yes" if at <= update.apply_by else "no") if status == "complete" else "n/a",
            "EstimatedUpdateTime": "30 minutes per node",
            "Engine": row["engine"],
        }


def _meets(action: dict[str, Any], params: dict[str, Any]) -> bool:
    groups, clusters = params.get("ReplicationGroupIds"), params.get("CacheClusterIds")
    span = params.get("ServiceUpdateTimeRange") or {}
    at = action["ServiceUpdateReleaseDate"]
    named = (
        action.get("ReplicationGroupId") in (groups or ())
        or action.get("CacheClusterId") in (clusters or ())
        or not (groups or clusters)
    )
    return (
        named
        and params.get("ServiceUpdateName") in (None, action["ServiceUpdateName"])
        and params.get("Engine") in (None, action["Engine"])
        and _is_among(action["ServiceUpdateStatus"], params.get("ServiceUpdateStatus"))
        and _is_among(action["UpdateActionStatus"], params.get("UpdateActionStatus"))
        and span.get("StartTime", at) <= at <= span.get("EndTime", at)
    )


def _is_among(status: str, wanted: list[str] | None) -> bool:
    return not wanted or status in wanted


def _key(action: dict[str, Any]) -> str:
    name = action.get("ReplicationGroupId") or action.get("CacheClusterId")
    return f"{action['ServiceUpdateName']}/{name}"


def _update(one: ServiceUpdate, engine: str, now: datetime) -> dict[str, Any]:
    return {
        "ServiceUpdateName": one.name,
        "ServiceUpdateReleaseDate": one.released_at,
        "ServiceUpdateEndDate": one.ends_at,
        "ServiceUpdateSeverity": one.severity,
        "ServiceUpdateRecommendedApplyByDate": one.apply_by,
        "ServiceUpdateStatus": cache_service_updates.status(one, now),
        "ServiceUpdateDescription": one.text,
        "ServiceUpdateType": "security-update",
        "Engine": engine,
        "EngineVersion": "all versions",
        "AutoUpdateAfterRecommendedApplyByDate": False,
        "EstimatedUpdateTime": "30 minutes per node",
    }


def _unknown(name: str) -> AwsError:
    return AwsError("ServiceUpdateNotFoundFault", f"Service update {name} not found.", 404)
