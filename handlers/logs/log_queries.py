"""Queries of Logs Insights: started, read, listed, and kept for later.

A query runs when it is started, over the events that clients put, so that it is complete when its
results are asked for. Source:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

import asyncio
import uuid
from typing import Any

import orjson

from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import identifiers, lists, times
from handlers.logs.identifiers import invalid
from models import log_events, log_insights, log_queries
from models.listing import Condition
from models.log_conditions import QueryError

NOUN = "log_group_usage_daily"
LANGUAGE = "CWLI"
MOST_GROUPS = 50
# More than this a query would look at for too long.
MOST_SCANNED = 50_000
_MOST_FLATTENED = 200


async def start_query(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Run a query over groups, from `startTime` to `endTime` in seconds."""
    if (params.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        raise _malformed(f"The query language {params['queryLanguage']} is not supported.")
    text = params["queryString"]
    try:
        query = log_insights.parse(text)
    except QueryError as error:
        raise _malformed(str(error)) from None
    if params.get("limit"):
        query.limit = min(query.limit, params["limit"])
    if params["endTime"] < params["startTime"]:
        raise invalid("End time should not be before start time.")
    async with ctx.db.transaction():
        names = _group_names(ctx, params)
        groups = [await identifiers.find(ctx, name) for name in names]
        records, scanned_bytes = await _records(ctx, params, groups)
        # others are answered meanwhile
        results, matched = await asyncio.to_thread(log_insights.run, query, records)
        statistics = {
            "recordsMatched": matched,
            "recordsScanned": len(records),
            "bytesScanned": scanned_bytes,
            "logGroupsScanned": len(groups),
        }
        query_id = await log_queries.start(
            ctx.db,
            ctx.region,
            {
                "query": text,
                "log_group_names": names,
                "results": results,
                "statistics": statistics,
                "user_arn": ctx.principal.arn,
                "created_at": ctx.now,
            },
        )
    return {"queryId": query_id}


async def get_query_results(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """What a query found."""
    if params.get("nextToken"):
        raise identifiers.bad_token()
    row = await _find(ctx, params["queryId"])
    rows = row["results"]
    return {
        "queryLanguage": LANGUAGE,
        "results": [
            [{"field": name, "value": value} for name, value in one.items()]
            for one in rows[: params.get("maxItems") or len(rows)]
        ],
        "statistics": row["statistics"],
        "status": row["status"],
    }


async def stop_query(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Refused of every query there is: it has ended."""
    row = await _find(ctx, params["queryId"])
    raise invalid(f"Query with ID {row['id']} is not running: its status is {row['status']}.")


async def describe_queries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Queries that were started, by group and status."""
    page = lists.page(ctx, params, size="maxResults")
    where = []
    if params.get("status"):
        where.append(Condition("status", (params["status"],)))
    if params.get("logGroupName"):
        where.append(Condition("log_group", (params["logGroupName"],)))
    if (params.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        return {"queries": []}
    rows = await log_queries.LISTING.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "key")
    return {
        "queries": [
            {
                "queryLanguage": LANGUAGE,
                "queryId": row["key"],
                "queryString": row["query"],
                "status": row["status"],
                "createTime": times.shown(ctx, row["created_at"]),
                "logGroupName": row["log_group_names"][0],
                "bytesScanned": row["statistics"].get("bytesScanned"),
                "userIdentity": row["user_arn"],
            }
            for row in shown
        ],
        "nextToken": token,
    }


async def put_query_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep a query under a name, or change one that is kept."""
    if (params.get("queryLanguage") or LANGUAGE) != LANGUAGE or params.get("parameters"):
        raise invalid("Only CWLI queries without parameters are supported by this emulator.")
    given = params.get("queryDefinitionId")
    if given and _uuid(given) is None:
        raise _no_definition()
    made = await log_queries.define(
        ctx.db, ctx.region, given, params["name"], params["queryString"],
        params.get("logGroupNames") or (), ctx.now,
    )  # fmt: skip
    if made is None:
        if given:
            raise _no_definition()
        raise invalid(f"A query definition of the name {params['name']} already exists.")
    return {"queryDefinitionId": made}


async def delete_query_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a kept query."""
    given = _uuid(params["queryDefinitionId"])
    if given is None or not await log_queries.forget(ctx.db, ctx.region, given):
        raise _no_definition()
    return {"success": True}


async def describe_query_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Kept queries by the beginning of their names."""
    page = lists.page(ctx, params, size="maxResults", default=1000)
    prefix = params.get("queryDefinitionNamePrefix")
    where = []
    if prefix:
        escaped = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        where.append(Condition("name", patterns=(f"{escaped}%",)))
    if (params.get("queryLanguage") or LANGUAGE) != LANGUAGE:
        return {"queryDefinitions": []}
    rows = await log_queries.DEFINITIONS.page(
        ctx.db, where, region=ctx.region, after=page.after, limit=page.fetch
    )
    shown, token = page.cut(rows, "name")
    return {
        "queryDefinitions": [
            {
                "queryLanguage": LANGUAGE,
                "queryDefinitionId": str(row["id"]),
                "name": row["name"],
                "queryString": row["query"],
                "lastModified": times.shown(ctx, row["modified_at"]),
                "logGroupNames": row["log_group_names"],
            }
            for row in shown
        ],
        "nextToken": token,
    }


def _group_names(ctx: Context, params: dict[str, Any]) -> list[str]:
    members = ("logGroupName", "logGroupNames", "logGroupIdentifiers")
    given = [name for name in members if params.get(name)]
    if len(given) != 1:
        raise invalid(
            "Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified."
        )
    value = params[given[0]]
    names = [value] if isinstance(value, str) else value
    if len(names) > MOST_GROUPS:
        raise invalid(f"At most {MOST_GROUPS} log groups can be queried.")
    return list(dict.fromkeys(identifiers.name_of(ctx, name, given[0]) for name in names))


async def _records(
    ctx: Context, params: dict[str, Any], groups: list[Any]
) -> tuple[list[dict[str, Any]], int]:
    """The events of the groups, newest first, as records; and how many bytes they have."""
    records: list[dict[str, Any]] = []
    size = 0
    for group in groups:
        rows = await log_events.of_group(
            ctx.db,
            group["id"],
            start=times.read(ctx, _milliseconds(params["startTime"])),
            end=times.read(ctx, _milliseconds(params["endTime"]) + 1),
            position=None,
            streams=None,
            prefix="",
            limit=MOST_SCANNED + 1 - len(records),
        )
        if len(rows) + len(records) > MOST_SCANNED:
            raise invalid(
                f"The query would scan more than {MOST_SCANNED} events, which this emulator does"
                " not do. Specify a shorter time range."
            )
        records += [_record(ctx, group["name"], row) for row in rows]
        size += sum(len(row["message"].encode()) for row in rows)
    records.sort(key=lambda one: (one["@timestamp"], one["@ptr"]), reverse=True)
    return records, size


def _milliseconds(given: int) -> int:
    """AWS takes seconds, and milliseconds where a number is too large for seconds."""
    return given if given > 10**11 else given * 1000


def _record(ctx: Context, group: str, row: Any) -> dict[str, Any]:
    message = row["message"]
    found: dict[str, Any] = {}
    if message.startswith("{"):
        try:
            _flatten("", orjson.loads(message), found)
        except orjson.JSONDecodeError:
            found = {}
    return {
        **found,
        "@timestamp": times.shown(ctx, row["at"]),
        "@ingestionTime": times.shown(ctx, row["ingested_at"]),
        "@message": message,
        "@logStream": row["stream"],
        "@log": f"{ctx.principal.account_number}:{group}",
        "@ptr": f"{row['id']:020d}",
    }


def _flatten(prefix: str, value: Any, found: dict[str, Any]) -> None:
    """The fields that Insights discovers in JSON: `a.b`, `list.0`, two hundred at most."""
    if len(found) >= _MOST_FLATTENED:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            _flatten(f"{prefix}.{name}" if prefix else name, each, found)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            _flatten(f"{prefix}.{at}", each, found)
    elif value is not None:
        found[prefix] = value


async def _find(ctx: Context, query_id: str) -> Any:
    known = _uuid(query_id)
    row = await log_queries.find(ctx.db, ctx.region, known) if known else None
    if row is None:
        raise AwsError("ResourceNotFoundException", f"Query {query_id} does not exist.")
    return row


def _uuid(text: str) -> str | None:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedQueryException", message, queryCompileError={"message": message})


def _no_definition() -> AwsError:
    return AwsError("ResourceNotFoundException", "The specified query definition does not exist.")
