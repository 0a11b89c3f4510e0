"""API destinations and connections: HTTP targets of rules, on this machine alone.

Sources: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateApiDestination.html
and API_CreateConnection.html. Events leave for loopback addresses only; other endpoints are
refused, so that no event of a test ever leaves the machine.
"""

import base64
from typing import Any

from emulator import pages, web_hooks
from emulator.arns import arn
from emulator.context import Context
from emulator.errors import AwsError
from handlers.events.identifiers import bad_token, invalid
from models import api_destinations, organizations
from models.api_destinations import CONNECTIONS, DESTINATIONS

NOUN = "event_rules"
USUAL_RATE = 300


async def create_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Keep, sealed, what authorizes calls: an API key's header or a name and a password."""
    name, kind = params["Name"], params["AuthorizationType"]
    headers, shown = _authorization(kind, params["AuthParameters"])
    unique = organizations.derived(32, ctx.request_id)
    row = {
        "name": name,
        "arn": arn(ctx, "events", f"connection/{name}/{unique}"),
        "region": ctx.region,
        "description": params.get("Description"),
        "auth_type": kind,
        "auth_shown": shown,
        "sealed": ctx.vault.seal_token(api_destinations.PURPOSE, headers),
        "created_at": ctx.now,
    }
    if not await api_destinations.create(ctx.db, "event_connections", row):
        raise _exists(f"Connection {name} already exists.")
    return {
        "ConnectionArn": row["arn"],
        "ConnectionState": "AUTHORIZED",
        "CreationTime": ctx.now,
        "LastModifiedTime": ctx.now,
    }


async def describe_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A connection, without what it keeps secret."""
    row = await _connection(ctx, params["Name"], "describe")
    return {
        **_shown_connection(row),
        "Description": row["description"],
        "AuthParameters": row["auth_shown"],
    }


async def list_connections(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Connections by name."""
    rows, token = await _listed(ctx, params, CONNECTIONS)
    return {"Connections": [_shown_connection(row) for row in rows], "NextToken": token}


async def delete_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a connection that no destination uses."""
    row = await _connection(ctx, params["Name"], "delete")
    if await api_destinations.of_connection(ctx.db, ctx.region, row["arn"]):
        raise invalid(f"Connection {row['name']} is used by an api-destination.")
    await api_destinations.delete(ctx.db, "event_connections", ctx.region, row["name"])
    return {
        "ConnectionArn": row["arn"],
        "ConnectionState": "DELETING",
        "CreationTime": row["created_at"],
        "LastModifiedTime": row["created_at"],
    }


async def create_api_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """An address that rules may post events to."""
    name, endpoint = params["Name"], params["InvocationEndpoint"]
    if not web_hooks.is_local(endpoint) or "*" in endpoint:
        raise invalid(
            "Parameter InvocationEndpoint is not valid. Reason: this emulator calls only"
            " http://localhost and loopback addresses, without path parameters."
        )
    if not any(row["arn"] == params["ConnectionArn"] for row in await CONNECTIONS.page(ctx.db)):
        raise AwsError(
            "ResourceNotFoundException", f"Connection '{params['ConnectionArn']}' does not exist."
        )
    unique = organizations.derived(32, ctx.request_id)
    row = {
        "name": name,
        "arn": arn(ctx, "events", f"api-destination/{name}/{unique}"),
        "region": ctx.region,
        "description": params.get("Description"),
        "endpoint": endpoint,
        "method": params["HttpMethod"],
        "rate_per_second": params.get("InvocationRateLimitPerSecond") or USUAL_RATE,
        "connection_arn": params["ConnectionArn"],
        "created_at": ctx.now,
    }
    if not await api_destinations.create(ctx.db, "api_destinations", row):
        raise _exists(f"An api-destination '{name}' already exists.")
    return {
        "ApiDestinationArn": row["arn"],
        "ApiDestinationState": "ACTIVE",
        "CreationTime": ctx.now,
        "LastModifiedTime": ctx.now,
    }


async def describe_api_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One address."""
    row = await _destination(ctx, params["Name"], "describe")
    return {**_shown(row), "Description": row["description"]}


