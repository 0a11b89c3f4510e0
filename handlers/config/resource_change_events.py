"""Resources, and the changes that made them what they are.

Source: https://docs.aws.amazon.com/config/latest/APIReference/API_GetResourceConfigHistory.html and
the pages of the operations beside it. What is recorded is what the audit writes: every change of
configuration of every resource, from its making to its end.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

import orjson

from emulator import pages
from emulator.context import Context
from emulator.errors import AwsError
from models import configuration, tags

DEFAULT_SIZE = 10
MOST = 100


async def get_resource_config_history(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The states that a resource was in, one for each moment at which something changed.

    A state's `configuration` has the fields that changed up to it, as the audit names them.
    """
    kind_name, named = params["resourceType"], params["resourceId"]
    kind = configuration.TYPES.get(kind_name)
    own_id = None if kind is None else await _own_id(ctx, kind_name, named)
    if kind is None or own_id is None:
        raise _not_discovered(kind_name, named)
    earliest, latest = params.get("earlierTime"), params.get("laterTime")
    if earliest and latest and earliest > latest:
        raise AwsError("InvalidTimeRangeException", "The earlier time is after the later time.")
    page = _page(ctx, params)
    events = await configuration.history(ctx.db, kind.own, own_id, latest=latest)
    if not events:
        raise _not_discovered(kind_name, named)
    marks = await tags.listed(ctx.db, kind.own, own_id)
    items = _items(ctx, kind_name, named, events, marks)
    shown = [
        one for one in items if earliest is None or one["configurationItemCaptureTime"] >= earliest
    ]
    if params.get("chronologicalOrder") != "Forward":
        shown.reverse()
    start = int(page.after or 0)
    end = start + (page.limit or DEFAULT_SIZE)
    token = page.token(str(end)) if end < len(shown) else None
    return {"configurationItems": shown[start:end], "nextToken": token}


