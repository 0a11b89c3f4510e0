"""Endpoint configurations: which models on how many machines of which type.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.sagemaker import lists
from handlers.sagemaker.faults import invalid
from handlers.sagemaker.models import MODEL
from handlers.sagemaker.sagemaker_resources import kept, make, need, remove
from models import sagemaker_resources

NOUN = "managed_services"
CONFIG = "endpoint-config"
_LISTING = sagemaker_resources.listing(CONFIG)
# What would change what an endpoint does or costs, and is not emulated.
_REFUSED = ("AsyncInferenceConfig", "CrossRegionTrafficConfig", "DataCaptureConfig",
            "ExplainerConfig", "ShadowProductionVariants")  # fmt: skip
_REFUSED_OF_VARIANT = ("AcceleratorType", "CapacityReservationConfig", "InstancePools",
                       "ManagedInstanceScaling")  # fmt: skip


async def list_endpoint_configs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Endpoint configurations of the region."""
    rows, token = await lists.page(ctx, params, _LISTING)
    return {"EndpointConfigs": Rows(SUMMARY, rows), "NextToken": token}


async def describe_endpoint_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One configuration, with its variants."""
    row = await need(ctx, CONFIG, params["EndpointConfigName"])
    return {"EnableNetworkIsolation": False, **row["settings"], **SUMMARY.show(row)}


async def create_endpoint_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new configuration, of models that there are."""
    for name in _REFUSED:
        if params.get(name):
            raise invalid(f"{name} is not supported here.")
    settings = kept(params, "EndpointConfigName")
    settings["ProductionVariants"] = _variants(params["ProductionVariants"])
    async with ctx.db.transaction():
        for one in settings["ProductionVariants"]:
            await need(ctx, MODEL, one["ModelName"])
        arn = await make(ctx, CONFIG, params["EndpointConfigName"], params, settings)
    return {"EndpointConfigArn": arn}


async def delete_endpoint_config(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a configuration; endpoints made with it go on."""
    async with ctx.db.transaction():
        await remove(ctx, await need(ctx, CONFIG, params["EndpointConfigName"], lock=True))
    return {}


def _variants(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The variants as they are kept, weights and counts filled in."""
    names = [one["VariantName"] for one in asked]
    if len(set(names)) < len(names):
        raise invalid("Variant names must be unique within an endpoint configuration.")
    return [_variant(one) for one in asked]


def _variant(asked: Mapping[str, Any]) -> dict[str, Any]:
    for name in _REFUSED_OF_VARIANT:
        if asked.get(name):
            raise invalid(f"{name} is not supported here.")
    if not asked.get("ModelName"):
        raise invalid(f"ModelName is required for variant {asked['VariantName']}.")
    found = {"InitialVariantWeight": 1.0, **asked}
    serverless = asked.get("ServerlessConfig")
    if serverless:
        if asked.get("InstanceType") or asked.get("InitialInstanceCount"):
            raise invalid("A serverless variant has neither InstanceType nor InitialInstanceCount.")
        if serverless.get("ProvisionedConcurrency"):
            raise invalid("ProvisionedConcurrency is not supported here.")
        return found
    if not asked.get("InstanceType"):
        raise invalid(f"InstanceType is required for variant {asked['VariantName']}.")
    return {"InitialInstanceCount": 1, **found}


SUMMARY = View(
    {
        "EndpointConfigName": "name",
        "EndpointConfigArn": "arn",
        "CreationTime": "created_at",
    }
)
