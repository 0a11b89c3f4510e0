"""Models: what an endpoint serves.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html.
"""

from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.sagemaker import lists
from handlers.sagemaker.faults import invalid
from handlers.sagemaker.sagemaker_resources import kept, make, need, remove
from models import sagemaker_resources

NOUN = "managed_services"
MODEL = "model"
_LISTING = sagemaker_resources.listing(MODEL)


async def list_models(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Models of the region."""
    rows, token = await lists.page(ctx, params, _LISTING)
    return {"Models": Rows(SUMMARY, rows), "NextToken": token}


async def describe_model(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One model."""
    row = await need(ctx, MODEL, params["ModelName"])
    return {"EnableNetworkIsolation": False, **row["settings"], **SUMMARY.show(row)}


async def create_model(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new model: one container, or several in a row."""
    if bool(params.get("PrimaryContainer")) == bool(params.get("Containers")):
        raise invalid("Specify either PrimaryContainer or Containers, and not both.")
    async with ctx.db.transaction():
        settings = kept(params, "ModelName")
        return {"ModelArn": await make(ctx, MODEL, params["ModelName"], params, settings)}


async def delete_model(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a model; what is deployed of it goes on."""
    async with ctx.db.transaction():
        await remove(ctx, await need(ctx, MODEL, params["ModelName"], lock=True))
    return {}


SUMMARY = View({"ModelName": "name", "ModelArn": "arn", "CreationTime": "created_at"})
