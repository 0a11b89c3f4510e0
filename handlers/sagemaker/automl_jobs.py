"""AutoML jobs: a model found without being told how.

Source: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeAutoMLJobV2.html.
"""

from typing import Any

from emulator.context import Context
from handlers.sagemaker import jobs
from handlers.sagemaker.jobs import Row

NOUN = "managed_services"


async def list_auto_ml_jobs(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """AutoML jobs of the region."""
    return await jobs.listed(ctx, params, JOBS)


async def describe_auto_ml_job_v2(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """One AutoML job."""
    return await jobs.described(ctx, JOBS, params["AutoMLJobName"])


async def stop_auto_ml_job(ctx: Context, params: dict[str, Any]) -> dict[str, Any]:
    """Stop an AutoML job."""
    return await jobs.stopped(ctx, JOBS, params["AutoMLJobName"])


def _secondary(row: Row) -> dict[str, Any]:
    running = row["status"] == "InProgress"
    return {"AutoMLJobSecondaryStatus": "ModelTuning" if running else row["status"]}


JOBS = jobs.Jobs("automl-job", "AutoMLJob", "", "EndTime", _secondary, _secondary)
