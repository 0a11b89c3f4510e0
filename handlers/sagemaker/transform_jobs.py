"""Transform jobs: many predictions at once.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeTransformJob.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs

NOUN = "managed_services"


async def list_transform_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Transform jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_transform_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One transform job."""
    return await jobs.described(ctx, JOBS, params["TransformJobName"])


async def stop_transform_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a transform job."""
    return await jobs.stopped(ctx, JOBS, params["TransformJobName"])


JOBS = jobs.Jobs("transform-job", "TransformJob", "TransformStartTime", "TransformEndTime")
