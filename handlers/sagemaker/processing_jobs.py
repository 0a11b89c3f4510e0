"""Processing jobs: data made ready.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeProcessingJob.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs

NOUN = "managed_services"


async def list_processing_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Processing jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_processing_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One processing job."""
    return await jobs.described(ctx, JOBS, params["ProcessingJobName"])


async def stop_processing_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop a processing job."""
    return await jobs.stopped(ctx, JOBS, params["ProcessingJobName"])


JOBS = jobs.Jobs("processing-job", "ProcessingJob", "ProcessingStartTime", "ProcessingEndTime")
