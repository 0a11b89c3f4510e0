"""Endpoints: machines that serve models.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html and
API_UpdateEndpointWeightsAndCapacities.html.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.context import Context
from emulator.rows import Rows, View
from handlers.sagemaker import lists, tags
from handlers.sagemaker.endpoint_configs import CONFIG
from handlers.sagemaker.faults import arn_of, invalid, not_found, taken, takes
from handlers.sagemaker.sagemaker_resources import need
from models import costs, launches, managed_services
from models.sagemaker_machines import ENDPOINT, ENDPOINTS

NOUN = "managed_services"
# What a row without machines has as its type.
SERVERLESS = "serverless"


async def list_endpoints(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Endpoints of the region."""
    rows, token = await lists.page(ctx, params, ENDPOINTS)
    return {"Endpoints": Rows(SUMMARY, rows), "NextToken": token}


async def describe_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One endpoint, with the variants that it runs."""
    row = await _find(ctx, params["EndpointName"])
    answer = {**SUMMARY.show(row), "EndpointConfigName": row["endpoint_config_name"]}
    if row["status"] != "Creating":
        answer["ProductionVariants"] = [_variant(one) for one in row["variants"] or ()]
    if row["settings"].get("DeploymentConfig"):
        answer["LastDeploymentConfig"] = row["settings"]["DeploymentConfig"]
    return answer


async def create_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """A new endpoint with all machines of its configuration."""
    name, given = params["EndpointName"], tags.given(params)
    async with ctx.db.transaction():
        config = await need(ctx, CONFIG, params["EndpointConfigName"])
        arn = arn_of(ctx, "endpoint", name)
        row = {
            "service_type": ENDPOINT,
            "name": name,
            "arn": arn,
            "region": ctx.region,
            "env": launches.environment(given),
            "endpoint_config_name": config["name"],
            "settings": _deployment(params),
            "created_at": ctx.now,
            **_machines(_fresh(config), ctx.region),
            **managed_services.transition("Creating", "InService", ctx.now, takes(ctx)),
        }
        if not await managed_services.insert(ctx.db, row, given):
            raise taken(ctx, "endpoint", name)
    return {"EndpointArn": arn}


async def update_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Give an endpoint another configuration; its machines and its cost change with it."""
    async with ctx.db.transaction():
        row = await _held(ctx, params["EndpointName"])
        config = await need(ctx, CONFIG, params["EndpointConfigName"])
        variants = _fresh(config)
        if params.get("RetainAllVariantProperties"):
            without = {
                one["VariantPropertyType"]
                for one in params.get("ExcludeRetainedVariantProperties") or ()
            }
            variants = _retained(variants, row["variants"] or (), without)
        changes = {"endpoint_config_name": config["name"], **_machines(variants, ctx.region)}
        if params.get("DeploymentConfig"):
            changes["settings"] = row["settings"] | _deployment(params)
        elif not params.get("RetainDeploymentConfig"):
            changes["settings"] = {
                name: value for name, value in row["settings"].items() if name != "DeploymentConfig"
            }
        await _change(ctx, row, changes)
    return {"EndpointArn": row["arn"]}


