"""What log groups can have beside streams and filters and no account here has any of.

Nothing makes destinations, deliveries, account and index policies or anomaly detectors here, so
there are none, and they are listed and missed as such.
"""

from typing import Any

from emulator.context import Context
from emulator.errors import AwsError
from handlers.logs import identifiers

NOUN = "log_groups"


async def describe_destinations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"destinations": []}


async def delete_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """There is none of any name."""
    raise AwsError("ResourceNotFoundException", "The specified destination does not exist.")


async def describe_deliveries(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"deliveries": []}


async def describe_delivery_sources(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"deliverySources": []}


async def describe_delivery_destinations(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"deliveryDestinations": []}


async def get_delivery_destination_policy(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """There is no destination that could have one."""
    raise _no_delivery_destination()


async def delete_delivery_destination(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """There is none of any name."""
    raise _no_delivery_destination()


async def describe_account_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None; one that is asked for by name is missed."""
    if params.get("policyName"):
        raise AwsError("ResourceNotFoundException", "The specified policy does not exist.")
    return {"accountPolicies": []}


async def describe_index_policies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None of groups that are there."""
    for one in params["logGroupIdentifiers"]:
        await identifiers.find(ctx, identifiers.name_of(ctx, one, "logGroupIdentifiers"))
    return {"indexPolicies": []}


async def list_log_anomaly_detectors(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None."""
    return {"anomalyDetectors": []}


async def list_anomalies(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """None: there is no detector that could have found any."""
    if params.get("anomalyDetectorArn"):
        raise AwsError("ResourceNotFoundException", "The specified resource does not exist.")
    return {"anomalies": []}


def _no_delivery_destination() -> AwsError:
    return AwsError(
        "ResourceNotFoundException",
        "Requested Delivery Destination does not exist in this account.",
    )