async def batch_get_resource_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What resources are now; those that are not there are told apart."""
    keys = params["resourceKeys"]
    kinds = [one["resourceType"] for one in keys if one["resourceType"] in configuration.TYPES]
    ids = [one["resourceId"] for one in keys]
    rows = {
        (row["type"], row["id"]): row
        for row in await configuration.found(ctx.db, ctx.region, kinds, ids)
    }
    asked = [(one["resourceType"], one["resourceId"]) for one in keys]
    return {
        "baseConfigurationItems": [_base(ctx, rows[key]) for key in asked if key in rows],
        "unprocessedResourceKeys": [
            one for one, key in zip(keys, asked, strict=True) if key not in rows
        ],
    }


def _base(ctx: Context, row: Any) -> dict[str, Any]:
    state = row["configuration"]
    since = state.get("updated_at") or state.get("created_at")
    moment = datetime.fromisoformat(since) if since else ctx.now
    shown = {
        "version": "1.3",
        "accountId": ctx.principal.account_number,
        "configurationItemCaptureTime": min(moment, ctx.now),
        "configurationItemStatus": "OK",
        "configurationStateId": str(int(moment.timestamp() * 1000)),
        "resourceType": row["type"],
        "resourceId": row["id"],
        "resourceName": row["name"],
        "arn": state.get("arn"),
        "awsRegion": row["region"],
        "availabilityZone": state.get("availability_zone"),
        "configuration": orjson.dumps(state, option=orjson.OPT_SORT_KEYS).decode(),
        "supplementaryConfiguration": {"Tags": orjson.dumps(row["tags"]).decode()},
    }
    return {name: value for name, value in shown.items() if value is not None}


async def list_discovered_resources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """The resources of one type that there are now."""
    if params.get("includeDeletedResources"):
        raise AwsError("ValidationException", "Deleted resources are not listed here.")
    kind = params["resourceType"]
    rows = await configuration.listed(
        ctx.db, ctx.region, [kind] if kind in configuration.TYPES else []
    )
    ids, name = params.get("resourceIds"), params.get("resourceName")
    found = [
        row for row in rows if (not ids or row["id"] in ids) and (not name or row["name"] == name)
    ]
    shown, token = _page(ctx, params, MOST).cut_items(found, lambda row: str(row["id"]))
    return {
        "resourceIdentifiers": [
            {"resourceType": row["type"], "resourceId": row["id"]}
            | ({"resourceName": row["name"]} if row["name"] else {})
            for row in shown
        ],
        "nextToken": token,
    }


async def get_discovered_resource_counts(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """How many resources of each type there are now."""
    asked = params.get("resourceTypes") or list(configuration.TYPES)
    known = [kind for kind in asked if kind in configuration.TYPES]
    rows = await configuration.counts(ctx.db, ctx.region, known)
    page = _page(ctx, params, MOST)
    start = int(page.after or 0)
    end = start + (page.limit or MOST)
    return {
        "totalDiscoveredResources": sum(row["count"] for row in rows),
        "resourceCounts": [
            {"resourceType": row["type"], "count": row["count"]} for row in rows[start:end]
        ],
        "nextToken": page.token(str(end)) if end < len(rows) else None,
    }


async def _own_id(ctx: Context, kind_name: str, named: str) -> str | None:
    """The id by which the audit knows a resource, there still or gone."""
    if kind_name not in configuration.NAMED:
        return named
    rows = await configuration.listed(ctx.db, ctx.region, [kind_name])
    return next((str(row["own_id"]) for row in rows if row["id"] == named), None)


def _items(
    ctx: Context, kind: str, named: str, events: list[Any], marks: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Configuration items, the oldest first: what had changed up to each moment."""
    state: dict[str, Any] = {}
    items: list[dict[str, Any]] = []
    oldest_first = sorted(events, key=lambda event: event["changed_at"])
    for moment, changes in groupby(oldest_first, key=lambda event: event["changed_at"]):
        status = "OK"
        for change in changes:
            if change["field_name"] == "lifecycle":
                created = change["new_value"] == "created"
                status = "ResourceDiscovered" if created else "ResourceDeleted"
            else:
                state[change["field_name"]] = change["new_value"]
        text = orjson.dumps(state, option=orjson.OPT_SORT_KEYS)
        items.append({
            "version": "1.3",
            "accountId": ctx.principal.account_number,
            "configurationItemCaptureTime": moment,
            "configurationItemStatus": status,
            "configurationStateId": str(int(moment.timestamp() * 1000)),
            "configurationItemMD5Hash": hashlib.md5(text, usedforsecurity=False).hexdigest(),
            "resourceType": kind,
            "resourceId": named,
            "awsRegion": ctx.region,
            "tags": {},
            "relatedEvents": [],
            "relationships": [],
            "configuration": text.decode(),
            "supplementaryConfiguration": {},
        })  # fmt: skip
    if items and items[-1]["configurationItemStatus"] != "ResourceDeleted":
        items[-1]["tags"] = dict(marks)
    return items


def _page(ctx: Context, params: dict[str, Any], default: int = DEFAULT_SIZE) -> pages.Page:
    limit = params.get("limit")
    if limit is not None and not 0 <= limit <= MOST:
        raise AwsError("InvalidLimitException", f"The limit must be between 0 and {MOST}.")
    asked = {name: value for name, value in params.items() if name != "limit" or value}
    return pages.page(ctx, asked, token=TOKEN, size="limit", default=default, invalid=_bad_token)


TOKEN = "nextToken"  # noqa: S105 - the name of a member


def _not_discovered(kind: str, named: str) -> AwsError:
    return AwsError(
        "ResourceNotDiscoveredException",
        f"Resource {named} of resourceType:{kind} is unknown or has not been discovered",
    )


def _bad_token() -> AwsError:
    return AwsError("InvalidNextTokenException", "The specified nextToken is not valid.")