async def list_api_destinations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Addresses by name."""
    rows, token = await _listed(ctx, params, DESTINATIONS)
    return {"ApiDestinations": [_shown(row) for row in rows], "NextToken": token}


async def delete_api_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an address."""
    row = await _destination(ctx, params["Name"], "delete")
    await api_destinations.delete(ctx.db, "api_destinations", ctx.region, row["name"])
    return {}


async def _listed(ctx: Context, params: dict[str, Any], listing: Any) -> tuple[Any, str | None]:
    page = pages.page(ctx, params, size="Limit", default=100, invalid=bad_token)
    rows = await listing.page(ctx.db, region=ctx.region, after=page.after, limit=page.fetch)
    prefix, wanted = params.get("NamePrefix") or "", params.get("ConnectionArn")
    shown, token = page.cut(rows, "name")
    return [
        row
        for row in shown
        if row["name"].startswith(prefix)
        and (wanted is None or row["connection_arn"] == wanted)
        and params.get("ConnectionState") in (None, "AUTHORIZED")
    ], token


async def _connection(ctx: Context, name: str, verb: str) -> Any:
    row = await api_destinations.find(ctx.db, CONNECTIONS, ctx.region, name)
    if row is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Failed to {verb} the connection(s). Connection '{name}' does not exist.",
        )
    return row


async def _destination(ctx: Context, name: str, verb: str) -> Any:
    row = await api_destinations.find(ctx.db, DESTINATIONS, ctx.region, name)
    if row is None:
        raise AwsError(
            "ResourceNotFoundException",
            f"Failed to {verb} the api-destination(s). An api-destination '{name}' does not exist.",
        )
    return row


def _authorization(kind: str, given: dict[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """The headers of every call, and what of them is shown."""
    if given.get("InvocationHttpParameters") or given.get("ConnectivityParameters"):
        raise invalid("InvocationHttpParameters are not supported by this emulator.")
    if kind == "API_KEY" and (key := given.get("ApiKeyAuthParameters")):
        headers = {key["ApiKeyName"]: key["ApiKeyValue"]}
        shown = {"ApiKeyAuthParameters": {"ApiKeyName": key["ApiKeyName"]}}
    elif kind == "BASIC" and (basic := given.get("BasicAuthParameters")):
        pair = f"{basic['Username']}:{basic['Password']}".encode()
        headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
        shown = {"BasicAuthParameters": {"Username": basic["Username"]}}
    elif kind in ("API_KEY", "BASIC"):
        raise invalid(f"Parameter AuthParameters is not valid for {kind}.")
    else:
        raise invalid(f"AuthorizationType {kind} is not supported by this emulator.")
    if any(not text.isprintable() for pair in headers.items() for text in pair):
        raise invalid("Parameter AuthParameters is not valid. Reason: control characters.")
    return headers, shown


def _shown_connection(row: Any) -> dict[str, Any]:
    return {
        "ConnectionArn": row["arn"],
        "Name": row["name"],
        "ConnectionState": "AUTHORIZED",
        "AuthorizationType": row["auth_type"],
        "CreationTime": row["created_at"],
        "LastModifiedTime": row["created_at"],
        "LastAuthorizedTime": row["created_at"],
    }


def _shown(row: Any) -> dict[str, Any]:
    return {
        "ApiDestinationArn": row["arn"],
        "Name": row["name"],
        "ApiDestinationState": "ACTIVE",
        "ConnectionArn": row["connection_arn"],
        "InvocationEndpoint": row["endpoint"],
        "HttpMethod": row["method"],
        "InvocationRateLimitPerSecond": row["rate_per_second"],
        "CreationTime": row["created_at"],
        "LastModifiedTime": row["created_at"],
    }


def _exists(message: str) -> AwsError:
    return AwsError("ResourceAlreadyExistsException", message)
