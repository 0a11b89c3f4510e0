"""Monitoring: what is watched of an endpoint, and how: data quality, bias, explainability, quality.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeDataQualityJobDefinition.html
and the pages of the three other kinds.
"""

from collections.abc import Mapping
from typing import Any

from emulator.context import Context
from handlers.sagemaker import faults, lists
from handlers.sagemaker.sagemaker_resources import find, remove
from models import sagemaker_resources

NOUN = "managed_services"


async def list_data_quality_job_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Data quality definitions of the region, or of one endpoint."""
    return await _listed(ctx, params, "data-quality-job-definition")


async def describe_data_quality_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One data quality definition."""
    return await _described(ctx, params, "data-quality-job-definition")


async def delete_data_quality_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Delete a data quality definition."""
    return await _deleted(ctx, params, "data-quality-job-definition")


async def list_model_bias_job_definitions(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Model bias definitions of the region, or of one endpoint."""
    return await _listed(ctx, params, "model-bias-job-definition")


async def describe_model_bias_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One model bias definition."""
    return await _described(ctx, params, "model-bias-job-definition")


async def delete_model_bias_job_definition(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Delete a model bias definition."""
    return await _deleted(ctx, params, "model-bias-job-definition")


async def list_model_explainability_job_definitions(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Model explainability definitions of the region, or of one endpoint."""
    return await _listed(ctx, params, "model-explainability-job-definition")


async def describe_model_explainability_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One model explainability definition."""
    return await _described(ctx, params, "model-explainability-job-definition")


async def delete_model_explainability_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Delete a model explainability definition."""
    return await _deleted(ctx, params, "model-explainability-job-definition")


async def list_model_quality_job_definitions(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Model quality definitions of the region, or of one endpoint."""
    return await _listed(ctx, params, "model-quality-job-definition")


async def describe_model_quality_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """One model quality definition."""
    return await _described(ctx, params, "model-quality-job-definition")


async def delete_model_quality_job_definition(
    ctx: Context, params: dict[str, Any]
) -> dict[str, Any]:
    """Delete a model quality definition."""
    return await _deleted(ctx, params, "model-quality-job-definition")


async def _listed(ctx: Context, params: Mapping[str, Any], kind: str) -> dict[str, Any]:
    rows, token = await lists.page(
        ctx,
        params,
        sagemaker_resources.listing(kind),
        equal={"parent": params.get("EndpointName")},
    )
    found = [
        {
            "MonitoringJobDefinitionName": row["name"],
            "MonitoringJobDefinitionArn": row["arn"],
            "CreationTime": row["created_at"],
            "EndpointName": row["parent"],
        }
        for row in rows
    ]
    return {"JobDefinitionSummaries": found, "NextToken": token}


async def _described(ctx: Context, params: Mapping[str, Any], kind: str) -> dict[str, Any]:
    row = await _need(ctx, params["JobDefinitionName"], kind)
    return {
        **row["settings"],
        "JobDefinitionName": row["name"],
        "JobDefinitionArn": row["arn"],
        "CreationTime": row["created_at"],
    }


async def _deleted(ctx: Context, params: Mapping[str, Any], kind: str) -> dict[str, Any]:
    async with ctx.db.transaction():
        await remove(ctx, await _need(ctx, params["JobDefinitionName"], kind, lock=True))
    return {}


async def _need(ctx: Context, name: str, kind: str, *, lock: bool = False) -> dict[str, Any]:
    row = await find(ctx, kind, name, lock=lock)
    if row is None:
        raise faults.absent(f"Job definition {faults.arn_of(ctx, kind, name)} not found.")
    return row
