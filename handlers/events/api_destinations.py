"""API destinations and connections: there are none, and they are listed and missed as such."""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError

NOUN = "event_rules"


async def list_connections(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"Connections": []}


async def describe_connection(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """There is none of any name."""
    raise AwsError(
        "ResourceNotFoundException",
        f"Failed to describe the connection(s). Connection '{params['Name']}' does not exist.",
    )


async def list_api_destinations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"ApiDestinations": []}


async def describe_api_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """There is none of any name."""
    raise AwsError(
        "ResourceNotFoundException",
        "Failed to describe the api-destination(s). An api-destination"
        f" '{params['Name']}' does not exist.",
    )