async def update_endpoint_weights_and_capacities(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Set how many machines a variant has and what share of the traffic."""
    async with ctx.db.transaction():
        row = await _held(ctx, params["EndpointName"])
        variants = {one["VariantName"]: dict(one) for one in row["variants"] or ()}
        for asked in params["DesiredWeightsAndCapacities"]:
            name = asked["VariantName"]
            if name not in variants:
                raise invalid(
                    f'The variant name(s) "{name}" is/are not present within endpoint'
                    f' "{row["arn"]}".'
                )
            _resize(variants[name], asked)
        await _change(ctx, row, _machines(list(variants.values()), ctx.region))
    return {"EndpointArn": row["arn"]}


async def delete_endpoint(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete an endpoint; its configuration and models stay."""
    async with ctx.db.transaction():
        row = await _held(ctx, params["EndpointName"])
        await managed_services.delete(
            ctx.db, ctx.region, row["arn"], ctx.now, takes(ctx), shown="Deleting"
        )
    return {}


async def _find(ctx: Context, name: str) -> dict[str, Any]:
    row = await ENDPOINTS.find_one(ctx.db, ctx.region, name=name)
    if row is None:
        raise not_found(ctx, "endpoint", name)
    return dict(row)


async def _held(ctx: Context, name: str) -> dict[str, Any]:
    """An endpoint that nothing is being done to, held until the transaction ends."""
    await managed_services.lock(ctx.db, (await _find(ctx, name))["arn"])
    row = await _find(ctx, name)
    if row["status"] in ("Creating", "Updating", "Deleting"):
        raise invalid(f'Cannot update in-progress endpoint "{row["arn"]}".')
    return row


async def _change(ctx: Context, row: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    whole = {**changes, "modified_at": ctx.now}
    whole |= managed_services.transition("Updating", "InService", ctx.now, takes(ctx))
    await managed_services.update(ctx.db, ctx.region, row["arn"], whole)


def _deployment(params: Mapping[str, Any]) -> dict[str, Any]:
    config = params.get("DeploymentConfig")
    return {"DeploymentConfig": config} if config else {}


def _fresh(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The variants of a configuration as an endpoint begins with them."""
    return [
        {
            **one,
            "DesiredWeight": one["InitialVariantWeight"],
            "DesiredInstanceCount": one.get("InitialInstanceCount", 0),
        }
        for one in config["settings"]["ProductionVariants"]
    ]


def _retained(
    new: Sequence[dict[str, Any]], old: Sequence[Mapping[str, Any]], without: set[str]
) -> list[dict[str, Any]]:
    """New variants with the counts and weights that those of the same names have now."""
    had = {one["VariantName"]: one for one in old}
    for one in new:
        before = had.get(one["VariantName"])
        if before is None or "ServerlessConfig" in one:
            continue
        for kind, name in (
            ("DesiredInstanceCount", "DesiredInstanceCount"),
            ("DesiredWeight", "DesiredWeight"),
        ):
            if kind not in without:
                one[name] = before[name]
    return list(new)


def _resize(variant: dict[str, Any], asked: Mapping[str, Any]) -> None:
    if asked.get("DesiredWeight") is not None:
        variant["DesiredWeight"] = asked["DesiredWeight"]
    count = asked.get("DesiredInstanceCount")
    if asked.get("ServerlessUpdateConfig"):
        raise invalid("ServerlessUpdateConfig is not supported here.")
    if count is None:
        return
    if variant.get("ServerlessConfig"):
        raise invalid(f"Variant {variant['VariantName']} is serverless and has no instances.")
    if count < 1:
        raise invalid(f"DesiredInstanceCount of variant {variant['VariantName']} must be positive.")
    variant["DesiredInstanceCount"] = count


def _machines(variants: list[dict[str, Any]], region: str) -> dict[str, Any]:
    """The columns that follow from variants: machines and what they cost."""
    kinds = [one["InstanceType"] for one in variants if one.get("InstanceType")]
    return {
        "variants": variants,
        "instance_type": kinds[0] if kinds else SERVERLESS,
        "node_count": sum(one["DesiredInstanceCount"] for one in variants),
        "storage_gib": next(
            (one["VolumeSizeInGB"] for one in variants if one.get("VolumeSizeInGB")), 0
        ),
        "hourly_cost": costs.variants_hourly(variants, region),
    }


def _variant(one: Mapping[str, Any]) -> dict[str, Any]:
    """A ProductionVariantSummary."""
    found = {
        "VariantName": one["VariantName"],
        "CurrentWeight": one["DesiredWeight"],
        "DesiredWeight": one["DesiredWeight"],
        "RoutingConfig": one.get("RoutingConfig"),
    }
    if one.get("ServerlessConfig"):
        found["CurrentServerlessConfig"] = one["ServerlessConfig"]
        return {name: value for name, value in found.items() if value is not None}
    found["CurrentInstanceCount"] = found["DesiredInstanceCount"] = one["DesiredInstanceCount"]
    return {name: value for name, value in found.items() if value is not None}


SUMMARY = View(
    {
        "EndpointName": "name",
        "EndpointArn": "arn",
        "EndpointStatus": "status",
        "CreationTime": "created_at",
        "LastModifiedTime": "modified_at",
    }
)
